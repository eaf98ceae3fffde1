package authorise

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"

	"usher/core"
)

// message is what a page in the browser says.
type message struct {
	Good  bool
	Title string
	Text  string
}

var (
	stranger = message{Title: "Usher did not expect this.", Text: "Nothing was changed. Go back to Usher and start again from there."}
	again    = message{Title: "This was answered before.", Text: "Nothing was changed. You can close this page."}
)

// ending tells the person in the browser what Usher tells in its own window.
func ending(outcome error, partner string) message {
	var p *core.Problem
	switch {
	case outcome == nil:
		return message{Good: true, Title: "Usher is connected to " + partner + ".", Text: "You can close this page and go back to Usher."}
	case errors.As(outcome, &p):
		return message{Title: p.Sentence(), Text: p.Fix}
	case errors.Is(outcome, context.Canceled), errors.Is(outcome, context.DeadlineExceeded):
		return message{Title: "Usher was stopped before it was done.", Text: "Start it and connect again. You can close this page."}
	default:
		return message{Title: "Usher is not connected.", Text: "Go back to Usher: it says why. You can close this page."}
	}
}

const style = `
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f3f4f6; color: #1f2430;
  font: 17px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { box-sizing: border-box; width: min(32rem, calc(100vw - 2rem)); padding: 2.5rem 2rem; text-align: center;
  background: #fff; border-radius: 14px; box-shadow: 0 1px 2px #0002, 0 8px 28px #0001; }
svg { width: 52px; height: 52px; }
h1 { margin: 1rem 0 .5rem; font-size: 1.4rem; line-height: 1.3; overflow-wrap: anywhere; }
p { margin: 0; color: #555c6b; }
footer { margin-top: 1.75rem; font-size: .85rem; color: #6b7280; }
@media (prefers-color-scheme: dark) {
  body { background: #14161b; color: #eceef2; }
  main { background: #1e2128; box-shadow: none; }
  p { color: #b4bac6; }
  footer { color: #969dab; }
}
`

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}} – Usher</title>
<link rel="icon" href="data:,">
<style>{{.Style}}</style>
</head>
<body>
<main>
{{if .Good}}<svg viewBox="0 0 52 52" aria-hidden="true"><circle cx="26" cy="26" r="25" fill="#1a7f4b"/><path d="M15 27l8 8 15-17" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>
{{else}}<svg viewBox="0 0 52 52" aria-hidden="true"><circle cx="26" cy="26" r="25" fill="#b45309"/><path d="M26 14v16m0 7v1" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>
{{end}}<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
<footer>This page comes from Usher on this computer.</footer>
</main>
</body>
</html>
`))

// write sends a page that needs nothing from elsewhere.
func write(w http.ResponseWriter, status int, m message) {
	var body bytes.Buffer
	err := page.Execute(&body, struct {
		message
		Style template.CSS
	}{m, style})
	harden(w)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a browser that has gone away needs no page
}

// policy lets a page have its own style and nothing else.
var policy = func() string {
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// harden keeps an answer out of caches, frames and the next page's referrer.
func harden(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}
