package assets_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// app reads a value of FyneApp.toml, the one place that says what the program is.
func app(t *testing.T, key string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + key + ` = "(.+)"$`).FindStringSubmatch(read(t, "../FyneApp.toml"))
	if found == nil {
		t.Fatalf("FyneApp.toml has no %s", key)
	}
	return found[1]
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Programs that are not built for a release call themselves what a release would.
func TestProgramsAreCalledWhatFyneAppSays(t *testing.T) {
	for _, source := range []struct{ path, word, key string }{
		{"../cmd/usher/run.go", "appID", "ID"},
		{"../cmd/usher/run.go", "appName", "Name"},
		{"../cmd/usher/run.go", "version", "Version"},
		{"../cmd/usherd/main.go", "version", "Version"},
	} {
		found := regexp.MustCompile(`\b` + source.word + ` += "(.+)"`).FindStringSubmatch(read(t, source.path))
		if found == nil || found[1] != app(t, source.key) {
			t.Errorf("%s: %s is %q, FyneApp.toml says %q", source.path, source.word, found, app(t, source.key))
		}
	}
}

// Names and versions in what is packed are filled in, so that none can be an old one.
func TestTemplatesNameNothingThemselves(t *testing.T) {
	templates, err := filepath.Glob("package/*")
	if err != nil || len(templates) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	script := read(t, "../.ci/package")
	for _, path := range templates {
		text := read(t, path)
		for _, key := range []string{"ID", "Version"} {
			if strings.Contains(text, app(t, key)) {
				t.Errorf("%s has the %s itself", path, key)
			}
		}
		for _, place := range regexp.MustCompile(`@[A-Z]+@`).FindAllString(text, -1) {
			if !strings.Contains(script, place) {
				t.Errorf("%s: nothing fills in %s", path, place)
			}
		}
	}
}

// The desktop finds window, icon and entry by names that must be the same.
func TestDesktopEntryFitsTheProgram(t *testing.T) {
	for _, line := range []string{"Name=@NAME@", "StartupWMClass=@NAME@", "Icon=@ID@", "Exec=usher", "Terminal=false"} {
		if !strings.Contains(read(t, "package/usher.desktop"), "\n"+line+"\n") {
			t.Errorf("the desktop entry lacks %s", line)
		}
	}
	if !strings.Contains(read(t, "../cmd/usher/program.go"), "p.newWindow(appName,") {
		t.Error("the window's title, which StartupWMClass repeats, is no longer the program's name")
	}
	var metainfo struct {
		ID         string   `xml:"id"`
		Name       string   `xml:"name"`
		Launchable string   `xml:"launchable"`
		Icon       string   `xml:"icon"`
		Programs   []string `xml:"provides>binary"`
	}
	if err := xml.Unmarshal([]byte(read(t, "package/usher.metainfo.xml")), &metainfo); err != nil {
		t.Fatal(err)
	}
	if m := metainfo; m.ID != "@ID@" || m.Name != "@NAME@" || m.Launchable != "@ID@.desktop" || m.Icon != "@ID@" || strings.Join(m.Programs, " ") != "usher usherd" {
		t.Errorf("the metainfo is of another program: %+v", m)
	}
}

// The manual of usherd is compared with its commands in cmd/usherd.
func TestManualOfUsherTellsEveryOption(t *testing.T) {
	defined := regexp.MustCompile(`\.(?:Bool|String)Var\([^"]+"([a-z-]+)"`).FindAllStringSubmatch(read(t, "../cmd/usher/flags.go"), -1)
	told := regexp.MustCompile(`(?m)^\.TP\n(?:\.B |\\fB)\\-\\-([a-z-]+)`).FindAllStringSubmatch(read(t, "package/usher.1"), -1)
	options := map[string]int{}
	for _, option := range defined {
		options[option[1]]++
	}
	for _, option := range told {
		options[option[1]]--
	}
	if len(defined) == 0 || len(told) == 0 {
		t.Fatalf("%d options are defined, %d told", len(defined), len(told))
	}
	for option, n := range options {
		if n != 0 {
			t.Errorf("--%s is told and defined %+d times", option, n)
		}
	}
}
