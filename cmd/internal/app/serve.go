package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"usher/core"
	"usher/core/control"
	"usher/core/receiver"
	"usher/tunnel"
)

// ServeOptions say how an Usher is to run.
type ServeOptions struct {
	// Plan is how CRMs reach it; nil for what was set up, and what it is changed to.
	Plan *core.AddressPlan
	// Stay goes on working when the address cannot be had at all, until its plan changes.
	// Without it that is the error of Serve. An address that was online once is always
	// waited for.
	Stay bool
	// Ready is called once, when the address is online for the first time; it may be nil.
	Ready func(tunnel.Report)
	// Show brings the window to the front when Usher is started again; nil without a window.
	Show func()
}

// Serve receives webhooks and works until ctx ends.
//
// It stops in the order that loses nothing: first the address, so that nothing more is
// accepted, then the engine and the commands. The data folder stays open until Close.
func (a *App) Serve(ctx context.Context, o ServeOptions) error {
	if o.Ready == nil {
		o.Ready = func(tunnel.Report) {}
	}
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
	start("commands", func() error { return control.Serve(inner, commands, o.backend(a.Engine)) })

	err = a.reach(outer, o, a.doors())
	stopInner()
	running.Wait()
	if err != nil {
		return err
	}
	if cause := context.Cause(outer); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// backend is what commands are answered by.
func (o ServeOptions) backend(b control.Backend) control.Backend {
	if o.Show == nil {
		return b
	}
	return control.WithWindow(b, o.Show)
}

// doors are the same door for those who come over the public address, and for those on
// this computer.
type doors struct{ public, local http.Handler }

func (a *App) doors() doors {
	options := receiver.Options{Log: a.log, Test: a.Engine.SeeTest, Refused: a.Engine.Miss}
	public := receiver.New(ledger{app: a, public: true}, a.store, options)
	return doors{
		public: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.Engine.CountRequest()
			public.ServeHTTP(w, r)
		}),
		local: receiver.New(ledger{app: a}, a.store, options),
	}
}

// ledger waits a little with its answer where the CRM's next step needs what Usher does.
type ledger struct {
	app    *App
	public bool
}

// Accept implements receiver.Ledger.
func (l ledger) Accept(ctx context.Context, d core.Delivery) (uint64, error) {
	seq, err := l.app.Engine.Admit(func() (uint64, error) { return l.app.store.Accept(ctx, d) })
	if err != nil {
		return 0, err
	}
	if l.public {
		l.app.Engine.Heard(ctx, d.Connection)
	}
	l.app.Engine.Await(ctx, d, seq)
	return seq, nil
}
