package engine

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/crm/kartra"
)

// signInAdapter is a CRM whose access key comes by signing in.
type signInAdapter struct{ crmAdapter }

func (a signInAdapter) Describe() core.Descriptor {
	d := a.crmAdapter.Describe()
	d.Credentials = []core.Credential{
		{Key: "client_id", Label: "Client ID"},
		{Key: "client_secret", Label: "Secret", Secret: true},
		{Key: "api_key", Label: "Token", Secret: true, Optional: true},
	}
	return d
}

func (a signInAdapter) Open(account core.Account, vault core.AccountVault) (core.Client, error) {
	client, err := a.crmAdapter.Open(account, vault)
	if err != nil {
		return nil, err
	}
	return signInClient{client.(crmClient)}, nil
}

type signInClient struct{ crmClient }

const (
	ownRedirect = "http://127.0.0.1:8738/crm"
	goodCode    = "good-code"
)

func (signInClient) Redirect() string { return ownRedirect }

func (signInClient) AuthCodeURL(redirect, state string) string {
	return "https://portal.test/?" + url.Values{"redirect_uri": {redirect}, "state": {state}}.Encode()
}

func (c signInClient) Exchange(ctx context.Context, redirect string, code core.Secret) error {
	if code.Reveal() != goodCode || redirect != ownRedirect {
		return core.NewProblem("crm.sign_in", nil)
	}
	return c.vault.Set(ctx, "api_key", core.NewSecret("right"))
}

func (c signInClient) ListTags(ctx context.Context) ([]core.Tag, error) {
	tags, err := c.crmClient.ListTags(ctx)
	return tags, signedOut(err)
}

func (c signInClient) Contact(ctx context.Context, id string) (core.Contact, error) {
	contact, err := c.crmClient.Contact(ctx, id)
	return contact, signedOut(err)
}

func signedOut(err error) error {
	if core.HasCode(err, "keyring.missing") || core.HasCode(err, "crm.unauthorized") {
		return core.NewProblem("crm.sign_in", nil)
	}
	return err
}

const signInJSON = `{"site":{"url":"shop.test","user":"ann","application_password":"right"},
	"crm":{"kind":"kartra","name":"mine","fields":{"client_id":"7","client_secret":"s3cret"}},
	"connection":{"name":"shop","access_key":"0123456789abcdef","return_password_field":"wp_password"}}`

// signInBubble runs a test with a CRM nobody is signed in to yet.
func signInBubble(t *testing.T, test func(*world, *memoryCRM)) {
	t.Helper()
	bubble(t, func(w *world) {
		crm := &memoryCRM{contacts: map[string]core.Contact{"7": {ID: "7", Email: "ann@example.test", Fields: core.Fields{"first_name": "Ann"}}}}
		w.adapter = signInAdapter{crmAdapter{crm: crm}}
		w.restart()
		w.setup(signInJSON)
		test(w, crm)
	})
}

func (w *world) signIn() core.SignInAnswer {
	w.Helper()
	done, err := w.engine.FinishSignIn(w.Context(), "mine", ownRedirect, core.NewSecret(goodCode))
	if err != nil {
		w.Fatal(err)
	}
	return done
}

func (w *world) mine() core.Account {
	w.Helper()
	account, ok := w.store.Config().AccountNamed("mine")
	if !ok {
		w.Fatal("no account")
	}
	return account
}

// wantSignIn checks whether people are asked to sign in.
func (w *world) wantSignIn(want bool) {
	w.Helper()
	for _, conn := range w.overview().Connections {
		if conn.Account == "mine" && conn.SignIn != want {
			w.Errorf("asked to sign in: %v", conn.SignIn)
		}
	}
}

func TestBeforeSigningInAnAccountLivesByItsWebhooks(t *testing.T) {
	signInBubble(t, func(w *world, crm *memoryCRM) {
		done, err := w.engine.Setup(w.Context(), []byte(signInJSON))
		if err != nil || w.mine().API {
			w.Fatalf("%+v, %v", w.mine(), err)
		}
		notes := strings.Join(done.Notes, "\n")
		if done.SignIn != "mine" || strings.Contains(notes, "usherd") || !strings.Contains(notes, ownRedirect) || strings.Contains(notes, "crm.fields") {
			w.Errorf("notes %q", notes)
		}
		w.want(w.send(core.Add, "", "list_subscription", lead{"id": "8", "email": "bob@example.test"}), core.Applied, core.Created)
		thin := w.want(w.send(core.Add, "", "list_subscription", lead{"id": "7"}), core.Held, "")
		if crm.count("contact") != 0 {
			w.Error("the CRM was asked without a sign-in")
		}
		w.wantSignIn(true)

		in, err := w.engine.BeginSignIn(w.Context(), "mine", "")
		if err != nil || in.CRM != "Kartra" || in.Redirect != ownRedirect || len(in.State) < 22 {
			w.Fatalf("%+v, %v", in, err)
		}
		page, err := url.Parse(in.Page)
		if err != nil || page.Query().Get("state") != in.State || page.Query().Get("redirect_uri") != ownRedirect {
			w.Errorf("page %s, %v", in.Page, err)
		}
		if other, err := w.engine.BeginSignIn(w.Context(), "mine", " http://localhost:1/x "); err != nil || other.State == in.State || other.Redirect != "http://localhost:1/x" {
			w.Errorf("%+v, %v", other, err)
		}

		signed := w.signIn()
		w.wantSignIn(false)
		if !w.mine().API || signed.Account != "mine" || signed.CRM != "Kartra" || len(signed.Notes) != 1 {
			w.Errorf("answer %+v, account %+v", signed, w.mine())
		}
		if _, err := w.engine.Retry(w.Context(), core.FormatID(thin.Seq)); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Second)
		w.want(thin.Seq, core.Applied, core.Created)
		if crm.field("wp_password") == "" {
			w.Error("the CRM did not get the password")
		}
		w.restart()
		if !w.mine().API {
			w.Error("the sign-in is forgotten")
		}
	})
}

func TestWhatWaitsForASignInThenRunsByItself(t *testing.T) {
	signInBubble(t, func(w *world, _ *memoryCRM) {
		w.signIn()
		w.want(w.send(core.Add, "", "list_subscription", lead{"id": "9"}), core.Held, "") // for another reason
		if err := w.vault.Set(w.Context(), accountSecretName(w.mine().ID, "api_key"), core.NewSecret("run out")); err != nil {
			w.Fatal(err)
		}
		waiting := w.send(core.Add, "", "list_subscription", lead{"id": "7"})
		w.pass(time.Hour)
		if r := w.want(waiting, core.Queued, ""); r.Problem == nil || r.Problem.Code != "crm.sign_in" || r.Attempts != 0 {
			w.Errorf("%d attempts, %v", r.Attempts, r.Problem)
		}
		w.wantSignIn(true)
		if status, err := w.engine.Status(w.Context()); err != nil || len(status.Problems) != 1 || status.Problems[0].About != "mine" || !strings.Contains(status.Problems[0].Fix, "usherd sign-in") {
			w.Errorf("problems %+v, %v", status.Problems, err)
		}
		if done, err := w.engine.Setup(w.Context(), []byte(signInJSON)); err != nil || len(done.Notes) != 2 || !w.mine().API {
			w.Errorf("set up meanwhile: %q, %v; API %v", done.Notes, err, w.mine().API)
		}
		w.want(waiting, core.Queued, "")
		if done := w.signIn(); len(done.Notes) != 0 {
			w.Errorf("notes %q", done.Notes)
		}
		w.pass(time.Second)
		w.want(waiting, core.Applied, core.Created)
		w.wantNoTrouble()
	})
}

func TestSignInsThatAreRefused(t *testing.T) {
	signInBubble(t, func(w *world, crm *memoryCRM) {
		begin := func(name, redirect string) error {
			_, err := w.engine.BeginSignIn(w.Context(), name, redirect)
			return err
		}
		finish := func(redirect, code string) error {
			_, err := w.engine.FinishSignIn(w.Context(), "mine", redirect, core.NewSecret(code))
			return err
		}
		for name, c := range map[string]struct {
			err  error
			code string
		}{
			"an unknown account":   {begin("other", ""), "setup.no_account"},
			"a redirect to a file": {begin("mine", "file:///etc/passwd"), "crm.redirect"},
			"a redirect of words":  {begin("mine", "my computer"), "crm.redirect"},
			"an endless redirect":  {begin("mine", "http://127.0.0.1/"+strings.Repeat("x", longestText)), "crm.redirect"},
			"a wrong code":         {finish(ownRedirect, "wrong"), "crm.sign_in"},
			"another redirect":     {finish("http://127.0.0.1:1/", goodCode), "crm.sign_in"},
		} {
			if !core.HasCode(c.err, c.code) {
				w.Errorf("%s: %v", name, c.err)
			}
		}
		crm.change(func() { crm.fail = func(string) error { return core.NewProblem("crm.forbidden", nil) } })
		if err := finish(ownRedirect, goodCode); !core.HasCode(err, "crm.forbidden") {
			w.Errorf("what the API does not let in: %v", err)
		}
		if w.mine().API {
			w.Error("signed in after all")
		}
		crm.change(func() { crm.fail = nil })
		if done, err := w.engine.Setup(w.Context(), []byte(signInJSON)); err != nil || len(done.Notes) != 0 || !w.mine().API {
			w.Errorf("set up with what the sign-in left: %q, %v", done.Notes, err)
		}
		w.vault.lock(true)
		if err := begin("mine", ""); !core.HasCode(err, "keyring.locked") {
			w.Errorf("with a locked keyring: %v", err)
		}
		w.vault.lock(false)
		if err := w.vault.Delete(w.Context(), accountSecretName(w.mine().ID, "client_secret")); err != nil {
			w.Fatal(err)
		}
		if err := begin("mine", ""); !core.HasCode(err, "crm.settings") || core.AsProblem(err).Detail != "Secret" {
			w.Errorf("without the secret: %v", err)
		}
		w.adapter = crmAdapter{crm: crm}
		w.restart()
		if err := begin("mine", ""); !core.HasCode(err, "crm.no_sign_in") {
			w.Errorf("a CRM without a sign-in: %v", err)
		}
		w.adapter = parser{kartra.Adapter{}}
		w.restart()
		if err := begin("mine", ""); !core.HasCode(err, "crm.no_sign_in") {
			w.Errorf("a CRM without an API: %v", err)
		}
	})
}

// parser is an adapter without any further ability.
type parser struct{ core.Adapter }

func TestSetupOfAnAccountThatIsSignedInTo(t *testing.T) {
	change := func(fields string) string { return strings.Replace(signInJSON, `"s3cret"`, `"s3cret"`+fields, 1) }
	signInBubble(t, func(w *world, _ *memoryCRM) {
		if _, err := w.engine.Setup(w.Context(), []byte(change(`,"api_key":"wrong"`))); !core.HasCode(err, "crm.sign_in") || w.mine().API {
			w.Errorf("a wrong token was pasted: %v", err)
		}
		bare := `{"site":{"url":"shop.test"},"crm":{"kind":"kartra","name":"mine","base_url":"https://elsewhere.test"},"connection":{"name":"shop"}}`
		if _, err := w.engine.Setup(w.Context(), []byte(bare)); !core.HasCode(err, "setup.invalid") {
			w.Errorf("moved, and the secret is sent there: %v", err)
		}
		if done, err := w.engine.Setup(w.Context(), []byte(change(`,"api_key":"right"`))); err != nil || len(done.Notes) != 0 || !w.mine().API {
			w.Errorf("a right token was pasted: %q, %v", done.Notes, err)
		}
	})
}
