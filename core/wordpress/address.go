package wordpress

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"usher/core"
)

// address is what a person typed, read.
type address struct {
	url    url.URL // without a scheme
	scheme string  // "https", "http", or "" when none was typed
}

// parseAddress reads a site's address as people type or copy it: with or without a
// scheme, from the site itself or from its admin area.
func parseAddress(typed string) (address, error) {
	typed = strings.Trim(typed, " \t\r\n\u00a0\"'<>“”„‘’«»")
	scheme, rest, found := strings.Cut(typed, "://")
	if !found {
		scheme, rest = "", strings.TrimPrefix(typed, "//")
	}
	scheme = strings.ToLower(scheme)
	u, err := url.Parse("https://" + rest)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, " \t") ||
		(scheme != "" && scheme != "http" && scheme != "https") {
		return address{}, core.NewProblem("site.bad_address", nil)
	}
	host, err := asciiHost(strings.ToLower(u.Host))
	if err != nil {
		return address{}, core.NewProblem("site.bad_address", nil)
	}
	return address{url: url.URL{Host: host, Path: sitePath(u.Path)}, scheme: scheme}, nil
}

// asciiHost writes a name such as müller.de the way sites write their own, so that the
// two compare equal. Package http does this to what it sends, and offers it nowhere else.
func asciiHost(host string) (string, error) {
	if isASCII(host) {
		return host, nil
	}
	var sent bytes.Buffer
	if err := (&http.Request{URL: &url.URL{Scheme: "https", Host: host}}).Write(&sent); err != nil {
		return "", err
	}
	read, err := http.ReadRequest(bufio.NewReader(&sent))
	switch {
	case err != nil:
		return "", err
	case read.Host == "" || !isASCII(read.Host):
		return "", errors.New("not a host name")
	}
	return read.Host, nil
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// belongs reports whether a host is plainly part of the site at home, both with their
// ports: the same but for "www.", or inside its domain.
func belongs(host, home string) bool {
	host, home = strings.TrimPrefix(strings.ToLower(host), "www."), strings.TrimPrefix(strings.ToLower(home), "www.")
	return host == home || strings.HasSuffix(host, "."+home)
}

// sitePath cuts a path where WordPress's own files begin; it ends in a slash.
func sitePath(path string) string {
	kept := "/"
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "":
			continue
		case "wp-admin", "wp-login.php", "wp-json", "wp-content", "index.php", "xmlrpc.php":
			return kept
		}
		kept += segment + "/"
	}
	return kept
}

// attempts are the addresses to try, the likeliest first. Plain http is tried only
// where it was typed or stays inside the network.
func (a address) attempts(local bool) []*url.URL {
	schemes := []string{"https", "http"}
	switch {
	case a.scheme == "http" && local:
		schemes = []string{"http", "https"}
	case a.scheme == "https", a.scheme == "" && !local:
		schemes = []string{"https"}
	}
	tries := make([]*url.URL, len(schemes))
	for i, scheme := range schemes {
		try := a.url
		try.Scheme = scheme
		tries[i] = &try
	}
	return tries
}

// routeURL appends a route such as "/wp/v2/users" and its query to an API root of
// either form, ".../wp-json" or ".../?rest_route=". A second "?" in the latter makes
// WordPress answer rest_no_route.
func routeURL(api, route string, query url.Values) string {
	switch {
	case len(query) == 0:
		return api + route
	case strings.Contains(api, "?"):
		return api + route + "&" + query.Encode()
	default:
		return api + route + "?" + query.Encode()
	}
}

// apiRoot turns an address of the API's index into the root that routes are appended to.
func apiRoot(index *url.URL) string {
	root := url.URL{Scheme: index.Scheme, Host: index.Host, Path: index.Path}
	if index.Query().Has("rest_route") {
		root.RawQuery = "rest_route="
		return root.String()
	}
	return strings.TrimRight(root.String(), "/")
}

// linkTarget finds the target of the first link with this relation in Link headers
// (RFC 8288); "" when there is none.
func linkTarget(headers []string, relation string) string {
	for _, header := range headers {
		for header != "" {
			_, rest, ok := strings.Cut(header, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			var params string
			params, header = cutUnquoted(rest, ',')
			if hasRelation(params, relation) {
				return target
			}
		}
	}
	return ""
}

func hasRelation(params, relation string) bool {
	for params != "" {
		var param string
		param, params = cutUnquoted(params, ';')
		name, value, _ := strings.Cut(param, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for rel := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if rel == relation {
				return true
			}
		}
	}
	return false
}

// cutUnquoted is strings.Cut at the first sep outside double quotes.
func cutUnquoted(s string, sep byte) (before, after string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
