package receiver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/receiver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key      = "q8Zr_hV2-tY5nB7mKs9dXw"
	shortKey = "1f3b5d7e" // as WP Fusion makes them
	wordKey  = "yogawithann"
)

// ledger keeps deliveries in memory, or fails with err.
type ledger struct {
	err error

	mu   sync.Mutex
	kept []core.Delivery
	ctx  context.Context // of the last call
}

func (l *ledger) Accept(ctx context.Context, d core.Delivery) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx = ctx
	if err := errors.Join(l.err, ctx.Err()); err != nil {
		return 0, err
	}
	l.kept = append(l.kept, d)
	return uint64(len(l.kept)), nil
}

// all returns what was kept so far.
func (l *ledger) all() []core.Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kept)
}

// keys counts how often it is asked.
type keys struct {
	mu     sync.Mutex
	asked  int
	opened map[string]string
}

func (k *keys) Connection(key string) (id, name string, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	id, ok = k.opened[key]
	return id, "Kartra → " + id, ok
}

// stand is a door with everything around it.
type stand struct {
	http.Handler
	ledger ledger
	keys   keys
	log    bytes.Buffer
}

func newStand(o receiver.Options) *stand {
	s := &stand{keys: keys{opened: map[string]string{key: "c1", shortKey: "c2", wordKey: "<b>c3</b>"}}}
	o.Log = slog.New(slog.NewJSONHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.Handler = receiver.New(&s.ledger, &s.keys, o)
	return s
}

func (s *stand) send(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const (
	right   = "/?wpf_action=add&access_key=" + key
	noBody  = ""
	lead    = `{"lead":{"id":"4711"}}`
	stored  = `{"success":true,"delivery":"1"}`
	refused = `{"success":false,"error":"The access key is missing or wrong. Copy the webhook URL again."}`
)

func TestEveryAnswer(t *testing.T) {
	gzip := []string{"Content-Encoding", "gzip"}
	tests := []struct {
		name, method, target, body string
		header                     []string
		status                     int
		answer                     string // exactly, unless empty
		action                     core.Action
		kept                       bool
	}{
		{name: "a webhook by POST", method: "POST", target: right, body: lead, status: 200, answer: stored, action: "add", kept: true},
		{name: "by GET", method: "GET", target: right, status: 200, answer: stored, action: "add", kept: true},
		{name: "by PUT", method: "PUT", target: right, body: lead, status: 200, answer: stored, action: "add", kept: true},
		{name: "by PATCH", method: "PATCH", target: right, body: lead, status: 200, answer: stored, action: "add", kept: true},
		{name: "at any path", method: "POST", target: "/wp-content/plugins/x.php" + right[1:], status: 200, answer: stored, action: "add", kept: true},
		{name: "an action in capitals, with space", method: "POST", target: "/?wpf_action=%20Update_Tags&access_key=" + key, status: 200, answer: stored, action: "update_tags", kept: true},
		{name: "a key with space pasted around it", method: "POST", target: "/?wpf_action=add&access_key=%20" + key + "%0A", status: 200, answer: stored, action: "add", kept: true},
		{name: "key and action in a form", method: "POST", target: "/", body: "wpf_action=update&access_key=" + key, status: 200, answer: stored, action: "update", kept: true},
		{name: "key and action in JSON", method: "POST", target: "/", body: `{"wpf_action":"update","access_key":"` + key + `",}`, status: 200, answer: stored, action: "update", kept: true},
		{name: "key in the query, action in the body", method: "POST", target: "/?access_key=" + key, body: "wpf_action=update", status: 200, answer: stored, action: "update", kept: true},
		{name: "of two actions the query's counts", method: "POST", target: right, body: "wpf_action=update", status: 200, answer: stored, action: "add", kept: true},
		{name: "of two actions the first counts", method: "POST", target: right + "&wpf_action=update", status: 200, answer: stored, action: "add", kept: true},
		{name: "an unknown action", method: "POST", target: "/?wpf_action=explode&access_key=" + key, status: 200, answer: stored, action: "explode", kept: true},
		{name: "an action that is a sentence", method: "POST", target: "/?wpf_action=ann@example.com&access_key=" + key, status: 200, answer: stored, action: "unknown", kept: true},
		{name: "an action without end", method: "POST", target: "/?wpf_action=" + strings.Repeat("a", 33) + "&access_key=" + key, status: 200, answer: stored, action: "unknown", kept: true},
		{name: "the key for an action", method: "POST", target: "/?wpf_action=" + key + "&access_key=" + key, status: 200, answer: stored, action: "unknown", kept: true},
		{name: "malformed JSON", method: "POST", target: right, body: `{"lead":{`, status: 200, answer: stored, action: "add", kept: true},
		{name: "a JSON bomb", method: "POST", target: right, body: strings.Repeat("[", 1<<20), status: 200, answer: stored, action: "add", kept: true},
		{name: "bad UTF-8", method: "POST", target: right, body: "\xff\xfe", status: 200, answer: stored, action: "add", kept: true},
		{name: "bad UTF-8 in the query", method: "POST", target: right + "&contact_id=%ff", status: 200, answer: stored, action: "add", kept: true},
		{name: "a body of exactly the limit", method: "POST", target: right, body: strings.Repeat("x", 1<<20), status: 200, answer: stored, action: "add", kept: true},
		{name: "identity encoding", method: "POST", target: right, header: []string{"Content-Encoding", "identity"}, status: 200, answer: stored, action: "add", kept: true},
		{name: "a Java client by GET", method: "GET", target: right, header: []string{"Accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, status: 200, answer: stored, action: "add", kept: true},
		{name: "text/html by POST", method: "POST", target: right, header: []string{"Accept", "text/html"}, status: 200, answer: stored, action: "add", kept: true},
		{name: "text/html with a body", method: "GET", target: right, body: lead, header: []string{"Accept", "text/html"}, status: 200, answer: stored, action: "add", kept: true},

		{name: "a test", method: "POST", target: "/?wpf_action=test&access_key=" + key, body: lead, status: 200, answer: `{"success":true}`},
		{name: "a test in a browser", method: "GET", target: "/?wpf_action=Test&access_key=" + key, header: []string{"Accept", "text/html"}, status: 200, answer: `{"success":true}`},
		{name: "a browser", method: "GET", target: right, header: []string{"Accept", "text/html,application/xhtml+xml"}, status: 200},
		{name: "a browser with an unknown action", method: "GET", target: "/?wpf_action=ad&access_key=" + key, header: []string{"Accept", "text/html"}, status: 400},
		{name: "a browser with a wrong key", method: "GET", target: "/?wpf_action=add&access_key=x", header: []string{"Accept", "text/html"}, status: 403, answer: refused},

		{name: "no key", method: "POST", target: "/?wpf_action=add", body: lead, status: 403, answer: refused},
		{name: "an empty key", method: "POST", target: "/?wpf_action=add&access_key=", status: 403, answer: refused},
		{name: "a wrong key", method: "POST", target: "/?wpf_action=add&access_key=x" + key, status: 403, answer: refused},
		{name: "the start of a key", method: "POST", target: "/?wpf_action=add&access_key=" + key[:10], status: 403, answer: refused},
		{name: "a wrong key without an action", method: "POST", target: "/?access_key=x", status: 403, answer: refused},
		{name: "a wrong key for a test", method: "POST", target: "/?wpf_action=test&access_key=x", status: 403, answer: refused},
		{name: "a wrong key in a form", method: "POST", target: "/", body: "wpf_action=add&access_key=x", status: 403, answer: refused},
		{name: "a wrong key in JSON", method: "POST", target: "/", body: `{"wpf_action":"add","access_key":"x"}`, status: 403, answer: refused},
		{name: "a wrong key in the query, a right one in the body", method: "POST", target: "/?wpf_action=add&access_key=x", body: "access_key=" + key, status: 403, answer: refused},
		{name: "a right key below the top level", method: "POST", target: "/?wpf_action=add", body: `{"a":{"access_key":"` + key + `"}}`, status: 403, answer: refused},
		{name: "a key in malformed JSON", method: "POST", target: "/?wpf_action=add", body: `{"access_key":"` + key + `"`, status: 403, answer: refused},

		{name: "neither key nor action", method: "GET", target: "/", status: 404},
		{name: "neither, at a path scanners try", method: "POST", target: "/wp-login.php", body: "log=admin", status: 404},
		{name: "a key without an action", method: "POST", target: "/?access_key=" + key, body: lead, status: 400, answer: `{"success":false,"error":"The URL lacks wpf_action."}`},
		{name: "DELETE", method: "DELETE", target: right, status: 405},
		{name: "OPTIONS", method: "OPTIONS", target: right, status: 405},
		{name: "HEAD", method: "HEAD", target: right, status: 405},
		{name: "a body one byte too big", method: "POST", target: right, body: strings.Repeat("x", 1<<20+1), status: 413},
		{name: "a body too big, with a wrong key", method: "POST", target: "/?wpf_action=add&access_key=x", body: strings.Repeat("x", 2<<20), status: 413},
		{name: "gzip", method: "POST", target: right, body: "\x1f\x8b", header: gzip, status: 415},
		{name: "gzip with a wrong key", method: "POST", target: "/?wpf_action=add&access_key=x", header: gzip, status: 415},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStand(receiver.Options{})
			w := s.send(tt.method, tt.target, tt.body, tt.header...)
			if w.Code != tt.status || tt.answer != "" && w.Body.String() != tt.answer {
				t.Errorf("answer %d %s, want %d %s", w.Code, w.Body, tt.status, tt.answer)
			}
			checkHeader(t, w)
			if !tt.kept {
				if len(s.ledger.kept) != 0 {
					t.Errorf("kept %+v", s.ledger.kept)
				}
				return
			}
			if len(s.ledger.kept) != 1 {
				t.Fatalf("kept %d deliveries", len(s.ledger.kept))
			}
			if d := s.ledger.kept[0]; d.Connection != "c1" || d.Action != tt.action || d.Method != tt.method || time.Since(d.Received) > time.Minute {
				t.Errorf("kept %+v", d)
			}
		})
	}
}

func checkHeader(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Server") != "" {
		t.Errorf("header %v", h)
	}
	if (h.Get("Content-Type") != "") != (w.Body.Len() > 0) {
		t.Errorf("Content-Type %q for a body of %d bytes", h.Get("Content-Type"), w.Body.Len())
	}
	if got := h.Get("Allow"); (w.Code == 405) != (got == "GET, POST, PUT, PATCH") {
		t.Errorf("Allow: %q with %d", got, w.Code)
	}
}

func TestAMissingAndAWrongKeyCannotBeToldApart(t *testing.T) {
	requests := map[string][]string{
		"wrong in the query":    {"POST", "/?wpf_action=add&access_key=nonsense", lead},
		"the start of a key":    {"POST", "/?wpf_action=add&access_key=" + key[:len(key)-1], lead},
		"a key and more":        {"POST", "/?wpf_action=add&access_key=" + key + "x", lead},
		"missing":               {"POST", "/?wpf_action=add", lead},
		"empty":                 {"GET", "/?wpf_action=test&access_key=", ""},
		"wrong in a form":       {"PUT", "/a/b", "wpf_action=add&access_key=nonsense"},
		"wrong in JSON":         {"PATCH", "/", `{"wpf_action":"add","access_key":"nonsense"}`},
		"wrong with bad UTF-8":  {"POST", "/?wpf_action=add&access_key=nonsense", "\xff"},
		"wrong without action":  {"POST", "/?access_key=nonsense", ""},
		"an action of any kind": {"POST", "/?wpf_action=explode&access_key=nonsense", ""},
	}
	var first string
	for name, request := range requests {
		s := newStand(receiver.Options{})
		w := s.send(request[0], request[1], request[2])
		var all bytes.Buffer
		if err := w.Result().Write(&all); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = all.String()
		}
		if all.String() != first || w.Code != 403 {
			t.Errorf("%s: %q, another %q", name, all.String(), first)
		}
		if s.keys.asked != 1 {
			t.Errorf("%s: the key was looked up %d times, not once", name, s.keys.asked)
		}
	}
}

func TestTheBrowserPage(t *testing.T) {
	s := newStand(receiver.Options{})
	w := s.send("GET", "/?wpf_action=add&access_key="+wordKey, noBody, "Accept", "text/html")
	body := w.Body.String()
	if !strings.Contains(body, "This works.") || !strings.Contains(body, "“Kartra → &lt;b&gt;c3&lt;/b&gt;”. Paste it into") {
		t.Errorf("the page says %s", body)
	}
	if strings.Contains(body, wordKey) {
		t.Error("the key is on the page")
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestWhatCannotBeStoredIsNeverAcknowledged(t *testing.T) {
	tests := []struct {
		name string
		err  error
		wait string
	}{
		{"an error", errors.New("disk on fire"), "30"},
		{"a Problem", core.NewProblem("store.disk", nil), "30"},
		{"a Problem that says how long", core.NewProblem("store.disk", nil).After(1500 * time.Millisecond), "2"},
		{"a store that is closing", core.NewProblem("store.closed", nil), "30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStand(receiver.Options{})
			s.ledger.err = tt.err
			w := s.send("POST", right, lead)
			if w.Code != 503 || w.Header().Get("Retry-After") != tt.wait || strings.Contains(w.Body.String(), "delivery") {
				t.Errorf("answer %d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
			}
			if log := s.log.String(); !strings.Contains(log, `"code":"`+core.AsProblem(tt.err).Code+`"`) || strings.Contains(log, "on fire") {
				t.Errorf("log %s", log)
			}
		})
	}
}

type panickingLedger struct{}

func (panickingLedger) Accept(context.Context, core.Delivery) (uint64, error) {
	panic("about ann@example.test")
}

func TestAMistakeOfOursIsNeverAcknowledged(t *testing.T) {
	s := newStand(receiver.Options{})
	var log bytes.Buffer
	door := receiver.New(panickingLedger{}, &s.keys, receiver.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	w := httptest.NewRecorder()
	door.ServeHTTP(w, httptest.NewRequest("POST", right, strings.NewReader(lead)))
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("answer %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if !strings.Contains(log.String(), "panicked") || strings.Contains(log.String(), "ann@") {
		t.Errorf("log %s", log.String())
	}
}

func TestASenderWhoHangsUpDoesNotUndoItsWebhook(t *testing.T) {
	s := newStand(receiver.Options{})
	ctx, hangUp := context.WithCancel(context.Background())
	hangUp()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", right, strings.NewReader(lead)))
	if len(s.ledger.kept) != 1 {
		t.Fatal("it was not kept")
	}
	if _, limited := s.ledger.ctx.Deadline(); !limited {
		t.Error("storing it may take for ever")
	}
}

func TestABodyThatIsCutOff(t *testing.T) {
	tests := []struct {
		name, target string
		status       int
	}{
		{"with a right key is asked for again", right, 503},
		{"with a wrong key is refused", "/?wpf_action=add&access_key=x", 403},
		{"without a key is asked for again, for the key may be in it", "/?wpf_action=add", 503},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStand(receiver.Options{})
			r := httptest.NewRequestWithContext(context.Background(), "POST", tt.target, io.MultiReader(
				strings.NewReader("access_key="+key), &errReader{io.ErrUnexpectedEOF}))
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != tt.status || len(s.ledger.kept) != 0 || (w.Header().Get("Retry-After") != "") != (w.Code == 503) {
				t.Errorf("answer %d %v, kept %d", w.Code, w.Header(), len(s.ledger.kept))
			}
		})
	}
}

type errReader struct{ err error }

func (r *errReader) Read([]byte) (int, error) { return 0, r.err }

func TestOneLogLineForEachMessage(t *testing.T) {
	tests := []struct{ name, target, want string }{
		{"accepted", right, `"level":"INFO","msg":"webhook accepted","delivery":"1","connection":"c1","action":"add"`},
		{"an unknown action", "/?wpf_action=ann&access_key=" + key, `"delivery":"1","connection":"c1","action":"unknown"`},
		{"a wrong key", "/?wpf_action=add&access_key=x", `"level":"WARN","msg":"webhook refused","reason":"wrong_key","status":403`},
		{"a missing key", "/?wpf_action=add", `"reason":"missing_key","status":403`},
		{"a scanner", "/wp-login.php", `"reason":"nothing_asked","status":404`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStand(receiver.Options{})
			s.send("POST", tt.target, noBody)
			if log := s.log.String(); !strings.Contains(log, tt.want) || strings.Count(log, "\n") != 1 {
				t.Errorf("log %s", log)
			}
		})
	}
}
