package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"usher/core"
)

func TestWhatAnAnswerToATestMeans(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		edge   string
		code   string // empty: well
	}{
		"a yes":                    {200, "", ""},
		"the month is used up":     {403, "ERR_NGROK_727", "address.month_used_up"},
		"traffic is used up":       {403, "err_ngrok_725", "address.month_used_up"},
		"too many within a minute": {429, "ERR_NGROK_734", "address.too_fast"},
		"ngrok has nobody":         {404, "ERR_NGROK_3200", "test.no_answer"},
		"a yes of ngrok's own":     {200, "ERR_NGROK_6024", "test.no_answer"},
		"a wrong key":              {403, "", "test.wrong_key"},
		"a redirect":               {302, "", "test.elsewhere"},
		"a web site":               {404, "", "test.elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Ngrok-Skip-Browser-Warning") == "" || strings.Contains(r.UserAgent(), "Mozilla") {
					t.Error("asked as a browser does")
				}
				w.Header().Set("Ngrok-Error-Code", c.edge)
				w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
				w.WriteHeader(c.status)
			}))
			defer server.Close()
			err := outside{}.Call(t.Context(), core.NewSecret(server.URL+"/?access_key=planted0key"), []byte("{}"))
			if c.code == "" && err != nil || c.code != "" && !core.HasCode(err, c.code) {
				t.Errorf("%v, want %q", err, c.code)
			}
		})
	}
}

func TestATestThatIsNotAnswered(t *testing.T) {
	err := outside{}.Call(t.Context(), core.NewSecret("http://127.0.0.1:1/?access_key=planted0key"), nil)
	if !core.HasCode(err, "test.no_answer") || strings.Contains(err.Error(), "planted") {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (outside{}).Call(ctx, core.NewSecret("http://127.0.0.1:1/"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}
