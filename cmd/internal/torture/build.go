package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// hook is added to every package that has a step or a bug.
//
//go:embed hook.go.txt
var hook string

// cheap leaves out what takes most of the time and cannot matter here: the second of work
// that a passphrase is at every start, and waiting for the disk, for what a program has
// written is there however it ends.
var cheap = []edit{
	{"core/seal/passphrase.go", "	workFactor = 18\n", "	workFactor = 10\n"},
	{"core/store/file.go", "&bolt.Options{", "&bolt.Options{NoSync: true, "},
}

// edit changes one place in a source file of Usher. Its old text must be there once.
type edit struct{ file, old, new string }

// buildUsherd builds a usherd that can be killed at every step and has every planted bug, all
// of them asleep. The sources are not touched: the compiler sees changed copies.
func buildUsherd(ctx context.Context, root, dir string) (binary string, err error) {
	if root, err = filepath.Abs(root); err != nil { // for the compiler runs elsewhere
		return "", err
	}
	edits := slices.Clone(cheap)
	for _, s := range steps {
		edits = append(edits, s.edit())
	}
	overlay, err := writeOverlay(root, dir, append(edits, bugs...))
	if err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "usherd")
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", binary, "./cmd/usherd") //nolint:gosec // of our own making
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build usherd: %w\n%s", err, out)
	}
	return binary, nil
}

// writeOverlay writes the changed files below dir, and the list of them that `go build` takes.
func writeOverlay(root, dir string, edits []edit) (list string, err error) {
	texts := map[string]string{}
	for _, e := range edits {
		if _, read := texts[e.file]; !read {
			data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file))) //nolint:gosec // our own sources
			if err != nil {
				return "", err
			}
			texts[e.file] = string(data)
			pkg := path.Dir(e.file)
			texts[pkg+"/torture_hook.go"] = strings.Replace(hook, "PACKAGE", path.Base(pkg), 1)
		}
		if n := strings.Count(texts[e.file], e.old); n != 1 {
			return "", fmt.Errorf("%s has this %d times, and torture needs it once: %q", e.file, n, e.old)
		}
		texts[e.file] = strings.Replace(texts[e.file], e.old, e.new, 1)
	}
	replaced := map[string]string{}
	for file, text := range texts {
		copied := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		replaced[filepath.Join(root, filepath.FromSlash(file))] = copied
	}
	data, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	list = filepath.Join(dir, "overlay.json")
	return list, os.WriteFile(list, data, 0o600)
}
