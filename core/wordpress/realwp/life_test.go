//go:build linux

package realwp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func hasItsPortForItself(t *testing.T, s *Site) {
	second, err := Start(t.Context(), Options{Port: s.reserved.port})
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second site on it: %v, %v", second, err)
	}
}

func stopsAndStartsAgain(t *testing.T, s *Site) {
	address := s.URL
	run(t, s, `add_role( 'customer', 'Customer', array( 'read' => true ) );
		wp_insert_user( array( 'user_login' => 'ann', 'user_pass' => 'x', 'role' => 'customer' ) );`)

	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if !refused(t, address) {
		t.Error("a stopped site takes connections")
	}
	if got := run(t, s, `echo count_users()['total_users'];`); got != "2" {
		t.Errorf("PHP beside a stopped site counts %q users", got)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.URL != address {
		t.Errorf("moved from %s to %s", address, s.URL)
	}
	res, body := get(t, s, "/wp-json/wp/v2/users?context=edit&roles=customer&_fields=username")
	if body != `[{"username":"ann"}]` {
		t.Errorf("users afterwards: %s %s", res.Status, body)
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("a running site was started")
	}
}

func leavesNothing(t *testing.T, s *Site) {
	dir, pids := s.dir, append(groups(t, s.dir), s.keeper.cmd.Process.Pid)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, pid := range pids {
		if running(pid) {
			t.Errorf("group %d is running", pid)
		}
	}
	if exists(dir) {
		t.Errorf("%s is there", dir)
	}
	if !refused(t, s.URL) {
		t.Errorf("%s takes connections", s.URL)
	}
}

const abandonEnv = "USHER_REALWP_TEST_ABANDON"

// startAndHang is another program's life: it starts a site, says where, and never closes it.
func startAndHang() {
	s, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.dir)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the one who started it is gone as well
	os.Exit(1)
}

func TestNothingIsLeftWhenTheProgramIsKilled(t *testing.T) {
	_, err := find(Newest)
	skipIfMissing(t, err)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), abandonEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	if err != nil || !exists(dir) {
		t.Fatalf("the program says %q, %v", line, err)
	}
	pids := groups(t, dir)

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed

	waitFor(t, "its folder to go", func() bool { return !exists(dir) })
	for _, pid := range pids {
		waitFor(t, fmt.Sprintf("group %d to end", pid), func() bool { return !running(pid) })
	}
}

func TestAFailedStartSaysWhyAndLeavesNothing(t *testing.T) {
	_, err := find(Newest)
	skipIfMissing(t, err)
	tree := fakeTree(t, "7.0")
	write(t, filepath.Join(tree, "wp-load.php"), `<?php throw new Exception( 'broken tree' );`)
	t.Setenv("TMPDIR", t.TempDir())

	_, err = Start(t.Context(), Options{Version: "7.0"})
	if err == nil || !strings.Contains(err.Error(), "broken tree") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// groups are the process groups of the site in a folder, by their leaders' numbers.
func groups(t *testing.T, dir string) []int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "pids", "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("want the numbers of two servers, have %q, %v", files, err)
	}
	var pids []int
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(string(content))
		if err != nil || !running(pid) {
			t.Fatalf("%s: %q does not run", file, content)
		}
		pids = append(pids, pid)
	}
	return pids
}

func running(group int) bool { return syscall.Kill(-group, 0) == nil }

func refused(t *testing.T, address string) bool {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", u.Host)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
