package control

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequest sends what no command of ours would.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/status", ""},
		{"GET", "/deliveries?limit=-1", ""},
		{"POST", "/setup", `{"site":{}}`},
		{"POST", "/sites/connect", `{"address":1}`},
		{"POST", "/address", `{"change":{"kind":"x"}}`},
		{"POST", "/retry?id=%ff", ""},
		{"GET", "/../status", ""},
		{"POST", "/accounts/finish-sign-in", "{"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	h := handler(&Client{http: &http.Client{Transport: nowhere{}}}) // a Backend that answers everything, with an error
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.IsAbs() || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || method == "" {
			return
		}
		w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", strings.NewReader(body))
		r.Method, r.URL = method, u
		h.ServeHTTP(w, r)
		if kind := w.Header().Get("Content-Type"); kind == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %d %q", method, target, w.Code, w.Body)
		}
	})
}

type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("nowhere") }
