package app

import (
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"usher/core"
)

func TestAnnBuysInPracticeAndIsAUserOnce(t *testing.T) {
	p, err := OpenPractice(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Buy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		status, err := p.Usher.Engine.Status(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("status %+v, %v", status, err)
		}
		if status.Applied+status.Merged == 2 {
			break
		}
	}
	users := p.Site.Users()
	isAnn := func(u core.User) bool { return u.Email == "ann.baker@example.test" }
	if i := slices.IndexFunc(users, isAnn); i < 0 || len(users) != 2 || !slices.Equal(users[i].Roles, []string{"customer"}) {
		t.Errorf("users %+v", users)
	}
	if _, err := os.Stat(p.Folder()); err != nil {
		t.Errorf("the data folder: %v", err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("left behind: %v", err)
	}
}
