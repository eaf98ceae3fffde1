package app

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"usher/core"
	"usher/core/control"
	"usher/core/receiver"
	"usher/tunnel"
)

// Serve receives webhooks at the address and works until ctx ends. It calls ready once,
// when the address is online for the first time.
//
// It stops in the order that loses nothing: first the address, so that nothing more is
// accepted, then the engine and the commands. The data folder stays open until Close.
func (a *App) Serve(ctx context.Context, address tunnel.Address, ready func(tunnel.Report)) error {
	commands, err := control.Listen(ctx, a.dir)
	if err != nil {
		return err
	}
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	defer stopInner()
	outer, stopOuter := context.WithCancelCause(ctx)
	defer stopOuter(nil)

	var running sync.WaitGroup
	start := func(what string, run func() error) {
		running.Go(func() {
			if err := run(); err != nil {
				stopOuter(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	start("engine", func() error { return a.Engine.Run(inner) })
	start("commands", func() error { return control.Serve(inner, commands, a.Engine) })

	door := receiver.New(ledger{a}, a.store, receiver.Options{Log: a.log})
	var once sync.Once
	err = address.Run(outer, door, func(r tunnel.Report) {
		a.addressChanged(inner, r)
		if r.State == tunnel.Online {
			once.Do(func() { ready(r) })
		}
	})
	stopInner()
	running.Wait()
	if err != nil && !errors.Is(err, context.Canceled) {
		return addressProblem(err)
	}
	if cause := context.Cause(outer); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// ledger waits a little with its answer where the CRM's next step needs what Usher does.
type ledger struct{ app *App }

// Accept implements receiver.Ledger.
func (l ledger) Accept(ctx context.Context, d core.Delivery) (uint64, error) {
	seq, err := l.app.store.Accept(ctx, d)
	if err == nil {
		l.app.Engine.Await(ctx, d, seq)
	}
	return seq, err
}

func (a *App) addressChanged(ctx context.Context, r tunnel.Report) {
	var problem *core.Problem
	if r.Err != nil {
		problem = core.AsProblem(addressProblem(r.Err))
	}
	a.log.Info("address changed", "state", string(r.State))
	a.Engine.SetAddress(ctx, core.AddressStatus{State: string(r.State), URL: r.URL}, problem)
}

// addressProblem turns a tunnel's error, which knows nothing of Problems, into one.
func addressProblem(err error) error {
	var coded interface{ Code() string }
	if errors.As(err, &coded) {
		return core.NewProblem(coded.Code(), err)
	}
	return fmt.Errorf("address: %w", err)
}
