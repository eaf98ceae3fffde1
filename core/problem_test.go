package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"usher/core"
)

func TestEveryProblemOfTheCatalogueIsComplete(t *testing.T) {
	code := regexp.MustCompile(`^[a-z]+\.[a-z0-9_]+$`)
	for _, c := range core.ProblemCodes() {
		t.Run(c, func(t *testing.T) {
			p := core.NewProblem(c, nil)
			if !code.MatchString(p.Code) {
				t.Error("the code is not area.name")
			}
			if !strings.HasSuffix(p.Title, ".") || strings.Contains(p.Title, "\n") || len(p.Title) > 160 {
				t.Errorf("the title is not one short sentence: %q", p.Title)
			}
			if p.Fix == "" || p.Fix != strings.TrimSpace(p.Fix) {
				t.Errorf("the fix says nothing: %q", p.Fix)
			}
			if p.Then < core.Retry || p.Then > core.Fail || p.Scope < core.OneItem || p.Scope > core.App {
				t.Errorf("Then %d or Scope %d is not set", p.Then, p.Scope)
			}
		})
	}
}

func TestACodeOutsideTheCatalogueIsAMistakeInTheProgram(t *testing.T) {
	for name, make := range map[string]func(){
		"problem": func() { _ = core.NewProblem("no.such", nil) },
		"note":    func() { _ = core.NewNote("no.such", "") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			make()
		})
	}
}

func TestAProblemNeverShowsItsCause(t *testing.T) {
	p := core.NewProblem("site.not_json", url.EscapeError(planted)).About("example.com")
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %q\n", p, p, p, p, p)
	wrapped := fmt.Errorf("read answer: %w", p)
	fmt.Fprintf(&out, "%v %+v\n", wrapped, wrapped)
	slog.New(slog.NewJSONHandler(&out, nil)).Warn("m", "problem", p, "err", wrapped)
	if err := json.NewEncoder(&out).Encode(p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), planted) {
		t.Errorf("the cause shows in %s", out.String())
	}
	if !strings.Contains(out.String(), "site.not_json: Something in front of WordPress answered instead of it: example.com") {
		t.Errorf("code, title and detail are missing in %s", out.String())
	}
}

func TestAProblemKeepsItsCauseForErrorsIs(t *testing.T) {
	err := fmt.Errorf("ask site: %w", core.NewProblem("site.unreachable", io.ErrUnexpectedEOF).After(time.Minute))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause cannot be found")
	}
	if !core.HasCode(err, "site.unreachable") || core.HasCode(err, "site.busy") || core.HasCode(io.EOF, "site.busy") {
		t.Error("HasCode is wrong")
	}
	if p := core.AsProblem(err); p.Code != "site.unreachable" || p.RetryAfter != time.Minute {
		t.Errorf("AsProblem made %v", p)
	}
	if p := core.AsProblem(io.EOF); p.Code != "app.internal" || !errors.Is(p, io.EOF) {
		t.Errorf("AsProblem made %v of an error that is none", p)
	}
}

func TestAProblemIsStoredAsCodeAndDetail(t *testing.T) {
	data, err := json.Marshal(core.NewProblem("user.refused", io.EOF).About("nickname"))
	if err != nil || string(data) != `{"code":"user.refused","detail":"nickname"}` {
		t.Fatalf("stored as %s, %v", data, err)
	}
	var p core.Problem
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	if p.Code != "user.refused" || p.Detail != "nickname" || p.Title == "" || p.Fix == "" || p.Then != core.Fail {
		t.Errorf("read back as %+v", &p)
	}
	if err := json.Unmarshal([]byte(`{"code":"of.tomorrow"}`), &p); err != nil || p.Code != "app.unknown_problem" || p.Detail != "of.tomorrow" {
		t.Errorf("a code of another version is read as %v, %v", &p, err)
	}
	if err := json.Unmarshal([]byte(`[]`), &p); err == nil {
		t.Error("a list is read as a problem")
	}
}

func TestEveryNoteOfTheCatalogueIsASentence(t *testing.T) {
	for _, code := range core.NoteCodes() {
		t.Run(code, func(t *testing.T) {
			text := core.NewNote(code, "customer").Text()
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "%") {
				t.Errorf("not a sentence: %q", text)
			}
		})
	}
	if got := core.NewNote("role.unknown", "customer").Text(); !strings.Contains(got, "“customer”") {
		t.Errorf("the detail is missing in %q", got)
	}
	if got := (core.Note{Code: "of.tomorrow", Detail: "x"}).Text(); got != "of.tomorrow x" {
		t.Errorf("a note of another version shows as %q", got)
	}
}
