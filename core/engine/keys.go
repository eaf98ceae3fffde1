package engine

import (
	"context"

	"usher/core"
)

// WebhookURLs implements control.Backend.
func (e *Engine) WebhookURLs(ctx context.Context, connection string) (core.SetupAnswer, error) {
	conn, ok := e.store.Config().ConnectionNamed(connection)
	if !ok {
		return core.SetupAnswer{}, core.NewProblem("setup.no_connection", nil).About(connection)
	}
	via, problem := e.route(conn.ID)
	if problem != nil {
		return core.SetupAnswer{}, problem
	}
	key, err := e.vault.Get(ctx, keyName(conn.ID))
	if err != nil {
		return core.SetupAnswer{}, err
	}
	return core.SetupAnswer{Connection: conn.Name, URLs: e.webhookURLs(key, via.adapter.Describe().URLParams)}, nil
}

// RotateKey implements control.Backend. The door knows the new key before anybody is told
// of it, and the old one until then: wherever this ends, the URLs people see and those in
// the CRM open the door.
func (e *Engine) RotateKey(ctx context.Context, connection string, endOld bool) (core.SetupAnswer, error) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	conn, ok := e.store.Config().ConnectionNamed(connection)
	if !ok {
		return core.SetupAnswer{}, core.NewProblem("setup.no_connection", nil).About(connection)
	}
	old, err := e.vault.Get(ctx, keyName(conn.ID))
	if err != nil {
		return core.SetupAnswer{}, err
	}
	key := newKey()
	fresh := e.store.Digest(key.Reveal())
	if err := e.store.SetKeys(ctx, conn.ID, fresh, e.store.Digest(old.Reveal())); err != nil {
		return core.SetupAnswer{}, err
	}
	if err := e.vault.Set(ctx, keyName(conn.ID), key); err != nil {
		return core.SetupAnswer{}, err
	}
	if endOld {
		if err := e.store.SetKeys(ctx, conn.ID, fresh); err != nil {
			return core.SetupAnswer{}, err
		}
	}
	signal(e.renew) // webhooks Usher made in the CRM follow
	return e.WebhookURLs(ctx, connection)
}
