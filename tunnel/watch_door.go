package tunnel

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"sync/atomic"
	"time"
)

// door stands before the handler of a Watched and notes what arrives from outside.
type door struct {
	outside  atomic.Bool // ordinary requests come from outside too
	arrivals chan struct{}
	wanted   atomic.Bool               // an arrival is to be told, once
	nonce    atomic.Pointer[string]    // of the call under way
	count    atomic.Uint64             // of arrivals
	seen     atomic.Pointer[time.Time] // when the last was
}

func newDoor() *door { return &door{arrivals: make(chan struct{}, 1)} }

// before is h behind the door. Calls of our own, which only we know, do not reach h.
func (d *door) before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.isOwn(r) {
			d.note()
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if d.outside.Load() {
			d.note()
		}
		h.ServeHTTP(w, r)
	})
}

func (d *door) isOwn(r *http.Request) bool {
	nonce := d.nonce.Load()
	return nonce != nil && subtle.ConstantTimeCompare([]byte(r.Header.Get(nonceHeader)), []byte(*nonce)) == 1
}

func (d *door) note() {
	now := time.Now()
	d.seen.Store(&now)
	d.count.Add(1)
	if d.wanted.CompareAndSwap(true, false) {
		select {
		case d.arrivals <- struct{}{}:
		default:
		}
	}
}

// expect makes the nonce of a new call.
func (d *door) expect() string {
	nonce := rand.Text()
	d.nonce.Store(&nonce)
	return nonce
}

func (d *door) expectNothing() { d.nonce.Store(nil) }

// last is when something last arrived; zero for never.
func (d *door) last() time.Time {
	if seen := d.seen.Load(); seen != nil {
		return *seen
	}
	return time.Time{}
}
