package store

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"usher/core"
)

// filled is a store of many pages.
func filled(t *testing.T) *bench {
	b := newBench(t)
	for range 60 {
		seq := b.accept("a message of some length, so that the file has a few pages")
		b.settle(Settlement{Work: b.sortInto("ann", seq), Taken: []uint64{seq}, State: core.Applied, Outcome: core.Updated, UserID: 7})
	}
	b.accept("waiting")
	return b
}

func TestADamagedFileIsRefusedAndLeftAsItIs(t *testing.T) {
	whole := filled(t).snapshot()
	for name, content := range map[string][]byte{
		"emptied":                     {},
		"cut within its first page":   whole[:1000],
		"cut after its first pages":   whole[:3*os.Getpagesize()],
		"cut in half":                 whole[:len(whole)/2],
		"without its last page":       whole[:len(whole)-os.Getpagesize()],
		"overwritten at its start":    append(bytes.Repeat([]byte{0xff}, 2*os.Getpagesize()), whole[2*os.Getpagesize():]...),
		"not a data file at all":      bytes.Repeat([]byte("nothing "), 10000),
		"a data file of another kind": bytes.ReplaceAll(whole, []byte("deliveries"), []byte("DELIVERIES")),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, FileName)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); !core.HasCode(err, "store.damaged") {
				t.Errorf("opened with %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was touched, %v", err)
			}
			aside, err := SetAside(dir)
			if err != nil {
				t.Fatal(err)
			}
			if kept, err := os.ReadFile(aside); err != nil || !bytes.Equal(kept, content) {
				t.Errorf("what was set aside is not what was there, %v", err)
			}
			if Exists(dir) {
				t.Error("the file is still in the way")
			}
		})
	}
}

// A page anywhere in the file may hold anything: Usher says so, or does not meet it.
func TestNoDamageEndsTheProgram(t *testing.T) {
	b := filled(t)
	whole := b.snapshot()
	noticed, page := 0, os.Getpagesize()
	for n := range len(whole) / page {
		random := rand.NewChaCha8([32]byte{byte(n)})
		content := bytes.Clone(whole)
		if n%2 == 0 {
			_, _ = random.Read(content[n*page : (n+1)*page])
		} else { // only the page's header, which says what it holds
			_, _ = random.Read(content[n*page : n*page+16])
		}
		b.dir = t.TempDir()
		if err := os.WriteFile(filepath.Join(b.dir, FileName), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if b.useAll() != nil {
			noticed++
		}
	}
	if noticed == 0 {
		t.Error("no damage was noticed at all")
	}
}

// useAll opens the file, reads all there is, writes and closes. Errors are Problems.
func (b *bench) useAll() error {
	s, err := Open(b.dir)
	if err != nil {
		b.wantProblem(err)
		return err
	}
	defer func() { _ = s.Close() }() // a broken file stays open
	ctx := b.t.Context()
	errUnlock := s.Unlock(b.identity)
	_, _, errRecords := s.Records(ctx, Query{Limit: 1000})
	_, errUnsorted := s.Unsorted(1000, 1<<20)
	_, errJournal := s.Journal(1000)
	_, _, errNext := s.Next("s1", t0, 10)
	_, errAccept := s.Accept(ctx, core.Delivery{Received: t0, Connection: "c1", Body: []byte("x")})
	for _, e := range []error{errUnlock, errRecords, errUnsorted, errJournal, errNext, errAccept} {
		if e != nil {
			b.wantProblem(e)
			err = e
		}
	}
	return err
}

func (b *bench) wantProblem(err error) {
	b.t.Helper()
	if !core.HasCode(err, "store.damaged") {
		b.t.Errorf("damage is told as %v", err)
	}
}

func TestAFileThatIsCutWhileItIsOpen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be cut there")
	}
	uses := map[string]func(*bench) error{
		"read": func(b *bench) error { _, err := b.Journal(1000); return err },
		"written": func(b *bench) error {
			_, err := b.Accept(b.t.Context(), core.Delivery{Received: t0, Connection: "c1"})
			return err
		},
	}
	for first, use := range uses {
		t.Run("and then "+first, func(t *testing.T) {
			b := filled(t)
			if err := os.Truncate(filepath.Join(b.dir, FileName), int64(os.Getpagesize())); err != nil {
				t.Fatal(err)
			}
			if err := use(b); !core.HasCode(err, "store.damaged") {
				t.Errorf("%s first with %v", first, err)
			}
			for then, use := range uses {
				if err := use(b); !core.HasCode(err, "store.damaged") {
					t.Errorf("then %s with %v", then, err)
				}
			}
			if trouble := b.Trouble(); trouble == nil || trouble.Code != "store.damaged" {
				t.Errorf("trouble %v", trouble)
			}
			if err := b.Close(); err != nil {
				t.Errorf("closed with %v", err)
			}
		})
	}
}

func TestAFolderThatIsGone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder with an open file cannot go there")
	}
	b := newBench(t)
	b.accept("before")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(b.dir, elsewhere); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := b.Accept(t.Context(), core.Delivery{Received: t0, Connection: "c1"}); !core.HasCode(err, "store.gone") {
			t.Fatalf("accepted with %v", err)
		}
	}
	if _, err := os.Stat(filepath.Join(b.dir, FileName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something took the file's place: %v", err)
	}
	if trouble := b.Trouble(); trouble == nil || trouble.Code != "store.gone" {
		t.Errorf("trouble %v", trouble)
	}
	if err := os.Rename(elsewhere, b.dir); err != nil {
		t.Fatal(err)
	}
	b.accept("after")
	if trouble := b.Trouble(); trouble != nil {
		t.Errorf("trouble %v", trouble)
	}
}

func TestAFileInUseIsNotSetAside(t *testing.T) {
	b := newBench(t)
	if _, err := SetAside(b.dir); !core.HasCode(err, "store.in_use") {
		t.Errorf("set aside with %v", err)
	}
	if _, err := SetAside(t.TempDir()); !core.HasCode(err, "store.gone") {
		t.Errorf("nothing was set aside with %v", err)
	}
}

// A disk in trouble is told of until it works again, whether or not anything arrives.
func TestAProbeEndsTheTrouble(t *testing.T) {
	b := newBench(t)
	_ = b.outcome(core.NewProblem("store.disk", nil))
	if err := b.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if trouble := b.Trouble(); trouble != nil {
		t.Errorf("trouble %v", trouble)
	}
}
