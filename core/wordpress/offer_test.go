package wordpress

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"usher/core"
)

func TestAnOfferIsKeptAWhile(t *testing.T) {
	tests := map[string]struct {
		site *fake
		keep time.Duration
		most int
	}{
		"with the helper": {&fake{info: always(200, infoJSON)}, 10 * time.Minute, 50},
		"without":         {&fake{}, 5 * time.Minute, 25},
		"hidden":          {&fake{info: always(403, `{"code":"rest_cannot_access"}`)}, 5 * time.Minute, 25},
		"not allowed":     {&fake{info: always(403, `{"code":"rest_forbidden"}`)}, 5 * time.Minute, 25},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			client := test.site.client(t)
			now := time.Now()
			client.offers.clock = func() time.Time { return now }
			for _, step := range []struct {
				wait  time.Duration
				asked string
			}{{0, "usher/v1/info:0"}, {test.keep - time.Second, ""}, {2 * time.Second, "usher/v1/info:0"}} {
				now = now.Add(step.wait)
				offer, err := client.Offer(t.Context())
				if err != nil || offer.Most != test.most || offer.Helper != (test.most == 50) || (offer.Version == "1.0.0") != offer.Helper {
					t.Errorf("got %+v, %v", offer, err)
				}
				if got := test.site.asks(); got != step.asked {
					t.Errorf("after %v: asked %q, want %q", step.wait, got, step.asked)
				}
			}
		})
	}
}

func TestAnOfferIsDroppedWhenItProvesWrong(t *testing.T) {
	f := &fake{info: always(200, infoJSON), users: plainWrites}
	client := f.client(t)
	now := time.Now()
	client.offers.clock = func() time.Time { return now }
	offer := func(want int) {
		t.Helper()
		if got, err := client.Offer(t.Context()); err != nil || got.Most != want {
			t.Errorf("got %+v, %v; want %d at a time", got, err, want)
		}
	}
	offer(50)
	f.info = nil
	client.Write(t.Context(), newcomers(2)) // the helper is gone, and batches are refused
	offer(1)
	f.asks()
	client.Write(t.Context(), newcomers(2))
	if got := f.asks(); strings.Contains(got, "batch") {
		t.Errorf("asked %s", got)
	}
	now = now.Add(time.Hour)
	offer(25)
}

func TestTroubleIsNoOffer(t *testing.T) {
	many := func(name string, n int, value string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"%s%d"%s`, name, i, value))
		}
		return strings.Join(all, ",")
	}
	with := func(old, replaced string) http.HandlerFunc {
		if !strings.Contains(infoJSON, old) {
			t.Fatal(old)
		}
		return always(200, strings.Replace(infoJSON, old, replaced, 1))
	}
	for name, info := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
		},
		"unauthorized":   always(401, `{"code":"rest_not_logged_in"}`),
		"PHP dead":       always(500, `{"code":"internal_server_error"}`),
		"no JSON":        always(200, `Warning`),
		"a list":         always(200, `[]`),
		"no identity":    with(`"4f-a"`, `""`),
		"odd identity":   with(`"4f-a"`, `"<b>"`),
		"no items":       with(`"items":50`, `"items":0`),
		"less than none": with(`"items":50`, `"items":-1`),
		"texts":          with(`"items":50`, `"items":"50"`),
		"many roles":     with(`"roles":{`, `"roles":{`+many("r", 501, `:{"name":"R"}`)+","),
		"many powers":    with(`["read"]`, `[`+many("p", 2001, ``)+`]`),
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{info: info, users: plainWrites}
			client := f.client(t)
			if offer, err := client.Offer(t.Context()); err == nil || offer.Most != 0 {
				t.Errorf("got %+v, %v", offer, err)
			}
			if _, err := client.Find(t.Context(), []core.UserQuery{{ID: 7}}); err == nil {
				t.Error("the site was found well")
			}
		})
	}
	f := &fake{info: with(`"subscriber":{"name":"Subscriber"`, `"":{}," x":{},"a\nb":{},"odd":{"name":"\u0000 "},"long":{"name":"`+strings.Repeat("x", 500)+`"},"subscriber":{"name":"Sub\nscriber"`)}
	offer, err := f.client(t).Offer(t.Context())
	if err != nil || len(offer.Roles) != 3 || offer.Roles["odd"].Name != "odd" || offer.Roles["subscriber"].Name != "Sub scriber" || len(offer.Roles["long"].Name) != 80 {
		t.Errorf("got %+v, %v", offer.Roles, err)
	}
	f = &fake{info: with(`"items":50`, `"items":5000`)}
	if offer, err := f.client(t).Offer(t.Context()); err != nil || offer.Most != 50 {
		t.Errorf("got %+v, %v", offer, err)
	}
	f = &fake{info: with(`"default_role":"subscriber"`, `"default_role":"nobody"`)}
	if offer, err := f.client(t).Offer(t.Context()); err != nil || offer.DefaultRole != "" || offer.Identity != "4f-a" {
		t.Errorf("got %+v, %v", offer, err)
	}
}
