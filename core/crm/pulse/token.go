package pulse

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"usher/core"
	"usher/core/rest"
)

// patience bounds getting a pair of tokens, which goes on when its caller gives up.
const patience = 30 * time.Second

// tokens are the two an account is used with. The access token goes with every call. The
// refresh token gets the next pair, and is then no longer good: whoever loses the new one
// has to ask the owner to sign in again. So a pair is stored, the refresh token first,
// before its access token is used.
type tokens struct {
	vault  core.AccountVault
	http   *rest.Client  // to the portal alone
	config oauth2.Config // without the secret
	turn   chan struct{} // 1 slot: only one gets tokens at a time

	unsaved *oauth2.Token // a pair the vault did not take; whoever has the turn may touch it
}

// access is the access token of now, empty before the first sign-in.
func (t *tokens) access(ctx context.Context) (core.Secret, error) { return t.get(ctx, keyAccess) }

// renew returns an access token other than the one that was refused. Of several callers
// only the first asks the portal.
func (t *tokens) renew(ctx context.Context, refused core.Secret) (core.Secret, error) {
	ctx, done, err := t.take(ctx)
	if err != nil {
		return core.Secret{}, err
	}
	defer done()
	if t.unsaved != nil {
		return t.save(ctx)
	}
	if token, err := t.newer(ctx, refused); err != nil || !token.Empty() {
		return token, err
	}
	pair, err := t.next(ctx)
	if core.HasCode(err, "crm.sign_in") {
		// Another client of the account may have used the refresh token meanwhile.
		if token, errVault := t.newer(ctx, refused); errVault == nil && !token.Empty() {
			return token, nil
		}
	}
	if err != nil {
		return core.Secret{}, err
	}
	t.unsaved = pair
	return t.save(ctx)
}

// next trades the refresh token for another pair.
func (t *tokens) next(ctx context.Context) (*oauth2.Token, error) {
	old, err := t.get(ctx, keyRefresh)
	if err != nil {
		return nil, err
	}
	if old.Empty() {
		return nil, signInAgain()
	}
	return t.fetch(ctx, func(ctx context.Context, c *oauth2.Config) (*oauth2.Token, error) {
		return c.TokenSource(ctx, &oauth2.Token{RefreshToken: old.Reveal()}).Token()
	})
}

// exchange trades a code for the first pair.
func (t *tokens) exchange(ctx context.Context, redirect string, code core.Secret) error {
	ctx, done, err := t.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	pair, err := t.fetch(ctx, func(ctx context.Context, c *oauth2.Config) (*oauth2.Token, error) {
		c.RedirectURL = redirect
		return c.Exchange(ctx, code.Reveal())
	})
	if err != nil {
		return err
	}
	t.unsaved = pair
	_, err = t.save(ctx)
	return err
}

// take waits for the turn. What is done in it does not end with the caller: the portal may
// have given the next pair already.
func (t *tokens) take(ctx context.Context) (context.Context, func(), error) {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	return ctx, func() { cancel(); <-t.turn }, nil
}

// newer is the stored access token if it is not the one that was refused.
func (t *tokens) newer(ctx context.Context, refused core.Secret) (core.Secret, error) {
	token, err := t.access(ctx)
	if err != nil || token.Equal(refused) {
		return core.Secret{}, err
	}
	return token, nil
}

func (t *tokens) save(ctx context.Context) (core.Secret, error) {
	access := core.NewSecret(t.unsaved.AccessToken)
	if t.unsaved.RefreshToken != "" {
		if err := t.vault.Set(ctx, keyRefresh, core.NewSecret(t.unsaved.RefreshToken)); err != nil {
			return core.Secret{}, err
		}
	}
	if err := t.vault.Set(ctx, keyAccess, access); err != nil {
		return core.Secret{}, err
	}
	t.unsaved = nil
	return access, nil
}

// get reads the vault, where tokens may be missing and may have been pasted.
func (t *tokens) get(ctx context.Context, key string) (core.Secret, error) {
	secret, err := t.vault.Get(ctx, key)
	if core.HasCode(err, "keyring.missing") {
		return core.Secret{}, nil
	}
	if err != nil {
		return core.Secret{}, err
	}
	return core.NewSecret(strings.TrimSpace(secret.Reveal())), nil
}

// fetch gets a pair from the portal.
func (t *tokens) fetch(ctx context.Context, ask func(context.Context, *oauth2.Config) (*oauth2.Token, error)) (*oauth2.Token, error) {
	secret, err := t.get(ctx, keySecret)
	if err != nil {
		return nil, err
	}
	if secret.Empty() {
		return nil, core.NewProblem("crm.settings", nil).About("Secret")
	}
	config := t.config
	config.ClientSecret = secret.Reveal()
	last := &messenger{http: t.http}
	pair, err := ask(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: last}), &config)
	if err != nil {
		return nil, signInProblem(err, last.answer)
	}
	return pair, nil
}

// messenger has oauth2 speak through rest, and keeps the last answer.
type messenger struct {
	http   *rest.Client
	answer *rest.Response
}

// RoundTrip implements http.RoundTripper.
func (m *messenger) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Accept", "application/json")
	answer, err := m.http.Do(req)
	if err != nil {
		return nil, err
	}
	m.answer = answer
	header := answer.Header.Clone()
	if bytes.HasPrefix(bytes.TrimSpace(answer.Body), []byte("{")) {
		header.Set("Content-Type", "application/json") // whatever it was called: it must not be lost
	}
	return &http.Response{
		Status: http.StatusText(answer.Status), StatusCode: answer.Status, Header: header,
		Body: io.NopCloser(bytes.NewReader(answer.Body)), Request: req,
	}, nil
}

// signInProblem says why no tokens came. The error of oauth2 may quote them, and is not kept.
func signInProblem(err error, answer *rest.Response) error {
	if answer == nil {
		return problemOf(err)
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_client" {
		return core.NewProblem("crm.unauthorized", nil).About("Client ID or Secret")
	}
	switch p := classify(answer); {
	case p == nil:
		return notUnderstood()
	case p.Code == "crm.refused":
		return signInAgain()
	case p.Code == "crm.no_contact":
		return core.NewProblem("crm.settings", nil).About("Portal")
	default:
		return p
	}
}

// signInAgain is for tokens that are gone, or no longer good.
func signInAgain() *core.Problem { return core.NewProblem("crm.sign_in", nil) }
