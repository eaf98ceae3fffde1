package receiver_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"usher/core"
	"usher/core/receiver"
)

// oddKey is one somebody made up; it changes its looks in URLs and in JSON.
const oddKey = "open/sesame+& 100% ü"

func TestTheKeyIsTakenOutOfTheBodyAndNothingElse(t *testing.T) {
	tests := []struct{ name, target, body, want string }{
		{"a body without it stays byte for byte", right, "{ \"a\" : 1.0,\n\"a\":\"\\u00e9\",}", "{ \"a\" : 1.0,\n\"a\":\"\\u00e9\",}"},
		{"a form", "/", "wpf_action=add&access_key=" + key + "&name=Ann+%26+Co", "wpf_action=add&access_key=&name=Ann+%26+Co"},
		{"a form that has it twice", right, "access_key=" + key + "&access_key=other", "access_key=&access_key="},
		{"a form with its name escaped", right, "access%5Fkey=" + key, "access_key="},
		{"JSON", "/", `{"wpf_action":"add", "access_key" : "` + key + `" ,"id":4711}`, `{"wpf_action":"add", "access_key" : "","id":4711}`},
		{"JSON with a trailing comma", "/", `{"wpf_action":"add","access_key":"` + key + `",}`, `{"wpf_action":"add","access_key":"",}`},
		{"JSON that has it twice", right, `{"access_key":"` + key + `","access_key":12345678}`, `{"access_key":"","access_key":""}`},
		{"JSON with its name escaped", right, `{"\u0061ccess_key":"x\"y","b":"access_key"}`, `{"\u0061ccess_key":"","b":"access_key"}`},
		{"JSON that has it deeper down", right, `[{"a":{"access_key":["x",{"y":"}"}]},"b":1}]`, `[{"a":{"access_key":""},"b":1}]`},
		{"JSON that was cut off", right, `{"b":1,"access_key":"` + key[:5], `{"b":1,"access_key":""`},
		{"damaged JSON", right, `{"a":"b"c","access_key":"` + key + `"}`, `{"a":"b"c","access_key":"(secret)"}`},
		{"a URL that was sent along", right, `{"hook":"https:\/\/x.example\/?access_key=` + key + `&a=1"}`, `{"hook":"https:\/\/x.example\/?access_key=(secret)&a=1"}`},
		{"bad UTF-8", right, "\xff" + key, "\xff(secret)"},
		{"a file upload", right, "--b\r\nContent-Disposition: form-data; name=\"access_key\"\r\n\r\n" + key, "--b\r\nContent-Disposition: form-data; name=\"access_key\"\r\n\r\n(secret)"},
		{"a short key elsewhere may be a name", "/?wpf_action=add&access_key=" + wordKey, `{"email":"ann@yogawithann.com","access_key":"yogawithann"}`, `{"email":"ann@yogawithann.com","access_key":""}`},
		{"a short key in what cannot be read", "/?wpf_action=add&access_key=" + wordKey, `{"x":"yogawithann`, `{"x":"(secret)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStand(receiver.Options{})
			if w := s.send("POST", tt.target, tt.body); w.Code != 200 || len(s.ledger.kept) != 1 {
				t.Fatalf("answer %d", w.Code)
			}
			if got := string(s.ledger.kept[0].Body); got != tt.want {
				t.Errorf("kept %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAKeyThatCannotBeTakenOutOfAReadableBodyStays(t *testing.T) {
	const digits = "1234567812345678"
	s := newStand(receiver.Options{})
	s.keys.opened[digits] = "c4"
	body := `{"lead":{"id":` + digits + `}}`
	s.send("POST", "/?wpf_action=add&access_key="+digits, body)
	if got := string(s.ledger.kept[0].Body); got != body {
		t.Errorf("the message was damaged: %s", got)
	}
}

func TestQueryAndHeaderAreKeptWithoutWhatIsSecret(t *testing.T) {
	s := newStand(receiver.Options{})
	s.send("POST", right+"&contact_id=815&role=a&role=b&from="+url.QueryEscape("https://x/?access_key="+key), lead,
		"Content-Type", "text/plain", "User-Agent", "Kartra/1 "+key, "Authorization", "Basic x", "Cookie", "a=b",
		"Proxy-Authorization", "x", "X-Api-Key", "x", "X-Forwarded-For", "192.0.2.7", "Referer", right)
	d := s.ledger.kept[0]
	if got, want := d.Query.Encode(), "contact_id=815&from=https%3A%2F%2Fx%2F%3Faccess_key%3D%28secret%29&role=a&role=b&wpf_action=add"; got != want {
		t.Errorf("query %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(d.Header), "map[Content-Type:[text/plain] User-Agent:[Kartra/1 (secret)]]"; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
}

func TestAShortKeyMayBeAWordOfTheMessage(t *testing.T) {
	s := newStand(receiver.Options{})
	s.keys.opened["customer"] = "c4"
	s.send("POST", "/?wpf_action=add&access_key=customer&role=customer", `{"role":"customer"}`)
	d := s.ledger.kept[0]
	if got := d.Query.Encode() + string(d.Body); got != `role=customer&wpf_action=add{"role":"customer"}` {
		t.Errorf("kept %s", got)
	}
}

func TestNoSecretIsStoredOrLogged(t *testing.T) {
	for _, secret := range []string{key, shortKey, wordKey, oddKey} {
		escaped := url.QueryEscape(secret)
		inJSON := strings.ReplaceAll(secret, "/", `\/`)
		inBase64 := base64.StdEncoding.EncodeToString([]byte("user:" + secret))
		bodies := map[string]string{
			"nothing":        "",
			"a form":         "wpf_action=add&access_key=" + escaped + "&id=1",
			"JSON":           `{"wpf_action":"add","access_key":"` + secret + `","id":1}`,
			"JSON of PHP":    `{"wpf_action":"add","access_key":"` + inJSON + `","id":1}`,
			"malformed JSON": `{"wpf_action":"add","key":"` + inJSON + `"`,
			"malformed form": "id=%ff&key=" + escaped,
			"bad UTF-8":      "\xff" + secret,
		}
		for name, body := range bodies {
			for _, target := range []string{
				"/?wpf_action=add&access_key=" + escaped, "/?access_key=" + escaped + "&access_key=" + escaped,
				"/", "/" + url.PathEscape(secret) + "?wpf_action=add",
				"/?wpf_action=" + escaped + "&access_key=wrong" + escaped, // wrong, and logged
			} {
				t.Run(secret+" in "+name+" to "+target, func(t *testing.T) {
					s := newStand(receiver.Options{})
					s.keys.opened[oddKey] = "c4"
					s.send("POST", target, body, "Authorization", "Basic "+inBase64, "Cookie", "k="+secret, "X-Api-Key", secret)
					s.ledger.err = core.NewProblem("store.disk", nil)
					s.send("POST", target, body)
					seen := fmt.Sprintf("%s %q %v", s.log.String(), s.log.String(), s.keys.opened["log"])
					for _, d := range s.ledger.kept {
						seen += fmt.Sprintf("%s %+v %s %s", d.Action, d, d.Query.Encode(), d.Body)
					}
					for _, form := range []string{secret, escaped, url.PathEscape(secret), inJSON, inBase64} {
						if strings.Contains(seen, form) {
							t.Errorf("%q shows in %s", form, seen)
						}
					}
				})
			}
		}
	}
}
