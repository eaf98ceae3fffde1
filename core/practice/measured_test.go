package practice_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"usher/core/practice"
	"usher/core/wordpress/realwp"
)

// The files of testdata hold requests and what a real WordPress answered. The practice site must answer them
// alike, and so must the newest real WordPress where there is one: that keeps the files true. To record them
// anew, or after adding lines that begin with ">", run
//
//	go test ./core/practice -run RealWordPressAnswersAsRecorded -update
var update = flag.Bool("update", false, "record testdata from a real WordPress")

// recordedFrom is the WordPress the files were recorded from. A newer one may say some things differently; it
// is held to the contract suite of core/wordpress until they are recorded anew.
const recordedFrom = "7.1"

// recordings are the kinds of site there is a file for.
var recordings = []struct {
	file     string
	practice practice.SiteConfig
	real     realwp.Options
}{
	{"testdata/measured.txt", practice.SiteConfig{}, realwp.Options{}},
	{
		"testdata/plain.txt",
		practice.SiteConfig{PlainPermalinks: true, Folder: "blog"},
		realwp.Options{Plain: true, Folder: "blog"},
	},
	{"testdata/switched_off.txt", practice.SiteConfig{NoAppPasswords: true}, realwp.Options{}},
}

// subject is a site the requests are put to.
type subject struct {
	url      string
	file     string
	http     *http.Transport
	accounts map[string]account
	prepare  func(t *testing.T, what string) // a line that begins with "!"
	mails    func(t *testing.T) []string
}

type account struct{ name, password string }

func TestPracticeSiteAnswersAsRecorded(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.file, func(t *testing.T) {
			compare(t, practiceSubject(t, r.file, r.practice))
		})
	}
}

func TestRealWordPressAnswersAsRecorded(t *testing.T) {
	for _, r := range recordings {
		t.Run(r.file, func(t *testing.T) {
			t.Parallel()
			s := realSubject(t, r.file, r.real)
			if !*update {
				compare(t, s)
				return
			}
			if err := os.WriteFile(r.file, []byte(replay(t, s)), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func compare(t *testing.T, s subject) {
	t.Helper()
	want, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	wanted, got := blocks(string(want)), blocks(replay(t, s))
	if len(wanted) != len(got) {
		t.Fatalf("%d requests answered, %d recorded", len(got), len(wanted))
	}
	for i := range wanted {
		if wanted[i] != got[i] {
			t.Errorf("recorded:\n%s\nanswered:\n%s", wanted[i], got[i])
		}
	}
}

func blocks(text string) []string { return strings.Split(text, "\n> ") }

// replay puts every request of the file to s, in order, and writes the file as it would be recorded.
func replay(t *testing.T, s subject) string {
	t.Helper()
	file, err := os.Open(s.file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var out strings.Builder
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || !strings.Contains("#!>", line[:1]) {
			continue // an answer of the last recording
		}
		_, _ = fmt.Fprintln(&out, line)
		switch line[0] {
		case '!':
			s.prepare(t, strings.TrimSpace(line[1:]))
		case '>':
			out.WriteString(s.ask(t, strings.TrimSpace(line[1:])))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for _, mail := range s.mails(t) {
		_, _ = fmt.Fprintln(&out, "mail", mail)
	}
	return out.String()
}

// ask sends "who METHOD path body" and writes down the answer.
func (s subject) ask(t *testing.T, request string) string {
	t.Helper()
	parts := append(strings.SplitN(request, " ", 4), "")
	r, err := http.NewRequestWithContext(t.Context(), parts[1], s.url+parts[2], nil)
	if err != nil {
		t.Fatal(err)
	}
	setBody(r, parts[3])
	if who, ok := s.accounts[parts[0]]; ok {
		r.SetBasicAuth(who.name, who.password)
	}
	res, err := s.http.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return s.write(t, res, body)
}

func setBody(r *http.Request, body string) {
	if body == "" {
		return
	}
	kind := "application/json"
	if text, ok := strings.CutPrefix(body, "form:"); ok {
		kind, body = "application/x-www-form-urlencoded", text
	}
	if text, ok := strings.CutPrefix(body, "text:"); ok {
		kind, body = "text/plain", text
	}
	if text, ok := strings.CutPrefix(body, "override:"); ok {
		r.Header.Set("X-HTTP-Method-Override", "PUT")
		body = text
	}
	r.Header.Set("Content-Type", kind)
	r.ContentLength = int64(len(body))
	r.Body = io.NopCloser(strings.NewReader(body))
}

// write keeps what matters of an answer, and replaces what differs from site to site.
func (s subject) write(t *testing.T, res *http.Response, body []byte) string {
	t.Helper()
	head := fmt.Sprint("< ", res.StatusCode, " ", strings.SplitN(res.Header.Get("Content-Type"), ";", 2)[0])
	for _, name := range []string{"Allow", "Location", "Link", "X-WP-Total", "X-WP-TotalPages"} {
		if value := res.Header.Get(name); value != "" {
			head += "; " + name + ": " + linkQuery.ReplaceAllString(value, "?…$1>")
		}
	}
	text := ""
	if strings.Contains(res.Header.Get("Content-Type"), "json") && len(body) > 0 {
		text = canonical(t, body) + "\n"
	}
	return strings.ReplaceAll(head+"\n"+text, s.url, "HOME")
}

// linkQuery is the query of a link to another page, of which only the page matters.
var linkQuery = regexp.MustCompile(`\?[^>]*?([?&]page=\d+)[^>]*>`)

var dates = regexp.MustCompile(`"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00)?"`)

func canonical(t *testing.T, body []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(withoutNoise(value)); err != nil {
		t.Fatal(err)
	}
	return dates.ReplaceAllString(strings.TrimSpace(out.String()), `"DATE"`)
}

// withoutNoise drops pictures, and from PHP's fatal errors all but the fact.
func withoutNoise(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if v["code"] == "internal_server_error" {
			return map[string]any{"code": v["code"]}
		}
		delete(v, "avatar_urls")
		for name, inner := range v {
			v[name] = withoutNoise(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = withoutNoise(inner)
		}
	}
	return value
}
