package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"usher/core"
	"usher/core/rest"
)

func TestCRMBase(t *testing.T) {
	tests := []struct{ typed, want, code string }{
		{"https://api.example.com", "https://api.example.com", ""},
		{" HTTPS://API.Example.com/v1/Ann// \n", "https://api.example.com/v1/Ann", ""},
		{"https://example.com:8443/api?token=hush#top", "https://example.com:8443/api", ""},
		{"https://10.0.0.1", "https://10.0.0.1", ""},
		{"http://127.0.0.1:8080/", "http://127.0.0.1:8080", ""},
		{"http://[::1]:8080", "http://[::1]:8080", ""},
		{"http://192.168.1.5", "http://192.168.1.5", ""},
		{"http://LocalHost:8080", "http://localhost:8080", ""},
		{"http://crm.localhost", "http://crm.localhost", ""},
		{"http://api.example.com", "", "crm.not_secure"},
		{"http://93.184.216.34", "", "crm.not_secure"},
		{"http://localhost.example.com", "", "crm.not_secure"},
		{"http://notlocalhost", "", "crm.not_secure"},
		{"", "", "crm.settings"},
		{"api.example.com", "", "crm.settings"},
		{"hush:8080", "", "crm.settings"},
		{"https://", "", "crm.settings"},
		{"https://:8080", "", "crm.settings"},
		{"https:api.example.com", "", "crm.settings"},
		{"ftp://api.example.com", "", "crm.settings"},
		{"file:///etc/passwd", "", "crm.settings"},
		{"https://ann:hush@example.com", "", "crm.settings"},
		{"https://hush@example.com", "", "crm.settings"},
		{"http://api.example.com\x00@localhost", "", "crm.settings"},
		{"https://[hush", "", "crm.settings"},
		{"https://hush %zz", "", "crm.settings"},
	}
	for _, tt := range tests {
		base, err := rest.CRMBase(tt.typed)
		if tt.code != "" {
			if !core.HasCode(err, tt.code) || base != nil || errors.Unwrap(err) != nil || strings.Contains(err.Error(), "hush") {
				t.Errorf("%q: got %v, %v; want %s", tt.typed, base, err, tt.code)
			}
			continue
		}
		if err != nil || base.String() != tt.want {
			t.Errorf("%q: got %v, %v; want %s", tt.typed, base, err, tt.want)
		}
	}
}

func TestLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "crm.localhost": true, "LOCALHOST": true, "127.0.0.1": true, "::1": true, "10.1.2.3": true,
		"169.254.169.254": true, "example.com": false, "localhost.example.com": false, "notlocalhost": false,
		"127.0.0.1.example.com": false, "1.1.1.1": false, "2606:4700::1111": false, "crm": false, "": false,
	} {
		if rest.Local(host) != want {
			t.Errorf("%q: got %v", host, !want)
		}
	}
}

func TestCRMProblem(t *testing.T) {
	private, plain := core.NewProblem("site.private_address", nil), core.NewProblem("site.not_secure", nil)
	redirect := &rest.RedirectError{Status: 302, Location: &url.URL{Scheme: "https", Host: "example.net", RawQuery: "hush"}}
	nobody := &rest.Error{Err: syscall.ECONNREFUSED}
	late := &rest.Error{Connected: true, Err: context.DeadlineExceeded}
	cut := &rest.Error{Connected: true, Err: io.ErrUnexpectedEOF}
	cutShaking := &rest.Error{Err: io.ErrUnexpectedEOF}
	tests := []struct {
		name         string
		err, cause   error
		code, detail string
		scope        core.Scope
	}{
		{"a private address", &rest.Error{Err: private}, private, "crm.settings", "the address leads into a private network", core.CRMWide},
		{"http to a public address", &rest.Error{Err: plain}, plain, "crm.not_secure", "", core.CRMWide},
		{"a redirect", redirect, redirect, "crm.server_error", "it leads to another address", core.ItemOrCRM},
		{"too much", rest.ErrTooLarge, rest.ErrTooLarge, "crm.server_error", "the answer is too large", core.ItemOrCRM},
		{"cut off", cut, cut, "crm.server_error", "the answer was cut off", core.ItemOrCRM},
		{"cut off before it was asked", cutShaking, cutShaking, "crm.unreachable", "no connection", core.CRMWide},
		{"nobody there", nobody, nobody, "crm.unreachable", "the connection was refused", core.CRMWide},
		{"no answer", late, late, "crm.unreachable", "no answer in time", core.ItemOrCRM},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := rest.CRMProblem(fmt.Errorf(`POST "https://example.com/?hush": %w`, tt.err))
			var p *core.Problem
			if !errors.As(err, &p) || p.Code != tt.code || p.Detail != tt.detail || p.Scope != tt.scope {
				t.Errorf("got %v, scope %v; want %s about %q, scope %v", err, p.Scope, tt.code, tt.detail, tt.scope)
			}
			if cause := errors.Unwrap(err); !errors.Is(cause, tt.cause) || strings.Contains(cause.Error(), "hush") {
				t.Errorf("the cause is %v, want %v", cause, tt.cause)
			}
		})
	}
	gaveUp := fmt.Errorf("GET example.com: %w", context.Canceled)
	if err := rest.CRMProblem(gaveUp); !errors.Is(err, context.Canceled) || err.Error() != gaveUp.Error() {
		t.Errorf("a caller who gave up: got %v", err)
	}
}

func FuzzCRMBase(f *testing.F) {
	for _, seed := range []string{"https://api.example.com/v1//", "http://127.0.0.1:8080", "http://localhost.example.com", "https://ann:hush@x", "http://[fe80::1%25eth0]", "https://x?y#z", "http://2130706433"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		u, err := rest.CRMBase(typed)
		if err != nil {
			if len(typed) > 12 && strings.Contains(err.Error(), typed) {
				t.Errorf("the error quotes it: %v", err)
			}
			return
		}
		if u.Scheme != "https" && (u.Scheme != "http" || !rest.Local(u.Hostname())) || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Hostname() == "" {
			t.Errorf("%q becomes %q", typed, u)
		}
	})
}
