package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"usher/cmd/internal/realdesktop"
	"usher/core"
	"usher/core/practice"
)

const (
	plantedPassword = "abcd efgh ijkl mnop qrst uvwx"
	plantedKey      = "planted-key-0123456789"
)

// shop is a desktop whose data folder is set up already: Kartra, and a practice site that
// the test serves. Usher's door is at a local port.
type shop struct {
	*realdesktop.Desktop
	t      *testing.T
	site   *practice.Site
	usherd string
	data   string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, Desktop: realdesktop.Start(t, realdesktop.Options{}), usherd: buildUsherd(t)}
	s.data = filepath.Join(s.Home(), "data")
	s.site = practice.NewSite(practice.SiteConfig{Admin: practice.Admin{AppPassword: core.NewSecret(plantedPassword)}})
	server := httptest.NewServer(s.site)
	t.Cleanup(server.Close)
	file := filepath.Join(s.Home(), "setup.json")
	setup := fmt.Sprintf(`{"site":{"url":%q,"user":"admin","application_password":%q},"crm":{"kind":"kartra"},"connection":{"access_key":%q}}`,
		server.URL, plantedPassword, plantedKey)
	if err := os.WriteFile(file, []byte(setup), 0o600); err != nil {
		t.Fatal(err)
	}
	s.ask("setup", "--file", file)
	s.ask("address", "--use", "local", "--listen", "127.0.0.1:0")
	return s
}

func buildUsherd(t *testing.T) string {
	t.Helper()
	usherd := filepath.Join(t.TempDir(), "usherd")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", usherd, "../usherd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build usherd: %v\n%s", err, out)
	}
	return usherd
}

// start runs the program on the shop's data.
func (s *shop) start(program string) *realdesktop.Program {
	s.t.Helper()
	return s.Run(program, []string{"--data", s.data}, nil)
}

// ask runs a command of usherd and returns what it prints: what the window shows comes from
// the same data.
func (s *shop) ask(args ...string) []byte {
	s.t.Helper()
	out, err := s.tryToAsk(args...)
	if err != nil {
		s.t.Fatalf("usherd %s: %v", args, err)
	}
	return out
}

func (s *shop) tryToAsk(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(s.t.Context(), s.usherd, append([]string{"--data", s.data}, args...)...)
	cmd.Env = s.Env()
	return cmd.Output()
}

// door waits until the program with that window takes webhooks, and returns where
// those of an action go.
func (s *shop) door(w *realdesktop.Window, action core.Action) string {
	s.t.Helper()
	w.Find(realdesktop.Button("Activity")) // else usherd would open the data file itself
	var status core.Status
	s.Wait("the door", func() bool {
		out, err := s.tryToAsk("status", "--json")
		return err == nil && json.Unmarshal(out, &status) == nil && status.Address.State == "online"
	})
	return status.Address.URL + "/?wpf_action=" + string(action) + "&access_key=" + url.QueryEscape(plantedKey)
}

// lead is what Kartra sends of a person.
func lead(n int) string {
	return fmt.Sprintf(`{"action":"list_subscription","lead":{"id":"%d","email":"person%[1]d@example.test","first_name":"Ann","last_name":"Lee"}}`, n)
}

// accepted sends a webhook and returns the id it was answered with.
func (s *shop) accepted(door, body string) string {
	s.t.Helper()
	id, err := send(s.t, door, body)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func send(t *testing.T, door, body string) (id string, err error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, door, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var answer struct {
		Success  bool
		Delivery string
	}
	if err := json.Unmarshal(said, &answer); err != nil || resp.StatusCode != http.StatusOK || answer.Delivery == "" {
		return "", fmt.Errorf("answered %d %s", resp.StatusCode, said)
	}
	return answer.Delivery, nil
}

// deliveries are the newest, by their ids.
func (s *shop) deliveries(limit int) map[string]core.Line {
	s.t.Helper()
	lines := map[string]core.Line{}
	for text := range strings.Lines(string(s.ask("deliveries", "--json", "--limit", strconv.Itoa(limit)))) {
		var line core.Line
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			s.t.Fatal(err)
		}
		lines[line.ID] = line
	}
	return lines
}
