package core_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"usher/core"
)

const planted = "pl4nted-s3cret"

func TestASecretCannotBePrinted(t *testing.T) {
	secret := core.NewSecret(planted)
	type hidden struct{ inner core.Secret }
	values := map[string]any{
		"itself":                    secret,
		"a pointer":                 &secret,
		"an exported field":         struct{ Key core.Secret }{secret},
		"an unexported field":       hidden{secret},
		"a pointer to a struct":     &hidden{secret},
		"a list":                    []core.Secret{secret},
		"a map":                     map[string]core.Secret{"key": secret},
		"an intent":                 core.Intent{Login: "ada", Password: secret},
		"a change":                  core.Change{Create: &core.NewUser{Password: secret}},
		"an error that mentions it": fmt.Errorf("store %v", secret), //nolint:err113 // the point of the row
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
				fmt.Fprintf(&out, verb+"\n", value)
			}
			fmt.Fprintln(&out, value)
			options := &slog.HandlerOptions{Level: slog.LevelDebug}
			slog.New(slog.NewTextHandler(&out, options)).Debug("m", "value", value)
			slog.New(slog.NewJSONHandler(&out, options)).Debug("m", "value", value)
			if err := json.NewEncoder(&out).Encode(value); err != nil {
				t.Fatal(err)
			}
			for _, form := range []string{planted, fmt.Sprintf("%x", planted), fmt.Sprintf("%X", planted)} {
				if strings.Contains(out.String(), form) {
					t.Errorf("the secret shows in %s", out.String())
				}
			}
		})
	}
}

func TestASecretIsHiddenInXML(t *testing.T) {
	type holder struct{ Key core.Secret }
	out, err := xml.Marshal(holder{core.NewSecret(planted)})
	if err != nil || strings.Contains(string(out), planted) || !strings.Contains(string(out), core.Hidden) {
		t.Errorf("got %s, %v", out, err)
	}
}

func TestSecret(t *testing.T) {
	a, b, none := core.NewSecret(planted), core.NewSecret(planted), core.NewSecret("")
	if a.Reveal() != planted || none.Reveal() != "" {
		t.Error("Reveal does not return the text")
	}
	if a.Empty() || !none.Empty() || !(core.Secret{}).Empty() {
		t.Error("Empty is wrong")
	}
	if !a.Equal(b) || a.Equal(none) || a.Equal(core.NewSecret(planted+"x")) || !none.Equal(core.Secret{}) {
		t.Error("Equal is wrong")
	}
}
