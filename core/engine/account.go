package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"usher/core"
)

func accountSecretName(account, key string) string { return "account/" + account + "/" + key }

// accountVault keeps the secrets of one account in the vault of all.
type accountVault struct {
	vault Vault
	id    string
}

func (v accountVault) Get(ctx context.Context, key string) (core.Secret, error) {
	return v.vault.Get(ctx, accountSecretName(v.id, key))
}

func (v accountVault) Set(ctx context.Context, key string, value core.Secret) error {
	return v.vault.Set(ctx, accountSecretName(v.id, key), value)
}

// trialVault keeps what set-up was given, and what a trial changed, until it is known to
// be right.
type trialVault struct {
	accountVault
	moved bool // the account is at another address: what is stored is for the one before
	// redirect is where the sign-in comes back to that the account still needs.
	redirect string
	mu       sync.Mutex
	given    map[string]core.Secret
}

func (v *trialVault) Get(ctx context.Context, key string) (core.Secret, error) {
	v.mu.Lock()
	secret, ok := v.given[key]
	v.mu.Unlock()
	switch {
	case ok:
		return secret, nil
	case v.moved:
		return core.Secret{}, core.NewProblem("keyring.missing", nil)
	default:
		return v.accountVault.Get(ctx, key)
	}
}

func (v *trialVault) Set(_ context.Context, key string, value core.Secret) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.given[key] = value
	return nil
}

// keep stores what was given, and of an account that moved nothing else.
func (v *trialVault) keep(ctx context.Context, about core.Descriptor) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range about.Credentials {
		if _, given := v.given[c.Key]; v.moved && c.Secret && !given {
			if err := v.vault.Delete(ctx, accountSecretName(v.id, c.Key)); err != nil {
				return err
			}
		}
	}
	for key, secret := range v.given {
		if err := v.accountVault.Set(ctx, key, secret); err != nil {
			return err
		}
	}
	return nil
}

// setupFields takes in the credentials of a set-up file and tries them.
func (e *Engine) setupFields(ctx context.Context, account *core.Account, adapter core.Adapter, fields map[string]string) (*trialVault, error) {
	trial := &trialVault{accountVault: accountVault{e.vault, account.ID}, given: map[string]core.Secret{}}
	opener, hasAPI := adapter.(core.Opener)
	if len(fields) == 0 && len(account.Settings) == 0 && !account.API {
		return trial, nil // read by its webhooks alone
	}
	settings := map[string]string{}
	for key, value := range account.Settings {
		settings[key] = value
	}
	about := adapter.Describe()
	for key, value := range fields {
		i := slices.IndexFunc(about.Credentials, func(c core.Credential) bool { return c.Key == key })
		if !hasAPI || i < 0 {
			return nil, core.NewProblem("setup.invalid", nil).About(unknownField(key, about))
		}
		credential := about.Credentials[i]
		if len(credential.Choices) > 0 && value != "" && !slices.Contains(credential.Choices, value) {
			return nil, core.NewProblem("setup.invalid", nil).About(fmt.Sprintf("crm.fields.%s is none of: %s", key, strings.Join(credential.Choices, ", ")))
		}
		if credential.Secret {
			trial.given[key] = core.NewSecret(value)
		} else {
			settings[key] = value
		}
	}
	account.Settings = settings
	trial.moved = e.moved(*account)
	if err := e.completeFields(ctx, account, about, trial); err != nil {
		return nil, err
	}
	client, err := opener.Open(*account, trial)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	err = tryClient(ctx, client)
	if authoriser, ok := client.(core.Authoriser); ok && core.HasCode(err, "crm.sign_in") && !pasted(fields, about) {
		trial.redirect = authoriser.Redirect()
		return trial, nil // one that was signed in before goes on waiting for its owner
	}
	account.API = true
	return trial, err
}

// pasted reports whether a set-up file holds what signing in would bring.
func pasted(fields map[string]string, about core.Descriptor) bool {
	return slices.ContainsFunc(about.Credentials, func(c core.Credential) bool {
		return c.Secret && c.Optional && fields[c.Key] != ""
	})
}

// moved reports whether an account is to be at another address than it was: a key that
// was given for one must not be sent to another.
func (e *Engine) moved(account core.Account) bool {
	before, known := e.store.Config().Accounts[account.ID]
	if !known {
		return false
	}
	for _, settings := range []map[string]string{before.Settings, account.Settings} {
		for key := range settings {
			if strings.HasSuffix(key, core.CredentialURL) && before.Settings[key] != account.Settings[key] {
				return true
			}
		}
	}
	return before.BaseURL != account.BaseURL
}

func unknownField(key string, about core.Descriptor) string {
	var keys []string
	for _, c := range about.Credentials {
		keys = append(keys, c.Key)
	}
	if len(keys) == 0 {
		return fmt.Sprintf("crm.fields.%s: %s has no fields", key, about.Name)
	}
	return fmt.Sprintf("crm.fields.%s is not a field of %s; these are: %s", key, about.Name, strings.Join(keys, ", "))
}

// completeFields fills in defaults and finds what is missing.
func (e *Engine) completeFields(ctx context.Context, account *core.Account, about core.Descriptor, trial *trialVault) error {
	for _, c := range about.Credentials {
		there := account.Settings[c.Key] != "" || c.Key == core.CredentialURL && account.BaseURL != ""
		if c.Secret {
			secret, err := trial.Get(ctx, c.Key)
			if err != nil && !core.HasCode(err, "keyring.missing") {
				return err
			}
			there = !secret.Empty()
		}
		switch {
		case there:
		case c.Default != "" && !c.Secret:
			account.Settings[c.Key] = c.Default
		case !c.Optional:
			return core.NewProblem("setup.invalid", nil).About("crm.fields." + c.Key + " (" + c.Label + ") is missing")
		}
	}
	return nil
}

// tryClient asks the CRM something harmless.
func tryClient(ctx context.Context, client core.Client) error {
	picker, ok := client.(core.Picker)
	if !ok {
		return nil
	}
	_, err := picker.ListTags(ctx)
	return err
}
