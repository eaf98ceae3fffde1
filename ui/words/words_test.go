package words

import (
	"testing"
	"time"

	"usher/core"
)

// inLocale runs the test as if the person lived there.
func inLocale(t *testing.T, name string) {
	t.Helper()
	before := here
	here = newLocale(name)
	t.Cleanup(func() { here = before })
}

func TestWhen(t *testing.T) {
	inLocale(t, "en-GB")
	zone := time.FixedZone("two hours east", 2*60*60)
	now := time.Date(2026, 11, 12, 15, 30, 0, 0, zone) // a Thursday
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, zone) }
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{now, "just now"},
		{now.Add(-59 * time.Second), "just now"},
		{now.Add(59 * time.Second), "just now"}, // clocks differ a little
		{now.Add(-time.Minute), "1 min ago"},
		{now.Add(-150 * time.Second), "2 min ago"},
		{now.Add(-59*time.Minute - 59*time.Second), "59 min ago"},
		{now.Add(-time.Hour), "today 14:30"},
		{at(12, 0, 0), "today 00:00"},
		{at(11, 23, 59), "yesterday 23:59"},
		{at(11, 14, 5), "yesterday 14:05"},
		{at(10, 14, 5), "Tuesday 14:05"},
		{at(6, 14, 5), "Friday 14:05"},
		{at(5, 14, 5), "5 Nov 2026"},
		{at(3, 14, 5), "3 Nov 2026"},
		{now.Add(5 * time.Minute), "in 5 min"},
		{at(12, 17, 10), "today 17:10"},
		{at(13, 9, 0), "tomorrow 09:00"},
		{at(18, 9, 0), "Wednesday 09:00"},
		{at(19, 9, 0), "19 Nov 2026"},
		{time.Date(2026, 11, 11, 22, 30, 0, 0, time.UTC), "today 00:30"}, // on the person's clock
	} {
		if got := When(c.at, now); got != c.want {
			t.Errorf("%v is %q, want %q", c.at, got, c.want)
		}
	}
}

func TestYesterdayIsACalendarDayThroughAClockChange(t *testing.T) {
	inLocale(t, "en-GB")
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here: ", err)
	}
	now := time.Date(2026, 10, 25, 23, 30, 0, 0, berlin) // a day of 25 hours
	if got, want := When(time.Date(2026, 10, 24, 23, 45, 0, 0, berlin), now), "yesterday 23:45"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDatesAndNumbersOfAPlace(t *testing.T) {
	at := time.Date(2026, 11, 3, 14, 5, 0, 0, time.UTC)
	for _, c := range []struct{ locale, exact, number string }{
		{"en-GB", "3 Nov 2026, 14:05", "1,234,567"},
		{"en-US", "Nov 3, 2026, 2:05 PM", "1,234,567"},
		{"en-AU", "3 Nov 2026, 2:05 PM", "1,234,567"},
		{"en", "3 Nov 2026, 14:05", "1,234,567"},
		{"de-DE", "3 Nov 2026, 14:05", "1.234.567"},
		{"fr-CA", "3 Nov 2026, 14:05", "1\u00a0234\u00a0567"},
		{"not a locale", "3 Nov 2026, 14:05", "1,234,567"},
	} {
		inLocale(t, c.locale)
		if got := Exact(at); got != c.exact {
			t.Errorf("%s: %q, want %q", c.locale, got, c.exact)
		}
		if got := Number(1234567); got != c.number {
			t.Errorf("%s: %q, want %q", c.locale, got, c.number)
		}
	}
}

func TestTruthIsOneLine(t *testing.T) {
	inLocale(t, "en-GB")
	for _, c := range []struct {
		truth Truth
		want  string
	}{
		{Truth{Address: "online"}, "All done. Waiting for the next message."},
		{Truth{Address: "online", Waiting: 1}, "Working on 1 message."},
		{Truth{Address: "online", Waiting: 12345}, "Working on 12,345 messages."},
		{Truth{Address: "failed", Waiting: 3}, "Not reachable from the internet. Usher keeps trying."},
		{Truth{Address: "failed", NeedsYou: 1}, "1 thing needs you."},
		{Truth{Address: "online", NeedsYou: 3, Paused: true}, "3 things need you."},
		{Truth{Address: "online", Paused: true}, "Paused. Messages are received, your site is left as it is."},
		{Truth{Address: "online", Paused: true, Waiting: 2}, "Paused. 2 messages wait."},
		{Truth{Address: "connecting"}, "Connecting to the internet."},
		{Truth{Address: "reconnecting"}, "Connecting to the internet."},
		{Truth{Address: "off"}, "Switched off. No messages are received."},
	} {
		if got := c.truth.Line(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.truth, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		State(core.Queued):               "Waiting",
		State(core.Applied):              "Done",
		State(core.Merged):               "Done with a newer message",
		State(core.Held):                 "Needs you",
		State(core.Failed):               "Didn't work",
		State("of a newer Usher"):        "of a newer Usher",
		Outcome(core.Created):            "New user",
		Outcome(core.Updated):            "Updated",
		Outcome(core.Unchanged):          "Already up to date",
		Outcome(core.NoUser):             "Not a user on your site",
		Outcome(core.Protected):          "Left alone (has admin rights)",
		Outcome(core.Ignored):            "Nothing to do",
		Address("online"):                "Reachable from the internet",
		Address("failed"):                "Not reachable from the internet",
		Address("off"):                   "Switched off",
		Address("connecting"):            "Connecting",
		Address("reconnecting"):          "Connecting again",
		Message("Ontraport"):             "Message from Ontraport",
		Person("Kartra"):                 "Person in Kartra",
		Connection("Ortto", "yoga.test"): "Ortto → yoga.test",
		N("truth.working.line", 0):       "Working on 0 messages.",
		T("key.nobody.wrote"):            "key.nobody.wrote",
		N("key.nobody.wrote.either", 1):  "key.nobody.wrote.either",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// English stands in for a translated language's missing texts, so it tells whether the toolkit's
// translations are asked rightly.
func TestTranslatedTextsComeFromTheToolkit(t *testing.T) {
	inLocale(t, "en-GB")
	here.translated = true
	if got, want := T("message.from", "CRM", "Kartra"), "Message from Kartra"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := N("truth.working.line", 1234), "Working on 1,234 messages."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyLanguagesWithAFileAreAskedFor(t *testing.T) {
	for name, want := range map[string]bool{"en-GB": false, "de-DE": false, "xx": false} {
		if got := newLocale(name).translated; got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
