package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"usher/core"
	"usher/core/store"
)

const (
	shortestKey = 8  // what WP Fusion makes
	strongKey   = 16 // below it, a key is worth a word of advice
	longestText = 500
)

// DefaultListen is the local port Usher listens on unless told otherwise. It is fixed,
// so that webhook URLs and reverse proxies keep working over a restart.
const DefaultListen = "127.0.0.1:8737"

// SetupFile is what Setup takes, as JSON. The site is identified by the API found at its
// URL, the CRM account by its name (its kind where none is given), the connection by
// its name (made of the two where none is given). What is absent stays as it is.
type SetupFile struct {
	Site struct {
		URL                 string `json:"url"`
		User                string `json:"user"`
		ApplicationPassword string `json:"application_password"`
		// WelcomeMail is "reset_mail" to welcome new users by the site's "lost your
		// password?" form where the Usher helper is not active; "" for no mail then.
		WelcomeMail *core.WelcomeMail `json:"welcome_mail"`
	} `json:"site"`
	CRM struct {
		Kind    string            `json:"kind"`
		Name    string            `json:"name"`
		BaseURL string            `json:"base_url"`
		Fields  map[string]string `json:"fields"`
	} `json:"crm"`
	Connection SetupConnection `json:"connection"`
}

// SetupConnection is the part of a SetupFile about the connection; nil means absent.
type SetupConnection struct {
	Name                string             `json:"name"`
	AccessKey           string             `json:"access_key"`
	DefaultRole         *string            `json:"default_role"`
	AllowedRoles        *[]string          `json:"allowed_roles"`
	FieldMap            *map[string]string `json:"field_map"`
	ReturnPasswordField *string            `json:"return_password_field"`
	DoneTag             *string            `json:"done_tag"`
	TagRules            *[]core.TagRule    `json:"tag_rules"`
	MakeUser            *core.MakeUser     `json:"make_user"`
	MostNewUsers        *int               `json:"most_new_users"`
	ChangeEmails        *bool              `json:"change_emails"`
	ChangePasswords     *bool              `json:"change_passwords"`
	CRMWins             *bool              `json:"crm_wins"`
}

// Setup implements control.Backend: it makes or changes a connection, after checking
// that the site is there and lets Usher in.
func (e *Engine) Setup(ctx context.Context, file []byte) (core.SetupAnswer, error) {
	in, err := readSetup(file)
	if err != nil {
		return core.SetupAnswer{}, err
	}
	e.settingUp.Lock() // or two could take the same name or key
	defer e.settingUp.Unlock()
	adapter, ok := e.adapters(in.CRM.Kind)
	if !ok {
		return core.SetupAnswer{}, core.NewProblem("crm.unknown_kind", nil).About(in.CRM.Kind)
	}
	site, password, err := e.connectSite(ctx, in)
	if err != nil {
		return core.SetupAnswer{}, err
	}
	account := e.setupAccount(in, adapter)
	secrets, err := e.setupFields(ctx, &account, adapter, in.CRM.Fields)
	if err != nil {
		return core.SetupAnswer{}, err
	}
	conn, key, err := e.setupConnection(ctx, in, usualName(account, adapter, site))
	if err != nil {
		return core.SetupAnswer{}, err
	}
	conn.SiteID, conn.AccountID = site.ID, account.ID
	before := e.store.Config().Connections[conn.ID]
	if !slices.Equal(conn.Keys, before.Keys) { // as in RotateKey, the door knows a new key before the keyring does
		if err := e.store.SetKeys(ctx, conn.ID, slices.Concat(conn.Keys, before.Keys)...); err != nil {
			return core.SetupAnswer{}, err
		}
	}
	// Secrets first: a connection without its secrets would fail, secrets without a
	// connection harm nobody.
	if err := e.vault.Set(ctx, passwordName(site.ID), password); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := e.vault.Set(ctx, keyName(conn.ID), key); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := secrets.keep(ctx, adapter.Describe()); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := e.store.SaveSetup(ctx, site, account, conn); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := e.store.Reopen(ctx, conn.ID, e.now(), answered(before, conn)...); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := e.confirm(ctx, site); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := e.repaired(ctx); err != nil {
		return core.SetupAnswer{}, err
	}
	done := core.SetupAnswer{Connection: conn.Name, URLs: e.webhookURLs(key, adapter.Describe().URLParams), Notes: advice(in, account, key)}
	if secrets.redirect != "" {
		done.SignIn, done.Notes = account.Name, append(done.Notes, signInAdvice(adapter.Describe().Name, secrets.redirect)...)
	}
	return done, nil
}

func passwordName(site string) string  { return "site/" + site + "/password" }
func keyName(connection string) string { return "connection/" + connection + "/key" }

func readSetup(file []byte) (SetupFile, error) {
	var in SetupFile
	dec := json.NewDecoder(bytes.NewReader(file))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, core.NewProblem("setup.invalid", err).About(decodeFault(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return in, core.NewProblem("setup.invalid", nil).About("more than one JSON value")
	}
	in.CRM.Kind = strings.ToLower(strings.TrimSpace(in.CRM.Kind))
	switch {
	case strings.TrimSpace(in.Site.URL) == "":
		return in, core.NewProblem("setup.invalid", nil).About("site.url is missing")
	case in.CRM.Kind == "":
		return in, core.NewProblem("setup.invalid", nil).About("crm.kind is missing")
	case in.Site.WelcomeMail != nil && *in.Site.WelcomeMail != core.NoMail && *in.Site.WelcomeMail != core.ResetMail:
		return in, core.NewProblem("setup.invalid", nil).About("site.welcome_mail is neither \"reset_mail\" nor empty")
	}
	if most := in.Connection.MostNewUsers; most != nil && *most < 0 {
		return in, core.NewProblem("setup.invalid", nil).About("connection.most_new_users is negative")
	}
	for name, text := range map[string]string{
		"crm.name": in.CRM.Name, "connection.name": in.Connection.Name,
		"connection.access_key": in.Connection.AccessKey, "site.user": in.Site.User,
	} {
		if len(text) > longestText || strings.ContainsFunc(text, isControl) {
			return in, core.NewProblem("setup.invalid", nil).About(name + " is too long or has odd characters")
		}
	}
	return in, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// decodeFault names the part of the file that is wrong, without quoting values.
func decodeFault(err error) string {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return wrongType.Field + " has the wrong type"
	}
	if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return "unknown part " + field
	}
	return "not valid JSON"
}

// connectSite verifies the site and returns it with its id and password.
func (e *Engine) connectSite(ctx context.Context, in SetupFile) (core.Site, core.Secret, error) {
	password := core.NewSecret(in.Site.ApplicationPassword)
	user := in.Site.User
	if user == "" || password.Empty() {
		known, ok := e.knownSite(in.Site.URL)
		if !ok {
			return core.Site{}, core.Secret{}, core.NewProblem("setup.invalid", nil).
				About("site.user and site.application_password are needed for a new site")
		}
		user = cmp.Or(user, known.User)
		if password.Empty() {
			var err error
			if password, err = e.vault.Get(ctx, passwordName(known.ID)); err != nil {
				return core.Site{}, core.Secret{}, err
			}
		}
	}
	site, _, err := e.verifySite(ctx, in.Site.URL, user, password)
	if in.Site.WelcomeMail != nil {
		site.WelcomeMail = *in.Site.WelcomeMail
	}
	return site, password, err
}

// verifySite checks that the site is there and lets Usher in. It returns the site as it
// is to be stored, and as it was: without an ID where it is new.
func (e *Engine) verifySite(ctx context.Context, address, user string, password core.Secret) (now, before core.Site, err error) {
	now, err = e.sites.Connect(ctx, address, user, password)
	if err != nil {
		return core.Site{}, core.Site{}, err
	}
	before, known := e.store.Config().SiteAt(now.API)
	now.ID, now.WelcomeMail, now.Identity, now.Swapped = before.ID, before.WelcomeMail, before.Identity, before.Swapped
	if !known {
		now.ID = store.NewID()
	}
	return now, before, nil
}

// knownSite finds a site by the address it is known under.
func (e *Engine) knownSite(address string) (core.Site, bool) {
	want := bareAddress(address)
	for _, site := range e.store.Config().Sites {
		if bareAddress(site.Home) == want {
			return site, true
		}
	}
	return core.Site{}, false
}

func bareAddress(address string) string {
	_, bare, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "://")
	if !ok {
		bare = strings.ToLower(strings.TrimSpace(address))
	}
	return strings.TrimRight(bare, "/")
}

func (e *Engine) setupAccount(in SetupFile, adapter core.Adapter) core.Account {
	name := cmp.Or(in.CRM.Name, adapter.Describe().Kind)
	account, ok := e.store.Config().AccountNamed(name)
	if !ok {
		account = core.Account{ID: store.NewID(), Name: name}
	}
	account.Kind = in.CRM.Kind
	account.BaseURL = cmp.Or(in.CRM.BaseURL, account.BaseURL)
	return account
}

// setupConnection returns the connection as it is to be, and its access key.
func (e *Engine) setupConnection(ctx context.Context, in SetupFile, otherwise string) (core.Connection, core.Secret, error) {
	name := cmp.Or(in.Connection.Name, otherwise)
	conn, known := e.store.Config().ConnectionNamed(name)
	if !known {
		conn = core.Connection{ID: store.NewID(), Name: name}
	}
	in.Connection.apply(&conn)

	key := core.NewSecret(in.Connection.AccessKey)
	switch {
	case key.Empty() && known:
		var err error
		key, err = e.vault.Get(ctx, keyName(conn.ID))
		return conn, key, err
	case key.Empty():
		key = newKey()
	case len(in.Connection.AccessKey) < shortestKey:
		return conn, key, core.NewProblem("setup.key_short", nil)
	}
	digest := e.store.Digest(key.Reveal())
	for _, other := range e.store.Config().Connections {
		if other.ID != conn.ID && slices.Contains(other.Keys, digest) {
			return conn, key, core.NewProblem("setup.key_in_use", nil)
		}
	}
	conn.Keys = []core.KeyDigest{digest}
	return conn, key, nil
}

// usualName names a connection by what it joins: "Kartra → yogawithann.com".
func usualName(account core.Account, adapter core.Adapter, site core.Site) string {
	crm := account.Name
	if about := adapter.Describe(); crm == about.Kind {
		crm = about.Name
	}
	return crm + " → " + bareAddress(site.Home)
}

// answered lists the questions that rules may answer by which a connection differs from
// what it was.
func answered(before, now core.Connection) (codes []string) {
	if !slices.Equal(before.AllowedRoles, now.AllowedRoles) {
		codes = append(codes, roleAsk, rolePowerful)
	}
	if now.ChangeEmails && !before.ChangeEmails {
		codes = append(codes, emailChange)
	}
	return codes
}

// apply sets what is present.
func (in SetupConnection) apply(conn *core.Connection) {
	set(&conn.DefaultRole, in.DefaultRole)
	set(&conn.AllowedRoles, in.AllowedRoles)
	set(&conn.FieldMap, in.FieldMap)
	set(&conn.ReturnPasswordField, in.ReturnPasswordField)
	set(&conn.DoneTag, in.DoneTag)
	set(&conn.TagRules, in.TagRules)
	set(&conn.MostNewUsers, in.MostNewUsers)
	set(&conn.ChangeEmails, in.ChangeEmails)
	set(&conn.ChangePasswords, in.ChangePasswords)
	set(&conn.CRMWins, in.CRMWins)
	if in.MakeUser != nil {
		conn.MakeUser = in.MakeUser
	}
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// newKey makes an access key of 26 letters and digits: 130 random bits.
func newKey() core.Secret { return core.NewSecret(strings.ToLower(rand.Text())) }

// webhookURLs are what the owner pastes into the CRM.
func (e *Engine) webhookURLs(key core.Secret, params string) map[core.Action]string {
	if params != "" {
		params = "&" + params
	}
	base := e.publicURL()
	urls := map[core.Action]string{}
	for _, action := range []core.Action{core.Add, core.Update, core.UpdateTags} {
		urls[action] = fmt.Sprintf("%s/?wpf_action=%s&access_key=%s%s", base, action, url.QueryEscape(key.Reveal()), params)
	}
	return urls
}

// advice is worth saying about a set-up that works.
func advice(in SetupFile, account core.Account, key core.Secret) []string {
	var notes []string
	if n := len(key.Reveal()); n < strongKey {
		notes = append(notes, "The secret part of the webhook URL is short enough to be guessed. Have Usher make a new one, and paste the new URL into the CRM.")
	}
	set := func(field *string) bool { return field != nil && *field != "" }
	if c := in.Connection; !account.API && len(account.Settings) == 0 && (set(c.ReturnPasswordField) || set(c.DoneTag)) {
		notes = append(notes, "Handing the password back, and the tag to put on when it is there, need the CRM's API: give Usher the key of it.")
	}
	if in.Connection.MakeUser != nil {
		notes = append(notes, "The tag that makes a user is stored, but this version of Usher does not act on it yet.")
	}
	return notes
}

// signInAdvice says how to sign in, where that is still to be done.
func signInAdvice(name, redirect string) []string {
	return []string{
		"Sign in to " + name + " so that Usher can read contacts there.",
		"The client in " + name + " has to be made with exactly this redirect URL: " + redirect,
	}
}
