package tunnel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"usher/tunnel/ngroktest"
)

func TestNgrokRefusals(t *testing.T) {
	refuse := func(code int, set func(*ngroktest.Edge, int)) func(*ngroktest.Edge) {
		return func(e *ngroktest.Edge) { set(e, code) }
	}
	token := (*ngroktest.Edge).RefuseTokens
	bind := func(e *ngroktest.Edge, code int) { e.RefuseBinds(code, 0) }
	for _, c := range []struct {
		hurt  func(*ngroktest.Edge)
		token string
		final bool
		want  string
	}{
		{refuse(105, token), ngroktest.Token, true, "address.token_refused ERR_NGROK_105"},
		{refuse(106, token), ngroktest.Token, true, "address.token_refused ERR_NGROK_106"},
		{refuse(107, token), ngroktest.Token, true, "address.token_refused ERR_NGROK_107"},
		{refuse(4018, token), ngroktest.Token, true, "address.token_refused ERR_NGROK_4018"},
		{refuse(0, token), " ", true, "address.no_token "},
		{refuse(0, token), "secret\r\nwith lines", true, "address.token_refused ERR_NGROK_105"},
		{refuse(120, token), ngroktest.Token, true, "address.agent_too_old ERR_NGROK_120"},
		{refuse(121, token), ngroktest.Token, true, "address.agent_too_old ERR_NGROK_121"},
		{refuse(108, token), ngroktest.Token, false, "address.too_many_agents ERR_NGROK_108"},
		{refuse(777, token), ngroktest.Token, false, "address.ngrok ERR_NGROK_777"},
		{refuse(319, bind), ngroktest.Token, true, "address.domain_not_yours ERR_NGROK_319"},
		{refuse(320, bind), ngroktest.Token, true, "address.domain_not_yours ERR_NGROK_320"},
		{refuse(334, bind), ngroktest.Token, false, "address.in_use ERR_NGROK_334"},
		{refuse(15004, bind), ngroktest.Token, true, "address.plan ERR_NGROK_15004"},
		{refuse(9016, bind), ngroktest.Token, true, "address.plan ERR_NGROK_9016"},
		{refuse(18019, bind), ngroktest.Token, true, "address.plan ERR_NGROK_18019"},
		{refuse(778, bind), ngroktest.Token, false, "address.ngrok ERR_NGROK_778"},
	} {
		t.Run(c.want, func(t *testing.T) {
			edge := ngroktest.Start(t, ngroktest.Options{})
			c.hurt(edge)
			address := onEdge(edge)
			address.Token = isToken(c.token)
			began := time.Now()
			run := start(t, address, sayHello())
			report := run.waitFor(t, "refused", func(r Report) bool { return r.Err != nil })
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
			if want := map[bool]State{true: Failed, false: Connecting}[c.final]; report.State != want {
				t.Errorf("is %s, want %s", report.State, want)
			}
			var reason *coded
			if !errors.As(report.Err, &reason) || reason.Code()+" "+reason.Detail() != c.want {
				t.Errorf("got %+v, want %s", report.Err, c.want)
			}
			if text := fmt.Sprintf("%v %+v %#v", report.Err, reason, reason.err); strings.Contains(text, strings.TrimSpace(c.token)) && c.token != " " {
				t.Errorf("the error quotes the token: %s", text)
			}
			run.end()
			run.waitOver(t)
			if (run.err != nil) != c.final {
				t.Errorf("Run says %v", run.err)
			}
			wantNoSessions(t, edge)
		})
	}
}

func TestNgrokRecovers(t *testing.T) {
	for what, c := range map[string]struct {
		hurt func(*ngroktest.Edge) error
		mend func(*ngroktest.Edge) error
		want string
	}{
		"when the port opens": {
			func(e *ngroktest.Edge) error { return e.RefuseDials(ngroktest.DialsRefused) },
			(*ngroktest.Edge).AllowDials, "address.no_network",
		},
		"when connections are no longer cut": {
			func(e *ngroktest.Edge) error { return e.RefuseDials(ngroktest.DialsCut) },
			(*ngroktest.Edge).AllowDials, "address.no_network",
		},
		"when TLS is no longer inspected": {
			func(e *ngroktest.Edge) error { return e.WrongCA(true) },
			func(e *ngroktest.Edge) error { return e.WrongCA(false) }, "address.tls_inspected",
		},
		"when another agent has gone": {
			func(e *ngroktest.Edge) error { e.RefuseTokens(108); return nil },
			func(e *ngroktest.Edge) error { e.AllowTokens(); return nil }, "address.too_many_agents",
		},
		"when our own dead session is given up": {
			func(e *ngroktest.Edge) error { e.RefuseBinds(334, 0); return nil },
			func(e *ngroktest.Edge) error { e.AllowBinds(); return nil }, "address.in_use",
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			edge := ngroktest.Start(t, ngroktest.Options{})
			if err := c.hurt(edge); err != nil {
				t.Fatal(err)
			}
			run := start(t, onEdge(edge), sayHello())
			trouble := run.waitFor(t, "in trouble", func(r Report) bool { return r.Err != nil })
			if trouble.State != Connecting || codeOf(trouble.Err) != c.want {
				t.Errorf("got %+v, want %s", trouble, c.want)
			}
			if err := c.mend(edge); err != nil {
				t.Fatal(err)
			}
			online := run.waitFor(t, "online", inState(Online))
			if got := fromOutside(edge.Client(), online.URL); got != "hello" {
				t.Errorf("got %q", got)
			}
			run.stop(t)
		})
	}
}

func TestNgrokConflictIsFinalAfterTheGrace(t *testing.T) {
	t.Parallel()
	edge := ngroktest.Start(t, ngroktest.Options{})
	first := start(t, onEdge(edge), sayHello())
	first.waitOnline(t)
	address := onEdge(edge)
	address.Grace = 600 * time.Millisecond
	began := time.Now()
	second := start(t, address, sayHello())
	failed := second.waitFor(t, "failed", inState(Failed))
	if took := time.Since(began); codeOf(failed.Err) != inUse || took < address.Grace {
		t.Errorf("after %v: %+v", took, failed)
	}
	if got := fromOutside(edge.Client(), first.waitFor(t, "online", inState(Online)).URL); got != "hello" {
		t.Errorf("the first says %q", got)
	}
	first.stop(t)
}

func TestNgrokWaitsForAToken(t *testing.T) {
	t.Parallel()
	edge := ngroktest.Start(t, ngroktest.Options{})
	locked, asked := errors.New("the keyring is locked"), 0
	address := onEdge(edge)
	address.Token = func(context.Context) (string, error) {
		if asked++; asked == 1 {
			return "", locked
		}
		return ngroktest.Token, nil
	}
	run := start(t, address, sayHello())
	if r := run.waitFor(t, "told", func(r Report) bool { return r.Err != nil }); r.State != Connecting || !errors.Is(r.Err, locked) {
		t.Errorf("got %+v", r)
	}
	began := time.Now()
	run.waitFor(t, "online", inState(Online))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	run.stop(t)
}

func TestNgrokComesBackAfterADrop(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	edge.KeepStale(time.Minute) // only a session that is resumed gets the URL back
	run := start(t, onEdge(edge), sayHello())
	online := run.waitOnline(t)
	for range 3 {
		run.forget()
		edge.Drop()
		lost := run.waitFor(t, "reconnecting", inState(Reconnecting))
		if lost.URL != online.URL || codeOf(lost.Err) != "address.no_network" {
			t.Errorf("got %+v", lost)
		}
		if back := run.waitFor(t, "back", inState(Online)); back.URL != online.URL || back.Err != nil {
			t.Errorf("back with %+v", back)
		}
		if got := fromOutside(edge.Client(), online.URL); got != "hello" {
			t.Errorf("got %q", got)
		}
	}
	run.stop(t)
	wantNoSessions(t, edge)
}

func TestNgrokRemoteStopIsFinal(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	for range 10 { // what an ended session still says must never be reported
		run := start(t, onEdge(edge), sayHello())
		run.waitOnline(t)
		edge.StopEndpoint(3208)
		run.waitOver(t)
		run.wantStates(t, Connecting, Online, Failed)
		var reason *coded
		if !errors.As(run.err, &reason) || reason.code != "address.stopped" || reason.detail != "ERR_NGROK_3208" {
			t.Errorf("got %v", run.err)
		}
		wantNoSessions(t, edge) // it would bind again
	}
}

func TestNgrokTokenRevokedWhileOnline(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	run := start(t, onEdge(edge), sayHello())
	run.waitOnline(t)
	edge.RefuseTokens(107)
	edge.Drop()
	began := time.Now()
	run.waitOver(t)
	if took := time.Since(began); took > time.Second || codeOf(run.err) != "address.token_refused" {
		t.Errorf("after %v: %v", took, run.err)
	}
}
