package store

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/core"
	"usher/core/seal"
)

var freeze = flag.Bool("freeze", false, "write testdata/vN.db for the current schema, once, before it changes")

// Every version of the file that was ever released must open, migrate and sum right. The
// identity in testdata belongs to these files alone.
func TestFrozenFiles(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "identity.txt"))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := seal.ParseIdentity(core.NewSecret(strings.TrimSpace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	if *freeze {
		writeFrozen(t, identity)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "v*.db"))
	if err != nil || len(files) != schemaVersion {
		t.Fatalf("%d frozen files for schema version %d, %v", len(files), schemaVersion, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b := &bench{t: t, dir: t.TempDir(), identity: identity}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(b.dir, FileName), data, 0o600); err != nil {
				t.Fatal(err)
			}
			b.open()
			t.Cleanup(func() { _ = b.Close() })
			checkFrozen(t, b, filepath.Base(file) == "v1.db")
		})
	}
}

// checkFrozen checks what writeFrozen wrote. Version 1 erased nothing.
func checkFrozen(t *testing.T, b *bench, erasedNothing bool) {
	b.wantCounts(core.Counts{Accepted: 6, Applied: 1, Merged: 1, Held: 2, Failed: 1, Queued: 1})
	if id, name, ok := b.Connection("frozen-key"); !ok || id != "c1" || name != "shop" {
		t.Errorf("connection %q %q %v", id, name, ok)
	}
	if link, ok, err := b.Link("s1", "a1", "ann"); err != nil || !ok || link.UserID != 7 || link.Base["first_name"] != "Ann" || len(link.Grants) != 1 {
		t.Errorf("link %+v, %v, %v", link, ok, err)
	}
	if in, ok, err := b.Intent(WorkKey{"c1", "cy"}); err != nil || !ok || in.Password.Reveal() != "frozen-password" {
		t.Errorf("intent %v, %v", ok, err)
	}
	if _, ok, err := b.Tombstone("s1", "a1", "bob"); !ok || err != nil {
		t.Errorf("tombstone %v, %v", ok, err)
	}
	if cursor, ok, err := b.Cursor("a1"); !ok || err != nil || cursor.Mark != "42" {
		t.Errorf("cursor %+v, %v, %v", cursor, ok, err)
	}
	if conn := b.Config().Connections["c1"]; conn.MakeUser == nil || conn.MakeUser.TriggerTag != "Import" || conn.TagRules[0].Role != "vip" {
		t.Errorf("connection %+v", conn)
	}
	if entries, err := b.Journal(10); err != nil || len(entries) != 3 || entries[2].Fields[0].New != "Ann" {
		t.Errorf("journal %+v, %v", entries, err)
	}
	var address string
	if ok, err := b.Setting("address.url", &address); !ok || err != nil || address != "https://hooks.test" {
		t.Errorf("setting %q, %v, %v", address, ok, err)
	}
	if list, err := b.Unsorted(10, 1<<20); err != nil || len(list) != 1 || string(list[0].Body) != "queued" {
		t.Errorf("unsorted %v, %v", list, err)
	}
	for _, d := range []uint64{1, 2, 3, 4, 5} {
		if !erasedNothing && d <= 2 {
			if !b.isErased(d) {
				t.Errorf("delivery %d is not erased", d)
			}
			continue
		}
		if got, err := b.Delivery(d); err != nil || got.Query.Get("role") != "customer" {
			t.Errorf("delivery %d: %+v, %v", d, got.Query, err)
		}
	}
}

func writeFrozen(t *testing.T, identity seal.Identity) {
	b := &bench{t: t, dir: t.TempDir(), identity: identity}
	if err := Create(b.dir, Birth{ID: "frozen", Secrets: "file", Recipient: identity.Recipient()}); err != nil {
		t.Fatal(err)
	}
	b.open()
	ctx := t.Context()
	keep := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keep(b.SaveSetup(ctx, core.Site{ID: "s1", Home: "https://shop.test", API: "https://shop.test/wp-json", User: "ann"},
		core.Account{ID: "a1", Kind: "kartra", Name: "kartra"},
		core.Connection{
			ID: "c1", Name: "shop", AccountID: "a1", SiteID: "s1", Keys: []core.KeyDigest{b.Digest("frozen-key")},
			TagRules: []core.TagRule{{Tag: "VIP", Role: "vip"}}, MakeUser: &core.MakeUser{TriggerTag: "Import"},
		}))
	keep(b.SaveSetting(ctx, "address.url", "https://hooks.test"))
	keep(b.SaveCursor(ctx, "a1", core.Cursor{Mark: "42", Time: t0}))
	ann := b.sortInto("ann", b.accept("1"), b.accept("2"))
	b.settle(Settlement{
		Work: ann, Taken: []uint64{1, 2}, State: core.Applied, Outcome: core.Created, UserID: 7,
		Notes: []core.Note{core.NewNote("tags.kept_here", "")}, Fields: []core.FieldChange{{Field: "first_name", New: "Ann"}},
		Link: &core.Link{
			SiteID: "s1", AccountID: "a1", ContactID: "ann", UserID: 7, Login: "ann", Email: "ann@example.test",
			Base: map[string]string{"first_name": "Ann"}, Tags: []string{"A"}, StateSeq: 2, CreatedByUs: true, Mail: core.MailUnsent,
			Grants: []core.Grant{{Role: "subscriber", Connection: "c1", Cause: core.CauseRequest, Given: true}},
		},
	})
	_, err := b.Expire(ctx, t0.Add(time.Second), t0.Add(time.Second)) // ann's
	keep(err)
	bob := b.sortInto("bob", b.accept("3"))
	b.settle(Settlement{
		Work: bob, Taken: []uint64{3}, State: core.Held, Problem: core.NewProblem("contact.no_email", nil),
		Link: &core.Link{SiteID: "s1", AccountID: "a1", ContactID: "bob"}, Tombstone: &core.Tombstone{UserID: 9, Seen: t0},
	})
	cy := b.sortInto("cy", b.accept("4"))
	keep(b.SaveIntents(ctx, map[WorkKey]core.Intent{cy: {Login: "cy", Email: "cy@example.test", Password: core.NewSecret("frozen-password"), SiteTime: t0}}))
	b.settle(Settlement{Work: cy, Taken: []uint64{4}, State: core.Failed, Problem: core.NewProblem("user.refused", nil)})
	keep(b.Sort(ctx, []Sorted{{Seq: b.accept("5"), Problem: core.NewProblem("delivery.malformed", nil)}}, t0.Add(time.Second)))
	b.accept("queued")
	path := filepath.Join("testdata", fmt.Sprintf("v%d.db", schemaVersion))
	if _, err := os.Stat(path); err == nil {
		t.Fatalf("%s is frozen", path)
	}
	keep(os.WriteFile(path, b.snapshot(), 0o600))
	keep(b.Close())
}
