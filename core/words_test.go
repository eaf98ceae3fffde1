package core_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"usher/core"
)

func TestFieldsShowOnlyTheirKeys(t *testing.T) {
	contact := core.Contact{ID: "1", Fields: core.Fields{"last_name": planted, "city": planted}}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", contact, contact, contact, contact.Fields, contact.Fields, contact.Fields)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "fields", contact.Fields)
	if strings.Contains(out.String(), planted) || strings.Contains(out.String(), fmt.Sprintf("%x", planted)) {
		t.Errorf("a value shows in %s", out.String())
	}
	if !strings.Contains(out.String(), "fields[city last_name]") {
		t.Errorf("the keys are missing in %s", out.String())
	}
}

func TestContactKey(t *testing.T) {
	tests := []struct {
		contact core.Contact
		want    string
	}{
		{core.Contact{ID: "815", Email: "ada@example.com"}, "815"},
		{core.Contact{Email: "Ada@Example.COM"}, "email:ada@example.com"},
		{core.Contact{}, ""},
	}
	for _, tt := range tests {
		if got := tt.contact.Key(); got != tt.want {
			t.Errorf("key of %q, %q is %q, want %q", tt.contact.ID, tt.contact.Email, got, tt.want)
		}
	}
}

func TestActionKnown(t *testing.T) {
	for _, action := range []core.Action{"add", "update", "update_tags"} {
		if !action.Known() {
			t.Errorf("%q is not known", action)
		}
	}
	for _, action := range []core.Action{"", "ADD", "test", "delete"} {
		if action.Known() {
			t.Errorf("%q is known", action)
		}
	}
}

func TestDeliveryID(t *testing.T) {
	if id := (core.Delivery{Seq: 42}).ID(); id != "42" {
		t.Errorf("id %q", id)
	}
	tests := []struct {
		id   string
		want uint64
		ok   bool
	}{
		{"42", 42, true},
		{"18446744073709551615", 1<<64 - 1, true},
		{"0", 0, false},
		{"", 0, false},
		{"-1", 0, false},
		{"4x", 0, false},
		{"18446744073709551616", 0, false},
	}
	for _, tt := range tests {
		if got, ok := core.ParseID(tt.id); ok != tt.ok || ok && got != tt.want {
			t.Errorf("ParseID(%q) = %d, %v", tt.id, got, ok)
		}
	}
}

func TestKeyDigestIsStoredAsHexadecimal(t *testing.T) {
	in := core.KeyDigest{0: 0xab, 31: 0x01}
	text, err := json.Marshal(in)
	if err != nil || !strings.HasPrefix(string(text), `"ab00`) {
		t.Fatalf("stored as %s, %v", text, err)
	}
	var out core.KeyDigest
	if err := json.Unmarshal(text, &out); err != nil || out != in {
		t.Errorf("read back as %x, %v", out, err)
	}
}

func FuzzKeyDigest(f *testing.F) {
	f.Add(strings.Repeat("ab", 32))
	f.Add(strings.Repeat("ab", 31))
	f.Add(strings.Repeat("zz", 32))
	f.Fuzz(func(t *testing.T, text string) {
		var digest core.KeyDigest
		if digest.UnmarshalText([]byte(text)) != nil {
			return
		}
		if again, err := digest.MarshalText(); err != nil || string(again) != strings.ToLower(text) {
			t.Errorf("%q became %q, %v", text, again, err)
		}
	})
}

func TestUserPatchEmpty(t *testing.T) {
	tests := []struct {
		patch core.UserPatch
		want  bool
	}{
		{core.UserPatch{}, true},
		{core.UserPatch{Fields: core.Fields{}}, true},
		{core.UserPatch{Fields: core.Fields{"url": "x"}}, false},
		{core.UserPatch{Roles: []string{}}, false}, // takes every role away
	}
	for _, tt := range tests {
		if tt.patch.Empty() != tt.want {
			t.Errorf("%#v: want %v", tt.patch, tt.want)
		}
	}
}

func TestALineSaysWhatBecameOfADelivery(t *testing.T) {
	record := core.Record{
		Seq: 7, Received: time.Date(2025, 3, 1, 10, 30, 0, 0, time.FixedZone("", 3600)),
		Connection: "Kartra → example.com", CRM: "kartra", Action: core.Add, Contact: "4711",
		State: core.Merged, Into: 9, Attempts: 1,
		Notes:   []core.Note{core.NewNote("message.empty", "")},
		Problem: core.NewProblem("user.refused", nil).About("nickname"),
	}
	got, err := json.Marshal(record.Line())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"7","received":"2025-03-01T09:30:00Z","connection":"Kartra → example.com","crm":"kartra",` +
		`"action":"add","contact":"4711","state":"merged","into":"9","attempts":1,"notes":["The message was empty."],` +
		`"problem":{"code":"user.refused","title":"WordPress refused this person's data: nickname",` +
		`"fix":"Look at what it refused, correct it in the CRM and send the person again."}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestUsableEmail(t *testing.T) {
	longest := strings.Repeat("a", 254-len("@x.test")) + "@x.test"
	for email, want := range map[string]bool{
		"ann@example.test": true, "@": true, longest: true,
		"": false, "ann": false, "ann @example.test": false, "ann@example.test\n": false, "a" + longest: false,
	} {
		if core.UsableEmail(email) != want {
			t.Errorf("%.40q: got %v", email, !want)
		}
	}
}
