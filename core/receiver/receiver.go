// Package receiver is the public door: the http.Handler a CRM's webhooks arrive at.
//
// A webhook is answered 2xx only after the Ledger has it on disk. Its access key names
// the connection it belongs to, and neither the key nor a header that carries
// credentials goes any further than this package. What a message means is not
// decided here: whatever comes with a right key and an action is kept, readable or not.
//
// The key comes first and limits after it, because all customers of a CRM share its
// addresses: nobody is turned away for what strangers do. See read for how.
//
// The server around the handler sets the deadlines for reading (5 s for the header,
// 15 s for all) and the size of the header (16 KiB). Where it bounds connections, further
// callers must wait rather than be turned away.
package receiver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/core"
)

// Ledger is where accepted deliveries go.
type Ledger interface {
	// Accept stores the delivery durably and returns its sequence number. An error,
	// preferably a Problem, means that it is not stored.
	Accept(ctx context.Context, d core.Delivery) (seq uint64, err error)
}

// Doorkeeper knows the access keys.
type Doorkeeper interface {
	// Connection returns the id and the name of the connection a key opens. It takes
	// as long for a wrong key as for a right one, and knows no empty key.
	Connection(key string) (id, name string, ok bool)
}

// Options are the door's limits; the zero value means the defaults.
type Options struct {
	MaxBody   int64 // bytes of a body; 1 MiB
	Known     int   // messages over 16 KiB with a right key in the URL read at once; 64
	Strangers int   // other messages over 16 KiB read at once; 4
	// Test is told of test messages with a right key: whose it was, and the word in their
	// parameter usher_test. It must not block.
	Test func(connection, word string)
	// Refused is told why a message was turned away. It must not block.
	Refused func(reason string)
	Log     *slog.Logger
}

// acceptTime is how long a delivery may take to be stored before its sender is told to
// come back.
const acceptTime = 30 * time.Second

type door struct {
	ledger           Ledger
	keys             Doorkeeper
	maxBody          int64
	known, strangers places
	test             func(connection, word string)
	refused          func(reason string)
	log              *slog.Logger
}

// New returns the door.
func New(ledger Ledger, keys Doorkeeper, o Options) http.Handler {
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Known == 0 {
		o.Known = 64
	}
	if o.Strangers == 0 {
		o.Strangers = 4
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Test == nil {
		o.Test = func(string, string) {}
	}
	if o.Refused == nil {
		o.Refused = func(string) {}
	}
	return &door{
		test: o.Test, refused: o.Refused,
		ledger: ledger, keys: keys, maxBody: o.MaxBody,
		known: make(places, o.Known), strangers: make(places, o.Strangers),
		log: o.Log,
	}
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.safely(r).write(w) }

// safely turns a panic, which would be a mistake of ours, into a 503, so that the sender
// comes back. The log says where it happened, and nothing of what it was about.
func (d *door) safely(r *http.Request) (a answer) {
	defer func() {
		if recover() != nil {
			d.log.Error("webhook handler panicked", "stack", string(debug.Stack()))
			a = refusals["not_stored"]
		}
	}()
	a = d.answer(r)
	if a.status >= 400 {
		letFinish(r)
	}
	return a
}

func (d *door) answer(r *http.Request) answer {
	if !slices.Contains(methods, r.Method) {
		return d.refuse("method")
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return d.refuse("encoded")
	}
	query := core.ParseForm(r.URL.RawQuery)
	var v visitor
	v.fill(core.Message{Params: query})
	keyInQuery := v.key != ""
	if keyInQuery {
		d.lookUp(&v)
	}
	body, leave, err := d.read(r, v.known)
	defer leave()
	switch {
	case errors.Is(err, errTooBig):
		return d.refuse("too_big")
	case err != nil && (v.known || !keyInQuery):
		return d.refuse("cut_off") // the key may be in what did not arrive
	}
	if !keyInQuery || v.action == "" {
		m, _ := core.ReadMessage(query, body) // what cannot be read is kept all the same
		v.fill(m)
	}
	if !keyInQuery {
		d.lookUp(&v) // no key at all takes as long as a wrong one
	}
	switch {
	case v.key == "" && v.action == "":
		return d.refuse("nothing_asked")
	case v.key == "":
		return d.refuse("missing_key")
	case !v.known:
		return d.refuse("wrong_key")
	case v.action == "":
		return d.refuse("no_action")
	case v.action == "test":
		d.test(v.connection, query.Get("usher_test"))
		return answer{status: http.StatusOK, body: `{"success":true}`}
	case len(body) == 0 && isBrowser(r):
		return page(v)
	}
	return d.keep(r, v, query, body)
}

// visitor is who is at the door and what they want.
type visitor struct {
	key              string
	known            bool
	connection, name string
	action           core.Action
}

// fill takes over what m says and v does not know yet; of repeated parameters the first
// counts, and the query's before the body's.
func (v *visitor) fill(m core.Message) {
	if v.key == "" {
		v.key = m.Param(keyParam)
	}
	if v.action == "" {
		v.action = core.Action(strings.ToLower(m.Param("wpf_action")))
	}
}

func (d *door) lookUp(v *visitor) {
	v.connection, v.name, v.known = d.keys.Connection(v.key)
}

// keep stores the delivery and says so. A sender that hangs up early does not stop
// that: some never wait for an answer, and none of them sends again.
func (d *door) keep(r *http.Request, v visitor, query url.Values, body []byte) answer {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptTime)
	defer cancel()
	clean := newCleaner(v.key)
	seq, err := d.ledger.Accept(ctx, core.Delivery{
		Received:   time.Now(),
		Connection: v.connection,
		Action:     clean.action(v.action),
		Method:     r.Method,
		Query:      clean.query(query),
		Header:     clean.header(r.Header),
		Body:       clean.body(body),
	})
	if err != nil {
		problem := core.AsProblem(err)
		a := d.refuse("not_stored", "connection", v.connection, "code", problem.Code)
		if problem.RetryAfter > 0 {
			a.retryAfter = problem.RetryAfter
		}
		return a
	}
	id := core.FormatID(seq)
	action := "unknown"
	if v.action.Known() {
		action = string(v.action)
	}
	d.log.Info("webhook accepted", "delivery", id, "connection", v.connection, "action", action)
	return answer{status: http.StatusOK, body: `{"success":true,"delivery":` + strconv.Quote(id) + `}`}
}

func (d *door) refuse(reason string, more ...any) answer {
	a := refusals[reason]
	d.refused(reason)
	d.log.Warn("webhook refused", append([]any{"reason", reason, "status", a.status}, more...)...)
	return a
}
