package engine

import (
	"context"
	"slices"

	"usher/core"
	"usher/core/seal"
	"usher/core/store"
)

// Adopt makes a copy of a store one that can go on from where the copy was made: its identity
// is the secret. What was done since is not known, so no mail is sent that may have been sent.
func Adopt(ctx context.Context, s *store.Store, identity core.Secret) error {
	opens, err := seal.ParseIdentity(identity)
	if err != nil {
		return core.NewProblem("keyring.missing", err)
	}
	if err := s.Unlock(opens); err != nil {
		return err
	}
	return s.DoubtMails(ctx)
}

// MoveIn takes the secrets that belong to the set-up into the vault, the identity first, and
// says whether anything is written from now on.
func (e *Engine) MoveIn(ctx context.Context, given map[string]core.Secret, paused bool) error {
	for _, name := range e.secretNames(e.store.Config()) {
		secret, there := given[name]
		if !there {
			continue
		}
		if err := e.vault.Set(ctx, name, secret); err != nil {
			return err
		}
	}
	return e.Pause(ctx, "", paused)
}

// KeepKeys has every connection opened by the access key in the vault, which may be newer than
// a store that was put back: it is the one people see, and that stands in the CRM.
func (e *Engine) KeepKeys(ctx context.Context) error {
	for id, conn := range e.store.Config().Connections {
		key, err := e.vault.Get(ctx, keyName(id))
		if core.HasCode(err, "keyring.missing") {
			continue // removed since; its messages say so
		}
		if err != nil {
			return err
		}
		now := e.store.Digest(key.Reveal())
		if slices.Contains(conn.Keys, now) {
			continue
		}
		if err := e.store.SetKeys(ctx, id, append([]core.KeyDigest{now}, conn.Keys[:min(1, len(conn.Keys))]...)...); err != nil {
			return err
		}
	}
	return nil
}
