package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"usher/core"
)

// hostile is a name that would clear the screen, write a line of its own, turn the text that
// follows, retitle the window and stay unseen, were it shown as it is.
const hostile = "Ann\x1b[2J\x1b]0;owned\a\r\n12 messages accepted\u2028x\u202e\u200b\x9b31m\u0085"

func TestNothingThatArrivesSteersTheTerminal(t *testing.T) {
	trouble := func(with string) *core.Trouble { return &core.Trouble{Code: "x", About: with, Title: with, Fix: with} }
	for name, print := range map[string]func(out io.Writer, with string) error{
		"status": func(out io.Writer, with string) error {
			return printStatus(out, core.Status{Problems: []core.Trouble{*trouble(with)}})
		},
		"deliveries": func(out io.Writer, with string) error {
			return printLines(out, []core.Line{{
				Received: time.Unix(0, 0), Connection: with, Action: core.Action(with), Contact: with, Notes: []string{with},
			}, {Problem: trouble(with)}})
		},
		"check": func(out io.Writer, with string) error {
			return printSteps(out, []core.Step{
				{Title: with, State: core.StepOK, Detail: with}, {Title: with, State: core.StepProblem, Problem: trouble(with)},
			})
		},
		"send-test": func(out io.Writer, with string) error {
			return printTest(out, core.TestAnswer{Notes: []string{with}})
		},
		"a problem": func(out io.Writer, with string) error {
			tell(out, core.NewProblem("crm.settings", nil).About(with))
			return nil
		},
		"an error": func(out io.Writer, with string) error { tell(out, errors.New(with)); return nil },
		"the log": func(out io.Writer, with string) error {
			slog.New(slog.NewTextHandler(out, nil)).Info("webhook accepted", "connection", with)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			var tame, out bytes.Buffer
			if err := errors.Join(print(&tame, "Ann"), print(&out, hostile)); err != nil {
				t.Fatal(err)
			}
			if strings.Count(tame.String(), "\n") != strings.Count(out.String(), "\n") {
				t.Errorf("another number of lines: %q", out.String())
			}
			for line := range strings.Lines(out.String()) {
				if line = strings.TrimSuffix(line, "\n"); core.Visible(line) != line {
					t.Errorf("shown as it is: %q", line)
				}
			}
			if !strings.Contains(out.String(), "Ann") {
				t.Errorf("the name is not shown: %q", out.String())
			}
		})
	}
}
