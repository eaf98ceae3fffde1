package engine

import (
	"context"
	"fmt"
	"io"

	"usher/core"
	"usher/core/move"
	"usher/core/store"
)

// Export implements control.Backend.
func (e *Engine) Export(ctx context.Context, to io.Writer, passphrase core.Secret, stop bool) error {
	if err := move.Check(passphrase); err != nil {
		return err
	}
	content := move.Content{Settled: stop}
	if stop {
		if err := e.leave(ctx); err != nil {
			return err
		}
	}
	var copied *store.Snapshot
	err := e.whileNobodySetsUp(func() (err error) {
		if content.Secrets, err = secrets(ctx, e.vault, e.secretNames(e.store.Config())); err != nil {
			return err
		}
		copied, err = e.store.Snapshot(ctx)
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = copied.Close() }() // it was read; nothing of it stays
	return move.Write(to, passphrase, content, copied)
}

// Backup implements control.Backend.
func (e *Engine) Backup(ctx context.Context, to io.Writer) error {
	copied, err := e.store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = copied.Close() }() // it was read; nothing of it stays
	if _, err := io.Copy(to, copied); err != nil {
		return fmt.Errorf("hand out back-up: %w", err)
	}
	return nil
}

// whileNobodySetsUp runs do while what is set up and its secrets fit each other.
func (e *Engine) whileNobodySetsUp(do func() error) error {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	return do()
}

// secretNames are the names of all secrets a set-up can have.
func (e *Engine) secretNames(config *store.Config) []string {
	names := []string{IdentityName, tokenName}
	for id := range config.Sites {
		names = append(names, passwordName(id))
	}
	for id := range config.Connections {
		names = append(names, keyName(id))
	}
	for id, account := range config.Accounts {
		adapter, known := e.adapters(account.Kind)
		if !known {
			continue
		}
		for _, c := range adapter.Describe().Credentials {
			if c.Secret {
				names = append(names, accountSecretName(id, c.Key))
			}
		}
	}
	return names
}

// secrets fetches those that are there.
func secrets(ctx context.Context, vault Vault, names []string) (map[string]core.Secret, error) {
	found := map[string]core.Secret{}
	for _, name := range names {
		secret, err := vault.Get(ctx, name)
		switch {
		case err == nil:
			found[name] = secret
		case !core.HasCode(err, "keyring.missing") || name == IdentityName:
			return nil, err
		}
	}
	return found, nil
}
