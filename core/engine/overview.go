package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"usher/core"
	"usher/core/store"
)

// mostNamed is how many messages a Need names.
const mostNamed = 50

// Overview implements control.Backend.
func (e *Engine) Overview(ctx context.Context) (core.Overview, error) {
	version, _ := e.bell.look() // before the rest, so that nothing that changes meanwhile is missed
	status, err := e.Status(ctx)
	if err != nil {
		return core.Overview{}, err
	}
	needs, err := e.needs(status)
	if err != nil {
		return core.Overview{}, err
	}
	connections, err := e.connectionViews()
	if err != nil {
		return core.Overview{}, err
	}
	keeping, err := e.keeping()
	if err != nil {
		return core.Overview{}, err
	}
	return core.Overview{
		Version: version, Status: status, Paused: e.isPaused(),
		Sites: e.siteViews(), Connections: connections, Needs: needs, Keeping: keeping,
	}, nil
}

func (e *Engine) siteViews() (views []core.SiteView) {
	config := e.store.Config()
	for _, site := range config.Sites {
		views = append(views, core.SiteView{
			Home: site.Home, Name: cmp.Or(site.Name, bareAddress(site.Home)), User: site.User,
			WelcomeMail: site.WelcomeMail, Swapped: site.Swapped,
			Helper: e.helper(site), Connections: config.ConnectionsOf(site.ID),
		})
	}
	slices.SortFunc(views, func(a, b core.SiteView) int { return cmp.Compare(a.Home, b.Home) })
	return views
}

func (e *Engine) connectionViews() (views []core.ConnectionView, err error) {
	config := e.store.Config()
	for _, conn := range config.SortedConnections() {
		account := config.Accounts[conn.AccountID]
		view := core.ConnectionView{
			Name: conn.Name, Kind: account.Kind, CRM: account.Kind, Account: account.Name,
			Site: config.Sites[conn.SiteID].Home, API: account.API, Paused: conn.Paused,
		}
		adapter, known := e.adapters(account.Kind)
		if known {
			view.CRM, view.SignIn = adapter.Describe().Name, e.waitsForSignIn(account, adapter)
			if conn.FieldMap == nil {
				conn.FieldMap = adapter.Describe().FieldMap
			}
		}
		for _, key := range conn.Keys {
			used, err := e.store.KeyUsed(key)
			if err != nil {
				return nil, err
			}
			if used.After(view.LastMessage) {
				view.LastMessage = used
			}
		}
		conn.ID, conn.AccountID, conn.SiteID, conn.Keys = "", "", "", nil
		conn.Registrations = nil
		view.Rules = conn
		views = append(views, view)
	}
	return views, nil
}

// waitsForSignIn reports whether the owner has to sign in to a CRM account that has been
// set up, for the first time or once more.
func (e *Engine) waitsForSignIn(account core.Account, adapter core.Adapter) bool {
	if account.API {
		e.mu.Lock()
		defer e.mu.Unlock()
		trouble := e.troubles[account.Name]
		return trouble != nil && trouble.Code == "crm.sign_in"
	}
	client, err := e.crm(account, adapter)
	_, can := client.(core.Authoriser)
	return err == nil && can && len(account.Settings) > 0
}

// needs groups what stands still by its cause.
func (e *Engine) needs(status core.Status) ([]core.Need, error) {
	waiting, held, stopped, err := e.tally()
	if err != nil {
		return nil, err
	}
	var needs []core.Need
	for _, trouble := range status.Problems {
		need := core.Need{Problem: trouble, Waits: true, Count: waiting[trouble.About]}
		if trouble.About == aboutUsher {
			need.Count = int(status.Queued) //nolint:gosec // a count of messages
		}
		needs = append(needs, need)
	}
	for _, need := range held {
		slices.SortFunc(need.Messages, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(b, a)) })
		need.Messages = need.Messages[:min(len(need.Messages), mostNamed)]
		needs = append(needs, *need)
	}
	if alone := status.Held - stopped; stopped < status.Held {
		unread, err := e.unreadable(alone)
		if err != nil {
			return nil, err
		}
		needs = append(needs, unread...)
	}
	slices.SortStableFunc(needs, func(a, b core.Need) int {
		if a.Waits != b.Waits {
			return map[bool]int{true: -1, false: 1}[a.Waits]
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Problem.Code, b.Problem.Code))
	})
	return needs, nil
}

// cause is what held messages have in common.
type cause struct{ connection, code string }

// tally counts what waits, by what troubles are about, and groups what is held or given
// up by its cause; stopped is how many of those are held.
func (e *Engine) tally() (waiting map[string]int, held map[cause]*core.Need, stopped uint64, err error) {
	config := e.store.Config()
	waiting, held = map[string]int{}, map[cause]*core.Need{}
	err = e.store.Works(func(w store.Work) {
		conn := config.Connections[w.Key.Connection]
		if w.State == core.Queued {
			waiting[config.Sites[w.Site].Home] += w.Count
			if w.Problem != nil && w.Problem.Scope == core.CRMWide {
				waiting[config.Accounts[conn.AccountID].Name] += w.Count
			}
			return
		}
		if w.State == core.Held {
			stopped += uint64(w.Count) //nolint:gosec // a count of messages
		}
		if w.Problem != nil {
			hold(held, conn.Name, w.Problem, w.Count, w.First)
		}
	})
	return waiting, held, stopped, err
}

// hold adds messages to the Need of their cause.
func hold(held map[cause]*core.Need, connection string, problem *core.Problem, count int, first uint64) {
	key := cause{connection, problem.Code}
	need, ok := held[key]
	if !ok {
		need = &core.Need{Problem: problem.Trouble(connection), Connection: connection, Question: isQuestion(problem.Code), Declinable: isDeclinable(problem.Code)}
		held[key] = need
	} else if trouble := problem.Trouble(connection); need.Problem.Title != trouble.Title {
		need.Problem.Title = problem.Title // what each is about differs
	}
	need.Count += count
	need.Messages = append(need.Messages, core.FormatID(first))
}

// unreadable groups the n messages that are held because nobody could tell whom they are
// about.
func (e *Engine) unreadable(n uint64) (needs []core.Need, err error) {
	records, err := e.store.HeldAlone(n, searched)
	if err != nil {
		return nil, err
	}
	held := map[cause]*core.Need{}
	for _, r := range records {
		if r.Problem != nil {
			hold(held, r.Connection, r.Problem, 1, r.Seq)
		}
	}
	for _, need := range held {
		need.Messages = need.Messages[:min(len(need.Messages), mostNamed)]
		needs = append(needs, *need)
	}
	return needs, nil
}
