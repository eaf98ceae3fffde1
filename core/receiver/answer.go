package receiver

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// methods are those a webhook may use.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch}

type answer struct {
	status     int
	body       string // JSON, unless html is set
	html       bool
	retryAfter time.Duration // for 503
}

// refusals are the answers after which nothing is stored, by the reason that is logged.
// A missing and a wrong key get the same one.
var refusals = map[string]answer{
	"nothing_asked": {status: http.StatusNotFound},
	"missing_key":   {status: http.StatusForbidden, body: wrongKey},
	"wrong_key":     {status: http.StatusForbidden, body: wrongKey},
	"no_action":     {status: http.StatusBadRequest, body: `{"success":false,"error":"The URL lacks wpf_action."}`},
	"method":        {status: http.StatusMethodNotAllowed, body: `{"success":false,"error":"Use POST."}`},
	"encoded":       {status: http.StatusUnsupportedMediaType, body: `{"success":false,"error":"Send the message without compression."}`},
	"too_big":       {status: http.StatusRequestEntityTooLarge, body: `{"success":false,"error":"The message is too big."}`},
	"cut_off":       {status: http.StatusServiceUnavailable, body: comeBack, retryAfter: usualWait},
	"not_stored":    {status: http.StatusServiceUnavailable, body: comeBack, retryAfter: usualWait},
}

const (
	wrongKey  = `{"success":false,"error":"The access key is missing or wrong. Copy the webhook URL again."}`
	comeBack  = `{"success":false,"error":"The message could not be stored. Send it again."}`
	usualWait = 30 * time.Second
)

func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case a.html:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer") // the address has the key in it
		h.Set("X-Robots-Tag", "noindex")
	case a.body != "":
		h.Set("Content-Type", "application/json")
	}
	switch a.status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", strings.Join(methods, ", "))
	case http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // rather than read what may still come
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.FormatInt(int64((a.retryAfter+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body) // nobody is left to tell
}

// isBrowser reports whether a person looks at the URL. Java's own HTTP client asks for
// text/html as well, followed by the two kinds of pictures no browser names this way.
func isBrowser(r *http.Request) bool {
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ", "))
	return r.Method == http.MethodGet && strings.Contains(accept, "text/html") &&
		!strings.Contains(accept, "image/gif, image/jpeg")
}

// page tells a person what the URL is for.
func page(v visitor) answer {
	title := "This works."
	text := "It is the webhook URL of “" + v.name + "”. Paste it into your CRM, where it asks for one. Opening it here recorded nothing."
	status := http.StatusOK
	if !v.action.Known() {
		title = "Almost."
		text = "The access key is right, but wpf_action must be add, update or update_tags. Copy the webhook URL again."
		status = http.StatusBadRequest
	}
	return answer{status: status, html: true, body: fmt.Sprintf(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>%s</title></head>
<body><h1>%[1]s</h1><p>%[2]s</p></body>
</html>
`, title, html.EscapeString(text))}
}
