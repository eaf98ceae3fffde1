package stage

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"usher/core"
)

func TestEveryProblemHasAWayOutOrNoneOnPurpose(t *testing.T) {
	for _, code := range core.ProblemCodes() {
		if wayOut(code) == 0 {
			t.Errorf("nobody thought of %s", code)
		}
	}
	for entry := range ways {
		if !slices.ContainsFunc(core.ProblemCodes(), func(code string) bool { return code == entry || strings.HasPrefix(code, entry+".") }) {
			t.Errorf("there is no problem %s", entry)
		}
	}
}

// An area whose problems differ is named code by code, so that a new one is thought of.
func TestNoEntrySaysWhatItsAreaSays(t *testing.T) {
	for entry, way := range ways {
		if area, _, isCode := strings.Cut(entry, "."); isCode && ways[area] == way {
			t.Errorf("%s says the same as %s", entry, area)
		}
	}
}

func TestFixesLeadToTheRightPlace(t *testing.T) {
	yoga := Subject{Connection: "Kartra", Site: "https://yoga.test"}
	for code, want := range map[string]string{
		"site.unauthorized":        "wizard Kartra/site: Connect the site again",
		"site.forbidden":           "wizard Kartra/site: Connect the site again",
		"site.swapped":             "wizard Kartra/site: Connect the site again",
		"user.not_editable":        "wizard Kartra/site: Connect the site again",
		"site.unreachable":         "open https://yoga.test: Open the site",
		"site.maintenance":         "open https://yoga.test: Open the site",
		"mail.form_refused":        "wizard Kartra/helper: Install the Usher helper",
		"crm.sign_in":              "wizard Kartra/crm: Sign in",
		"crm.unauthorized":         "wizard Kartra/crm: Enter the key again",
		"user.email_change":        "connections Kartra: Change the connection",
		"role.ask":                 "connections Kartra: Change the connection",
		"connection.crowd":         "connections Kartra: Change the connection",
		"delivery.merge_field":     "connections Kartra: Show the webhook URL",
		"address.moved":            "connections Kartra: Show the webhook URL",
		"delivery.connection_gone": "wizard new: Set up a connection",
		"address.port_taken":       "settings address: Change the address",
		"address.no_token":         "settings address: Change the address",
		"keyring.locked":           "",
		"store.locked":             "",
		"site.busy":                "",
		"crm.busy":                 "",
		"contact.no_email":         "",
		"app.internal":             "",
		"of.tomorrow":              "",
	} {
		got := ""
		s := New(t.Context(), nil)
		s.Go = func(screen, subject string) { got = screen + " " + subject }
		s.Open = func(url string) { got = "open " + url }
		if fix := s.Fix(code, yoga); fix != nil {
			fix.Do()
			got += ": " + fix.Label
		}
		if got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

func TestASiteWithoutConnectionsIsMendedInTheWizard(t *testing.T) {
	s, got := New(t.Context(), nil), ""
	s.Go = func(screen, subject string) { got = screen + " " + subject }
	if s.Fix("site.unauthorized", Subject{Site: "https://yoga.test"}).Do(); got != "wizard https://yoga.test/site" {
		t.Errorf("it goes to %q", got)
	}
}

func TestASiteThatIsNotKnownIsNotOpened(t *testing.T) {
	if New(t.Context(), nil).Fix("site.timeout", Subject{}) != nil {
		t.Error("there is a button")
	}
}

func TestAdviceNeverSpeaksOfTheCommandLine(t *testing.T) {
	commandLine := regexp.MustCompile(`usherd|--|_roles|change_emails|USHER_|retry th|held|set-up file|crm\.|\.\s+retry`)
	for _, code := range core.ProblemCodes() {
		advice := Advice(*troubled(code))
		if found := commandLine.FindString(advice); found != "" && code != "setup.invalid" && !strings.HasPrefix(code, "command.") {
			t.Errorf("%s says %q: %s", code, found, advice)
		}
	}
}

// What else the core writes for people is shown as it is.
func TestNothingSentToPeopleNamesTheOtherProgram(t *testing.T) {
	for _, code := range core.ProblemCodes() {
		if title := troubled(code).Title; strings.Contains(title, "usherd") {
			t.Errorf("%s: %s", code, title)
		}
	}
	for _, code := range core.NoteCodes() {
		if text := core.NewNote(code, "").Text(); strings.Contains(text, "usherd") {
			t.Errorf("%s: %s", code, text)
		}
	}
}

func troubled(code string) *core.Trouble {
	trouble := core.NewProblem(code, nil).Trouble("")
	return &trouble
}

func TestSubjectOf(t *testing.T) {
	o := core.Overview{Connections: []core.ConnectionView{
		{Name: "Kartra", Account: "kartra", Site: "https://a.test"},
		{Name: "Ortto", Account: "ortto", Site: "https://b.test"},
	}, Sites: []core.SiteView{{Home: "https://a.test"}, {Home: "https://alone.test"}}}
	for _, c := range []struct {
		about, connection string
		want              Subject
	}{
		{"Ortto", "Ortto", Subject{"Ortto", "https://b.test"}},
		{"https://b.test", "", Subject{"Ortto", "https://b.test"}},
		{"ortto", "", Subject{"Ortto", "https://b.test"}},
		{"Kartra", "", Subject{"Kartra", "https://a.test"}},
		{"Usher", "", Subject{}},
		{"https://alone.test", "", Subject{"", "https://alone.test"}},
		{"", "Gone", Subject{Connection: "Gone"}},
	} {
		if got := SubjectOf(o, c.about, c.connection); got != c.want {
			t.Errorf("%q, %q: %+v, want %+v", c.about, c.connection, got, c.want)
		}
	}
}
