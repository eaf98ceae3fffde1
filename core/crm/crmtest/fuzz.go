package crmtest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"usher/core"
	"usher/core/practice"
)

// FuzzClient has the CRM answer every call of the adapter's client with a status and a body
// of anybody's making. The client must end with what it was asked for or with a Problem, and
// tell nothing.
func FuzzClient(f *testing.F, adapter core.Adapter, crm practice.CRM) {
	server := httptest.NewServer(crm)
	f.Cleanup(server.Close)
	b := bench{adapter: adapter, crm: crm, url: server.URL}
	key, email := crm.AddField("Answers"), planted+"@example.com"
	id := crm.Add(practice.Person{Email: email})
	secret := append(slices.Collect(maps.Values(crm.Login())), planted)
	for _, odd := range oddities {
		f.Add(uint16(http.StatusOK), []byte(odd))
	}
	f.Add(uint16(http.StatusUnauthorized), []byte(`{"error":"invalid_token","error_description":"x"}`))
	f.Add(uint16(http.StatusTooManyRequests), []byte("slow down"))
	f.Fuzz(func(t *testing.T, status uint16, body []byte) {
		crm.Fail(practice.Fault{Trouble: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(200 + int(status)%400)
			_, _ = w.Write(body)
		}})
		defer crm.Heal()
		for name, call := range calls(b.open(t), id, email, key) {
			err := call(t.Context())
			if err == nil {
				continue
			}
			var p *core.Problem
			if !errors.As(err, &p) {
				t.Errorf("%s: no Problem: %v", name, err)
			}
			wantSilence(t, fmt.Sprintf("%s, %d %q", name, status, body), err, secret)
		}
	})
}
