package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

// online reports an address that is open.
func (w *world) online(kind core.AddressKind, url string) {
	w.engine.SetAddress(w.Context(), core.AddressStatus{State: "online", URL: url, Plan: core.AddressPlan{Kind: kind, MonthlyLimit: 1000}}, nil)
}

func (w *world) problems() (codes []string) {
	w.Helper()
	status, err := w.engine.Status(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	for _, p := range status.Problems {
		codes = append(codes, p.Code)
	}
	return codes
}

func (w *world) change(change core.AddressChange, token string) core.AddressPlan {
	w.Helper()
	plan, err := w.engine.ChangeAddress(w.Context(), change, core.NewSecret(token))
	if err != nil {
		w.Fatal(err)
	}
	return plan
}

func to[T any](v T) *T { return &v }

func TestTheAddressPlanIsKeptAndFollowedAtOnce(t *testing.T) {
	plainBubble(t, func(w *world) {
		if plan := w.engine.AddressPlan(); plan != (core.AddressPlan{Kind: core.LocalAddress}) {
			t.Errorf("unasked: %+v", plan)
		}
		plan := w.change(core.AddressChange{Kind: to(core.NgrokAddress)}, " 2abcDEF_token\n")
		if want := (core.AddressPlan{Kind: core.NgrokAddress, Chosen: true, MonthlyLimit: core.FreeMonthlyLimit}); plan != want {
			t.Errorf("plan %+v, want %+v", plan, want)
		}
		select {
		case <-w.engine.Replanned():
		default:
			t.Error("nobody is told of the new plan")
		}
		plan = w.change(core.AddressChange{MonthlyLimit: to(uint64(7)), Listen: to("127.0.0.1:9000")}, "")
		w.restart()
		if now := w.engine.AddressPlan(); now != plan || now.Kind != core.NgrokAddress || now.MonthlyLimit != 7 || now.Listen != "127.0.0.1:9000" {
			t.Errorf("after a restart %+v", now)
		}
		if token, err := w.engine.NgrokToken(w.Context()); err != nil || token.Reveal() != "2abcDEF_token" {
			t.Errorf("token %q, %v", token.Reveal(), err)
		}
		if strings.Contains(w.log.String(), "2abcDEF") {
			t.Error("the token is in the log")
		}
	})
}

func TestAPlanThatCannotWorkIsRefused(t *testing.T) {
	plainBubble(t, func(w *world) {
		for name, c := range map[string]struct {
			change core.AddressChange
			token  string
			code   string
		}{
			"an address that is none": {core.AddressChange{URL: to("nonsense")}, "", "address.bad_url"},
			"ngrok without a token":   {core.AddressChange{Kind: to(core.NgrokAddress)}, "", "address.no_token"},
			"two lines of token":      {core.AddressChange{Kind: to(core.NgrokAddress)}, "2abc\n3def", "address.token_refused"},
			"a token without end":     {core.AddressChange{Kind: to(core.NgrokAddress)}, strings.Repeat("2", 501), "address.token_refused"},
		} {
			if _, err := w.engine.ChangeAddress(w.Context(), c.change, core.NewSecret(c.token)); !core.HasCode(err, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if plan := w.engine.AddressPlan(); plan.Kind != core.LocalAddress {
			t.Errorf("yet the plan is %+v", plan)
		}
	})
}

func TestTheDomainOfTheAccountIsKept(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.change(core.AddressChange{Kind: to(core.NgrokAddress)}, "2first")
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		w.restart()
		if domain := w.engine.NgrokDomain(); domain != "https://ann.ngrok-free.dev" {
			t.Errorf("kept %q", domain)
		}
		w.change(core.AddressChange{Kind: to(core.NgrokAddress)}, "2another")
		if domain := w.engine.NgrokDomain(); domain != "" {
			t.Errorf("%q is asked for with the token of another account", domain)
		}
	})
}

func TestAnotherURLIsAProblemUntilEachCRMCalledIt(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.online(core.LocalAddress, "http://127.0.0.1:8737")
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		if codes := w.problems(); len(codes) != 0 {
			t.Fatalf("the first public URL: %v", codes)
		}
		first := w.conn
		w.setup(strings.NewReplacer(`"shop"`, `"second"`, "0123456789abcdef", "fedcba9876543210").Replace(setupJSON))
		w.online(core.NgrokAddress, "https://other.ngrok-free.dev")
		if codes := w.problems(); !slices.Equal(codes, []string{"address.moved"}) {
			t.Fatalf("another URL: %v", codes)
		}
		w.engine.Heard(w.Context(), first.ID)
		w.restart()
		status, err := w.engine.Status(w.Context())
		if err != nil || len(status.Problems) != 1 || !strings.HasSuffix(status.Problems[0].Title, "second") {
			t.Errorf("one of two has called: %+v, %v", status.Problems, err)
		}
		w.engine.Heard(w.Context(), w.conn.ID)
		if codes := w.problems(); len(codes) != 0 {
			t.Errorf("both have called: %v", codes)
		}
	})
}

func TestTheMeterCountsTheMonth(t *testing.T) {
	plainBubble(t, func(w *world) {
		month := func() core.Meter {
			status, err := w.engine.Status(w.Context())
			if err != nil || status.Address.Month == nil {
				t.Fatalf("status %+v, %v", status, err)
			}
			return *status.Address.Month
		}
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		for range 5 {
			w.engine.CountRequest()
		}
		if !w.engine.AllowPing() {
			t.Error("no ping is allowed")
		}
		want := core.Meter{Month: "2000-01", Requests: 6, Pings: 1, Limit: 1000}
		if got := month(); got != want {
			t.Errorf("meter %+v, want %+v", got, want)
		}
		w.restart()
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		if got := month(); got != want {
			t.Errorf("after a restart %+v, want %+v", got, want)
		}
		for n := 1; w.engine.AllowPing(); n++ {
			if n > mostPings {
				t.Fatal("pings without end")
			}
		}
		if got := month(); got.Pings != mostPings {
			t.Errorf("%d pings in a month", got.Pings)
		}
		w.pass(32 * 24 * time.Hour)
		if got := month(); got != (core.Meter{Month: "2000-02", Limit: 1000}) {
			t.Errorf("in the next month %+v", got)
		}
	})
}

func TestWhetherCRMsAreCutOffIsToldAtOnce(t *testing.T) {
	plainBubble(t, func(w *world) {
		want := func(when string, want bool) {
			t.Helper()
			if cut, _ := w.engine.Cut(); cut != want {
				t.Errorf("%s: cut off is %v", when, cut)
			}
		}
		_, changed := w.engine.Cut()
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		want("online", false)
		w.engine.SetAddress(w.Context(), core.AddressStatus{State: "reconnecting"}, core.NewProblem("address.no_network", nil))
		want("for a while", false)
		select {
		case <-changed:
			t.Error("told of no change")
		default:
		}
		w.engine.SetAddress(w.Context(), core.AddressStatus{State: "failed"}, core.NewProblem("address.token_refused", nil))
		want("failed", true)
		select {
		case <-changed:
		default:
			t.Error("not told")
		}
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		want("online again", false)
		w.engine.SetAddress(w.Context(), core.AddressStatus{State: "online"}, core.NewProblem("address.month_used_up", nil))
		want("used up", true)
		w.online(core.NgrokAddress, "https://ann.ngrok-free.dev")
		for range 799 {
			w.engine.CountRequest()
		}
		w.pass(meterStep)
		if codes := w.problems(); len(codes) != 0 {
			t.Errorf("before four fifths: %v", codes)
		}
		w.engine.CountRequest()
		w.pass(meterStep)
		if codes := w.problems(); !slices.Equal(codes, []string{"address.fast"}) {
			t.Errorf("at four fifths: %v", codes)
		}
		want("at four fifths", false)
		for range 200 {
			w.engine.CountRequest()
		}
		w.pass(meterStep)
		want("at the limit", true)
		w.pass(32 * 24 * time.Hour)
		want("in the next month", false)
	})
}
