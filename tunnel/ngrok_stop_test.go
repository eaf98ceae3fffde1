package tunnel

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"usher/tunnel/ngroktest"
)

func TestNgrokStopsWhileItCannotConnect(t *testing.T) {
	for what, hurt := range map[string]func(*ngroktest.Edge){
		"no port":   func(e *ngroktest.Edge) { _ = e.RefuseDials(ngroktest.DialsRefused) },
		"silence":   func(e *ngroktest.Edge) { _ = e.RefuseDials(ngroktest.DialsSilent) },
		"backoff":   func(e *ngroktest.Edge) { e.RefuseTokens(108) },
		"conflict":  func(e *ngroktest.Edge) { e.RefuseBinds(334, 0) },
		"no refuse": func(*ngroktest.Edge) {},
	} {
		t.Run(what, func(t *testing.T) {
			edge := ngroktest.Start(t, ngroktest.Options{})
			hurt(edge)
			run := start(t, onEdge(edge), sayHello())
			pause(t.Context(), 50*time.Millisecond) // into the trouble; any moment is as good
			began := time.Now()
			run.stop(t)
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	t.Run("no token", func(t *testing.T) {
		asked := make(chan struct{})
		run := start(t, Ngrok{Token: func(ctx context.Context) (string, error) {
			close(asked)
			<-ctx.Done()
			return "", ctx.Err()
		}}, sayHello())
		<-asked
		run.stop(t)
		run.wantStates(t, Connecting, Off)
	})
}

func TestNgrokStopsOnADeadLink(t *testing.T) {
	for what, heeds := range map[string]bool{
		"idle": true, "with a request that heeds its context": true, "with one that heeds nothing": false,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			limit := 2 * time.Second
			if !heeds {
				limit += 500 * time.Millisecond // it takes nearly two seconds, of which others may take some
			}
			edge := ngroktest.Start(t, ngroktest.Options{})
			inside, release := make(chan struct{}), make(chan struct{})
			run := start(t, onEdge(edge), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(inside)
				if heeds {
					<-r.Context().Done()
					return
				}
				<-release
			}))
			online := run.waitOnline(t)
			var calling sync.WaitGroup
			if what != "idle" {
				calling.Go(func() { fromOutside(edge.Client(), online.URL) })
				<-inside
			}
			edge.Freeze()
			began := time.Now()
			run.stop(t)
			if took := time.Since(began); took > limit {
				t.Errorf("took %v", took)
			}
			close(release)
			edge.Drop()
			calling.Wait()
		})
	}
}

func TestNgrokStopsWithALongAnswerNobodyReads(t *testing.T) {
	t.Parallel()
	edge := ngroktest.Start(t, ngroktest.Options{})
	writing := make(chan struct{})
	run := start(t, onEdge(edge), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(writing)
		for range 64 << 4 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	online := run.waitOnline(t)
	response, err := edge.Client().Post(online.URL, "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	<-writing
	began := time.Now()
	run.stop(t)
	if took := time.Since(began); took > 7*time.Second {
		t.Errorf("took %v", took)
	}
	_ = response.Body.Close()
}

func TestNgrokStopsWhileMoreCallersWaitThanThereArePlaces(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	arrived, release := make(chan struct{}, 1000), make(chan struct{})
	address := onEdge(edge)
	address.unbind = patience
	run := start(t, address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		_, _ = io.WriteString(w, "in time")
	}))
	public := run.waitOnline(t).URL
	places := usual().connections
	var calling sync.WaitGroup
	var answered atomic.Int64
	client := edge.Client()
	for range places + 20 {
		calling.Go(func() {
			if fromOutside(client, public) == "in time" {
				answered.Add(1)
			}
		})
	}
	for range places {
		<-arrived
	}
	if edge.Wait(t.Context(), func() bool { return edge.Requests() == places+20 }) != nil {
		t.Fatal("the test ended")
	}
	run.end()
	ctx, late := context.WithTimeout(t.Context(), patience)
	defer late()
	if edge.Wait(ctx, func() bool { return len(edge.Online()) == 0 }) != nil {
		t.Error("the endpoint is not taken offline while callers wait")
	}
	close(release)
	run.stop(t)
	calling.Wait()
	if n := answered.Load(); n != int64(places) {
		t.Errorf("%d were answered, want %d", n, places)
	}
}

func TestNgrokReportsNoTroubleWhileItStops(t *testing.T) {
	edge := ngroktest.Start(t, ngroktest.Options{})
	inside, release := make(chan struct{}), make(chan struct{})
	run := start(t, onEdge(edge), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(inside)
		<-release
	}))
	public := run.waitOnline(t).URL
	var calling sync.WaitGroup
	calling.Go(func() { fromOutside(edge.Client(), public) })
	<-inside
	run.end()
	offline := func() bool { return len(edge.Online()) == 0 }
	again := func() bool { return len(edge.Auths()) == 2 }
	if edge.Wait(t.Context(), offline) != nil {
		t.Fatal("the test ended")
	}
	edge.Drop()
	if edge.Wait(t.Context(), again) != nil { // so the SDK has noticed
		t.Fatal("the test ended")
	}
	close(release)
	run.stop(t)
	run.wantStates(t, Connecting, Online, Off)
	calling.Wait()
}
