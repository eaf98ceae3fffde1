package wordpress

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
)

func TestTheStepsKeepTheirNames(t *testing.T) {
	var names []string
	for _, step := range plan {
		names = append(names, step.Name)
	}
	const want = "address answers redirects wordpress rest app_passwords sign_in manage_users network helper"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s, want %s: scripts rely on them", got, want)
	}
}

func TestWhatCannotBeReadIsTheOnlyProblem(t *testing.T) {
	site, steps := Diagnose(t.Context(), "my site", "ann", core.NewSecret("x"))
	if site != (core.Site{}) || len(steps) != len(plan) {
		t.Fatalf("got %+v, %d steps", site, len(steps))
	}
	if p := steps[0].Problem; steps[0].State != core.StepProblem || p == nil || p.Code != "site.bad_address" || p.Fix == "" {
		t.Errorf("got %+v", steps[0])
	}
	for _, step := range steps[1:] {
		if step.State != core.StepSkipped || step.Problem != nil {
			t.Errorf("got %+v", step)
		}
	}
}

func TestACallerWhoGivesUpIsNoProblemOfTheSite(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, steps := Diagnose(ctx, server.URL, "ann", core.NewSecret("x"))
	for _, step := range steps[1:] {
		if step.State != core.StepSkipped {
			t.Errorf("got %+v", step)
		}
	}
}

func TestConnectWithoutCredentialsIsUnauthorised(t *testing.T) {
	server := httptest.NewServer(hostile{`{"name":"x","namespaces":["wp/v2"]}`})
	t.Cleanup(server.Close)
	if site, err := Connect(t.Context(), server.URL, " ", core.Secret{}); !core.HasCode(err, "site.unauthorized") {
		t.Errorf("got %+v, %v", site, err)
	}
}

// hostile answers everything, signed in or not, with one text.
type hostile struct{ body string }

func (h hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Link", `<http://`+r.Host+`/wp-json/>; rel="https://api.w.org/"`)
	if r.Header.Get("Authorization") == "" {
		answer(w, http.StatusOK, `{"name":"x","namespaces":["wp/v2"],"authentication":{"application-passwords":{}}}`)
		return
	}
	status := http.StatusOK
	if strings.Contains(h.body, `"code"`) {
		status = http.StatusForbidden
	}
	answer(w, status, h.body)
}

// A site that says our password back must not get it onto a screen or into a log.
func TestNoStepShowsThePassword(t *testing.T) {
	const password = "abcdEFGH1234ijklMNOP5678"
	for name, body := range map[string]string{
		"as who we are":    `{"id":1,"username":"` + password + `"}`,
		"as our role":      `{"id":1,"username":"ann","roles":["` + password + `"]}`,
		"as an error":      `{"code":"` + password + `"}`,
		"as broken JSON":   `{"id":"` + password,
		"as all of these":  `{"id":1,"username":"a ` + password + `","code":"` + password + `"}`,
		"as a plugin does": `{"code":"rest_` + password + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(hostile{body})
			t.Cleanup(server.Close)
			site, steps := Diagnose(t.Context(), server.URL, "ann", core.NewSecret(password))
			_, err := Connect(t.Context(), server.URL, "ann", core.NewSecret(password))
			if err == nil {
				t.Error("connected")
			}
			for _, step := range steps {
				if text := fmt.Sprintf("%+v %+v %v %+v", step, step.Problem, err, site); strings.Contains(text, password) {
					t.Errorf("the password shows in %s", text)
				}
			}
		})
	}
}
