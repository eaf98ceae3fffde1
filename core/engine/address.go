package engine

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"usher/core"
)

// What is remembered of the public address.
const (
	settingPlan = "address.plan"
	// settingAddress is the public URL last seen, so that set-up can print webhook URLs
	// while Usher does not run.
	settingAddress = "address.url"
	// settingDomain is ngrok's domain of the account, once it is known: asked for by name
	// it stays the same.
	settingDomain = "address.domain"
	// settingMoved lists the connections, by id, whose CRM has not called since the public
	// URL changed.
	settingMoved = "address.moved"
)

// What troubles of the address are about, for people.
const (
	aboutAddress = "Webhook URL"
	aboutMoved   = "Webhook URL in the CRM"
	aboutMonth   = "Webhook URL this month"
)

// tokenName names the authtoken of ngrok in the vault.
const tokenName = "address/ngrok" //nolint:gosec // a name, not a token

// reach is what the engine knows of the way CRMs take to it.
type reach struct {
	status  core.AddressStatus
	problem *core.Problem
	plan    core.AddressPlan // as set up; status has the one of now
	domain  string
	moved   []string      // connections whose CRM has not called since the URL changed
	cut     bool          // CRMs cannot get through
	turned  chan struct{} // closed when cut changes
	replan  chan struct{} // 1 slot: the plan or its token changed
}

// loadAddress reads what was remembered.
func (e *Engine) loadAddress() error {
	var errs []error
	read := func(name string, into any) {
		_, err := e.store.Setting(name, into)
		errs = append(errs, err)
	}
	e.mu.Lock()
	e.reach.plan = core.AddressPlan{Kind: core.LocalAddress}
	read(settingPlan, &e.reach.plan)
	read(settingDomain, &e.reach.domain)
	read(settingMoved, &e.reach.moved)
	e.reach.status.Plan = e.reach.plan
	read(settingMeter, &e.meter.meters)
	e.mu.Unlock()
	e.judgeAddress()
	return errors.Join(errs...)
}

// AddressPlan is how the owner wants Usher to be reached, as set up.
func (e *Engine) AddressPlan() core.AddressPlan {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reach.plan
}

// NgrokDomain is the domain of the owner's ngrok account; empty until it is known.
func (e *Engine) NgrokDomain() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reach.domain
}

// Replanned has a value whenever the address is to be run anew: its plan or its token
// changed, or a person wants another try.
func (e *Engine) Replanned() <-chan struct{} { return e.reach.replan }

// ChangeAddress implements control.Backend. A token that is not empty is kept as ngrok's.
// Without any change the address is tried once more.
func (e *Engine) ChangeAddress(ctx context.Context, change core.AddressChange, token core.Secret) (core.AddressPlan, error) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	plan := e.AddressPlan()
	kind := plan.Kind
	set(&plan.Kind, change.Kind)
	plan.Chosen = plan.Chosen || change.Kind != nil
	if plan.Kind != kind {
		plan.URL = "" // it was for the other kind
	}
	if change.URL != nil {
		plan.URL = strings.TrimSpace(*change.URL)
	}
	set(&plan.Listen, change.Listen)
	if plan.Kind == core.NgrokAddress && kind != plan.Kind && plan.MonthlyLimit == 0 {
		plan.MonthlyLimit = core.FreeMonthlyLimit
	}
	set(&plan.MonthlyLimit, change.MonthlyLimit)
	if err := e.checkAddress(plan); err != nil {
		return core.AddressPlan{}, err
	}
	if err := e.haveToken(ctx, plan, token); err != nil {
		return core.AddressPlan{}, err
	}
	if !token.Empty() || change.URL != nil {
		if err := e.saveDomain(ctx, ""); err != nil { // it may be of another account
			return core.AddressPlan{}, err
		}
	}
	if err := e.store.SaveSetting(ctx, settingPlan, plan); err != nil {
		return core.AddressPlan{}, err
	}
	e.mu.Lock()
	e.reach.plan = plan
	if e.reach.status.State == "off" {
		e.reach.status.Plan = plan
	}
	e.mu.Unlock()
	e.judgeAddress()
	signal(e.reach.replan)
	return plan, nil
}

// haveToken keeps a new token, or finds out whether a plan that needs one has it.
func (e *Engine) haveToken(ctx context.Context, plan core.AddressPlan, token core.Secret) error {
	if !token.Empty() {
		text := strings.TrimSpace(token.Reveal())
		if len(text) > longestText || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return core.NewProblem("address.token_refused", nil)
		}
		return e.vault.Set(ctx, tokenName, core.NewSecret(text))
	}
	if plan.Kind != core.NgrokAddress {
		return nil
	}
	_, err := e.NgrokToken(ctx)
	return err
}

// NgrokToken is the owner's authtoken; address.no_token where there is none.
func (e *Engine) NgrokToken(ctx context.Context) (core.Secret, error) {
	token, err := e.vault.Get(ctx, tokenName)
	if core.HasCode(err, "keyring.missing") {
		return core.Secret{}, core.NewProblem("address.no_token", nil)
	}
	return token, err
}

func (e *Engine) saveDomain(ctx context.Context, domain string) error {
	if err := e.store.SaveSetting(ctx, settingDomain, domain); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reach.domain = domain
	return nil
}

// SetAddress records the public address and its state. A public URL is remembered for the
// next start; that it is another than before is a problem until every CRM has called the
// new one.
func (e *Engine) SetAddress(ctx context.Context, status core.AddressStatus, problem *core.Problem) {
	e.mu.Lock()
	known := e.reach.status.URL
	e.reach.status, e.reach.problem = status, problem
	e.mu.Unlock()
	e.judgeAddress()
	e.bell.ring()
	if status.URL == "" || status.URL == known {
		return
	}
	if err := e.arrived(ctx, status); err != nil && !errors.Is(err, context.Canceled) {
		e.log.Warn("address not remembered", "code", core.AsProblem(err).Code)
	}
	signal(e.renew)
}

// arrived remembers the URL the address came online with.
func (e *Engine) arrived(ctx context.Context, status core.AddressStatus) error {
	now := status.URL
	if plan := status.Plan; plan.Kind == core.NgrokAddress && plan.URL == "" && now != e.NgrokDomain() {
		if err := e.saveDomain(ctx, now); err != nil {
			return err
		}
	}
	var before string
	if _, err := e.store.Setting(settingAddress, &before); err != nil {
		return err
	}
	if before == now {
		return nil
	}
	if isPublic(before) {
		var ids []string
		for _, conn := range e.store.Config().SortedConnections() {
			ids = append(ids, conn.ID)
		}
		if err := e.saveMoved(ctx, ids); err != nil {
			return err
		}
	}
	return e.store.SaveSetting(ctx, settingAddress, now)
}

// Heard takes in that a CRM got through by the public URL of now.
func (e *Engine) Heard(ctx context.Context, connection string) {
	e.mu.Lock()
	moved := e.reach.moved
	e.mu.Unlock()
	if !slices.Contains(moved, connection) {
		return
	}
	left := slices.DeleteFunc(slices.Clone(moved), func(id string) bool { return id == connection })
	if err := e.saveMoved(ctx, left); err != nil {
		e.log.Warn("address not remembered", "code", core.AsProblem(err).Code)
	}
}

func (e *Engine) saveMoved(ctx context.Context, ids []string) error {
	if err := e.store.SaveSetting(ctx, settingMoved, ids); err != nil {
		return err
	}
	e.mu.Lock()
	e.reach.moved = ids
	e.mu.Unlock()
	e.judgeAddress()
	return nil
}

// Cut reports whether CRMs cannot get through to Usher, because its address failed or the
// month's requests are used up. The channel is closed when that changes.
func (e *Engine) Cut() (cut bool, changed <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reach.cut, e.reach.turned
}

// judgeAddress draws from all that is known of the address what people are told, and
// whether CRMs can get through.
func (e *Engine) judgeAddress() {
	config, month := e.store.Config(), e.month()
	e.mu.Lock()
	defer e.mu.Unlock()
	r := &e.reach
	e.trouble(aboutAddress, r.problem)

	var names []string
	for _, id := range r.moved {
		if conn, ok := config.Connections[id]; ok {
			names = append(names, conn.Name)
		}
	}
	var moved, fast *core.Problem
	if len(names) > 0 {
		moved = core.NewProblem("address.moved", nil).About(strings.Join(names, ", "))
	}
	e.trouble(aboutMoved, moved)

	limit := r.status.Plan.MonthlyLimit
	metered := r.status.Plan.Kind == core.NgrokAddress && limit > 0
	usedUp := metered && month.Requests >= limit
	if metered && month.Requests >= limit/5*4 {
		fast = core.NewProblem("address.fast", nil)
	}
	e.trouble(aboutMonth, fast)

	failed := r.status.State == "failed" || (r.problem != nil && r.problem.Code == "address.month_used_up")
	if cut := failed || usedUp; cut != r.cut {
		r.cut = cut
		close(r.turned)
		r.turned = make(chan struct{})
	}
}

// addressStatus is what people are told of the address, with e.mu held.
func (e *Engine) addressStatus() core.AddressStatus {
	status := e.reach.status
	if status.Plan.Kind == core.NgrokAddress {
		month := e.month()
		month.Limit = status.Plan.MonthlyLimit
		status.Month = &month
	}
	return status
}

// publicURL is the address CRMs can reach, or last could, or will by default.
func (e *Engine) publicURL() string {
	e.mu.Lock()
	address := e.reach.status.URL
	e.mu.Unlock()
	if address == "" {
		_, _ = e.store.Setting(settingAddress, &address) // without it the default is as good a guess
	}
	return strings.TrimRight(cmp.Or(address, "http://"+DefaultListen), "/")
}

// isPublic reports whether an address is one other computers may call.
func isPublic(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https"
}
