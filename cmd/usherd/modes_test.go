//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"usher/core"
)

// TestWhatUsherKeepsIsItsOwnersAlone runs in a folder everybody may enter, as somebody who
// lets everybody read and write what they make, and from a back-up that was copied that way.
func TestWhatUsherKeepsIsItsOwnersAlone(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	if err := os.MkdirAll(u.data, 0o777); err != nil {
		t.Fatal(err)
	}
	add := query(u.setup(practiceSetup(siteURL, nil))[core.Add])
	u.serve()
	u.ended(u.accepted(add, `{"lead":{"id":"1","email":"ann@example.test"},"action":"list_subscription"}`))
	u.wantPrivate("while it runs", 3)
	u.stop()
	u.wantPrivate("after it ran", 2)

	for _, name := range []string{"usher.db", "secrets.age"} {
		if err := os.Chmod(filepath.Join(u.data, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	u.setup(practiceSetup(siteURL, nil))
	u.wantPrivate("after a careless copy", 2)
}

// wantPrivate checks the mode of every file in the data folder, of which there are so many.
func (u *usher) wantPrivate(when string, want int) {
	u.Helper()
	files := 0
	err := filepath.WalkDir(u.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == u.data {
			return err
		}
		files++
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			u.Errorf("%s: %s is %v", when, entry.Name(), info.Mode())
		}
		return err
	})
	if err != nil || files < want {
		u.Errorf("%s: %d files, %v", when, files, err)
	}
}
