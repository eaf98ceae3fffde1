package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
)

func TestTheListOfWhatIsBuiltInIsTrue(t *testing.T) {
	var list bytes.Buffer
	if err := run(t.Context(), &list, false); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("built-in.txt")
	if err != nil || list.String() != string(want) {
		t.Errorf("look at what changed and run make licences (%v); it is now\n%s", err, list.String())
	}
}

// A program is built with fonts, and each has to bring its licence along.
func TestEveryFontHasALicence(t *testing.T) {
	licences := map[string]string{
		"DejaVuSansMono-Powerline.ttf": "LICENSE_DejaVu-Powerline.txt",
		"InterSymbols-Regular.ttf":     "LICENSE_Inter.txt",
		"NotoSans-Bold.ttf":            "LICENSE.txt",
		"NotoSans-BoldItalic.ttf":      "LICENSE.txt",
		"NotoSans-Italic.ttf":          "LICENSE.txt",
		"NotoSans-Regular.ttf":         "LICENSE.txt",
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", tags, "-f", `{{$d := .Dir}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, "usher/cmd/usher")
	list.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	missing := maps.Clone(licences)
	for file := range strings.FieldsSeq(string(out)) {
		if kind := path.Ext(file); kind != ".ttf" && kind != ".otf" {
			continue
		}
		name := path.Base(file)
		licence, known := licences[name]
		if !known {
			t.Errorf("%s has no licence", name)
			continue
		}
		delete(missing, name)
		if _, err := os.Stat(path.Join(path.Dir(file), licence)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(missing) != 0 {
		t.Errorf("not built in: %v", missing)
	}
}

func TestReleasesAreBuiltAsIsLookedAtHere(t *testing.T) {
	for _, file := range []string{"../../../Makefile", "../../../.ci/package"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "go build -trimpath -tags "+tags+" ") && !strings.Contains(string(text), "go build -trimpath -buildvcs=false -tags "+tags+" ") {
			t.Errorf("%s does not build with -tags %s", file, tags)
		}
	}
}

func TestLicencesThatWillNotDo(t *testing.T) {
	const mit = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this software and associated documentation files"
	for text, want := range map[string]string{
		mit:                                     "MIT",
		"GNU GENERAL PUBLIC LICENSE\nVersion 3": "",
		"GNU Lesser General\nPublic License":    "",
		"Mozilla Public License Version 2.0":    "",
		mit + " or, at your option, the GNU General Public License": "",
		"Business Source License 1.1":                               "",
		"All rights reserved.":                                      "",
		"":                                                          "",
		"Redistribution and use in source and binary forms is refused": "",
	} {
		if got, err := kindOf(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%.40q: %q, %v", text, got, err)
		}
	}
	folder := t.TempDir()
	nothing := part{name: "example.com/x v1.0.0", dir: folder}
	if line, err := nothing.line(); err == nil {
		t.Errorf("a part without a licence is listed: %s", line)
	}
	if err := os.WriteFile(folder+"/PATENTS", []byte("Additional IP Rights Grant (Patents)"), 0o600); err != nil {
		t.Fatal(err)
	}
	nothing.files = []string{"PATENTS"}
	if line, err := nothing.line(); err == nil {
		t.Errorf("a patent grant is taken for a licence: %s", line)
	}
}
