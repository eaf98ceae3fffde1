package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// tags are those releases are built with.
const tags = "no_emoji"

// part is a module, or Go itself.
type part struct {
	name  string // with its version
	dir   string
	files []string // its licences, and those of what it took from others
}

// builtIn are the parts of both programs on every system there are packages for.
func builtIn(ctx context.Context) ([]part, error) {
	dirs := map[string]string{}
	for _, system := range []string{"linux", "windows"} {
		list := exec.CommandContext(ctx, "go", "list", "-deps", "-tags", tags,
			"-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}={{.Dir}}{{end}}{{end}}`, "usher/cmd/usher", "usher/cmd/usherd")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=1")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("list what is built in: %w", err)
		}
		for line := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' }) {
			name, dir, _ := strings.Cut(line, "=")
			dirs[name] = dir
		}
	}
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go: %w", err)
	}
	parts := []part{{name: "Go", dir: strings.TrimSpace(string(root)), files: []string{"LICENSE"}}}
	for name, dir := range dirs {
		files, err := licenceFiles(dir)
		if err != nil {
			return nil, fmt.Errorf("look through %s: %w", name, err)
		}
		parts = append(parts, part{name: name, dir: dir, files: files})
	}
	slices.SortFunc(parts[1:], func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, nil
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|patents)`)

// licenceFiles finds those of a module, sorted. Its commands and tests are not built in.
func licenceFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{"testdata", "cmd", ".github"}, name):
			return fs.SkipDir
		case entry.Type().IsRegular() && licenceName.MatchString(name) && filepath.Ext(name) != ".go":
			file, err := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(file))
			return err
		}
		return nil
	})
	return files, err
}

// line is a part in the list: its name and its licences.
func (p part) line() (string, error) {
	own := false
	var kinds []string
	for _, file := range p.files {
		text, err := os.ReadFile(filepath.Join(p.dir, file)) //nolint:gosec // of a module the programs are made of
		if err != nil {
			return "", fmt.Errorf("read licence: %w", err)
		}
		kind, err := kindOf(string(text))
		if err != nil {
			return "", fmt.Errorf("%s: %s: %w", p.name, file, err)
		}
		own = own || !strings.Contains(file, "/") && kind != patents
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if !own {
		return "", errors.New(p.name + " says nowhere what its licence is")
	}
	slices.Sort(kinds)
	return p.name + ": " + strings.Join(kinds, ", "), nil
}
