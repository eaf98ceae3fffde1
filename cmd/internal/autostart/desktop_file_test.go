//go:build !windows && !darwin

package autostart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestItIsOnOnceSetAndOffOnceTakenBack(t *testing.T) {
	config := filepath.Join(t.TempDir(), "not", "there", "yet")
	t.Setenv("XDG_CONFIG_HOME", config)
	e := Entry{ID: "test.usher", Name: "Usher", Program: "/opt/usher/usher", Args: []string{"--hidden"}}
	is := func(want bool) {
		t.Helper()
		if on, err := e.On(); on != want || err != nil {
			t.Errorf("on %t, %v, want %t", on, err, want)
		}
	}
	set := func(on bool) {
		t.Helper()
		if err := e.Set(on); err != nil {
			t.Fatal(err)
		}
	}
	is(false)
	set(false) // what is off can be turned off
	set(true)
	is(true)
	content, err := os.ReadFile(filepath.Join(config, "autostart", "test.usher.desktop"))
	if err != nil || !strings.Contains(string(content), "\nExec=\"/opt/usher/usher\" \"--hidden\"\n") {
		t.Errorf("%v in\n%s", err, content)
	}
	moved := e
	moved.Program = "/usr/bin/usher"
	if on, err := moved.On(); on || err != nil {
		t.Errorf("an older program elsewhere counts: %t, %v", on, err)
	}
	set(false)
	is(false)
	if left, err := os.ReadDir(filepath.Join(config, "autostart")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAFolderThatCannotBeWrittenToIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", file)
	e := Entry{ID: "test.usher", Program: "/usher"}
	if err := e.Set(true); err == nil {
		t.Error("nothing is wrong")
	}
	if _, err := e.On(); err == nil {
		t.Error("it is just off")
	}
}

func TestExecIsQuotedAsTheSpecificationSays(t *testing.T) {
	for arg, want := range map[string]string{
		"/usr/bin/usher":  `"/usr/bin/usher"`,
		"/my files/usher": `"/my files/usher"`,
		`/a"b`:            `"/a\\"b"`,
		"/100%/usher":     `"/100%%/usher"`,
		"/$HOME/`x`":      "\"/\\\\$HOME/\\\\`x\\\\`\"",
		`/a\b`:            `"/a\\\\b"`,
		"/line\nbreak":    `"/line\nbreak"`,
	} {
		if got := quote(arg); got != want {
			t.Errorf("%q: %s, want %s", arg, got, want)
		}
	}
}
