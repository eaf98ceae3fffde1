// Command torture kills Usher, again and again, and looks whether anything was lost.
//
//	go run ./cmd/internal/torture [-n 1000] [-seed S] [-plain]
//
// It builds a usherd that ends itself, as by a power cut, at the step it is told to (see
// steps.go), and lets practice CRMs call it while it writes to two sites: one without the
// Usher helper, in this program, and a real WordPress with it. After each kill it starts
// Usher anew and asks the oracles (oracles.go), which go by the sender's own list of answered
// messages. It prints what was tried, how often, and what was lost; what a run left behind
// is kept where something was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"
)

// leastHits is how often each step has to be hit in 1,000 runs.
const leastHits = 20

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) { // which has been printed
			fmt.Fprintln(os.Stderr, "torture:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("torture", flag.ContinueOnError)
	n := flags.Int("n", 1000, "how often to kill Usher")
	seed := flags.Uint64("seed", rand.Uint64(), "what the runs are drawn from") //nolint:gosec // to be repeated, not to be secret
	plain := flags.Bool("plain", false, "leave out the real WordPress")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "usher-torture-")
	if err != nil {
		return err
	}
	binary, err := buildUsherd(ctx, ".", dir)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d runs, seed %d\n", *n, *seed)
	start := time.Now()
	worlds, err := tortureAll(ctx, binary, dir, *n, *seed, !*plain)
	if err != nil {
		return fmt.Errorf("%w\n\nwhat it left is in %s; again: -n %d -seed %d", err, dir, *n, *seed)
	}
	if err := report(out, worlds, time.Since(start)); err != nil {
		return err
	}
	return errors.Join(enough(worlds, *n), os.RemoveAll(dir))
}

// realShare is how many runs in all there are for one on the real WordPress, which is slower.
const realShare = 4

// tortureAll shares the runs between a site without and a site with the helper, side by side.
func tortureAll(ctx context.Context, binary, dir string, n int, seed uint64, withReal bool) ([]*world, error) {
	open := map[string]func() (site, error){
		"without the helper": func() (site, error) { return openPracticeSite(ctx) },
	}
	runs := map[string]int{"without the helper": n}
	if withReal {
		open["with the helper"] = func() (site, error) { return openRealSite(ctx) }
		runs = map[string]int{"without the helper": n - n/realShare, "with the helper": n / realShare}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	var all sync.WaitGroup
	var worlds []*world
	var errs []error
	for name, openSite := range open {
		all.Go(func() {
			w, err := tortureOne(ctx, name, binary, dir, seed, runs[name], openSite)
			mu.Lock()
			defer mu.Unlock()
			if ctx.Err() == nil { // else it only ended because another did
				errs = append(errs, err)
			}
			if err != nil {
				stop()
			}
			worlds = append(worlds, w)
		})
	}
	all.Wait()
	return worlds, errors.Join(errs...)
}

func tortureOne(ctx context.Context, name, binary, dir string, seed uint64, n int, openSite func() (site, error)) (*world, error) {
	s, err := openSite()
	if err != nil {
		return nil, err
	}
	w, err := newWorld(ctx, filepath.Base(name), binary, dir, "", seed, s)
	if err != nil {
		return nil, err
	}
	return w, errors.Join(w.run(ctx, n), w.close())
}

// report prints what was tried, how often, and what was lost.
func report(out io.Writer, worlds []*world, took time.Duration) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	people, sent, kills := 0, 0, 0
	for _, w := range worlds {
		people, sent, kills = people+len(w.people), sent+w.sent, kills+w.kills
	}
	_, _ = fmt.Fprintf(out, "%d kills in %s, %d people, %d messages answered\n\n", kills, took.Round(time.Second), people, sent)
	_, _ = fmt.Fprintln(table, "killed\ttried\thit\tlost")
	for _, name := range append([]string{atRandom}, names(steps)...) {
		tries, hits := 0, 0
		for _, w := range worlds {
			tries, hits = tries+w.tries[name], hits+w.hits[name]
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t0\n", name, tries, hits)
	}
	_, _ = fmt.Fprintln(table, "\t\t\t\nasked\ttimes\t\tfound")
	for _, oracle := range oracles {
		n := 0
		for _, w := range worlds {
			n += w.checks[oracle]
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t\t0\n", oracle, n)
	}
	return table.Flush()
}

func names(steps []step) (list []string) {
	for _, s := range steps {
		list = append(list, s.name)
	}
	return list
}

// enough fails where a step was hit too seldom to say anything about it.
func enough(worlds []*world, n int) error {
	var errs []error
	for _, name := range append([]string{atRandom}, names(steps)...) {
		hits := 0
		for _, w := range worlds {
			hits += w.hits[name]
		}
		if want := n * leastHits / 1000; hits < want {
			errs = append(errs, fmt.Errorf("%q was hit %d times, want %d", name, hits, want))
		}
	}
	return errors.Join(errs...)
}
