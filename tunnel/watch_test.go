package tunnel

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usher/tunnel/ngroktest"
)

func TestWatchedProvesItself(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.wait(30 * s)
		i.wantTold("connecting, online, online proved")
		i.wantCalls(1 * s)
		i.wait(h - 29*s) // one hour after the call
		i.wantCalls(1*s, h+1*s)
		i.wait(40 * m)
		i.outsider()
		i.wait(50 * m)
		i.wantCalls(1*s, h+1*s) // the outsider was proof enough
		i.wait(11 * m)
		if n := i.callCount(); n != 3 {
			t.Errorf("called %d times", n)
		}
		i.wantTold("") // proof again is no news
		i.wantNudges()
	})
}

func TestWatchedCallsLookLikeNoBrowser(t *testing.T) {
	watching(t, func(i *internet) {
		i.lead(func(w http.ResponseWriter, r *http.Request) error {
			_, skips := r.Header["Ngrok-Skip-Browser-Warning"]
			if !skips || strings.HasPrefix(r.UserAgent(), "Mozilla") || r.URL.String() != public+"/" || r.Method != http.MethodPost {
				t.Errorf("called with %s %s %v", r.Method, r.URL, r.Header)
			}
			return i.arrive(w, r)
		})
	}, func(i *internet) { i.wait(2 * s) })
}

func TestWatchedAnOutsiderIsProof(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.told()
		i.outsider()
		i.wantTold("online proved")
		i.wait(30 * m)
		i.wantCalls()
	})
	t.Run("but not one who may have come over a local port", func(t *testing.T) {
		watching(t, asItIs, func(i *internet) {
			i.lead(edgeSays(""))
			i.say(Report{State: Online, URL: public, Local: "http://127.0.0.1:8080"})
			i.told()
			i.outsider()
			i.wait(2 * s)
			i.outsider()
			i.wantTold("")
			i.wantCalls(1 * s)
		})
	})
}

func TestWatchedNonces(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.lead(func(w http.ResponseWriter, r *http.Request) error {
			nonce := r.Header.Get(nonceHeader)
			for _, wrong := range []string{"", "x", nonce[1:], nonce + "x", strings.ToLower(nonce), "x" + nonce[1:]} {
				if status := i.guess(wrong); status != http.StatusTeapot {
					t.Errorf("%q was taken for %q", wrong, nonce)
				}
			}
			return i.arrive(w, r)
		})
		i.wait(2 * s)
		if status := i.guess(i.nonces[0]); status != http.StatusTeapot {
			t.Error("a nonce is good after its call")
		}
		i.wait(2 * h)
		if len(i.nonces[0]) < 20 || i.nonces[0] == i.nonces[1] {
			t.Errorf("nonces are %q", i.nonces)
		}
	})
}

func TestWatchedBudget(t *testing.T) {
	var asked atomic.Int64
	var allowed atomic.Bool
	watching(t, func(i *internet) {
		i.watched.Allow = func() bool { asked.Add(1); return allowed.Load() }
	}, func(i *internet) {
		i.wait(90 * m)
		i.wantCalls()
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times in an hour and a half", n)
		}
		i.wantTold("connecting, online")
		allowed.Store(true)
		i.wait(31 * m)
		i.wantCalls(2*h + 1*s)
	})
}

func TestWatchedNeverCallsALocalAddress(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.say(Report{State: Online, URL: "http://127.0.0.1:80", Local: "http://127.0.0.1:80"})
		i.wait(3 * h)
		i.wantCalls()
	})
}

func TestWatchedBlips(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	watching(t, asItIs, func(i *internet) {
		i.wait(m)
		i.told()
		for range 3 {
			i.say(lost(first))
			i.wait(9 * s)
			i.say(online)
			i.wait(5 * s)
		}
		i.wantTold("")
		i.say(lost(first))
		i.wait(6 * s)
		i.say(lost(second))
		i.wait(3 * s)
		i.wantTold("")
		i.wait(2 * s)
		i.wantTold("reconnecting second")
		i.say(lost(first))
		i.wantTold("reconnecting first")
		i.say(online)
		i.wantTold("online proved")
		i.say(lost(first))
		i.say(Report{State: Failed, Err: first})
		i.wantTold("failed first")
		i.waitOver(t)
		i.err = nil // as it should be
	})
}

func TestWatchedCallsAfterEachReconnectButNotInAStorm(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.wait(m)
		for range 10 {
			i.say(lost(nil))
			i.wait(s)
			i.say(online)
			i.wait(2 * s)
		}
		i.wait(m)
		i.wantCalls(1*s, 1*m+2*s, 1*m+17*s, 1*m+32*s)
	})
}

func TestWatchedWakesUp(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.wait(2 * m)
		i.sleep(9 * s) // a clock that was set
		i.wait(m)
		i.sleep(-10 * m) // and set back
		i.wait(m)
		i.wantNudges()
		i.wantCalls(1 * s)
		i.sleep(8 * h)
		i.wait(5 * s)
		i.wantNudges("gone: 192.0.2.7 192.0.2.8 127.0.0.1")
		i.wait(s)
		i.wantCalls(1*s, 4*m+6*s)
		i.wait(m)
		i.wantNudges()
	})
}

func TestWatchedMoves(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.wait(2 * m)
		i.move("192.0.2.7/24", "127.0.0.1/8", "fe80::1/64", "169.254.3.4/16")
		i.wait(m)
		i.wantNudges() // those lead nowhere
		i.move("192.0.2.7/24", "192.0.2.8/24")
		i.wait(5 * s)
		i.wantNudges("gone:") // one more harms no connection
		i.wait(m)
		i.wantCalls(1*s, 3*m+6*s)
		i.move("192.0.2.8/24")
		i.wait(m)
		i.wantNudges("gone: 192.0.2.7")
		if n := i.callCount(); n != 3 {
			t.Errorf("called %d times", n)
		}
	})
}

func TestWatchedEndsDuringACall(t *testing.T) {
	for what, end := range map[string]func(*internet){
		"when it is stopped": func(i *internet) {
			i.stop(i.t)
			i.wantTold("connecting, online, off")
		},
		"when the address fails": func(i *internet) {
			i.say(Report{State: Failed, Err: errors.New("for good")})
			i.waitOver(i.t)
			i.wantTold("connecting, online, failed for good")
			i.err = nil // as it should be
		},
	} {
		t.Run(what, func(t *testing.T) {
			watching(t, asItIs, func(i *internet) {
				i.lead(neverAnswered)
				i.wait(2 * s)
				began := time.Now()
				end(i)
				if took := time.Since(began); took > 0 {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestWatchedIsAnAddress(t *testing.T) {
	t.Run("over a local one", func(t *testing.T) {
		testAddress(t, Watched{Address: Local{}}, func(r Report) string { return r.URL })
	})
	t.Run("over ngrok", func(t *testing.T) {
		edge := ngroktest.Start(t, ngroktest.Options{})
		testAddress(t, Watched{Address: onEdge(edge), Transport: edge.Client().Transport},
			func(r Report) string { return leadTo(t, edge, r.URL) })
	})
}

func TestWatchedNgrok(t *testing.T) {
	t.Run("is proved over the edge", func(t *testing.T) {
		t.Parallel()
		edge := ngroktest.Start(t, ngroktest.Options{})
		edge.Interstitial(true)
		run := start(t, Watched{Address: onEdge(edge), Transport: edge.Client().Transport}, sayHello())
		run.waitFor(t, "proved", func(r Report) bool { return r.State == Online && !r.Proved.IsZero() })
		if n := edge.Requests(); n != 1 {
			t.Errorf("%d requests were needed", n)
		}
		run.stop(t)
	})
	t.Run("sees that the month is used up", func(t *testing.T) {
		t.Parallel()
		edge := ngroktest.Start(t, ngroktest.Options{})
		edge.UsedUp(true)
		run := start(t, Watched{Address: onEdge(edge), Transport: edge.Client().Transport}, sayHello())
		doubted := run.waitFor(t, "doubted", func(r Report) bool { return r.Err != nil })
		if doubted.State != Online || codeOf(doubted.Err) != "address.month_used_up" {
			t.Errorf("got %+v", doubted)
		}
		run.stop(t)
	})
}
