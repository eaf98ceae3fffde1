package core_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"usher/core"
)

func TestReadMessage(t *testing.T) {
	person := map[string]any{"lead": map[string]any{"id": json.Number("4711")}}
	tests := []struct {
		name, query, body string
		params            string // encoded
		json              any
		problem           string
	}{
		{name: "nothing at all"},
		{name: "only a query", query: "contact_id=815", params: "contact_id=815"},
		{name: "JSON", body: `{"lead":{"id":4711}}`, json: person},
		{name: "JSON with a query", query: "role=x", body: `{"lead":{"id":4711}}`, params: "role=x", json: person},
		{name: "JSON with space and a byte order mark", body: "\ufeff \r\n{\"lead\":{\"id\":4711}}\n ", json: person},
		{name: "JSON with trailing commas", body: "{\"lead\":{\"id\":4711,\n\t},}", json: person},
		{name: "a JSON list", body: `["a",]`, json: []any{"a"}},
		{name: "commas and brackets inside texts stay", body: `["a,]","b\",}",]`, json: []any{"a,]", `b",}`}},
		{name: "a number keeps all its digits", body: `[90071992547409931]`, json: []any{json.Number("90071992547409931")}},
		{name: "a form", body: "id=5501&first_name=Ada+M.", params: "first_name=Ada+M.&id=5501"},
		{name: "a form with list keys", body: "event%5Btype%5D=sub_tag", params: "event%5Btype%5D=sub_tag"},
		{name: "the query wins over the form", query: "role=customer", body: "role=admin&id=1", params: "id=1&role=customer"},
		{name: "an empty query value hides no form value", query: "contact_id=", body: "contact_id=815", params: "contact_id=815"},
		{name: "bad UTF-8 in the body", body: "{\"a\":\"\xff\"}", problem: "delivery.not_utf8"},
		{name: "bad UTF-8 in the query", query: "a=%ff", params: "a=%FF", problem: "delivery.not_utf8"},
		{name: "bad UTF-8 in a query name", query: "%ff=a", params: "%FF=a", problem: "delivery.not_utf8"},
		{name: "bad UTF-8 in a form", query: "a=b", body: "c=%ff", params: "a=b", problem: "delivery.not_utf8"},
		{name: "JSON that was cut off", query: "a=b", body: `{"lead":{"id":`, params: "a=b", problem: "delivery.malformed"},
		{name: "two JSON values", body: `{} {}`, problem: "delivery.malformed"},
		{name: "two commas", body: `[1,,]`, problem: "delivery.malformed"},
		{name: "a form with a bare percent sign", body: "a=100% &b=%zz&c=5%&d=%4&e=%2B%&%=f", params: "%25=f&a=100%25+&b=%25zz&c=5%25&d=%254&e=%2B%25"},
		{name: "a form with a bare semicolon", body: "a=x;y&b;=c;d=1", params: "a=x%3By&b%3B=c%3Bd%3D1"},
		{name: "a form with names only, twice and none", body: "&a&b=1&b=2&&=c&", params: "=c&a=&b=1&b=2"},
		{name: "any other text is a form with a name only", body: "<html>50%;</html>", params: "%3Chtml%3E50%25%3B%3C%2Fhtml%3E="},
		{name: "JSON as deep as allowed", body: nested(core.MaxDepth), json: nestedValue(core.MaxDepth)},
		{name: "JSON one level too deep", body: nested(core.MaxDepth + 1), problem: "delivery.too_deep"},
		{name: "a JSON bomb", body: strings.Repeat("[", 1<<20), problem: "delivery.too_deep"},
		{name: "brackets inside a text are not depth", body: `["` + strings.Repeat("[", 100) + `"]`, json: []any{strings.Repeat("[", 100)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			query, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			m, err := core.Delivery{Query: query, Body: []byte(tt.body)}.Read()
			if tt.problem == "" && err != nil || tt.problem != "" && !core.HasCode(err, tt.problem) {
				t.Fatalf("error %v, want %q", err, tt.problem)
			}
			if got := m.Params.Encode(); got != tt.params {
				t.Errorf("params %q, want %q", got, tt.params)
			}
			if !reflect.DeepEqual(m.JSON, tt.json) {
				t.Errorf("JSON %#v, want %#v", m.JSON, tt.json)
			}
			if m.Empty != (tt.body == "") {
				t.Errorf("Empty is %v for %q", m.Empty, tt.body)
			}
			if got := query.Encode(); !strings.EqualFold(got, url.Values(mustParse(t, tt.query)).Encode()) {
				t.Errorf("reading changed the query to %q", got)
			}
		})
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func nestedValue(depth int) any {
	value := []any{}
	for range depth - 1 {
		value = []any{value}
	}
	return value
}

func mustParse(t *testing.T, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestMessageParam(t *testing.T) {
	tests := []struct{ name, query, body, want string }{
		{"is in the query", "x=1", "", "1"},
		{"is in a form", "", "x=1", "1"},
		{"is a text in JSON", "", `{"x":" 1 "}`, "1"},
		{"is a number in JSON", "", `{"x":815}`, "815"},
		{"is below the top level of JSON", "", `{"y":{"x":"1"}}`, ""},
		{"is a list in JSON", "", `{"x":["1"]}`, ""},
		{"is nowhere, in a list", "", `["x"]`, ""},
		{"is twice in the query: the first counts", "x=1&x=2", "", "1"},
		{"is in both: the query counts", "x=1", `{"x":"2"}`, "1"},
		{"is blank in the query: the body counts", "x=%20", `{"x":"2"}`, "2"},
		{"has control characters", "x=%00a%0Db%1b", "", "ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := core.ReadMessage(mustParse(t, tt.query), []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Param("x"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMessageRequest(t *testing.T) {
	tests := []struct {
		query string
		want  core.Request
	}{
		{"", core.Request{Action: core.Add}},
		{"role=customer&send_notification=true", core.Request{Action: core.Add, Role: "customer", Mail: true}},
		{"role=Shop+Manager", core.Request{Action: core.Add, Role: "Shop Manager"}},
		{"send_notification=", core.Request{Action: core.Add}},
		{"send_notification=False", core.Request{Action: core.Add}},
		{"send_notification=no", core.Request{Action: core.Add, Mail: true}},
		{"send_notification=0", core.Request{Action: core.Add, Mail: true}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			m, err := core.ReadMessage(mustParse(t, tt.query), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Request(core.Add); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"a text is trimmed", " Ada ", "Ada"},
		{"a number keeps its digits", json.Number("12345678901234567890"), "12345678901234567890"},
		{"nothing else is text", []any{"a"}, ""},
		{"true is no text", true, ""},
		{"null is no text", nil, ""},
		{"NUL and control characters go", "A\x00d\x1b[31ma\x7f\u0085", "Ad[31ma"},
		{"lines stay lines", "1 Mill Rd\r\nFlat\t2", "1 Mill Rd\nFlat\t2"},
		{"marks that turn the text around go", "Ada\u202e\u2066 nib\u2069\u202c", "Ada nib"},
		{"right-to-left names stay", "\u200fעדה\u200f", "\u200fעדה\u200f"},
		{"what is left is trimmed", "\x00 Ada \x00", "Ada"},
		{"accents, signs and emoji stay", "Zoë O’Neil <b>&amp; 🎈👩\u200d🔬", "Zoë O’Neil <b>&amp; 🎈👩\u200d🔬"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := core.Text(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzReadMessage(f *testing.F) {
	for _, body := range []string{
		"", "{}", `{"a":[1,"b,]",],}`, "id=1&x=%20", nested(65), "\xff", "a;b", "a=%&b=%2", "a=1&b=%C3%A4+c", `{"a":"\ud800"}`, "\ufeff[1e999]", `["\`,
	} {
		f.Add("contact_id=1&role=", []byte(body))
	}
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		values, _ := url.ParseQuery(query)
		before := bytes.Clone(body)
		m, err := core.ReadMessage(values, body)
		if !bytes.Equal(body, before) {
			t.Fatal("reading changed the body")
		}
		var problem *core.Problem
		if err != nil && (!errors.As(err, &problem) || problem.Scope != core.OneItem || problem.Then != core.Hold) {
			t.Fatalf("error %#v is not a held Problem of one message", err)
		}
		if err == nil && m.JSON == nil && utf8.Valid(body) && json.Valid(body) && bytes.ContainsAny(body[:1], "{[") {
			t.Fatal("valid JSON was not read")
		}
		if form, strict := url.ParseQuery(string(bytes.TrimSpace(body))); strict == nil && err == nil && m.JSON == nil {
			for name, want := range form {
				if values[name] == nil && !reflect.DeepEqual(m.Params[name], want) && !bytes.HasPrefix(body, []byte("\ufeff")) {
					t.Fatalf("of a well-formed form %q was read as %q, want %q", name, m.Params[name], want)
				}
			}
		}
		m.Request(core.Add)
	})
}
