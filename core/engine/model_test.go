package engine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/core"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "play only the history of this seed")
	modelRuns = flag.Int("model.runs", 40, "how many random histories to play")
)

// TestWhateverHappensTheSiteEqualsTheCRM plays random histories (see history) and holds
// what comes of them against the oracle (see model_oracle_test.go), after every step and
// once more when everything has drained and each contact was read again.
//
// A history that ends wrong is named by its seed and made shorter before it is shown.
// Only the jitter of waits differs when it is played again.
func TestWhateverHappensTheSiteEqualsTheCRM(t *testing.T) {
	first, n := *modelSeed, 1
	if first == 0 {
		first, n = 1, *modelRuns
		if *modelRuns > flagDefault("model.runs") {
			first = uint64(time.Now().UnixNano())
		}
	}
	for seed := first; seed < first+uint64(n); seed++ {
		h := newHistory(seed)
		if wrong := h.play(t); wrong != "" {
			less, why := h.shrunk(t, wrong)
			t.Fatalf("go test ./core/engine -run '^%s$' -model.seed=%d\n%s\nin short:\n%s\n%s", t.Name(), seed, wrong, why, less)
		}
	}
}

func flagDefault(name string) (n int) {
	_, _ = fmt.Sscan(flag.Lookup(name).DefValue, &n)
	return n
}

// history is one random run, as data: a small CRM with a handful of people, a site some of
// them are known to already, and what happens to both.
//
// What a CRM reveals, which bounds what can be asked of Usher:
//
//   - with its API, any of the four tells the whole contact, all tags included, whenever it
//     is asked. A webhook then only says whom to ask about.
//   - Kartra's webhook tells the whole lead, and of its tags the one it is about.
//   - Ontraport's tells the id, and e-mail and names where the owner filled in "data to send".
//   - Ortto's tells the e-mail, and in full also names and a tag that was put on; never that
//     one was taken off.
//   - Pulse's tells the id, or in full the whole contact but no tags.
//
// A change nobody tells of, because its webhook was lost and the CRM has no API, is seen
// when the contact is told of again; a lost word about a tag never.
type history struct {
	seed         uint64
	crm          string // kind
	api          bool
	site         string
	changeEmails bool
	crmWins      bool
	known        []bool   // by contact: a user of that address was there before
	had          []string // and had this role besides
	events       []event
}

// event is one thing that happens. Which of its members count depends on what it is.
type event struct {
	what  string
	who   int // contact
	name  string
	value string
	n     int
	thin  bool
	mail  bool
	fate  string
}

const modelPeople = 4

var (
	modelCRMs  = []string{"kartra", "ontraport", "ortto", "pulse"}
	modelSites = []string{"one by one", "in batches", "with the helper"}
	modelTags  = []string{"VIP", "Gold", "Plain"}
)

// admin is the contact whose address an administrator of the site has.
const modelAdmin = modelPeople - 1

func newHistory(seed uint64) history {
	r := rand.New(rand.NewPCG(seed, 7))
	h := history{
		seed: seed, crm: oneOf(r, modelCRMs...), site: oneOf(r, modelSites...), api: r.IntN(2) == 0,
		changeEmails: r.IntN(2) == 0, crmWins: r.IntN(4) == 0, known: make([]bool, modelPeople),
	}
	for i := range h.known {
		h.known[i] = r.IntN(3) == 0 || i == modelAdmin
		h.had = append(h.had, oneOf(r, "", "member", "customer"))
	}
	for range 10 + r.IntN(40) {
		e := randomEvent(r)
		h.events = append(h.events, e)
		if e.what == "crm tag" { // tags are what most webhooks are set up for
			tells := event{what: "webhook", who: e.who, name: oneOf(r, "update", "update_tags"), n: slices.Index(modelTags, e.name)}
			tells.fate = oneOf(r, "now", "now", "now", "late", "lost")
			h.events = append(h.events, tells)
		}
	}
	return h
}

func oneOf[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomEvent(r *rand.Rand) event {
	e := event{who: r.IntN(modelPeople), n: r.IntN(100)}
	switch r.IntN(22) {
	case 20, 21:
		e.what, e.name, e.value = "crm tag", oneOf(r, "VIP", "Gold"), oneOf(r, "on", "off")
	case 0, 1, 2:
		e.what, e.name, e.value = "crm field", oneOf(r, "first_name", "last_name"), oneOf(r, "", "Ann", "Bea", "Cleo", "Dora")
	case 3, 4:
		e.what, e.name, e.value = "crm tag", oneOf(r, modelTags...), oneOf(r, "on", "on", "off")
	case 5:
		e.what = "crm email"
	case 6, 7, 8:
		e.what, e.name, e.value = "wp field", oneOf(r, "first_name", "last_name"), oneOf(r, "", "Xena", "Yves")
	case 9:
		e.what, e.name = "wp role", oneOf(r, "wholesale", "member", "customer")
	case 10:
		e.what = "late"
	case 11:
		e.what, e.name, e.fate = oneOf(r, "site fault", "site fault", "crm fault"), oneOf(r, "before", "after"), oneOf(r, "site.unreachable", "site.server_error", "site.busy")
	case 12:
		e.what, e.name = "crash", oneOf(r, "before", "after")
	case 13:
		e.what = oneOf(r, "pass", "pass", "pass", "restart", "wp delete")
	default:
		e.what, e.name = "webhook", oneOf(r, "add", "add", "update", "update", "update_tags")
		e.value = oneOf(r, "", "", "", "", "customer", "student", "nosuch", "administrator")
		e.thin, e.mail = r.IntN(2) == 0, r.IntN(2) == 0
		e.fate = oneOf(r, "now", "now", "now", "now", "twice", "late", "lost")
	}
	return e
}

// action is the webhook's.
func (e event) action() core.Action { return core.Action(e.name) }

// pause is how long a "pass" takes.
func (e event) pause() time.Duration {
	return []time.Duration{time.Second, time.Minute, 20 * time.Minute, 3 * time.Hour, 20 * time.Hour}[e.n%5]
}

// shrunk leaves out of a history that ends wrong what is not needed for that, and says what
// is wrong then.
func (h history) shrunk(t *testing.T, wrong string) (history, string) {
	for size := max(1, len(h.events)/2); size > 0; size /= 2 {
		for at := 0; at < len(h.events); {
			less := h
			less.events = slices.Delete(slices.Clone(h.events), at, min(at+size, len(h.events)))
			if still := less.play(t); still != "" {
				h, wrong = less, still
			} else {
				at += size
			}
		}
	}
	return h, wrong
}

func (h history) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, API %t, a site %s, known %v, had %q, change e-mails %t, CRM wins %t\n", h.crm, h.api, h.site, h.known, h.had, h.changeEmails, h.crmWins)
	for _, e := range h.events {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	return b.String()
}
