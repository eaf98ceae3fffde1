package tunnel

import (
	"context"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"usher/tunnel/ngroktest"
)

// nudged is an Ngrok with somebody to nudge it.
type nudged struct {
	Ngrok
	nudges chan nudge
}

func (a nudged) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	return a.runNudged(ctx, h, report, a.nudges)
}

func everything(netip.Addr) bool { return true }

// startNudged starts an Ngrok on a new edge.
func startNudged(t *testing.T) (*ngroktest.Edge, nudged, *running) {
	t.Helper()
	edge := ngroktest.Start(t, ngroktest.Options{})
	address := nudged{onEdge(edge), make(chan nudge)}
	return edge, address, start(t, address, sayHello())
}

// soon fails the test when something that a nudge brings about takes as long as without.
func soon(t *testing.T, what string, began time.Time) {
	t.Helper()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%s took %v", what, took)
	}
}

func TestNgrokIsBackAtOnceWhenNudged(t *testing.T) {
	t.Run("a dead link is cut, and its session resumed", func(t *testing.T) {
		t.Parallel()
		edge, address, run := startNudged(t)
		online := run.waitOnline(t)
		edge.KeepStale(time.Minute)
		edge.Freeze()
		run.forget()
		began := time.Now()
		address.nudges <- nudge{gone: everything}
		run.waitFor(t, "reconnecting", inState(Reconnecting))
		run.waitFor(t, "back", inState(Online))
		if got := fromOutside(edge.Client(), online.URL); got != "hello" {
			t.Errorf("got %q", got)
		}
		soon(t, "coming back", began)
		if auths := edge.Auths(); len(auths) != 2 || auths[1].ClientID == "" {
			t.Errorf("sessions are %+v, want the first resumed", auths)
		}
		run.stop(t)
	})
	t.Run("links from addresses that are still here are left alone", func(t *testing.T) {
		t.Parallel()
		edge, address, run := startNudged(t)
		run.waitOnline(t)
		elsewhere := netip.MustParseAddr("192.0.2.7")
		address.nudges <- nudge{gone: func(local netip.Addr) bool { return local == elsewhere }}
		address.nudges <- nudge{gone: func(local netip.Addr) bool { return local == elsewhere }} // the first is done
		run.wantStates(t, Connecting, Online)
		if n := len(edge.Auths()); n != 1 {
			t.Errorf("connected %d times", n)
		}
		run.stop(t)
	})
	t.Run("the wait between two dials is cut short", func(t *testing.T) {
		t.Parallel()
		edge, address, run := startNudged(t)
		run.waitOnline(t)
		if err := edge.RefuseDials(ngroktest.DialsRefused); err != nil {
			t.Fatal(err)
		}
		edge.Drop()
		pause(t.Context(), 1600*time.Millisecond) // two tries, and into the two seconds after
		if err := edge.AllowDials(); err != nil {
			t.Fatal(err)
		}
		run.forget()
		began := time.Now()
		address.nudges <- nudge{gone: everything}
		run.waitFor(t, "back", inState(Online))
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v", took)
		}
		if auths := edge.Auths(); len(auths) != 2 {
			t.Errorf("sessions are %+v", auths)
		}
		run.stop(t)
	})
	t.Run("a dial into silence is given up", func(t *testing.T) {
		t.Parallel()
		edge, address, run := startNudged(t)
		run.waitOnline(t)
		if err := edge.RefuseDials(ngroktest.DialsSilent); err != nil {
			t.Fatal(err)
		}
		edge.Drop()
		run.waitFor(t, "reconnecting", inState(Reconnecting))
		pause(t.Context(), 50*time.Millisecond)
		if err := edge.AllowDials(); err != nil {
			t.Fatal(err)
		}
		run.forget()
		began := time.Now()
		address.nudges <- nudge{gone: everything}
		run.waitFor(t, "back", inState(Online))
		soon(t, "coming back", began)
		run.stop(t)
	})
	t.Run("a backoff of the SDK is ended by a new session", func(t *testing.T) {
		t.Parallel()
		edge, address, run := startNudged(t)
		online := run.waitOnline(t)
		edge.RefuseTokens(108)
		edge.Drop()
		run.waitFor(t, "refused", func(r Report) bool { return codeOf(r.Err) == "address.too_many_agents" })
		pause(t.Context(), 1600*time.Millisecond) // two tries, and into the SDK's sleep of two seconds
		edge.AllowTokens()
		run.forget()
		began := time.Now()
		address.nudges <- nudge{gone: everything}
		back := run.waitFor(t, "back", inState(Online))
		if took := time.Since(began); took > time.Second || back.URL != online.URL {
			t.Errorf("after %v: %+v", took, back)
		}
		run.stop(t)
	})
	t.Run("a session is renewed, and its URL taken over", func(t *testing.T) {
		t.Parallel()
		edge, address, run := startNudged(t)
		online := run.waitOnline(t)
		edge.KeepStale(500 * time.Millisecond)
		edge.Freeze() // so that it cannot even say goodbye
		run.forget()
		began := time.Now()
		address.nudges <- nudge{renew: true}
		if lost := run.waitFor(t, "reconnecting", inState(Reconnecting)); lost.URL != online.URL {
			t.Errorf("lost with %+v", lost)
		}
		edge.Drop()
		if back := run.waitFor(t, "back", inState(Online)); back.URL != online.URL {
			t.Errorf("back with %+v", back)
		}
		soon(t, "renewing", began)
		run.stop(t)
		for _, r := range run.reports {
			if r.State == Failed {
				t.Errorf("failed meanwhile: %v", r.Err)
			}
		}
	})
}
