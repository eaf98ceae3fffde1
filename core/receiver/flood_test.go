package receiver_test

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"usher/core/receiver"
)

// slowBody gives its start at once and its end only when it is let go. It is read by
// one goroutine.
type slowBody struct {
	start, end  io.Reader
	begun, held chan struct{} // closed at the first read, and when the start is used up
	letGo       <-chan struct{}
}

func newSlowBody(start, end string, letGo <-chan struct{}) *slowBody {
	return &slowBody{strings.NewReader(start), strings.NewReader(end), make(chan struct{}), make(chan struct{}), letGo}
}

func (b *slowBody) Read(p []byte) (int, error) {
	closeOnce(b.begun)
	if n, err := b.start.Read(p); err == nil {
		return n, nil
	}
	closeOnce(b.held)
	<-b.letGo
	return b.end.Read(p)
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// exact returns a form body of n bytes that starts with head.
func exact(head string, n int) string { return head + strings.Repeat("x", n-len(head)) }

const small = 16 << 10 // what is read of any message without asking

// crowd sends messages that do not end yet.
type crowd struct {
	stand *stand
	wg    sync.WaitGroup
	mu    sync.Mutex
	codes map[int]int
}

func (c *crowd) send(ctx context.Context, target string, body io.Reader) {
	c.wg.Go(func() {
		w := httptest.NewRecorder()
		c.stand.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "POST", target, body))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.codes[w.Code]++
	})
}

func TestAFloodOfStrangersKeepsNoRightKeyOut(t *testing.T) {
	for name, start := range map[string]string{
		"slow and small": "a=",
		"slow and large": exact("a=", small+1),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(receiver.Options{Known: 1, Strangers: 1})
			letGo := make(chan struct{})
			strangers := &crowd{stand: s, codes: map[int]int{}}
			first := newSlowBody(start, "b", letGo)
			strangers.send(t.Context(), "/?wpf_action=add&access_key=wrong", first)
			<-first.held // if it is large, it has the only place
			for range 50 {
				body := newSlowBody(start, "b", letGo)
				strangers.send(t.Context(), "/?wpf_action=add", body)
				<-body.begun
			}

			for name, answer := range map[string]int{
				"small, key in the query": s.send("POST", right, lead).Code,
				"large, key in the query": s.send("POST", right, exact("a=", 1<<20)).Code,
				"small, key in a form":    s.send("POST", "/", "wpf_action=add&access_key="+key).Code,
				"small, key in JSON":      s.send("POST", "/", `{"wpf_action":"add","access_key":"`+key+`"}`).Code,
			} {
				if answer != 200 {
					t.Errorf("%s: %d", name, answer)
				}
			}
			if answer := s.send("POST", "/?wpf_action=add&access_key=x", lead); answer.Code != 403 {
				t.Errorf("a wrong key in the flood: %d", answer.Code)
			}
			patient := &crowd{stand: s, codes: map[int]int{}}
			patient.send(t.Context(), "/", strings.NewReader(exact("wpf_action=add&access_key="+key+"&a=", small+1)))

			close(letGo)
			strangers.wg.Wait()
			patient.wg.Wait()
			if strangers.codes[403] != 51 || patient.codes[200] != 1 || len(s.ledger.kept) != 5 {
				t.Errorf("strangers %v, patient %v, kept %d", strangers.codes, patient.codes, len(s.ledger.kept))
			}
		})
	}
}

func TestLargeMessagesWithARightKeyTakeTurns(t *testing.T) {
	s := newStand(receiver.Options{Known: 1})
	letGo := make(chan struct{})
	known := &crowd{stand: s, codes: map[int]int{}}
	first := newSlowBody(exact("a=", small), "b", letGo)
	known.send(t.Context(), right, first)
	<-first.held // it has the only place and reads on

	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "POST", right, strings.NewReader(exact("a=", small))))
	if w.Code != 503 {
		t.Errorf("one that gave up waiting: %d", w.Code)
	}
	if answer := s.send("POST", right, lead); answer.Code != 200 {
		t.Errorf("a small one meanwhile: %d", answer.Code)
	}
	for range 3 {
		known.send(t.Context(), right, strings.NewReader(exact("a=", small)))
	}
	close(letGo)
	known.wg.Wait()
	if known.codes[200] != 4 || len(s.ledger.kept) != 5 {
		t.Errorf("answers %v, kept %d", known.codes, len(s.ledger.kept))
	}
}

func TestALargeBodyArrivesWhole(t *testing.T) {
	for _, size := range []int{small - 1, small, small + 1, 1<<20 - 1, 1 << 20} {
		s := newStand(receiver.Options{})
		body := exact("a=", size)
		// Hide the length, as a sender who streams does.
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "POST", right, io.MultiReader(strings.NewReader(body))))
		if len(s.ledger.kept) != 1 || !bytes.Equal(s.ledger.kept[0].Body, []byte(body)) {
			t.Errorf("%d bytes did not arrive whole", size)
		}
	}
	for _, limit := range []int64{1, 100, small - 1, small, small + 1} {
		for _, more := range []int64{-1, 0, 1} {
			s := newStand(receiver.Options{MaxBody: limit})
			w := httptest.NewRecorder()
			body := strings.Repeat("x", int(limit+more))
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", right, io.MultiReader(strings.NewReader(body))))
			if want := map[bool]int{true: 413, false: 200}[more > 0]; w.Code != want {
				t.Errorf("limit %d, body %d: %d, want %d", limit, len(body), w.Code, want)
			}
		}
	}
}
