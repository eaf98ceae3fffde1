package core

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesOnlyTestsThatExist keeps SECURITY.md true: each row of its tables of
// threats names its tests, after the folder they are in.
func TestSecurityNamesOnlyTestsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, threats, _ := strings.Cut(string(text), "## What is tried, and by which test")
	threats, _, _ = strings.Cut(threats, "\n## ")
	word := regexp.MustCompile("`([a-z/]+)`|\\b(?:Test|Fuzz)\\w+")
	rows := 0
	for line := range strings.Lines(threats) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.Contains(line, "| --- |") || strings.Contains(line, "| threat |") {
			continue
		}
		rows++
		folder, named := "", 0
		for _, found := range word.FindAllStringSubmatch(cells[3], -1) {
			if found[1] != "" {
				folder = found[1]
				continue
			}
			named++
			if !hasTest(t, folder, found[0]) {
				t.Errorf("%s has no %s", folder, found[0])
			}
		}
		if named == 0 {
			t.Errorf("no test is named in %s", line)
		}
	}
	if rows < 30 {
		t.Errorf("only %d rows were read", rows)
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

// TestNothingIsExportedAsATable holds until somebody exports one. In it, cells that begin with
// = + - @ tab or a line end have to be quoted, or spreadsheets run them.
func TestNothingIsExportedAsATable(t *testing.T) {
	eachGoFile(t, func(_, file string, imports []string) {
		for _, imported := range imports {
			if imported == "encoding/csv" {
				t.Errorf("%s exports a table: quote what a spreadsheet would run, test it, and change SECURITY.md", file)
			}
		}
	})
}

// TestNothingReadsArchives holds for what the programs are made of: the helper's zip is written,
// and answers are unpacked by net/http alone, where core/rest bounds them.
func TestNothingReadsArchives(t *testing.T) {
	eachGoFile(t, func(pkg, file string, imports []string) {
		if strings.HasSuffix(file, "_test.go") || pkg == "assets" {
			return
		}
		for _, imported := range imports {
			if kind := path.Dir(imported); kind == "archive" || kind == "compress" {
				t.Errorf("%s imports %s: bound what it reads, test it with a bomb, and change this test", file, imported)
			}
		}
	})
}
