package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// snapshot is what the data file holds, without the room it has for more.
func (b *bench) snapshot() []byte {
	b.t.Helper()
	copied, err := b.Snapshot(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	data, err := io.ReadAll(copied)
	if err = errors.Join(err, copied.Close()); err != nil {
		b.t.Fatal(err)
	}
	return data
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// A copy that nobody reads on must not keep the door from accepting, however much comes.
func TestASnapshotIsOfOneMomentAndHoldsNobodyUp(t *testing.T) {
	b := newBench(t)
	first := b.accept("before")
	copied, err := b.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.accept("after")
	data, err := io.ReadAll(copied)
	if err = errors.Join(err, copied.Close()); err != nil {
		t.Fatal(err)
	}
	if left := names(t, b.dir); !slices.Equal(left, []string{FileName}) {
		t.Errorf("left in the folder: %q", left)
	}
	path, err := PutAside(t.Context(), t.TempDir(), "copied", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenCopy(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	counts, err := s.Counts()
	if err != nil || counts.Accepted != 1 || counts.Queued != 1 {
		t.Errorf("the copy counts %+v, %v", counts, err)
	}
	if _, err := s.Record(first); err != nil {
		t.Errorf("the message of before: %v", err)
	}
}

func TestSnapshotsUnderLoadAddUp(t *testing.T) {
	b := newBench(t)
	ctx, stop := context.WithCancel(t.Context())
	accepted, each := make(chan int, 1), make(chan struct{})
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if _, err := b.Accept(context.WithoutCancel(ctx), core.Delivery{Connection: "c1", Action: core.Add, Received: t0, Body: []byte(strings.Repeat("x", 2000))}); err != nil {
				t.Error(err)
			}
			select {
			case each <- struct{}{}:
			default:
			}
		}
		accepted <- n
	}()
	var last uint64
	for i := range 5 {
		<-each
		path := filepath.Join(t.TempDir(), "copy")
		if err := os.WriteFile(path, b.snapshot(), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenCopy(path)
		if err != nil {
			t.Fatal(err)
		}
		counts, err := s.Counts()
		if err != nil || counts.Accepted != counts.Queued || counts.Accepted <= last {
			t.Errorf("copy %d counts %+v, %v", i, counts, err)
		}
		for seq := uint64(1); seq <= counts.Accepted; seq++ {
			if _, err := s.Record(seq); err != nil {
				t.Fatalf("message %d of %d: %v", seq, counts.Accepted, err)
			}
		}
		last = counts.Accepted
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	stop()
	if n := <-accepted; uint64(n) < last {
		t.Errorf("accepted %d, the last copy holds %d", n, last)
	}
}

func TestACopyThatIsNotWholeIsRefusedAndNotTouched(t *testing.T) {
	b := newBench(t)
	for range 300 {
		b.accept(strings.Repeat("x", 500))
	}
	whole := b.snapshot()
	newer := filepath.Join(t.TempDir(), "newer")
	if err := os.WriteFile(newer, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	setVersion(t, newer, schemaVersion+1)
	ofTomorrow, err := os.ReadFile(newer)
	if err != nil {
		t.Fatal(err)
	}
	wild := slices.Clone(whole)
	for i := 3 * os.Getpagesize(); i < len(wild); i += 97 {
		wild[i] ^= 0xff
	}
	for name, c := range map[string]struct {
		raw  []byte
		code string
	}{
		"empty":             {nil, "store.damaged"},
		"another program's": {[]byte(strings.Repeat("PDF ", 5000)), "store.damaged"},
		"cut in half":       {whole[:len(whole)/2], "store.damaged"},
		"cut at the end":    {whole[:len(whole)-1], "store.damaged"},
		"wild pages":        {wild, "store.damaged"},
		"of a newer Usher":  {ofTomorrow, "store.newer"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "copy")
			if err := os.WriteFile(path, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := OpenCopy(path); !core.HasCode(err, c.code) {
				t.Errorf("got %v, %v, want %s", s, err, c.code)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.raw) {
				t.Errorf("the copy was touched, %v", err)
			}
		})
	}
}

func setVersion(t *testing.T, path string, version uint64) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(metaVersion, seqKey(version)) })
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

var errCut = errors.New("cut")

func TestPuttingAside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, FileName+".use")
	if err := os.WriteFile(left, []byte("left by a crash, and longer"), 0o644); err != nil {
		t.Fatal(err)
	}
	path, err := PutAside(t.Context(), dir, "use", strings.NewReader("whole"))
	if err != nil || path != left {
		t.Fatalf("%q, %v", path, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 5 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := PutAside(t.Context(), dir, "use", io.MultiReader(strings.NewReader("half"), cut{})); !errors.Is(err, errCut) {
		t.Errorf("what went wrong with reading is told as %v", err)
	}
	gone, end := context.WithCancel(t.Context())
	end()
	if _, err := PutAside(gone, dir, "use", strings.NewReader("whole")); !errors.Is(err, context.Canceled) {
		t.Errorf("given up, it says %v", err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left in the folder: %q", left)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := PutAside(t.Context(), filepath.Join(dir, "file"), "use", strings.NewReader("x")); !core.HasCode(err, "store.disk") {
		t.Errorf("where nothing can be put: %v", err)
	}
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, errCut }

func TestMailsAreDoubtedOnlyWhereTheyMayHaveBeenSent(t *testing.T) {
	b := newBench(t)
	want := map[string]core.MailState{"none": core.MailSending, "sending": core.MailSending, "sent": core.MailSent, "unsent": core.MailUnsent}
	had := map[string]core.MailState{"none": core.MailNone, "sending": core.MailSending, "sent": core.MailSent, "unsent": core.MailUnsent}
	intents := map[WorkKey]core.Intent{}
	for contact, mail := range had {
		intents[WorkKey{"c1", contact}] = core.Intent{Login: contact, Email: contact + "@example.test", Password: core.NewSecret("p"), SiteTime: t0, Op: "op", Mail: mail}
	}
	if err := b.SaveIntents(t.Context(), intents); err != nil {
		t.Fatal(err)
	}
	if err := b.DoubtMails(t.Context()); err != nil {
		t.Fatal(err)
	}
	for contact, mail := range want {
		in, ok, err := b.Intent(WorkKey{"c1", contact})
		if err != nil || !ok || in.Mail != mail || in.Op != "op" || in.Password.Reveal() != "p" || !in.SiteTime.Equal(t0) {
			t.Errorf("%s: %+v, %v, %v", contact, in, ok, err)
		}
	}
}

func TestEmptyIsWhatNobodyWouldMiss(t *testing.T) {
	for name, use := range map[string]func(*bench) error{
		"nothing":   func(*bench) error { return nil },
		"a setting": func(b *bench) error { return b.SaveSetting(b.t.Context(), "paused", true) },
		"a message": func(b *bench) error { b.accept("x"); return nil },
		"a site":    func(b *bench) error { return b.SaveSite(b.t.Context(), core.Site{ID: "s1"}) },
		"a connection": func(b *bench) error {
			return b.SaveSetup(b.t.Context(), core.Site{ID: "s1"}, core.Account{ID: "a1"}, core.Connection{ID: "c1", SiteID: "s1", AccountID: "a1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if err := use(b); err != nil {
				t.Fatal(err)
			}
			empty, err := b.Empty()
			if err != nil || empty != (name == "nothing" || name == "a setting") {
				t.Errorf("empty: %v, %v", empty, err)
			}
		})
	}
}

func TestWhereSecretsAreCanChange(t *testing.T) {
	b := newBench(t)
	if err := b.SetSecrets(t.Context(), "keyring"); err != nil || b.Secrets() != "keyring" {
		t.Fatal(b.Secrets(), err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b.open()
	if b.Secrets() != "keyring" {
		t.Errorf("opened again it says %q", b.Secrets())
	}
}

// A big file grows while a copy of it waits to be taken.
func TestTheFileGrowsWhileACopyIsTaken(t *testing.T) {
	b := newBench(t)
	b.accept("x")
	copied, err := b.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = copied.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var sending sync.WaitGroup
	for range 80 { // megabytes: more than is mapped at first
		sending.Go(func() {
			if _, err := b.Accept(ctx, core.Delivery{Connection: "c1", Action: core.Add, Received: t0, Body: make([]byte, 1<<20)}); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
}

func TestReadingASnapshotEndsWithItsContext(t *testing.T) {
	b := newBench(t)
	ctx, end := context.WithCancel(t.Context())
	copied, err := b.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = copied.Close() }()
	if _, err := io.CopyN(io.Discard, copied, 1); err != nil {
		t.Error(err)
	}
	end()
	if _, err := io.Copy(io.Discard, copied); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
