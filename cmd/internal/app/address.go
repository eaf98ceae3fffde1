package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"usher/core"
	"usher/core/engine"
	"usher/tunnel"
)

// Ngrok is where ngrok's service is. The zero value is the real one.
type Ngrok struct {
	Connect string            // host:port agents connect to
	Roots   *x509.CertPool    // who vouches for it
	Outside http.RoundTripper // how callers on the internet reach the public URL
	Grace   time.Duration     // see tunnel.Ngrok
}

// address makes the address of a plan.
func (a *App) address(plan core.AddressPlan) tunnel.Address {
	switch listen := cmp.Or(plan.Listen, engine.DefaultListen); plan.Kind {
	case core.FixedAddress:
		return a.watched(tunnel.Fixed{Listen: listen, PublicURL: plan.URL})
	case core.NgrokAddress:
		return a.watched(tunnel.Ngrok{Token: a.ngrokToken, URL: cmp.Or(plan.URL, a.Engine.NgrokDomain()), Connect: a.ngrok.Connect, Roots: a.ngrok.Roots, Grace: a.ngrok.Grace})
	default:
		return tunnel.Local{Listen: listen}
	}
}

func (a *App) watched(address tunnel.Address) tunnel.Address {
	return tunnel.Watched{Address: address, Allow: a.Engine.AllowPing, Transport: a.ngrok.Outside}
}

// ngrokToken is the one that was set up, else the one the program was given; empty where
// there is none.
func (a *App) ngrokToken(ctx context.Context) (string, error) {
	token, err := a.Engine.NgrokToken(ctx)
	if core.HasCode(err, "address.no_token") {
		return a.token.Reveal(), nil
	}
	return token.Reveal(), err
}

// CheckAddress refuses a plan that cannot work.
func CheckAddress(plan core.AddressPlan) error {
	var err error
	switch listen := cmp.Or(plan.Listen, engine.DefaultListen); plan.Kind {
	case core.LocalAddress:
		err = tunnel.Local{Listen: listen}.Check()
	case core.FixedAddress:
		err = tunnel.Fixed{Listen: listen, PublicURL: plan.URL}.Check()
	case core.NgrokAddress:
		err = errors.Join(tunnel.Local{Listen: listen}.Check(), tunnel.Ngrok{URL: plan.URL}.Check())
	default:
		return core.NewProblem("address.bad_kind", nil).About(string(plan.Kind))
	}
	if err != nil {
		return addressProblem(err)
	}
	return nil
}

// reach keeps Usher reachable until ctx ends, by one plan after the other.
func (a *App) reach(ctx context.Context, o ServeOptions, d doors) error {
	f := &front{app: a, ready: o.Ready}
	for {
		if a.Engine.Left() {
			if err := a.stayAway(ctx, o, f); err != nil || ctx.Err() != nil {
				return err
			}
			continue
		}
		plan := a.Engine.AddressPlan()
		if o.Plan != nil {
			plan = *o.Plan
		}
		again, err := a.runPlan(ctx, plan, f, d)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !o.Stay && !f.wasReady():
			return addressProblem(err)
		case again:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.Engine.Replanned():
		}
	}
}

// stayAway gives the address up for the computer this Usher moved to, until something changes.
func (a *App) stayAway(ctx context.Context, o ServeOptions, f *front) error {
	if !o.Stay && !f.wasReady() {
		return core.NewProblem("move.left", nil)
	}
	a.Engine.SetAddress(ctx, core.AddressStatus{State: "off", Plan: a.Engine.AddressPlan()}, nil)
	select {
	case <-ctx.Done():
	case <-a.Engine.Replanned():
	}
	return nil
}

// runPlan serves by one plan until ctx ends, the address fails, or the plan has changed,
// which is again.
func (a *App) runPlan(ctx context.Context, plan core.AddressPlan, f *front, d doors) (again bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	f.begin(ctx, plan)

	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	changed := make(chan struct{})
	running.Go(func() {
		select {
		case <-ctx.Done():
		case <-a.Engine.Replanned():
			close(changed)
			stop()
		}
	})
	if plan.Kind == core.NgrokAddress {
		beside := tunnel.Local{Listen: cmp.Or(plan.Listen, engine.DefaultListen)}
		running.Go(func() { _ = beside.Run(ctx, d.local, f.localChanged) }) // the report says what is wrong
	}
	err = a.address(plan).Run(ctx, d.public, f.changed)
	select {
	case <-changed:
		return true, nil
	default:
		return false, err
	}
}

// front joins what is reported of the address and, with ngrok, of the local port beside
// it, and passes it on.
type front struct {
	app   *App
	ready func(tunnel.Report)

	mu      sync.Mutex
	ctx     context.Context //nolint:containedctx // reports come without one
	plan    core.AddressPlan
	address tunnel.Report
	local   tunnel.Report
	told    bool // ready was called
}

func (f *front) begin(ctx context.Context, plan core.AddressPlan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ctx, f.plan = context.WithoutCancel(ctx), plan
	f.address, f.local = tunnel.Report{}, tunnel.Report{}
}

func (f *front) wasReady() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told
}

func (f *front) changed(r tunnel.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.address = r
	f.tell()
}

func (f *front) localChanged(r tunnel.Report) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.local = r
	f.tell()
}

// tell passes on what is known now, with f.mu held.
func (f *front) tell() {
	if f.address.State == "" {
		return // the address itself has said nothing yet
	}
	now, beside := f.address, f.plan.Kind == core.NgrokAddress
	if beside {
		now.Local = f.local.Local
	}
	var problem *core.Problem
	switch {
	case now.Err != nil:
		problem = core.AsProblem(addressProblem(now.Err))
	case f.local.Err != nil:
		problem = core.AsProblem(addressProblem(f.local.Err))
	}
	f.app.log.Info("address changed", "state", string(now.State), "code", codeOf(problem))
	status := core.AddressStatus{State: string(now.State), URL: now.URL, Local: now.Local, Plan: f.plan}
	f.app.Engine.SetAddress(f.ctx, status, problem)
	if now.State == tunnel.Online && !f.told && (!beside || settled(f.local)) {
		f.told = true
		f.ready(now)
	}
}

func settled(r tunnel.Report) bool { return r.State == tunnel.Online || r.State == tunnel.Failed }

func codeOf(p *core.Problem) string {
	if p == nil {
		return ""
	}
	return p.Code
}

// addressProblem turns a tunnel's error, which knows nothing of Problems, into one.
func addressProblem(err error) error {
	var problem *core.Problem
	if errors.As(err, &problem) {
		return problem
	}
	var coded interface{ Code() string }
	if !errors.As(err, &coded) {
		return fmt.Errorf("address: %w", err)
	}
	problem = core.NewProblem(coded.Code(), err)
	var detailed interface{ Detail() string }
	if errors.As(err, &detailed) {
		problem = problem.About(strings.TrimSpace(detailed.Detail()))
	}
	return problem
}
