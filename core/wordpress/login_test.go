package wordpress

import (
	"regexp"
	"strings"
	"testing"
)

func TestLegalLogin(t *testing.T) {
	tests := map[string]string{
		"ann@example.test":             "ann@example.test",
		"ann+shop@example.test":        "ann.shop@example.test",
		"Ann Example":                  "Ann Example",
		"  Ann \t\n Example  ":         "Ann Example",
		"o'brien@example.test":         "obrien@example.test",
		"Zoë Müller":                   "Zoe Muller",
		"Jürgen Groß":                  "Jurgen Gross",
		"Łukasz Ørsted":                "Lukasz Orsted",
		"ann&bob<x>":                   "ann.bob.x.",
		"ann_x-y.z":                    "ann_x-y.z",
		"100%":                         "100.",
		"Иван":                         "user",
		"李小龙 bruce":                    "bruce",
		"":                             "user",
		"   ":                          "user",
		"@._-":                         "user",
		"😀":                            "user",
		"ann\x00\u200b\xffx":           "ann.x",
		strings.Repeat("x", 70):        strings.Repeat("x", 60),
		strings.Repeat("x", 59) + " y": strings.Repeat("x", 59),
	}
	for wanted, want := range tests {
		if got := LegalLogin(wanted); got != want {
			t.Errorf("%q: got %q, want %q", wanted, got, want)
		}
	}
}

func TestNumberedLogin(t *testing.T) {
	tests := []struct {
		base string
		n    int
		want string
	}{
		{"ann", 2, "ann2"},
		{"ann@example.test", 12, "ann@example.test12"},
		{strings.Repeat("x", 60), 2, strings.Repeat("x", 59) + "2"},
		{strings.Repeat("x", 57) + " yz", 10, strings.Repeat("x", 57) + "10"},
		{"", 3, "user3"},
		{"ann", -1, "ann0"},
	}
	for _, test := range tests {
		if got := NumberedLogin(test.base, test.n); got != test.want {
			t.Errorf("%q, %d: got %q, want %q", test.base, test.n, got, test.want)
		}
	}
}

func TestNetworkLogin(t *testing.T) {
	tests := map[string]string{
		"ann@example.test":      "annexampletest",
		"Ann":                   "userann",
		"12345":                 "user12345",
		"":                      "user",
		"Zoë":                   "userzoe",
		strings.Repeat("9", 70): "user" + strings.Repeat("9", 56),
	}
	for wanted, want := range tests {
		if got := NetworkLogin(wanted); got != want {
			t.Errorf("%q: got %q, want %q", wanted, got, want)
		}
	}
}

// legal is sanitize_user's strict rule, read in WordPress 7.1.4, with the 60 characters.
var legal = regexp.MustCompile(`^[A-Za-z0-9_.@-]([A-Za-z0-9 _.@-]{0,58}[A-Za-z0-9_.@-])?$`)

func FuzzLogins(f *testing.F) {
	for _, seed := range []string{"ann+shop@example.test", "Zoë ß", "", "\xff", "a" + strings.Repeat(" ", 70) + "b", strings.Repeat("é", 61), "12"} {
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, wanted string, n int) {
		login := LegalLogin(wanted)
		for _, name := range []string{login, NumberedLogin(wanted, n)} {
			if !legal.MatchString(name) || strings.Contains(name, "  ") || !strings.ContainsFunc(name, isAlphanumeric) {
				t.Errorf("%q became %q", wanted, name)
			}
		}
		if again := LegalLogin(login); again != login {
			t.Errorf("%q became %q, and that %q", wanted, login, again)
		}
		if NumberedLogin(wanted, 2) == NumberedLogin(wanted, 3) {
			t.Errorf("numbers are lost of %q", wanted)
		}
		network := NetworkLogin(wanted)
		for _, name := range []string{network, NumberedLogin(network, n)} {
			if len(name) < 4 || len(name) > 60 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || strings.Trim(name, "0123456789") == "" {
				t.Errorf("%q became %q on a network", wanted, name)
			}
		}
	})
}

func TestTheThirdChoiceOfALoginSuitsANetwork(t *testing.T) {
	var c Client
	for n, want := range map[int]string{
		1: "ann.lee@example.test", 2: "ann.lee@example.test2", 3: "annleeexampletest", 4: "annleeexampletest4", 12: "annleeexampletest12",
	} {
		if got := c.Login("ann.lee@example.test", n); got != want {
			t.Errorf("choice %d is %q, want %q", n, got, want)
		}
	}
}
