//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"usher/core"
)

// The power goes while many webhooks are on their way: whoever was told yes finds the
// message there, and nobody's is there twice.
func TestAPowerCutInABurstLosesNothing(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	var answered sync.Map // id → contact
	var yes, sent atomic.Int64
	enough := make(chan struct{})
	var clients sync.WaitGroup
	for c := range 16 {
		clients.Go(func() {
			client := http.Client{Transport: &http.Transport{}, Timeout: patience}
			defer client.CloseIdleConnections()
			for i := 0; ; i++ {
				contact := fmt.Sprint(1 + c*100_000 + i)
				sent.Add(1)
				id, said, err := sendOn(&client, u.local+"/?"+rightAdd, lead(contact))
				if err != nil {
					return // the power is gone
				}
				if id == "" {
					t.Errorf("contact %s was not accepted: %s", contact, said)
					return
				}
				if _, twice := answered.LoadOrStore(id, contact); twice {
					t.Errorf("two messages were answered with %s", id)
				}
				if yes.Add(1) == 200 {
					close(enough)
				}
			}
		})
	}
	left := make(chan struct{})
	go func() { defer close(left); clients.Wait() }()
	select {
	case <-enough:
	case <-left:
	}
	u.kill()
	<-left
	u.serve()
	there := u.deliveries()
	answered.Range(func(id, contact any) bool {
		if line, ok := there[id.(string)]; !ok || line.Contact != "" && line.Contact != contact {
			t.Errorf("message %s about %s was answered and is %+v", id, contact, line)
		}
		return true
	})
	if n := len(there); int64(n) < yes.Load() || int64(n) > sent.Load() {
		t.Errorf("%d messages are there, %d were sent and %d answered", n, sent.Load(), yes.Load())
	}
	if s := u.status(); s.Accepted != uint64(len(there)) {
		t.Errorf("status %+v, %d messages", s, len(there))
	}
	u.stop()
}

// sendOn sends a webhook on a connection that is kept, and returns the id of the delivery,
// none if it was not accepted, and the answer. An error means that nothing was answered.
func sendOn(client *http.Client, url, body string) (id, said string, err error) {
	resp, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", "", err
	}
	var accepted struct{ Delivery string }
	if resp.StatusCode == http.StatusOK {
		err = json.Unmarshal(data, &accepted)
	}
	return accepted.Delivery, resp.Status + " " + string(data), err
}

// The power goes while every sync fails: there is what was answered, and nothing of what
// was refused.
func TestAPowerCutWhileTheDiskFails(t *testing.T) {
	needStrace(t)
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	var answered []string
	for i := range 3 {
		answered = append(answered, u.accepted(rightAdd, lead(fmt.Sprint(1+i))))
	}
	for _, id := range answered {
		u.want(id, core.Applied, core.Created)
	}
	heal := failSyncs(t, u.cmd.Process.Pid, "1+")
	for i := range 4 {
		if a := u.post(rightAdd, lead(fmt.Sprint(11+i))); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("answered %d %v %s", a.status, a.header, a.body)
		}
	}
	u.kill()
	heal()
	u.serve()
	var there []string
	for id := range u.deliveries() {
		there = append(there, id)
	}
	slices.Sort(there)
	if !slices.Equal(there, answered) {
		t.Errorf("%v are there, %v were answered", there, answered)
	}
	if s := u.status(); s.Accepted != 3 || s.Applied != 3 {
		t.Errorf("status %+v", s)
	}
	u.accepted(rightAdd, lead("20"))
	u.stop()
}
