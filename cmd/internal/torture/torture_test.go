//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"usher/core/wordpress/realwp"
)

const root = "../../.."

var built struct {
	binary string
	err    error
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "torture-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		built.binary, built.err = buildUsherd(context.Background(), root, dir)
		return m.Run()
	}())
}

func usherdForTorture(t *testing.T) string {
	t.Helper()
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.binary
}

// The short form of `make torture`: a hundred kills, each step among them.
func TestNothingIsLostHoweverUsherIsKilled(t *testing.T) {
	const runs = 100
	real := !testing.Short() && realWordPress(t)
	worlds, err := tortureAll(t.Context(), usherdForTorture(t), t.TempDir(), runs, 1, real)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(report(&out, worlds, 0), enough(worlds, runs)); err != nil {
		t.Error(err)
	}
	t.Log(out.String())
}

// realWordPress reports whether there is one here.
func realWordPress(t *testing.T) bool {
	t.Helper()
	site, err := realwp.Start(t.Context(), realwp.Options{})
	if err == nil {
		err = site.Close()
	}
	if err == nil {
		return true
	}
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatalf("REAL PART MISSING: %v", err)
	}
	t.Logf("SKIPPED REAL PART: %v", err)
	return false
}

// Every oracle finds the bug that is planted for it.
func TestEveryOracleFindsItsBug(t *testing.T) {
	for oracle, c := range map[string]struct {
		bug  string
		kill string
	}{
		oracleKept:     {bugLostRow, "work committed"},
		oracleUsers:    {bugTwin, "user made, before it is noted"},
		oracleMail:     {bugSecondMail, "mail sent, before it is noted"},
		oraclePassword: {bugPassword, "user made, before it is noted"},
		oracleRight:    {bugGrant, "user changed, before it is noted"},
		oracleLeak:     {bugLeak, "work committed"},
	} {
		t.Run(oracle, func(t *testing.T) {
			t.Parallel()
			site, err := openPracticeSite(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w, err := newWorld(t.Context(), "planted", usherdForTorture(t), t.TempDir(), c.bug, 1, site)
			if err != nil {
				t.Fatal(err)
			}
			const enough = 60
			ran := 0
			for err = nil; err == nil && ran < enough; ran += 5 {
				err = w.run(t.Context(), 5, c.kill)
			}
			var lost *loss
			if !errors.As(err, &lost) || lost.oracle != oracle {
				t.Errorf("after %d runs with the bug that %s: %v", ran, c.bug, err)
			}
			if err := w.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// What can be told to end itself is no Usher that anybody runs.
func TestTheProgramPeopleRunKnowsNothingOfTorture(t *testing.T) {
	ordinary := filepath.Join(t.TempDir(), "usherd")
	cmd := exec.Command("go", "build", "-o", ordinary, "./cmd/usherd")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for program, want := range map[string]bool{ordinary: false, usherdForTorture(t): true} {
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if has := bytes.Contains(data, []byte("USHER_TORTURE")); has != want {
			t.Errorf("%s can be tortured: %t, want %t", program, has, want)
		}
	}
}

func TestAStepThatIsGoneIsNoticed(t *testing.T) {
	for name, old := range map[string]string{"not there": "no such line\n", "there twice": "\n"} {
		t.Run(name, func(t *testing.T) {
			_, err := writeOverlay(root, t.TempDir(), []edit{{"core/store/sort.go", old, ""}})
			if err == nil || !strings.Contains(err.Error(), "core/store/sort.go") {
				t.Errorf("built with a step that is %s: %v", name, err)
			}
		})
	}
}

func TestTooFewHitsAreNoticed(t *testing.T) {
	all := append([]string{atRandom}, names(steps)...)
	hits := map[string]int{}
	for _, name := range all {
		hits[name] = 20
	}
	if err := enough([]*world{{hits: hits}}, 1000); err != nil {
		t.Error(err)
	}
	hits[all[3]]--
	if err := enough([]*world{{hits: hits}}, 1000); err == nil || !strings.Contains(err.Error(), all[3]) {
		t.Errorf("19 hits of %q: %v", all[3], err)
	}
}
