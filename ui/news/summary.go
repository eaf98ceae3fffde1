package news

import (
	"strings"
	"time"

	"usher/core"
	"usher/ui/stage"
	"usher/ui/words"
)

const (
	// mostLooked is how many of the newest messages that are done are looked at. Older ones
	// that are done late are no news.
	mostLooked = 500
	// between is the least time between two notifications that are not about a problem.
	between = time.Minute
	// lasts is how long trouble with the address goes on before it is told: most ends by itself.
	lasts = 2 * time.Minute
)

// Note is a notification.
type Note struct {
	Title, Text     string
	Screen, Subject string // where a click on it leads, as for stage.Stage.Go
}

// summary knows what was told and what is to be told. It is pure: time comes from outside.
type summary struct {
	known   map[string]bool // messages that were done when last looked, by their ids
	begun   bool
	created map[string]core.Line // not told yet, by person
	updated map[string]core.Line
	needed  uint64 // messages that needed the person when last told, or fewer
	needs   uint64 // that do now
	last    time.Time
	trouble map[string]*lasting // by code
}

// lasting is trouble with the address.
type lasting struct {
	core.Trouble
	since time.Time
	told  bool
}

func newSummary() *summary {
	s := &summary{known: map[string]bool{}, trouble: map[string]*lasting{}}
	s.forget()
	return s
}

// done takes the newest messages that are done. All those of the first time are old news.
func (s *summary) done(lines []core.Line) {
	known := make(map[string]bool, len(lines))
	for _, line := range lines {
		known[line.ID] = true
		if s.begun && !s.known[line.ID] && !s.tooOld(line, len(lines)) {
			s.add(line)
		}
	}
	s.known, s.begun = known, true
}

// tooOld says that a message slid into what is looked at only because there are fewer now.
func (s *summary) tooOld(line core.Line, looked int) bool {
	if looked < mostLooked || len(s.known) < mostLooked {
		return false
	}
	seq, _ := core.ParseID(line.ID)
	for id := range s.known {
		if older, _ := core.ParseID(id); older < seq {
			return false
		}
	}
	return true
}

func (s *summary) add(line core.Line) {
	person := line.Connection + "\x00" + line.Contact
	switch line.Outcome {
	case core.Created:
		s.created[person] = line
		delete(s.updated, person)
	case core.Updated:
		if _, isNew := s.created[person]; !isNew {
			s.updated[person] = line
		}
	}
}

// see takes a state.
func (s *summary) see(now time.Time, o core.Overview) {
	s.needs = 0
	for _, need := range o.Needs {
		s.needs += uint64(need.Count) //nolint:gosec // a count of messages
	}
	s.needed = min(s.needed, s.needs)
	lasting := map[string]*lasting{}
	for _, trouble := range o.Status.Problems {
		if strings.HasPrefix(trouble.Code, "address.") {
			lasting[trouble.Code] = s.goesOn(now, trouble)
		}
	}
	s.trouble = lasting
}

func (s *summary) goesOn(now time.Time, trouble core.Trouble) *lasting {
	if l, known := s.trouble[trouble.Code]; known {
		return l
	}
	return &lasting{Trouble: trouble, since: now}
}

// forget drops what is to be told: the person has seen it.
func (s *summary) forget() {
	s.created, s.updated, s.needed = map[string]core.Line{}, map[string]core.Line{}, s.needs
	for _, l := range s.trouble {
		l.told = true
	}
}

// problems are notes about what lasts, each once.
func (s *summary) problems(now time.Time) (notes []Note) {
	for _, l := range s.trouble {
		if !l.told && now.Sub(l.since) >= lasts {
			l.told = true
			notes = append(notes, Note{Title: words.Plain(l.Title), Text: stage.Advice(l.Trouble), Screen: "needs"})
		}
	}
	return notes
}

// next is when there is something to tell; zero where there is nothing.
func (s *summary) next() (at time.Time) {
	if len(s.created)+len(s.updated) > 0 || s.needs > s.needed {
		at = s.last.Add(between)
	}
	for _, l := range s.trouble {
		if due := l.since.Add(lasts); !l.told && (at.IsZero() || due.Before(at)) {
			at = due
		}
	}
	return at
}

// tell sums up what is not told yet, if it is time to; name finds out what a person is called,
// and "" hides it.
func (s *summary) tell(now time.Time, name func(core.Line) string) (note Note, due bool) {
	if now.Before(s.last.Add(between)) {
		return Note{}, false
	}
	parts := s.parts(name)
	if len(parts) == 0 {
		return Note{}, false
	}
	note = Note{Title: parts[0], Text: strings.Join(parts[1:], " · ")}
	note.Screen, note.Subject = s.about()
	s.last, s.needed = now, s.needs
	s.created, s.updated = map[string]core.Line{}, map[string]core.Line{}
	return note, true
}

// about is where there is more to see of what is told: what needs the person before all else,
// and of one person the message itself.
func (s *summary) about() (screen, subject string) {
	switch {
	case s.needs > s.needed:
		return "needs", ""
	case len(s.created)+len(s.updated) == 1:
		for _, people := range []map[string]core.Line{s.created, s.updated} {
			for _, line := range people {
				subject = line.ID
			}
		}
	}
	return "activity", subject
}

// parts are the sentences, the most pressing first.
func (s *summary) parts(name func(core.Line) string) (parts []string) {
	if s.needs > s.needed {
		parts = append(parts, words.N("news.needs_you", int(s.needs))) //nolint:gosec // a count of messages
	}
	if n := len(s.created); n > 0 {
		parts = append(parts, created(n, only(s.created, name)))
	}
	if n := len(s.updated); n > 0 {
		parts = append(parts, updated(n, only(s.updated, name)))
	}
	return parts
}

func created(n int, name string) string {
	if n == 1 && name != "" {
		return words.T("news.created", "Name", name)
	}
	return words.N("news.new_users", n)
}

func updated(n int, name string) string {
	if n == 1 && name != "" {
		return words.T("news.updated", "Name", name)
	}
	return words.N("news.updated_users", n)
}

// only is the name of the one person there is; "" for more.
func only(people map[string]core.Line, name func(core.Line) string) string {
	if len(people) != 1 {
		return ""
	}
	for _, line := range people {
		return name(line)
	}
	return ""
}
