package rest

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPrivate(t *testing.T) {
	private := []string{
		"127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "0.0.0.0", "0.1.2.3", "::",
		"224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255",
		"192.0.0.192", "168.63.129.16", "fec0::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
		"2002:7f00:1::", "2002:c0a8:101::1", "2001::1",
	}
	public := []string{
		"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.255.255", "100.128.0.1", "192.0.2.1",
		"168.63.129.17", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1", "::ffff:1.1.1.1", "2001:4860::8888",
	}
	for _, text := range private {
		if !Private(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for a public address", text)
		}
	}
	for _, text := range public {
		if Private(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for a private address", text)
		}
	}
	if !Private(netip.Addr{}) {
		t.Error("no address is taken for a public address")
	}
}

func TestReasonsThatDependOnTheNetworkAtHand(t *testing.T) {
	tests := map[string]error{
		"there is no such name":           &net.DNSError{Name: "hush", IsNotFound: true},
		"the name could not be looked up": &net.DNSError{Name: "hush", IsTemporary: true},
		"no connection in time":           os.ErrDeadlineExceeded,
		"no connection":                   errors.New("hush: network is unreachable"),
	}
	for want, cause := range tests {
		err := &Error{Method: "GET", Host: "mysite.com", Err: &net.OpError{Op: "dial", Err: cause}}
		if err.Error() != "GET mysite.com: "+want {
			t.Errorf("%v: got %q, want %q", cause, err, want)
		}
	}
}

func TestPaceKeepsEverySecondWithinTheRate(t *testing.T) {
	for _, rate := range []int{1, 2, 3, 10, 30} {
		synctest.Test(t, func(t *testing.T) {
			limiter, began := pace(rate), time.Now()
			var sent []time.Time
			for time.Since(began) < 5*time.Second {
				if err := limiter.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				sent = append(sent, time.Now())
			}
			for i, at := range sent[min(rate, len(sent)):] {
				if wait := at.Sub(sent[i]); wait < time.Second-time.Microsecond { // the limiter reckons in fractions
					t.Errorf("%d a second: request %d comes %v after request %d", rate, i+rate, wait, i)
				}
			}
			if len(sent) < 2*rate {
				t.Errorf("%d a second: only %d requests in 5 s", rate, len(sent))
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := map[string]time.Duration{
		"":                               0,
		"120":                            2 * time.Minute,
		" 5 ":                            5 * time.Second,
		"0":                              0,
		"-5":                             0,
		"1.5":                            0,
		"soon":                           0,
		"86400":                          time.Hour,
		"99999999999999999999":           time.Hour,
		"-99999999999999999999":          0,
		"Sun, 01 Mar 2026 12:00:30 GMT":  30 * time.Second,
		"Sun, 01 Mar 2026 11:00:00 GMT":  0,
		"Mon, 02 Mar 2026 12:00:00 GMT":  time.Hour,
		"Sunday, 01-Mar-26 12:00:30 GMT": 30 * time.Second,
		"Sun Mar  1 12:00:30 2026":       30 * time.Second,
	}
	for value, want := range tests {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

func TestADateToRetryAfterIsReckonedByTheOtherSidesClock(t *testing.T) {
	answer := Response{Header: http.Header{
		"Date":        {"Sun, 01 Mar 2020 12:00:00 GMT"},
		"Retry-After": {"Sun, 01 Mar 2020 12:00:30 GMT"},
	}}
	if got := answer.RetryAfter(); got != 30*time.Second {
		t.Errorf("got %v, want 30 s", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "120", "-1", "99999999999999999999", "Sun, 01 Mar 2026 12:00:30 GMT", "0x10"} {
		f.Add(seed)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		if got := retryAfter(value, now); got < 0 || got > time.Hour {
			t.Errorf("%q: %v", value, got)
		}
	})
}

func TestIsJSON(t *testing.T) {
	tests := map[string]bool{
		"application/json": true, "application/json; charset=UTF-8": true, "Application/JSON": true,
		"application/problem+json": true, "text/html; charset=UTF-8": false, "": false, "json": false, "application/json;": true,
	}
	for kind, want := range tests {
		answer := Response{Header: http.Header{"Content-Type": {kind}}}
		if answer.IsJSON() != want {
			t.Errorf("%q: got %v", kind, !want)
		}
	}
}
