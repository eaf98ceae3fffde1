// Package engine gives Usher time and life: it reads deliveries as they arrive, keeps
// one lane per site that applies waiting work in order, retries, holds and gives up,
// and does what commands ask.
//
// It decides nothing about users (that is usersync), stores nothing itself (store) and
// speaks to WordPress only through the Site interface. Start reading with Run, then
// lane.go and apply.go.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"usher/core"
	"usher/core/seal"
	"usher/core/store"
)

// Vault keeps secrets by name. Errors are Problems; a name that is not there is
// keyring.missing.
type Vault interface {
	Get(ctx context.Context, name string) (core.Secret, error)
	Set(ctx context.Context, name string, secret core.Secret) error
	// Delete forgets name, if it is there.
	Delete(ctx context.Context, name string) error
}

// Sites finds and opens WordPress sites.
type Sites interface {
	// Connect finds the site a person means by address and verifies that the account
	// may manage users. The result has no ID yet.
	Connect(ctx context.Context, address, user string, password core.Secret) (core.Site, error)
	// Open returns a client of a site. It does no I/O.
	Open(site core.Site, password core.Secret) Site
}

// Site is one WordPress site. Errors are Problems, or the context's.
type Site interface {
	// Offer says what the site can do.
	Offer(ctx context.Context) (core.Offer, error)
	// Find looks users up and answers in the order of the queries.
	Find(ctx context.Context, queries []core.UserQuery) ([]core.Found, error)
	// Write carries out changes to different users, at most Offer.Most, and answers in
	// their order, each with its own error. What was not answered may have been done.
	Write(ctx context.Context, writes []core.UserWrite) []core.Written
	// Login is the n-th choice, from 1, of a user name made of wanted that the site takes.
	Login(wanted string, n int) string
	Inspector
}

// Inspector tells about a site as a whole.
type Inspector interface {
	// Ping returns nil when site and credentials are well.
	Ping(ctx context.Context) error
	// RoleCaps tells what a role may do, as far as a site without the helper reveals it.
	RoleCaps(ctx context.Context, role string) (caps map[string]bool, known bool, err error)
	// Clock is the site's time as of its last answer; zero when there was none.
	Clock() time.Time
	// Close lets go of idle connections.
	Close()
}

// ResetMailer is a Site that can mail a user a link to choose a password, by its "lost
// your password?" form. Repeating it sends another mail.
type ResetMailer interface {
	SendReset(ctx context.Context, login string) error
}

// Config is what an Engine is made of. All fields but Now are required.
type Config struct {
	Store    *store.Store
	Vault    Vault
	Adapters []core.Adapter
	Sites    Sites
	// CheckAddress refuses a plan that cannot work; its error is a Problem.
	CheckAddress func(core.AddressPlan) error
	// Caller sends test messages.
	Caller Caller
	Log    *slog.Logger
	// Now is the wall clock; nil means the computer's.
	Now func() time.Time
}

// Engine is safe for concurrent use. Its command methods also work when it does not run.
type Engine struct {
	store     *store.Store
	vault     Vault
	catalogue []core.Adapter
	sites     Sites
	log       *slog.Logger
	now       func() time.Time // the wall clock; see clock.go

	checkAddress func(core.AddressPlan) error
	caller       Caller
	meter        meter
	bell         *bell
	missed       misses
	trials       trials

	settingUp sync.Mutex
	writing   sync.RWMutex  // held for reading by lanes at work; see leave
	door      sync.RWMutex  // held for reading while a webhook is admitted; guards left
	left      bool          // Usher moved to another computer
	renew     chan struct{} // 1 slot: what is registered in CRMs may be out of date
	tidy      chan struct{} // 1 slot: there may be more to erase

	mu       sync.Mutex
	unlocked bool
	paused   bool // a person stopped all writing
	reach    reach
	troubles map[string]*core.Problem // by what they are about
	crms     map[string]*crm          // by account id, as far as they are open
	watched  map[uint64]chan struct{} // closed when that delivery was settled
	lanes    map[string]*lane         // by site id, while running
	helpers  map[string]core.Helper   // by site id, as far as the site was asked
	start    func(*lane)              // starts a lane; nil while not running
}

// aboutUsher is what troubles of Usher itself are about.
const aboutUsher = "Usher"

// lastWords is how long work in progress may go on after Run was told to stop.
const lastWords = 5 * time.Second

// IdentityName names the secret that opens what the store sealed.
const IdentityName = "identity"

// New makes an engine that is not running yet.
func New(c Config) *Engine {
	e := &Engine{
		store: c.Store, vault: c.Vault, catalogue: c.Adapters, sites: c.Sites, log: c.Log, now: c.Now,
		checkAddress: c.CheckAddress, caller: c.Caller, bell: newBell(),
		reach: reach{
			status: core.AddressStatus{State: "off"},
			turned: make(chan struct{}), replan: make(chan struct{}, 1),
		},
		renew:    make(chan struct{}, 1),
		tidy:     make(chan struct{}, 1),
		troubles: map[string]*core.Problem{},
		crms:     map[string]*crm{},
		watched:  map[uint64]chan struct{}{},
		lanes:    map[string]*lane{},
		helpers:  map[string]core.Helper{},
	}
	if e.now == nil {
		e.now = wallClock
	}
	if err := e.loadAddress(); err != nil {
		e.log.Warn("address not remembered", "code", core.AsProblem(err).Code)
	}
	if _, err := c.Store.Setting(settingPaused, &e.paused); err != nil {
		e.log.Warn("pause not remembered", "code", core.AsProblem(err).Code)
	}
	if err := e.loadLeft(); err != nil {
		e.log.Warn("move not remembered", "code", core.AsProblem(err).Code)
	}
	return e
}

// Run works until ctx ends, then lets work in progress finish for a few seconds. What is
// not finished then goes on at the next start.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.store.ClampDue(ctx, e.now().Add(longestWait)); err != nil {
		return fmt.Errorf("start engine: %w", err)
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, stop) })()

	var running sync.WaitGroup
	e.mu.Lock()
	e.start = func(l *lane) { running.Go(func() { l.run(ctx, work) }) }
	e.mu.Unlock()
	e.openLanes()
	running.Go(func() { e.runSorter(ctx) })
	running.Go(func() { e.runRegistrar(ctx) })
	running.Go(func() { e.runMeter(ctx) })
	running.Go(func() { e.runKeeper(ctx) })
	running.Go(func() { e.watchClock(ctx) })
	running.Go(func() { e.passOn(ctx) })

	<-ctx.Done()
	e.mu.Lock()
	e.start = nil
	e.mu.Unlock()
	running.Wait()
	e.closeCRMs()
	e.mu.Lock()
	e.lanes = map[string]*lane{}
	e.mu.Unlock()
	return nil
}

// openLanes starts a lane for every site that has none, and lets all look again.
func (e *Engine) openLanes() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.start == nil {
		return
	}
	for id := range e.store.Config().Sites {
		if _, ok := e.lanes[id]; !ok {
			l := newLane(e, id)
			e.lanes[id] = l
			e.start(l)
		}
	}
}

func (e *Engine) wakeLanes() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.lanes {
		l.look()
	}
}

// repaired ends the pauses of all lanes: a person did something about what was wrong.
func (e *Engine) repaired(ctx context.Context) error {
	e.closeCRMs()
	if err := e.store.Hasten(ctx, e.now()); err != nil {
		return err
	}
	e.openLanes()
	signal(e.renew)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.lanes {
		l.startOver()
	}
	return nil
}

// unlock fetches the store's identity from the vault once.
func (e *Engine) unlock(ctx context.Context) error {
	e.mu.Lock()
	done := e.unlocked
	e.mu.Unlock()
	if done {
		return nil
	}
	text, err := e.vault.Get(ctx, IdentityName)
	if err != nil {
		return err
	}
	identity, err := seal.ParseIdentity(text)
	if err != nil {
		return core.NewProblem("keyring.missing", err)
	}
	if err := e.store.Unlock(identity); err != nil {
		return err
	}
	e.mu.Lock()
	e.unlocked = true
	e.mu.Unlock()
	return nil
}

// adapters finds the adapter of a kind of CRM.
func (e *Engine) adapters(kind string) (core.Adapter, bool) {
	for _, adapter := range e.catalogue {
		if adapter.Describe().Kind == kind {
			return adapter, true
		}
	}
	return nil, false
}

// route is the way of a delivery from its CRM to its site.
type route struct {
	conn    core.Connection
	account core.Account
	site    core.Site
	adapter core.Adapter
}

func (e *Engine) route(connection string) (route, *core.Problem) {
	config := e.store.Config()
	conn, okConn := config.Connections[connection]
	account, okAccount := config.Accounts[conn.AccountID]
	site, okSite := config.Sites[conn.SiteID]
	adapter, okAdapter := e.adapters(account.Kind)
	if !okConn || !okAccount || !okSite || !okAdapter {
		return route{}, core.NewProblem("delivery.connection_gone", nil)
	}
	return route{conn: conn, account: account, site: site, adapter: adapter}, nil
}

// setTrouble records what keeps more than one delivery waiting; nil ends it.
func (e *Engine) setTrouble(about string, problem *core.Problem) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trouble(about, problem)
}

// trouble is setTrouble with e.mu held.
func (e *Engine) trouble(about string, problem *core.Problem) {
	if problem == nil && e.troubles[about] == nil {
		return
	}
	defer e.bell.ring()
	if problem == nil {
		delete(e.troubles, about)
		return
	}
	e.troubles[about] = problem
}
