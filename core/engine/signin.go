package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/url"
	"strings"

	"usher/core"
)

// BeginSignIn implements control.Backend. It does no more than say where to go: whether
// the owner then comes back is another matter.
func (e *Engine) BeginSignIn(ctx context.Context, name, redirect string) (core.SignIn, error) {
	account, adapter, err := e.accountNamed(name)
	if err != nil {
		return core.SignIn{}, err
	}
	_, authoriser, err := e.authoriser(account, adapter)
	if err != nil {
		return core.SignIn{}, err
	}
	if err := e.hasSecrets(ctx, account, adapter); err != nil {
		return core.SignIn{}, err
	}
	redirect = cmp.Or(strings.TrimSpace(redirect), authoriser.Redirect())
	if !isWebAddress(redirect) {
		return core.SignIn{}, core.NewProblem("crm.redirect", nil).About(redirect)
	}
	state := rand.Text()
	return core.SignIn{
		CRM: adapter.Describe().Name, Page: authoriser.AuthCodeURL(redirect, state), Redirect: redirect, State: state,
	}, nil
}

// FinishSignIn implements control.Backend. What is waiting for the account then runs. It
// uses the client the lanes use, so that no other renews the sign-in at the same time.
func (e *Engine) FinishSignIn(ctx context.Context, name, redirect string, code core.Secret) (core.SignInAnswer, error) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	account, adapter, err := e.accountNamed(name)
	if err != nil {
		return core.SignInAnswer{}, err
	}
	client, authoriser, err := e.authoriser(account, adapter)
	if err != nil {
		return core.SignInAnswer{}, err
	}
	if err := authoriser.Exchange(ctx, redirect, code); err != nil {
		return core.SignInAnswer{}, err
	}
	if err := tryClient(ctx, client); err != nil {
		return core.SignInAnswer{}, err // signed in all the same: set-up can try again
	}
	if err := e.store.UseAPI(ctx, account.ID); err != nil {
		return core.SignInAnswer{}, err
	}
	if err := e.repaired(ctx); err != nil {
		return core.SignInAnswer{}, err
	}
	done := core.SignInAnswer{Account: account.Name, CRM: adapter.Describe().Name}
	if counts, err := e.store.Counts(); err == nil && counts.Held > 0 && !account.API {
		done.Held = true
		done.Notes = []string{"Messages that were held because they said too little can now be read in full, once they are tried again."}
	}
	return done, nil
}

func (e *Engine) accountNamed(name string) (core.Account, core.Adapter, error) {
	account, ok := e.store.Config().AccountNamed(name)
	if !ok {
		return core.Account{}, nil, core.NewProblem("setup.no_account", nil).About(name)
	}
	adapter, ok := e.adapters(account.Kind)
	if !ok {
		return core.Account{}, nil, core.NewProblem("crm.unknown_kind", nil).About(account.Kind)
	}
	return account, adapter, nil
}

// authoriser returns the open client of an account, which has to be one to sign in to.
func (e *Engine) authoriser(account core.Account, adapter core.Adapter) (core.Client, core.Authoriser, error) {
	if _, hasAPI := adapter.(core.Opener); !hasAPI {
		return nil, nil, core.NewProblem("crm.no_sign_in", nil).About(adapter.Describe().Name)
	}
	client, err := e.crm(account, adapter)
	if err != nil {
		return nil, nil, err
	}
	authoriser, ok := client.(core.Authoriser)
	if !ok {
		return nil, nil, core.NewProblem("crm.no_sign_in", nil).About(adapter.Describe().Name)
	}
	return client, authoriser, nil
}

// hasSecrets finds out that a sign-in could be finished before a person goes and makes one.
func (e *Engine) hasSecrets(ctx context.Context, account core.Account, adapter core.Adapter) error {
	for _, c := range adapter.Describe().Credentials {
		if !c.Secret || c.Optional {
			continue
		}
		_, err := e.vault.Get(ctx, accountSecretName(account.ID, c.Key))
		if core.HasCode(err, "keyring.missing") {
			return core.NewProblem("crm.settings", err).About(c.Label)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= longestText && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}
