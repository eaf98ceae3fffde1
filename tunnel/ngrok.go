package tunnel

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Ngrok is a public URL of an account at ngrok.com, served straight over the connection
// that this computer opens to ngrok: no port, nothing to set up in a router. RemoteAddr is
// the caller that first used the connection. ngrok ends TLS and can read what passes.
//
// It keeps trying through whatever may pass: no network (address.no_network), a
// certificate that is not ngrok's (address.tls_inspected), too many connected programs
// (address.too_many_agents), and refusals nobody foresaw (address.ngrok). It fails with
// address.bad_url, address.no_token, address.token_refused, address.agent_too_old,
// address.domain_not_yours, address.in_use, address.plan and address.stopped. What ngrok
// says is never quoted, because it repeats the token; the code of its refusal is the
// Detail of the error.
type Ngrok struct {
	// Token gives the authtoken, empty when there is none. It is asked before each new
	// session. After an error, which is reported as it is, it is asked again until it has
	// an answer.
	Token func(context.Context) (string, error)
	// URL is a domain of the account's, such as "https://name.ngrok-free.app" or just the
	// name. Empty is the domain that comes with the account; the Report has it.
	URL string
	// Grace is how long ngrok may say that the URL is online already before that is
	// believed: mostly it is a session of our own that ngrok has not given up yet. Zero
	// means 90 seconds.
	Grace time.Duration
	// Connect is another service than ngrok's that speaks its protocol, as host:port, and
	// Roots who vouches for it. Empty and nil is ngrok. They are for tests.
	Connect string
	Roots   *x509.CertPool

	unbind time.Duration // instead of unbindTime, in tests on busy computers
}

const (
	defaultGrace = 90 * time.Second
	tokenAgain   = 2 * time.Second // between two times Token is asked
)

// Check refuses a URL that cannot be one of ngrok's, with the code address.bad_url.
func (a Ngrok) Check() error {
	_, err := a.url()
	return err
}

// url is URL in full, or empty.
func (a Ngrok) url() (string, error) {
	raw := strings.TrimSpace(a.URL)
	if raw == "" {
		return "", nil
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	full, err := publicURL(raw)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(full)
	if err != nil || u.Scheme != "https" || u.Path != "" || u.Port() != "" {
		return "", &coded{code: "address.bad_url", err: errors.New("public URL: not https and a name alone")}
	}
	return full, nil
}

// Run implements Address.
func (a Ngrok) Run(ctx context.Context, h http.Handler, report func(Report)) error {
	return a.runNudged(ctx, h, report, nil)
}

// runNudged implements nudgeable.
func (a Ngrok) runNudged(ctx context.Context, h http.Handler, report func(Report), nudges <-chan nudge) error {
	r := &ngrokRun{Ngrok: a, news: news{ctx: ctx, report: report}}
	r.Grace = cmp.Or(a.Grace, defaultGrace)
	report(Report{State: Connecting})
	full, err := a.url()
	if err == nil {
		r.URL = full
		stop := r.heed(nudges)
		err = r.keepUp(ctx, h)
		stop()
	}
	if ctx.Err() != nil {
		report(Report{State: Off})
		return nil
	}
	report(Report{State: Failed, Err: err})
	return err
}

// ngrokRun is a run of an Ngrok.
type ngrokRun struct {
	Ngrok
	news     news
	conflict conflict
	session  atomic.Pointer[ngrokSession] // the current one, if any
}

// keepUp has one session after the other, until ctx ends or only a person can help.
func (r *ngrokRun) keepUp(ctx context.Context, h http.Handler) error {
	for {
		token, err := r.token(ctx)
		if err != nil {
			return err
		}
		s, err := newNgrokSession(ctx, r, token)
		if err != nil {
			return err
		}
		r.session.Store(s)
		err = s.run(ctx, h)
		r.session.Store(nil)
		if ctx.Err() != nil || !errors.Is(err, errRenew) {
			return err
		}
		r.news.down(ctx, nil)
	}
}

// token asks until there is an answer.
func (r *ngrokRun) token(ctx context.Context) (string, error) {
	for {
		token, err := r.Token(ctx)
		token = strings.TrimSpace(token)
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err == nil && token == "":
			return "", &coded{code: "address.no_token", err: errors.New("there is no authtoken")}
		case err == nil:
			return token, nil
		}
		r.news.down(ctx, err)
		pause(ctx, tokenAgain)
	}
}

// heed passes nudges on to the current session, until the returned function is called.
func (r *ngrokRun) heed(nudges <-chan nudge) (stop func()) {
	over := make(chan struct{})
	var heeding sync.WaitGroup
	heeding.Go(func() {
		for {
			select {
			case <-over:
				return
			case n := <-nudges:
				if s := r.session.Load(); s != nil {
					s.nudge(n)
				}
			}
		}
	})
	return func() {
		close(over)
		heeding.Wait()
	}
}

// pause waits for d and says yes, or until ctx ends and says no.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
