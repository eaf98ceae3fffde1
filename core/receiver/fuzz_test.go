package receiver_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/receiver"
)

// FuzzDoor sends anything by any method. Whatever comes, an answer of 2xx means that
// exactly one delivery was stored (but for a test and a browser), any other that none was,
// the key is in none, and a message that can be read can still be read.
func FuzzDoor(f *testing.F) {
	f.Add("POST", "wpf_action=add&access_key="+key, "", []byte(lead), false)
	f.Add("POST", "", "", []byte(`{"wpf_action":"add","access_key":"`+key+`",}`), false)
	f.Add("PUT", "", "", []byte("wpf_action=update&access_key="+key), true)
	f.Add("GET", "wpf_action=add&access_key="+key, "text/html", []byte(nil), false)
	f.Add("GET", "wpf_action=test&access_key="+key, "", []byte(nil), true)
	f.Add("POST", "wpf_action=add&access_key="+key, "", []byte("[\xff"+key), false)
	f.Add("POST", "access_key="+key, "", []byte(`{"\u0061ccess_key":{"a":[]},"wpf_action":"`+key+`"}`), false)
	f.Add("PATCH", "wpf_action=add&access_key=nonsense", "", []byte(key), false)
	f.Fuzz(func(t *testing.T, method, query, accept string, body []byte, fails bool) {
		s := newStand(receiver.Options{MaxBody: 1 << 16})
		if fails {
			s.ledger.err = errors.New("full")
		}
		r := &http.Request{
			Method: method, URL: &url.URL{Path: "/", RawQuery: query}, ContentLength: -1,
			Header: http.Header{"Accept": {accept}, "User-Agent": {accept}}, Body: http.NoBody,
		}
		r.Body = readCloser{bytes.NewReader(body)}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r.WithContext(t.Context()))

		if !slices.Contains([]int{200, 400, 403, 404, 405, 413, 503}, w.Code) {
			t.Fatalf("answer %d", w.Code)
		}
		if w.Code == 403 && w.Body.String() != refused {
			t.Fatalf("refused with %s", w.Body)
		}
		withoutDelivery := w.Body.String() == `{"success":true}` || strings.HasPrefix(w.Body.String(), "<!DOCTYPE html>")
		if stored := w.Code == 200 && !withoutDelivery; stored != (len(s.ledger.kept) == 1) {
			t.Fatalf("answer %d %s, kept %d", w.Code, w.Body, len(s.ledger.kept))
		}
		if strings.Contains(s.log.String(), key) || strings.Contains(w.Body.String(), key) {
			t.Fatal("the key shows")
		}
		for _, d := range s.ledger.kept {
			checkKept(t, d, body)
		}
	})
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func checkKept(t *testing.T, d core.Delivery, body []byte) {
	t.Helper()
	if all := fmt.Sprintf("%s %v %v %s", d.Action, d.Query, d.Header, d.Body); strings.Contains(all, key) {
		t.Fatalf("the key is kept in %q", all)
	}
	_, before := core.ReadMessage(nil, body)
	if _, after := core.ReadMessage(nil, d.Body); before == nil && after != nil {
		t.Fatalf("%q became %q, which cannot be read: %v", body, d.Body, after)
	}
}
