package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

var update = flag.Bool("update", false, "write the manual's part that is made from the program")

const (
	manual    = "../../assets/package/usherd.1"
	madeBegin = ".\\\" What follows is made from the program: go test ./cmd/usherd -run TestManual -update\n"
	madeEnd   = ".\\\" end of what is made from the program\n"
)

// The manual page tells of every command and option what `usherd help` tells.
func TestManualTellsEveryCommandAndOption(t *testing.T) {
	page, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), madeBegin)
	made, after, ends := strings.Cut(rest, madeEnd)
	if !begins || !ends {
		t.Fatalf("%s does not say where the part made from the program begins and ends", manual)
	}
	want := roff(commandLine(nil, nil, nil))
	if *update {
		if err := os.WriteFile(manual, []byte(before+madeBegin+want+madeEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if made != want {
		t.Errorf("%s does not tell what the program does; -update writes\n%s", manual, want)
	}
}

// roff writes what follows a program's description in its manual page, after man(7).
func roff(root *cli.Command) string {
	var page bytes.Buffer
	page.WriteString(".SH OPTIONS\n")
	roffFlags(&page, root.Flags)
	roffFlag(&page, "version", "", "print the version")
	page.WriteString(".SH COMMANDS\n")
	for _, c := range root.Commands {
		fmt.Fprintf(&page, ".SS %s\n%s\n", roffText(strings.TrimSpace(c.Name+" "+c.ArgsUsage)), roffText(c.Usage))
		roffFlags(&page, c.Flags)
	}
	return page.String()
}

func roffFlags(page *bytes.Buffer, flags []cli.Flag) {
	for _, f := range flags {
		told := f.(cli.DocGenerationFlag)
		value, usage := "", told.GetUsage()
		if told.TakesValue() {
			value = " \\fIvalue\\fR"
		}
		if preset := strings.Trim(told.GetValue(), `"`); told.TakesValue() && preset != "" && preset != "0" {
			usage += " (default: " + preset + ")"
		}
		if required, ok := f.(cli.RequiredFlag); ok && required.IsRequired() {
			usage += " (required)"
		}
		roffFlag(page, f.Names()[0], value, usage)
	}
}

func roffFlag(page *bytes.Buffer, name, value, usage string) {
	fmt.Fprintf(page, ".TP\n\\fB%s\\fR%s\n%s\n", roffText("--"+name), value, roffText(usage))
}

// roffText writes text so that nothing in it commands roff, and a hyphen can be copied.
func roffText(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "").Replace(s)
}
