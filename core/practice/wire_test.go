package practice_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"usher/core/practice"
)

// What the wire does to an answer, the site has done its work before.
func TestTroublesOnTheWire(t *testing.T) {
	for name, test := range map[string]struct {
		trouble practice.Trouble
		status  int // 0: no answer at all
		met     func(error) bool
	}{
		"reset after":     {practice.ResetAfter(), 0, func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		"cut short":       {practice.CutShort(), 201, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"of wrong length": {practice.WrongLength(), 201, func(err error) bool { return err == nil }},
		"garbage":         {practice.Garbage(), 0, func(err error) bool { return err != nil && strings.Contains(err.Error(), "malformed HTTP") }},
	} {
		t.Run(name, func(t *testing.T) {
			site, c := newSite(t, practice.SiteConfig{})
			site.Fail(practice.Fault{Times: 1, Trouble: test.trouble})
			res, body, err := c.do(t, "POST", usersPath, newAnn)
			if !test.met(err) || (res == nil) != (test.status == 0) {
				t.Fatalf("got %v", err)
			}
			if res != nil && (res.StatusCode != test.status || body == "" || json.Valid([]byte(body))) {
				t.Errorf("got %d %q", res.StatusCode, body)
			}
			if _, created := site.User("ann@example.test"); !created {
				t.Error("the site did nothing")
			}
			c.must(t, http.StatusOK, "GET", usersPath, "") // it was for once
		})
	}
}

func TestBusyUntilADate(t *testing.T) {
	site, c := newSite(t, practice.SiteConfig{})
	site.Fail(practice.Fault{Times: 1, Trouble: practice.BusyUntil(90 * time.Second)})
	res, _, err := c.do(t, "POST", usersPath, newAnn)
	if err != nil {
		t.Fatal(err)
	}
	now, errNow := http.ParseTime(res.Header.Get("Date"))
	until, errUntil := http.ParseTime(res.Header.Get("Retry-After"))
	if err := errors.Join(errNow, errUntil); err != nil || res.StatusCode != http.StatusTooManyRequests || until.Sub(now) != 90*time.Second {
		t.Errorf("got %d, %v until %v; %v", res.StatusCode, now, until, err)
	}
	if _, created := site.User("ann@example.test"); created {
		t.Error("the user was created")
	}
}
