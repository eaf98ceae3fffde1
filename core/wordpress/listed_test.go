package wordpress

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"usher/core"
)

func TestHelperListed(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		index  string
		want   bool
	}{
		"active":       {200, `{"namespaces":["wp/v2","usher/v1"]}`, true},
		"not there":    {200, `{"namespaces":["wp/v2","usher/v10"]}`, false},
		"closed":       {401, `{"code":"rest_forbidden"}`, false},
		"no WordPress": {200, `<html>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, _, sent := r.BasicAuth(); sent || r.URL.Path != "/wp-json/" {
					t.Errorf("asked %s, with credentials %t", r.URL, sent)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.index)
			}))
			defer server.Close()
			got, err := HelperListed(t.Context(), core.Site{Home: server.URL, API: server.URL + "/wp-json", Local: true})
			if got != c.want || err != nil {
				t.Errorf("%t, %v", got, err)
			}
		})
	}
	if _, err := HelperListed(t.Context(), core.Site{API: "http://127.0.0.1:1/", Local: true}); !core.HasCode(err, "site.unreachable") {
		t.Errorf("nobody there: %v", err)
	}
}
