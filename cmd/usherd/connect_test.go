//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/wordpress/realwp"
)

// connecting is a run of `usherd connect` that waits for the site's owner.
type connecting struct {
	*usher
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	page string // what it printed first
}

func (u *usher) connect(args ...string) *connecting {
	u.Helper()
	c := &connecting{usher: u, cmd: u.command(context.WithoutCancel(u.Context()), nil, append([]string{"connect"}, args...)...)}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		u.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		u.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		u.Fatal(err)
	}
	timer := time.AfterFunc(10*patience, func() { _ = c.cmd.Process.Kill() })
	u.Cleanup(func() { timer.Stop(); _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	c.out = bufio.NewReader(out)
	line, err := c.out.ReadString('\n')
	c.page = strings.TrimSpace(line)
	if err != nil || !strings.Contains(c.page, "/wp-admin/authorize-application.php?") {
		u.Fatalf("printed %q, %v", line, err)
	}
	return c
}

// end waits for the command's end and returns what it printed last.
func (c *connecting) end() (core.SiteAnswer, error) {
	c.Helper()
	rest, err := io.ReadAll(c.out)
	if err != nil {
		c.Fatal(err)
	}
	var done core.SiteAnswer
	if err := c.cmd.Wait(); err != nil {
		return done, fmt.Errorf("%w: %s", err, rest)
	}
	if err := json.Unmarshal(rest, &done); err != nil {
		c.Fatalf("%v in %q", err, rest)
	}
	return done, nil
}

// logIn fills WordPress's log-in form.
func (b *chromium) logIn(user, password string) {
	b.Helper()
	b.find("#loginform")
	b.run("document.getElementById('user_login').value = " + fmt.Sprintf("%q", user) +
		"; document.getElementById('user_pass').value = " + fmt.Sprintf("%q", password)) // the form moves the focus while one types
	b.click("#wp-submit")
}

// last waits for Usher's own page and returns what it says.
func (b *chromium) last() string {
	b.Helper()
	return b.text("body > main > h1")
}

// usherPasswords counts a user's application passwords that were made for Usher.
func usherPasswords(t *testing.T, site *realwp.Site, login string) string {
	t.Helper()
	out, err := site.PHP(t.Context(), fmt.Sprintf(`
		$all = WP_Application_Passwords::get_user_application_passwords( get_user_by( 'login', '%s' )->ID );
		echo count( wp_list_filter( $all, array( 'app_id' => '%s' ) ) ), ' of ', count( $all );`, login, core.ApplicationID))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func wantPasswords(t *testing.T, site *realwp.Site, login, want string) {
	t.Helper()
	if got := usherPasswords(t, site, login); got != want {
		t.Errorf("%s application passwords of %s are Usher's, want %s", got, login, want)
	}
}

func TestASiteIsConnectedInABrowser(t *testing.T) {
	b := newChromium(t)
	site := realwp.Run(t, realwp.Newest)
	u := newUsher(t)

	c := u.connect("--url", site.URL)
	b.open(c.page)
	b.picture("log-in")
	b.logIn(site.User, site.Password)
	b.picture("authorise")
	b.click("#approve")
	if title := b.last(); title != "Usher is connected to 127.0.0.1." {
		t.Errorf("the last page says %q", title)
	}
	b.picture("connected")
	if at := b.run("return location.href + document.referrer + document.documentElement.outerHTML"); strings.Contains(at, "password=") || !strings.Contains(at, "/done") {
		t.Errorf("the browser is at %s", at)
	}
	if done, err := c.end(); err != nil || done.Site != site.URL || done.User != site.User || len(done.Notes) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	wantPasswords(t, site, site.User, "1 of 2")

	t.Run("the password works", func(t *testing.T) {
		file := kartraSetup(site, nil)
		file["site"] = map[string]any{"url": site.URL}
		if urls := u.setup(file); urls[core.Add] == "" {
			t.Errorf("URLs %v", urls)
		}
	})
	t.Run("a second one takes the first one's place while Usher runs", func(t *testing.T) {
		u.serve()
		c := u.connect("--url", site.URL)
		b.open(c.page)
		b.click("#approve")
		b.last()
		if done, err := c.end(); err != nil || len(done.Notes) != 0 {
			t.Errorf("%+v, %v", done, err)
		}
		wantPasswords(t, site, site.User, "1 of 2")
		add := "wpf_action=add&access_key=" + plantedKey
		u.want(u.accepted(add, message("1", "ann@example.test", "Ann")), core.Applied, core.Created)
		u.stop()
	})
	t.Run("the owner refuses", func(t *testing.T) {
		c := u.connect("--url", site.URL)
		b.open(c.page)
		b.click("#reject")
		if title := b.last(); title != "Usher was not given permission on the site." {
			t.Errorf("the last page says %q", title)
		}
		b.picture("refused")
		if _, err := c.end(); err == nil || !strings.Contains(u.log.String(), "(site.not_authorised)") {
			t.Errorf("ended with %v", err)
		}
		wantPasswords(t, site, site.User, "1 of 2")
	})
	t.Run("a site in use stays", func(t *testing.T) {
		if _, err := u.ask("disconnect", "--url", site.URL); err == nil || !strings.Contains(u.log.String(), "(site.in_use)") {
			t.Errorf("ended with %v", err)
		}
		wantPasswords(t, site, site.User, "1 of 2")
	})
	t.Run("disconnecting revokes", func(t *testing.T) {
		other := newUsher(t)
		c := other.connect("--url", site.URL)
		b.open(c.page)
		b.click("#approve")
		b.last()
		if _, err := c.end(); err != nil {
			t.Fatal(err)
		}
		wantPasswords(t, site, site.User, "2 of 3")
		other.must("disconnect", "--url", site.URL)
		wantPasswords(t, site, site.User, "1 of 2")
		if _, err := other.ask("disconnect", "--url", site.URL); err == nil || !strings.Contains(other.log.String(), "(site.unknown)") {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("the browser is logged in with another account, too weak", func(t *testing.T) {
		if _, err := site.PHP(t.Context(), `wp_insert_user( array( 'user_login' => 'eve', 'user_email' => 'eve@example.test', 'user_pass' => 'weak', 'role' => 'editor' ) );`); err != nil {
			t.Fatal(err)
		}
		b, c := newChromium(t), u.connect("--url", site.URL)
		b.open(c.page)
		b.logIn("eve", "weak")
		b.click("#approve")
		if title := b.last(); !strings.HasPrefix(title, "The account Usher uses on the site may not manage users") {
			t.Errorf("the last page says %q", title)
		}
		b.picture("too-weak")
		if _, err := c.end(); err == nil || !strings.Contains(u.log.String(), "(site.forbidden)") {
			t.Errorf("ended with %v", err)
		}
		wantPasswords(t, site, "eve", "0 of 0")
	})
}

// An old WordPress that is no "local" environment takes no call-back to this computer.
func TestAnOldSiteIsConnectedByPasting(t *testing.T) {
	b := newChromium(t)
	site := realwp.Run(t, realwp.Oldest)
	inProduction(t, site)
	u := newUsher(t)

	refused := u.connect("--url", site.URL)
	b.open(refused.page)
	b.logIn(site.User, site.Password)
	if said := b.text("body"); !strings.Contains(said, "secure connection") {
		t.Errorf("the page says %q: does it take call-backs?", said)
	}
	_ = refused.cmd.Process.Signal(os.Interrupt)
	if _, err := refused.end(); err == nil {
		t.Error("interrupted, yet it ended well")
	}

	for range 2 { // the second password has another name, and takes the first one's place
		c := u.connect("--url", site.URL, "--paste")
		b.open(c.page)
		b.click("#approve")
		password := b.property("#new-application-password-value", "value")
		_, _ = fmt.Fprintf(c.in, "%s\n%s\n", site.User+"@example.test", password)
		if done, err := c.end(); err != nil || done.User != site.User || len(done.Notes) != 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		wantPasswords(t, site, site.User, "1 of 2")
		if strings.Contains(u.log.String(), strings.ReplaceAll(password, " ", "")) || strings.Contains(u.log.String(), password) {
			t.Error("the password is in the log")
		}
		b.picture("paste")
		b.open(c.page)
		b.click("#approve")
		if said := b.text(".notice-error"); !strings.Contains(said, "unique") {
			t.Errorf("the same name again: the page says %q", said)
		}
		wantPasswords(t, site, site.User, "1 of 2")
	}
	u.must("disconnect", "--url", site.URL)
	wantPasswords(t, site, site.User, "0 of 1")
}

// inProduction makes a site what most are, except that it keeps to plain http.
func inProduction(t *testing.T, site *realwp.Site) {
	t.Helper()
	path := filepath.Join(filepath.Dir(site.MailDir), "wp-config.php")
	config, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(config), "'local'", "'production'", 1)
	if changed == string(config) {
		t.Fatal("no environment type to change")
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	const plugin = "<?php add_filter( 'wp_is_application_passwords_available', '__return_true' );"
	if err := os.WriteFile(filepath.Join(site.ContentDir, "mu-plugins", "plain-http.php"), []byte(plugin), 0o600); err != nil {
		t.Fatal(err)
	}
}
