package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/core"
)

// RegisterWebhook implements control.Backend.
func (e *Engine) RegisterWebhook(ctx context.Context, name string, action core.Action) (core.RegistrationAnswer, error) {
	if !action.Known() {
		return core.RegistrationAnswer{}, core.NewProblem("command.unknown_action", nil).About(string(action))
	}
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	conn, ok := e.store.Config().ConnectionNamed(name)
	if !ok {
		return core.RegistrationAnswer{}, core.NewProblem("setup.no_connection", nil).About(name)
	}
	if err := e.register(ctx, conn, action); err != nil {
		return core.RegistrationAnswer{}, err
	}
	done := e.registrations(conn)
	if err := e.endOld(ctx, conn.ID, action); err != nil {
		done.Notes = []string{"The webhooks made before are still there: " + core.AsProblem(err).Sentence() + " Usher takes them out as soon as it can."}
		signal(e.renew)
	}
	e.setTrouble(aboutRegistration(conn), nil)
	return done, nil
}

// UnregisterWebhook implements control.Backend.
func (e *Engine) UnregisterWebhook(ctx context.Context, name string) (core.RegistrationAnswer, error) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	conn, ok := e.store.Config().ConnectionNamed(name)
	if !ok {
		return core.RegistrationAnswer{}, core.NewProblem("setup.no_connection", nil).About(name)
	}
	if err := e.unregister(ctx, conn); err != nil {
		return core.RegistrationAnswer{}, err
	}
	done := e.registrations(conn)
	if len(conn.Registrations) == 0 {
		done.Notes = []string{"Usher made no webhook for this connection."}
	}
	return done, nil
}

// register has the CRM call the connection's webhook URL as it is now. Webhooks that
// called another one become Old, to be ended by endOld.
//
// The new ones are made before the old ones end, so that no event is missed; one that
// comes in between is told twice, which does no harm. A crash before anything was stored
// leaves webhooks nobody knows of, which the next try finds again, because it asks for the
// same URL. A crash after it leaves Old ones, which the next start ends.
func (e *Engine) register(ctx context.Context, conn core.Connection, action core.Action) error {
	via, registrar, err := e.registrar(conn)
	if err != nil {
		return err
	}
	key, err := e.vault.Get(ctx, keyName(conn.ID))
	if err != nil {
		return err
	}
	target := e.webhookURLs(key, via.adapter.Describe().URLParams)[action]
	address, _, _ := strings.Cut(target, "/?")
	if !isPublic(address) {
		return core.NewProblem("crm.register_nowhere", nil)
	}
	before := conn.Registrations[action]
	made, failed := registrar.Register(ctx, core.NewSecret(target))
	now := core.Registration{
		Address: address, Key: e.store.Digest(key.Reveal()), Webhooks: made,
		Old: without(slices.Concat(before.Webhooks, before.Old), made),
	}
	if failed != nil { // all stays as it was, and what was made is of no use
		now = before
		now.Old = without(slices.Concat(before.Old, made), before.Webhooks)
	}
	// What the CRM has must be known, also when the caller has gone away.
	if err := e.store.Register(context.WithoutCancel(ctx), conn.ID, action, now); err != nil {
		return err
	}
	return failed
}

// endOld ends the webhooks that are of no use any more.
func (e *Engine) endOld(ctx context.Context, connection string, action core.Action) error {
	conn := e.store.Config().Connections[connection]
	now := conn.Registrations[action]
	if len(now.Old) == 0 {
		return nil
	}
	if err := e.end(ctx, conn, now.Old); err != nil {
		return err
	}
	now.Old = nil
	return e.store.Register(ctx, conn.ID, action, now)
}

// unregister ends all webhooks Usher made for a connection.
func (e *Engine) unregister(ctx context.Context, conn core.Connection) error {
	for action, made := range conn.Registrations {
		if err := e.end(ctx, conn, slices.Concat(made.Webhooks, made.Old)); err != nil {
			return err
		}
		if err := e.store.Register(ctx, conn.ID, action, core.Registration{}); err != nil {
			return err
		}
	}
	e.setTrouble(aboutRegistration(conn), nil)
	return nil
}

// unregisterForGood does what it can for a connection that is removed: where the CRM is in
// the way, notes say what to do by hand. What is in the way at home, such as a locked
// keyring, is an error.
func (e *Engine) unregisterForGood(ctx context.Context, conn core.Connection) (notes []string, err error) {
	err = e.unregister(ctx, conn)
	e.setTrouble(aboutRegistration(conn), nil)
	switch p := core.AsProblem(err); {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil, p.Scope == core.App && p.Code != "keyring.missing":
		return nil, err
	default:
		return []string{
			"The webhooks Usher made in the CRM are still there: " + p.Sentence(),
			"Delete those that call " + e.registrations(conn).Address + " in the CRM.",
		}, nil
	}
}

func (e *Engine) end(ctx context.Context, conn core.Connection, webhooks []string) error {
	_, registrar, err := e.registrar(conn)
	if err != nil {
		return err
	}
	return registrar.Unregister(ctx, webhooks)
}

// registrar is the open client of a connection's CRM, which has to be one that takes
// webhooks from programs.
func (e *Engine) registrar(conn core.Connection) (route, core.Registrar, error) {
	via, problem := e.route(conn.ID)
	if problem != nil {
		return route{}, nil, problem
	}
	cannot := core.NewProblem("crm.cannot_register", nil).About(via.adapter.Describe().Name)
	if _, hasAPI := via.adapter.(core.Opener); !hasAPI {
		return route{}, nil, cannot
	}
	client, err := e.crm(via.account, via.adapter)
	if err != nil {
		return route{}, nil, err
	}
	registrar, ok := client.(core.Registrar)
	if !ok {
		return route{}, nil, cannot
	}
	return via, registrar, nil
}

// registrations tells what is registered for a connection now.
func (e *Engine) registrations(conn core.Connection) core.RegistrationAnswer {
	done := core.RegistrationAnswer{Connection: conn.Name, Actions: []core.Action{}}
	made := e.store.Config().Connections[conn.ID].Registrations
	for _, action := range slices.Sorted(maps.Keys(made)) {
		if len(made[action].Webhooks) > 0 {
			done.Actions, done.Address = append(done.Actions, action), made[action].Address
		}
	}
	return done
}

// without returns the texts of a that are not in b, each once.
func without(a, b []string) []string {
	left := slices.DeleteFunc(slices.Clone(a), func(one string) bool { return slices.Contains(b, one) })
	slices.Sort(left)
	return slices.Compact(left)
}

// aboutRegistration is what troubles with registered webhooks are about, for people.
func aboutRegistration(conn core.Connection) string { return "Webhook made for " + conn.Name }

// runRegistrar keeps what is registered in CRMs up to date: it works whenever the public
// address or an access key may have changed, until ctx ends.
func (e *Engine) runRegistrar(ctx context.Context) {
	for failures := 0; ; {
		var problem *core.Problem
		if problem = e.renewAll(ctx); problem == nil {
			failures = 0
		}
		wait := idle
		if problem != nil {
			failures++
			if wait = max(siteWait(failures), problem.RetryAfter); problem.Then != core.Retry {
				wait = jitter(heldSiteWait)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-e.renew:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// renewAll registers anew what calls another URL than the one of now, and ends what is
// old. It returns one of the Problems it met. While the address is not public all stays.
func (e *Engine) renewAll(ctx context.Context) (last *core.Problem) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	address := e.publicURL()
	if !isPublic(address) {
		return nil
	}
	for _, conn := range e.store.Config().SortedConnections() {
		var failed *core.Problem
		for _, action := range slices.Sorted(maps.Keys(conn.Registrations)) {
			if err := e.renewOne(ctx, conn, action, address); err != nil && ctx.Err() == nil {
				failed = core.AsProblem(err)
				e.log.Warn("webhook not renewed", "connection", conn.ID, "code", failed.Code)
			}
		}
		if len(conn.Registrations) > 0 {
			e.setTrouble(aboutRegistration(conn), failed)
		}
		if failed != nil {
			last = failed
		}
	}
	return last
}

func (e *Engine) renewOne(ctx context.Context, conn core.Connection, action core.Action, address string) error {
	now := conn.Registrations[action]
	current := now.Address == address && slices.Contains(conn.Keys, now.Key)
	if len(now.Webhooks) > 0 && !current {
		if err := e.register(ctx, conn, action); err != nil {
			return err
		}
	}
	return e.endOld(ctx, conn.ID, action)
}
