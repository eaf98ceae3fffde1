//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"usher/core"
)

// wantNoTrace looks for a text in all files of the data folder.
func (u *usher) wantNoTrace(text string) {
	u.Helper()
	files, err := filepath.Glob(filepath.Join(u.data, "*"))
	if err != nil {
		u.Fatal(err)
	}
	looked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // the socket
		}
		looked++
		if bytes.Contains(bytes.ToLower(data), []byte(text)) {
			u.Errorf("%s shows %s", filepath.Base(file), text)
		}
	}
	if looked == 0 {
		u.Error("there are no files")
	}
}

func TestForgettingAPersonLeavesTheirUserAlone(t *testing.T) {
	t.Parallel()
	site, siteURL := practiceSite(t)
	u := newUsher(t)
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	first := u.accepted(rightAdd+"&role=subscriber", message("1", "ann@example.test", "Ann"))
	u.want(first, core.Applied, core.Created)
	other := u.accepted(rightAdd, message("2", "joann@example.test", "Jo"))
	u.want(other, core.Applied, core.Created)
	before, ok := site.User("ann@example.test")
	if !ok {
		t.Fatal("there is no user")
	}
	mails := len(site.Mails())

	out := u.must("forget", "Ann@Example.test")
	if !strings.HasPrefix(out, "Forgotten, in 1 messages.") {
		t.Errorf("said %q", out)
	}
	u.refuses("person.unknown", "forget", "ann@example.test")
	if _, err := u.ask("forget"); err == nil {
		t.Error("nobody was named, and nobody minded")
	}
	if line := u.deliveries()[first]; line.Contact != "" || line.UserID != 0 || line.Outcome != core.Created || len(line.Notes) != 1 {
		t.Errorf("the line is %+v", line)
	}
	if line := u.deliveries()[other]; line.Contact != "2" || line.UserID == 0 {
		t.Errorf("somebody else's line is %+v", line)
	}
	u.wantNoTrace(`"ann@example.test`)
	if s := u.status(); s.Accepted != 2 || s.Applied != 2 {
		t.Errorf("status %+v", s)
	}

	again := u.ended(u.accepted(rightAdd+"&role=subscriber&send_notification=true", message("1", "ann@example.test", "Ann")))
	after, _ := site.User("ann@example.test")
	if again.State != core.Applied || again.Outcome == core.Created || again.UserID != before.ID {
		t.Errorf("ended %+v", again)
	}
	if after.ID != before.ID || after.Login != before.Login || !slices.Equal(after.Roles, before.Roles) || !after.Registered.Equal(before.Registered) {
		t.Errorf("the user was %+v and is %+v", before, after)
	}
	if n := len(site.Mails()); n != mails { // the site mails whose password changes
		t.Errorf("%d mails", n-mails)
	}
	u.stop()
	u.prints(`{"people":1,"messages":1}`+"\n", "forget", "--json", "--crm", "kartra", "2")
	u.wantNoTrace("joann@example.test")
}

func TestTheOwnerChoosesWhatIsKept(t *testing.T) {
	t.Parallel()
	u := newUsher(t)
	u.serve()
	u.prints("What a message said is kept for 14 days after it is done.\nThe newest 200000 messages stay listed, and those that wait.\n", "keep")
	u.prints(`{"sent_days":7,"messages":200000}`+"\n", "keep", "--json", "--sent-days", "7")
	u.refuses("keep.out_of_range", "keep", "--messages", "1")
	u.stop()
	u.prints("What a message said is kept for ever.\nAll messages stay listed.\n", "keep", "--sent-days", "0", "--messages", "0")
	u.prints(`{"sent_days":0,"messages":0}`+"\n", "keep", "--json")
}
