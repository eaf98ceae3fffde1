package realwp

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeTree makes a cache with one tree, empty but for its version, and returns the tree.
func fakeTree(t *testing.T, version string) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("USHER_TEST_CACHE", cache)
	return addTree(t, cache, version, version)
}

func addTree(t *testing.T, cache, name, version string) string {
	t.Helper()
	tree := filepath.Join(cache, "wordpress", name)
	if err := os.MkdirAll(filepath.Join(tree, "wp-includes"), 0o700); err != nil {
		t.Fatal(err)
	}
	code := fmt.Sprintf("<?php\n/** the version */\n$wp_version = '%s';\n", version)
	write(t, filepath.Join(tree, "wp-includes", "version.php"), code)
	return tree
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVersionsAreSortedByNumber(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("USHER_TEST_CACHE", cache)
	for _, version := range []string{"6.10.1", "6.1.9", "7.2-RC1", "6.8.12"} {
		addTree(t, cache, version, version)
	}
	addTree(t, cache, ".new.123", "7.1.4") // half unpacked
	if got, want := Versions(), []string{"6.1.9", "6.8.12", "6.10.1", "7.2-RC1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheVersionIsChosen(t *testing.T) {
	all := []string{"6.1.8", "6.1.9", "6.10.1", "7.1.4"}
	tests := []struct {
		installed     []string
		wish, version string
	}{
		{all, Oldest, "6.1.9"},
		{all, "6.1.8", "6.1.8"},
		{all, Newest, "7.1.4"},
		{all, "6.10", "6.10.1"},
		{all, "7.2", ""},
		{[]string{"6.1.9"}, Newest, ""}, // else one version would pass for two
		{nil, Oldest, ""},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s of %s", test.wish, test.installed), func(t *testing.T) {
			version, err := choose(test.installed, test.wish)
			if version != test.version || (err == nil) != (test.version != "") {
				t.Errorf("got %q, %v", version, err)
			}
		})
	}
}

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()                       {}
func (r *recorder) Skipf(format string, a ...any) { r.end("skipped", format, a...) }
func (r *recorder) Fatalf(format string, a ...any) {
	r.end("failed", format, a...)
}

func (r *recorder) end(how, format string, a ...any) {
	r.ended = how + ": " + fmt.Sprintf(format, a...)
	panic(r)
}

func TestAMissingRealPart(t *testing.T) {
	tests := []struct{ name, ci, want string }{
		{"is skipped by hand", "", "skipped: SKIPPED REAL PART: WordPress 6.1 is not installed"},
		{"is skipped where CI is off", "false", "skipped: SKIPPED REAL PART: WordPress 6.1 is not installed"},
		{"fails in CI", "true", "failed: REAL PART MISSING: WordPress 6.1 is not installed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("CI", test.ci)
			t.Setenv("USHER_TEST_CACHE", t.TempDir())
			if got := endOf(t, Oldest); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("may be PHP", func(t *testing.T) {
		t.Setenv("CI", "")
		t.Setenv("PATH", t.TempDir())
		fakeTree(t, "7.0")
		if got := endOf(t, Newest); !strings.HasPrefix(got, "skipped: SKIPPED REAL PART: PHP") {
			t.Errorf("got %q", got)
		}
	})
}

// endOf says how Run ends a test.
func endOf(t *testing.T, version string) string {
	t.Helper()
	r := &recorder{TB: t}
	func() {
		defer func() { _ = recover() }() // as Skipf and Fatalf, end returns to nobody
		Run(r, version)
	}()
	return r.ended
}
