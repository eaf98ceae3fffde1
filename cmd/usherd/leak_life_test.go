//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/core"
	"usher/core/practice"
)

// talkative is a practice site that remembers the passwords it was sent.
type talkative struct {
	*practice.Site
	mu        sync.Mutex
	passwords []string // of the users it was asked to make
}

func (s *talkative) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if practice.Creates(r) {
		s.mu.Lock()
		s.passwords = append(s.passwords, sentPassword(r))
		s.mu.Unlock()
	}
	s.Site.ServeHTTP(w, r)
}

// tell adds the passwords so far to secrets, and returns how many they are.
func (s *talkative) tell(secrets map[string]string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Compact(slices.Sorted(slices.Values(s.passwords)))
	for i, password := range all {
		secrets[fmt.Sprint("password of a new user, ", i)] = password
	}
	return len(all)
}

// sentPassword is the password of the user in a request, which can be read again.
func sentPassword(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	var user struct{ Password string }
	_ = json.Unmarshal(body, &user)
	return user.Password
}

// repeat answers with the password of the user the site was asked to make, and with its
// caller's own.
func repeat(status int, header, body string) practice.Trouble {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, own, _ := r.BasicAuth()
		filled := strings.NewReplacer("PASSWORD", sentPassword(r), "OWN", own).Replace
		w.Header().Set("Content-Type", "application/json")
		if name, value, ok := strings.Cut(filled(header), ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, filled(body))
	}
}

// life is a usherd whose every word is kept.
type life struct {
	*usher
	site *talkative
	url  string       // of the site
	said lockedBuffer // what it answered and printed, save the URLs of set-up
	sent []string     // ids of accepted messages
}

// newLife starts a site, and a usherd that knows nothing of it yet.
func newLife(t *testing.T) *life {
	t.Helper()
	admin := practice.Admin{AppPassword: core.NewSecret(plantedAppPassword)}
	l := &life{site: &talkative{Site: practice.NewSite(practice.SiteConfig{Admin: admin})}}
	server := httptest.NewServer(l.site)
	t.Cleanup(server.Close)
	l.url, l.usher = server.URL, newUsher(t)
	l.begin()
	return l
}

// begin serves, and keeps what it says until it ends.
func (l *life) begin() {
	l.Helper()
	var out lockedBuffer
	l.cmd = l.command(l.Context(), nil, "serve", "--address", "local", "--listen", "127.0.0.1:0")
	l.cmd.Stdout = io.MultiWriter(&out, &l.said)
	if err := l.cmd.Start(); err != nil {
		l.Fatal(err)
	}
	l.until("it is ready", func() bool { return strings.Contains(out.String(), "\n") })
	var ready readyLine
	if err := json.Unmarshal([]byte(out.String()), &ready); err != nil || !ready.Ready {
		l.Fatalf("not ready: %q, %v", out.String(), err)
	}
	l.local = ready.Local
}

// say runs a command, which may fail.
func (l *life) say(args ...string) string {
	l.Helper()
	out, _ := l.ask(args...)
	_, _ = io.WriteString(&l.said, out)
	return out
}

// setUp runs setup with the file as it stands and returns the URLs, if it went well.
func (l *life) setUp(file string) map[core.Action]string {
	l.Helper()
	path := filepath.Join(l.TempDir(), "setup.json")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		l.Fatal(err)
	}
	out, _ := l.ask("setup", "--file", path)
	var done core.SetupAnswer
	if json.Unmarshal([]byte(out), &done) == nil { // the one place where keys may be seen
		for _, u := range done.URLs {
			out = strings.ReplaceAll(out, u, "")
		}
	}
	_, _ = io.WriteString(&l.said, out)
	return done.URLs
}

// send sends a webhook and keeps the answer.
func (l *life) send(method, query, body string, header map[string]string) string {
	l.Helper()
	a := l.request(method, query, body, header)
	var said struct{ Delivery string }
	if json.Unmarshal([]byte(a.body), &said) == nil && said.Delivery != "" {
		l.sent = append(l.sent, said.Delivery)
	}
	_, _ = fmt.Fprintln(&l.said, a.status, a.header, a.body)
	return said.Delivery
}

// meet lets the site be in trouble while a user is made, and looks at what is told of it.
func (l *life) meet(name string, trouble practice.Trouble, query, body string) {
	l.Helper()
	met := make(chan struct{}, 1)
	l.site.Fail(practice.Fault{Times: 1, On: practice.Creates, Trouble: func(w http.ResponseWriter, r *http.Request, site http.Handler) {
		met <- struct{}{}
		trouble(w, r, site)
	}})
	id := l.send(http.MethodPost, query, body, nil)
	select {
	case <-met:
	case <-time.After(patience):
		l.Fatalf("nothing was asked of the site in trouble %s", name)
	}
	l.until("something is told of trouble "+name, func() bool {
		line := l.deliveries()[id]
		return line.State != core.Queued || line.Problem != nil || strings.Contains(l.say("status", "--json"), `"problems"`)
	})
	l.say("deliveries")
	l.say("deliveries", "--json")
	l.say("status")
	l.say("retry", "--all")
	l.until("the site is asked again after trouble "+name, func() bool {
		line := l.deliveries()[id]
		return line.State != core.Queued || line.Attempts > 0 // that one waits longer than this test
	})
}

// lookForLeaks looks at all that was said, logged and kept.
func (l *life) lookForLeaks(secrets, personal map[string]string) {
	l.Helper()
	said := l.said.String()
	if !strings.Contains(said, `"delivery":`) || !strings.Contains(l.log.String(), "webhook accepted") {
		l.Error("nothing was said or logged, so nothing is shown")
	}
	l.usher.lookForLeaks(said, secrets, personal)
}

// plant copies a data folder and hides texts in the copy's data file.
func plant(from, to string, texts []string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(to, "usher.db"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for i, text := range texts {
		_, more := file.WriteAt([]byte(text), int64(20_001+200*i))
		err = errors.Join(err, more)
	}
	return errors.Join(err, file.Close())
}
