//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
	"usher/core/practice"
)

// hookedUp is an Usher with a practice Ontraport, whose tag 1 is to call a webhook.
type hookedUp struct {
	*usher
	crm *practice.Ontraport
	ann string
}

func newHookedUp(t *testing.T) hookedUp {
	t.Helper()
	_, siteURL := practiceSite(t)
	crm := practice.NewOntraport(practice.OntraportConfig{})
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	fields := crm.Login()
	fields["webhook_tags"] = "Add User to WP"
	file := practiceSetup(siteURL, map[string]any{"name": "shop"})
	file["crm"] = map[string]any{"kind": "ontraport", "base_url": server.URL, "fields": fields}
	h := hookedUp{usher: newUsher(t), crm: crm}
	h.ann = crm.Add(practice.Person{Email: "ann@example.test", Fields: map[string]string{"firstname": "Ann"}, Tags: []string{"Add User to WP"}})
	h.setup(file)
	return h
}

// answered runs a command about registrations.
func (h hookedUp) answered(args ...string) (done core.RegistrationAnswer) {
	h.Helper()
	if err := json.Unmarshal([]byte(h.must(args...)), &done); err != nil {
		h.Fatal(err)
	}
	return done
}

// calls are the addresses the CRM calls when an event happens to Ann.
func (h hookedUp) calls(event string) (addresses []string) {
	h.Helper()
	for _, r := range h.notify(event) {
		addresses = append(addresses, r.URL.Scheme+"://"+r.URL.Host+r.URL.Path+" "+r.URL.Query().Get("wpf_action"))
	}
	return addresses
}

func (h hookedUp) notify(event string) []*http.Request {
	h.Helper()
	requests, err := h.crm.Notify(event, h.ann)
	if err != nil {
		h.Fatal(err)
	}
	return requests
}

func (h hookedUp) wantCalls(event string, want ...string) {
	h.Helper()
	if got := h.calls(event); strings.Join(got, ", ") != strings.Join(want, ", ") {
		h.Errorf("%s calls %q, want %q", event, got, want)
	}
}

const (
	tagOn  = "sub_tag(1)"
	tagOff = "unsub_tag(1)"
)

func TestOntraportsWebhookIsMadeByUsher(t *testing.T) {
	t.Parallel()
	h := newHookedUp(t)
	h.refuses("crm.register_nowhere", "register", "--connection", "shop") // no address was ever known
	h.serve()
	h.refuses("crm.register_nowhere", "register", "--connection", "shop") // a local one
	h.stop()

	h.serveFixed("https://hooks.example.test/usher")
	if done := h.answered("register", "--connection", "shop"); len(done.Actions) != 1 || done.Actions[0] != core.Add || done.Address != "https://hooks.example.test/usher" {
		t.Errorf("answer %+v", done)
	}
	h.answered("register", "--connection", "shop", "--action", "add")
	h.wantCalls(tagOn, "https://hooks.example.test/usher/ add")
	h.wantCalls(tagOff)
	made := h.notify(tagOn)[0]
	body, err := io.ReadAll(made.Body)
	if err != nil {
		t.Fatal(err)
	}
	h.want(h.accepted(made.URL.RawQuery, string(body)), core.Applied, core.Created)
	h.refuses("command.unknown_action", "register", "--connection", "shop", "--action", "delete")
	h.refuses("setup.no_connection", "register", "--connection", "other")
	h.stop()

	// The next start has another address.
	h.serveFixed("https://new.example.test")
	h.until("the CRM calls the new address", func() bool {
		calls := h.calls(tagOn)
		return len(calls) == 1 && calls[0] == "https://new.example.test/ add"
	})
	h.stop()

	// Commands work on the data folder as well.
	if done := h.answered("register", "--connection", "shop", "--action", "update_tags"); len(done.Actions) != 2 {
		t.Errorf("answer %+v", done)
	}
	h.wantCalls(tagOff, "https://new.example.test/ update_tags")
	if done := h.answered("unregister", "--connection", "shop"); len(done.Actions) != 0 {
		t.Errorf("answer %+v", done)
	}
	h.wantCalls(tagOn)
	h.answered("register", "--connection", "shop")
	h.must("remove", "--connection", "shop")
	h.wantCalls(tagOn)
	h.wantCalls(tagOff)
	if strings.Contains(h.log.String(), plantedKey) {
		t.Error("the log tells the access key")
	}
}
