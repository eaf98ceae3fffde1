//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// chromium is a real headless Chromium, driven by the WebDriver its distribution ships
// with it, so that the two fit (https://www.w3.org/TR/webdriver2/).
type chromium struct {
	*testing.T
	session string // the address of its WebDriver session
}

// newChromium starts a browser that knows nobody. Where there is none the test is skipped,
// or fails under CI=true.
func newChromium(t *testing.T) *chromium {
	t.Helper()
	if testing.Short() {
		t.Skip("a real part, left out by -short")
	}
	for _, name := range []string{"chromium", "chromedriver"} {
		if _, err := exec.LookPath(name); err != nil {
			if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
				t.Fatalf("REAL PART MISSING: %s is not installed here; .ci/install fetches it", name)
			}
			t.Skipf("SKIPPED REAL PART: %s is not installed here; .ci/install fetches it", name)
		}
	}
	home, err := os.MkdirTemp("", "usher-browser-") //nolint:usetesting // Chromium may write its last files late, which fails a test with a TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	b := &chromium{T: t}
	driver := b.startDriver(home)
	var made struct{ SessionID string }
	b.call(http.MethodPost, driver+"/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"timeouts": map[string]any{"implicit": patience.Milliseconds(), "pageLoad": patience.Milliseconds()},
		"goog:chromeOptions": map[string]any{"args": []string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync",
			"--window-size=1000,760", "--user-data-dir=" + home + "/profile",
		}},
	}}}, &made)
	b.session = driver + "/session/" + made.SessionID
	t.Cleanup(func() { b.call(http.MethodDelete, b.session, nil, nil) })
	return b
}

// startDriver returns the address of a WebDriver that ends with the test.
func (b *chromium) startDriver(home string) string {
	b.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), "chromedriver", "--port=0")
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, port, ok := strings.Cut(lines.Text(), "started successfully on port "); ok {
			return "http://127.0.0.1:" + strings.TrimSuffix(port, ".")
		}
	}
	b.Fatalf("chromedriver did not start: %v", lines.Err())
	return ""
}

// call asks the WebDriver; into takes the answer's value.
func (b *chromium) call(method, address string, body, into any) {
	b.Helper()
	if body == nil {
		body = map[string]any{}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.Context()), patience+10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(encoded))
	if err != nil {
		b.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		b.Fatalf("browser: %.600s", data)
	}
	if err := json.Unmarshal(data, &struct{ Value any }{into}); err != nil && into != nil {
		b.Fatal(err)
	}
}

func (b *chromium) open(address string) {
	b.Helper()
	b.call(http.MethodPost, b.session+"/url", map[string]any{"url": address}, nil)
}

// find waits for an element and returns its address.
func (b *chromium) find(css string) string {
	b.Helper()
	var found map[string]string
	b.call(http.MethodPost, b.session+"/element", map[string]any{"using": "css selector", "value": css}, &found)
	for _, id := range found {
		return b.session + "/element/" + id
	}
	b.Fatalf("no element %s", css)
	return ""
}

func (b *chromium) click(css string) {
	b.Helper()
	b.call(http.MethodPost, b.find(css)+"/click", nil, nil)
}

func (b *chromium) text(css string) (text string) {
	b.Helper()
	b.call(http.MethodGet, b.find(css)+"/text", nil, &text)
	return text
}

func (b *chromium) property(css, name string) (value string) {
	b.Helper()
	b.call(http.MethodGet, b.find(css)+"/property/"+name, nil, &value)
	return value
}

// run runs JavaScript and returns its result as text.
func (b *chromium) run(script string) string {
	b.Helper()
	var result any
	b.call(http.MethodPost, b.session+"/execute/sync", map[string]any{"script": script, "args": []any{}}, &result)
	return fmt.Sprint(result)
}

// picture writes what the browser shows to a file, for people, if the environment variable
// USHER_TEST_PICTURES names a folder.
func (b *chromium) picture(name string) {
	b.Helper()
	dir := os.Getenv("USHER_TEST_PICTURES")
	if dir == "" {
		return
	}
	var encoded string
	b.call(http.MethodGet, b.session+"/screenshot", nil, &encoded)
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+name+".png", data, 0o600); err != nil {
		b.Fatal(err)
	}
}
