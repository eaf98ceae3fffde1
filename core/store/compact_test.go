//go:build unix

package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

func (b *bench) size() int64 {
	b.t.Helper()
	info, err := os.Stat(filepath.Join(b.dir, FileName))
	if err != nil {
		b.t.Fatal(err)
	}
	return info.Size()
}

// leaveFree leaves bytes in the file that are free.
func (b *bench) leaveFree(total int) {
	b.t.Helper()
	name := []byte("big")
	big := bytes.Repeat([]byte("x"), 1<<20)
	err := b.update(b.t.Context(), func(tx *bolt.Tx) error {
		for i := range total >> 20 {
			if err := tx.Bucket(bucketSettings).Put(append(name, byte(i)), big); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = b.update(b.t.Context(), func(tx *bolt.Tx) error {
			for i := range total >> 20 {
				if err := tx.Bucket(bucketSettings).Delete(append(name, byte(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// some puts a little of everything in the file.
func (b *bench) some() {
	b.t.Helper()
	done, waits := b.accept("done"), b.accept("waits")
	b.settle(Settlement{
		Work: b.sortInto("ann", done), Taken: []uint64{done}, State: core.Applied, Outcome: core.Created, UserID: 7,
		Link: &core.Link{SiteID: "s1", AccountID: "a1", ContactID: "ann", UserID: 7, Login: "ann"},
	})
	b.sortInto("bob", waits)
}

func (b *bench) wantSome() {
	b.t.Helper()
	b.wantCounts(core.Counts{Accepted: 2, Applied: 1, Queued: 1})
	if d, err := b.Delivery(1); err != nil || string(d.Body) != "done" {
		b.t.Errorf("delivery 1: %q, %v", d.Body, err)
	}
	if links, err := b.LinksOf("s1", 7); err != nil || len(links) != 1 || links[0].Login != "ann" {
		b.t.Errorf("links of the user: %v, %v", links, err)
	}
	if waiting := b.waiting(WorkKey{"c1", "bob"}); len(waiting) != 1 {
		b.t.Errorf("waiting: %v", waiting)
	}
}

func (b *bench) wantNothingAside() {
	b.t.Helper()
	if _, err := os.Stat(asidePath(filepath.Join(b.dir, FileName))); !errors.Is(err, fs.ErrNotExist) {
		b.t.Errorf("the file made aside is there: %v", err)
	}
}

func TestAFileThatIsMostlyFreeIsMadeSmallerAtStart(t *testing.T) {
	b := newBench(t)
	b.some()
	b.leaveFree(muchFree / 2)
	large := b.size()
	b.reopen()
	if b.size() != large {
		t.Errorf("%d bytes became %d where little was to be gained", large, b.size())
	}
	b.leaveFree(muchFree + 8<<20)
	b.reopen()
	if b.size() > 32<<20 { // bbolt lets a file grow in steps of 16 MiB
		t.Errorf("it has %d bytes still", b.size())
	}
	b.wantSome()
	b.wantNothingAside()
	if seq := b.accept("next"); seq != 3 {
		t.Errorf("a number is given twice: %d", seq)
	}
	b.reopen()
	if d, err := b.Delivery(3); err != nil || string(d.Body) != "next" {
		t.Errorf("what came after is %q, %v", d.Body, err)
	}
}

func TestTheDoorStaysOpenAroundACompaction(t *testing.T) {
	b := newBench(t)
	b.some()
	done := make(chan error, 1)
	go func() {
		for range 5 {
			if err := b.Compact(t.Context()); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	var sent []uint64
	for range 50 {
		sent = append(sent, b.accept("while compacting"))
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b.reopen()
	for _, seq := range sent {
		if d, err := b.Delivery(seq); err != nil || string(d.Body) != "while compacting" {
			t.Errorf("delivery %d: %v", seq, err)
		}
	}
	if info, err := os.Stat(filepath.Join(b.dir, FileName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestWhereTheFileCannotBeWrittenAnewItStays(t *testing.T) {
	b := newBench(t)
	b.some()
	if err := os.Mkdir(asidePath(filepath.Join(b.dir, FileName)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(asidePath(filepath.Join(b.dir, FileName)), "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Compact(t.Context()); !core.HasCode(err, "store.disk") {
		t.Errorf("compacting: %v", err)
	}
	b.wantSome()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Compact(t.Context()); !core.HasCode(err, "store.closed") {
		t.Errorf("compacting what is closed: %v", err)
	}
}

func TestAnotherUsherNeverGetsAFileThatWasCompactedAway(t *testing.T) {
	b := newBench(t)
	path := filepath.Join(b.dir, FileName)
	before := b.file
	if !before.inPlace(path) {
		t.Fatal("it is not at its own path")
	}
	if err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before.inPlace(path) {
		t.Error("the old file is taken for the one in use")
	}
	var waiting sync.WaitGroup
	for range 4 { // each waits for the file that was there when it began
		waiting.Go(func() {
			for range 3 {
				s, err := Open(b.dir)
				if !core.HasCode(err, "store.in_use") {
					t.Errorf("a second Usher: %v", err)
				}
				if err == nil {
					_ = s.Close()
				}
			}
		})
	}
	for range 8 {
		if err := b.Compact(t.Context()); err != nil {
			t.Error(err)
		}
	}
	waiting.Wait()
}

// crashAt has a child of this test killed at a step of a compaction in the data folder it
// runs in.
const crashAt = "USHER_TEST_COMPACT_CRASH"

func TestACrashInACompactionLeavesAWholeFile(t *testing.T) {
	if step := os.Getenv(crashAt); step != "" {
		crash(t, step)
	}
	for _, step := range []string{"half copied", "copied", "renamed"} {
		t.Run(step, func(t *testing.T) {
			b := newBench(t)
			b.some()
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$")
			child.Dir, child.Env = b.dir, append(os.Environ(), crashAt+"="+step)
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the child was not killed: %v\n%s", err, out)
			}
			if _, err := os.Stat(asidePath(filepath.Join(b.dir, FileName))); (err == nil) != (step != "renamed") {
				t.Errorf("the file made aside: %v", err)
			}
			b.open()
			b.wantSome()
			b.wantNothingAside()
		})
	}
}

// crash goes up to a step of a compaction and dies.
func crash(t *testing.T, step string) {
	const path = FileName
	file, err := openFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	aside, err := copyAside(file, path)
	if err == nil && step == "half copied" {
		err = os.Truncate(asidePath(path), 5000)
	}
	if err == nil && step == "renamed" {
		_, err = takeOver(file, aside, path)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
