package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"usher/cmd/internal/realdesktop"
	"usher/core/wordpress/realwp"
	"usher/tunnel/ngroktest"
)

// A person starts Usher for the first time and goes on until their CRM has made a user on
// their real WordPress, by the URL they copied, from the internet.
func journey(t *testing.T, program string) {
	site := realwp.Run(t, realwp.Newest)
	edge := ngroktest.Start(t, ngroktest.Options{})
	d := realdesktop.Start(t, realdesktop.Options{})
	p := d.Run(program, nil, []string{
		ngrokAgentsEnv + "=" + edge.Addr(), ngrokCallersEnv + "=" + edge.PublicAddr(), ngrokRootsEnv + "=" + string(edge.RootsPEM()),
	})
	w := p.Window(title)
	tray := d.Tray.Item()

	w.ClickOn(realdesktop.Button("Kartra"))
	w.PasteInto(realdesktop.Entry("Address of the site"), site.URL)
	w.Press("Return")
	w.ClickOn(realdesktop.Button("Let Usher in"))
	approve(t, site, d.Opened(1)[0])
	d.Effort.Clicks++ // in the browser
	w.ClickOn(realdesktop.Button("Go on without it"))
	w.ClickOn(realdesktop.Button("Go on without the key"))
	w.Find(realdesktop.Text("What people get on your site"))
	w.ClickOn(realdesktop.Button("Next"))
	w.Find(realdesktop.Text("When this computer is off"))
	w.ClickOn(realdesktop.Button("Next"))
	w.PasteInto(realdesktop.Entry("Authtoken"), ngroktest.Token)
	w.Press("Return")
	w.Find(realdesktop.Text("Copy the webhook URL"))
	w.ClickOn(realdesktop.Button("Copy"))
	copied := d.Clipboard()
	if !strings.HasPrefix(copied, "https://shop-owner.ngrok-free.dev/?wpf_action=add&access_key=") {
		t.Errorf("copied %q", copied)
	}
	w.Find(realdesktop.Saying(copied))
	w.ClickOn(realdesktop.Button("Next"))
	w.Find(realdesktop.Saying("Waiting for your first"))

	sell(t, edge, copied, "7", "Ann")
	w.Find(realdesktop.Saying("ann@example.test"))
	if out, err := site.PHP(t.Context(), `$u = get_user_by('email', 'ann@example.test'); echo $u ? $u->first_name . ' ' . implode(',', $u->roles) : 'nobody';`); err != nil || out != "Ann subscriber" {
		t.Errorf("on the site: %q, %v", out, err)
	}
	t.Logf("from the first start to the first user: %s", d.Effort)
	if d.Effort.Clicks > 12 || d.Effort.Pasted > 4 {
		t.Errorf("%s, which is more than a hurried person has patience for", d.Effort)
	}
	if folder := os.Getenv("USHER_PICTURES"); folder != "" {
		w.ClickOn(realdesktop.Button("Done"))
		w.ClickOn(realdesktop.Button("Activity"))
		w.Find(realdesktop.Saying("Ann Lee"))
		w.WaitStill()
		w.Screenshot(filepath.Join(folder, "window.png"))
	}
	w.Close()
	d.WaitNoWindow(title)
	sell(t, edge, copied, "8", "Bob")
	told := d.Notifications.Wait(func(n realdesktop.Notification) bool {
		return n.Title == "Bob Lee is now a user" || n.Title == "2 new users" // where Ann was not told of yet
	})
	tray.WaitLine("All done. Waiting for the next message.", func(realdesktop.Line) bool { return true })
	d.Press(told, "default")
	p.Window(title).Find(realdesktop.Saying("Bob Lee")) // his message, or all of them
}

// sell sends what Kartra sends when somebody buys.
func sell(t *testing.T, edge *ngroktest.Edge, webhook, id, name string) {
	t.Helper()
	body := fmt.Sprintf(`{"action":"list_subscription","lead":{"id":%q,"email":"%s@example.test","first_name":%q,"last_name":"Lee"}}`,
		id, strings.ToLower(name), name)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, webhook, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := edge.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Errorf("answered %d %s", resp.StatusCode, said)
	}
}

// approve does in the browser what the owner of a site does there: log in, approve, and be
// brought back.
func approve(t *testing.T, site *realwp.Site, page string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &visitor{t: t, client: http.Client{Jar: jar}}
	browser.get(site.URL + "/wp-login.php")
	browser.post(site.URL+"/wp-login.php", url.Values{"log": {site.User}, "pwd": {site.Password}, "testcookie": {"1"}})
	form := url.Values{"approve": {"1"}}
	for _, field := range inputs.FindAllStringSubmatch(browser.get(page), -1) {
		name, value := attribute(field[0], "name"), attribute(field[0], "value")
		if strings.Contains(field[0], `type="hidden"`) || name == "app_name" {
			form.Set(name, value)
		}
	}
	browser.post(site.URL+"/wp-admin/authorize-application.php", form)
}

// What the program under test is told of the stand-in for ngrok; see finder_on.go.
const (
	ngrokAgentsEnv  = "USHER_TEST_NGROK_AGENTS"
	ngrokCallersEnv = "USHER_TEST_NGROK_CALLERS"
	ngrokRootsEnv   = "USHER_TEST_NGROK_ROOTS"
)

const journeyPatience = time.Minute

type visitor struct {
	t      *testing.T
	client http.Client
}

var inputs = regexp.MustCompile(`<input[^>]*>`)

func attribute(tag, name string) string {
	found := regexp.MustCompile(`\b` + name + `=["']([^"']*)["']`).FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return html.UnescapeString(found[1])
}

func (v *visitor) get(page string) string { return v.do(http.MethodGet, page, nil) }

func (v *visitor) post(page string, form url.Values) { v.do(http.MethodPost, page, form) }

func (v *visitor) do(method, page string, form url.Values) string {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), journeyPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, page, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(fmt.Errorf("in the browser: %w", err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	if err != nil {
		v.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		v.t.Fatalf("%s %s answered %d: %.300s", method, page, resp.StatusCode, body)
	}
	return string(body)
}
