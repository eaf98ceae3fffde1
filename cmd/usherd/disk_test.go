//go:build linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"usher/core"
)

// smallDisk mounts a disk of a size, such as "2m", at the data folder.
func (u *usher) smallDisk(size string) {
	u.Helper()
	if testing.Short() {
		u.Skip("a real part, left out by -short")
	}
	if err := os.Mkdir(u.data, 0o700); err != nil {
		u.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", u.data, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
			u.Fatalf("REAL PART MISSING: no small disk can be mounted: %v", err)
		}
		u.Skip("SKIPPED REAL PART: only root may mount a small disk")
	}
	u.Cleanup(func() {
		u.kill()
		if err := syscall.Unmount(u.data, 0); err != nil {
			u.Errorf("unmount: %v", err)
		}
	})
}

func (u *usher) remount(flags uintptr, options string) {
	u.Helper()
	if err := syscall.Mount("tmpfs", u.data, "tmpfs", syscall.MS_REMOUNT|flags, options); err != nil {
		u.Fatal(err)
	}
}

func diskTrouble(s core.Status) bool {
	return slices.ContainsFunc(s.Problems, func(p core.Trouble) bool { return p.Code == "store.disk" })
}

// A full disk turns messages away, is told of, and keeps what was answered; with room
// again all goes on by itself.
func TestADiskWithoutRoom(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.smallDisk("3m")
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	var answered []string
	refused := 0
	for i := 0; refused < 3; i++ {
		// what nobody maps, to fill the disk
		a := u.post(rightAdd, fmt.Sprintf(`{"action":"list_subscription","lead":{"id":"%d","email":"p%d@example.test","notes":%q}}`, i+1, i, strings.Repeat("x", 200<<10)))
		switch a.status {
		case http.StatusOK:
			answered = append(answered, delivered(t, a))
		case http.StatusServiceUnavailable:
			refused++
		default:
			t.Fatalf("answered %d %s", a.status, a.body)
		}
		if i > 100 {
			t.Fatal("the disk never fills up")
		}
	}
	if len(answered) == 0 {
		t.Fatal("nothing fitted")
	}
	u.until("the owner to be told", func() bool { return diskTrouble(u.status()) })
	u.remount(0, "size=64m")
	u.until("the trouble to end by itself", func() bool { return !diskTrouble(u.status()) })
	answered = append(answered, u.accepted(rightAdd, lead("9000")))
	u.survives(answered)
}

func TestADiskThatIsReadOnly(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.smallDisk("64m")
	u.setup(practiceSetup(siteURL, nil))
	path := filepath.Join(u.data, "usher.db")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	u.remount(syscall.MS_RDONLY, "")
	if out, err := u.ask("serve", "--address", "local", "--listen", "127.0.0.1:0"); err == nil {
		t.Errorf("serves: %s", out)
	}
	if said := u.log.String(); !strings.Contains(said, "(store.disk)") {
		t.Errorf("said %s", said)
	}
	u.remount(0, "")
	after, err := os.ReadFile(path)
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("the file was touched, %v", err)
	}
	u.serve()
	u.want(u.accepted(rightAdd, lead("1")), core.Applied, core.Created)
}

// The data folder goes while Usher runs: nothing is acknowledged until it is back.
func TestADataFolderThatGoes(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.setup(practiceSetup(siteURL, nil))
	u.serve()
	answered := []string{u.accepted(rightAdd, lead("1"))}
	if err := os.Rename(u.data, u.data+".gone"); err != nil {
		t.Fatal(err)
	}
	if a := u.post(rightAdd, lead("2")); a.status != http.StatusServiceUnavailable {
		t.Errorf("answered %d %s", a.status, a.body)
	}
	if err := os.Rename(u.data+".gone", u.data); err != nil {
		t.Fatal(err)
	}
	answered = append(answered, u.accepted(rightAdd, lead("3")))
	u.survives(answered)
}

// A damaged file is never started afresh unasked.
func TestADamagedFileIsSetAsideByItsOwnerOnly(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.setup(practiceSetup(siteURL, nil))
	if err := os.Truncate(filepath.Join(u.data, "usher.db"), 20000); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if out, err := u.ask("status"); err == nil || !strings.Contains(u.log.String(), "(store.damaged)") {
			t.Fatalf("said %s %s, %v", out, u.log, err)
		}
	}
	u.must("set-aside")
	if s := u.status(); s.Accepted != 0 {
		t.Errorf("status %+v", s)
	}
	for _, name := range []string{"usher.db.*", "secrets.age.*"} {
		if kept, err := filepath.Glob(filepath.Join(u.data, name)); err != nil || len(kept) != 1 {
			t.Errorf("kept %q, %v", kept, err)
		}
	}
}
