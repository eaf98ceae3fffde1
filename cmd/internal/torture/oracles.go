package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"usher/cmd/internal/leaks"
	"usher/core"
	"usher/core/control"
)

// The oracles, in the order in which they are asked. What one finds explains what the next
// would.
const (
	oracleKept     = "every answered message has ended"
	oracleUsers    = "one user for each contact"
	oracleRight    = "the user is as the CRM says"
	oracleMail     = "one welcome mail"
	oraclePassword = "the password in the CRM works"
	oracleLeak     = "no secret shows"
)

var oracles = []string{oracleKept, oracleUsers, oracleRight, oracleMail, oraclePassword, oracleLeak}

// loss is what an oracle found.
type loss struct {
	oracle string
	found  []string
}

func (l *loss) Error() string { return l.oracle + ": not so:\n  " + strings.Join(l.found, "\n  ") }

// scene is what the oracles see of a run that is over.
type scene struct {
	kills  []string
	about  []*person
	lines  []core.Line // newest first
	status core.Status
	view   view
	users  map[string]user // by address
	asked  map[*person]int // whose password in view.LogsIn
}

// judge looks at Usher, the site and the CRMs, and asks the oracles about the run.
func (w *world) judge(ctx context.Context, kills []string, about []*person) error {
	s, err := w.observe(ctx, kills, about)
	if err != nil {
		return err
	}
	for _, o := range []struct {
		name string
		ask  func(*scene) []string
	}{
		{oracleKept, w.kept}, {oracleUsers, w.oneUserEach}, {oracleRight, w.asTheCRMSays}, {oracleMail, w.oneMail}, {oraclePassword, w.passwordsWork},
	} {
		w.checks[o.name]++
		if found := o.ask(s); len(found) > 0 {
			return &loss{o.name, found}
		}
	}
	return nil
}

// newest is how many deliveries there can be at most about the people of one run.
const newest = 100

func (w *world) observe(ctx context.Context, kills []string, about []*person) (*scene, error) {
	s := &scene{kills: kills, about: about, users: map[string]user{}, asked: map[*person]int{}}
	err := w.usherd.ask(ctx, func(c *control.Client) (err error) {
		if s.lines, err = c.Deliveries(ctx, newest); err == nil {
			s.status, err = c.Status(ctx)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var passwords []login
	for _, p := range about {
		if now, err := p.inCRM(); err == nil && p.account.password != "" && now.Fields[p.account.password] != "" {
			s.asked[p] = len(passwords)
			passwords = append(passwords, login{p.email, now.Fields[p.account.password]})
		}
	}
	s.view, err = w.site.look(ctx, passwords)
	return s, err
}

// kept: what was answered is there and has ended well, and the counts add up.
func (w *world) kept(s *scene) (found []string) {
	there := map[string]core.Line{}
	for _, line := range s.lines {
		there[line.ID] = line
	}
	for _, p := range s.about {
		for _, id := range p.answered {
			line, ok := there[id]
			if !ok || (line.State != core.Applied && line.State != core.Merged) {
				found = append(found, fmt.Sprintf("message %s about %s was answered, and is %q %+v", id, p.email, line.State, line.Problem))
			}
		}
		w.sent += len(p.answered)
		p.answered = nil
	}
	if c := s.status; c.Queued != 0 || c.Applied+c.Merged+c.Held+c.Failed != c.Accepted {
		found = append(found, fmt.Sprintf("the counts do not add up: %+v", c))
	}
	return found
}

// oneUserEach: who was answered about has one user, nobody has two, and there is nobody else.
func (w *world) oneUserEach(s *scene) (found []string) {
	known := map[string]*person{}
	for _, p := range w.people {
		known[p.email] = p
	}
	for _, u := range s.view.Users {
		if _, twin := s.users[u.Email]; twin || known[u.Email] == nil {
			found = append(found, "there is one user too many: "+u.Email)
		}
		s.users[u.Email] = u
	}
	for _, p := range w.people {
		was := p.has
		if _, p.has = s.users[p.email]; !p.has && (was || p.adds) {
			found = append(found, "there is no user for "+p.email)
		}
	}
	return found
}

// asTheCRMSays: name and roles are those of the last message that was answered, or newer.
func (w *world) asTheCRMSays(s *scene) (found []string) {
	for _, p := range s.about {
		u, ok := s.users[p.email]
		if !ok {
			continue
		}
		if !slices.Contains(p.names, u.First) {
			found = append(found, fmt.Sprintf("%s is called %q, and was to be %q", p.email, u.First, p.names))
		}
		if !slices.Contains(p.vip, slices.Contains(u.Roles, tagRole)) || !slices.Contains(u.Roles, "subscriber") {
			found = append(found, fmt.Sprintf("%s has roles %q, tagged: %v", p.email, u.Roles, p.vip))
		}
	}
	return found
}

// oneMail: who was to be welcomed was, once, and the journal knows. Where Usher was killed
// between a mail being begun and noted, one person may have got none, or one of which
// the journal says that it does not know.
func (w *world) oneMail(s *scene) (found []string) {
	excuses := s.excuses()
	for _, p := range s.about {
		s.hear(p)
		mails := s.view.Mails[p.email]
		switch {
		case !p.has || !p.welcome:
			if mails != 0 {
				found = append(found, fmt.Sprintf("%s got %d mails unasked", p.email, mails))
			}
		case mails == 1 && p.said == "mail.sent":
		case mails <= 1 && p.said == "mail.unknown" && (p.unsure || excuses > 0):
			if !p.unsure {
				excuses--
			}
			p.unsure = true
		default:
			found = append(found, fmt.Sprintf("%s got %d mails, and the journal says %q", p.email, mails, p.said))
		}
	}
	return found
}

// excuses is how many people may not know whether they were mailed: one for each kill that
// can have come in between.
func (s *scene) excuses() (n int) {
	for _, kill := range s.kills {
		between := slices.ContainsFunc(steps, func(s step) bool { return s.name == kill && s.sending })
		if kill == atRandom || between {
			n++
		}
	}
	return n
}

// hear takes in what the journal says about a person's mail.
func (s *scene) hear(p *person) {
	for _, line := range s.lines {
		if line.Contact != p.id || line.CRM != p.account.kind {
			continue
		}
		for _, code := range []string{"mail.sent", "mail.unknown", "mail.failed"} {
			if slices.Contains(line.Notes, core.NewNote(code, "").Text()) {
				p.said = code
			}
		}
	}
}

// passwordsWork: the CRM has a password for every user Usher made, which logs in, and the tag
// that says so.
func (w *world) passwordsWork(s *scene) (found []string) {
	for _, p := range s.about {
		if !p.has || p.account.password == "" {
			continue
		}
		at, told := s.asked[p]
		now, err := p.inCRM()
		switch {
		case err != nil:
			found = append(found, err.Error())
		case !told:
			found = append(found, p.account.kind+" has no password for "+p.email)
		case !s.view.LogsIn[at]:
			found = append(found, "the password "+p.account.kind+" has for "+p.email+" does not log in")
		case !slices.Contains(now.Tags, doneTag):
			found = append(found, p.email+" has no done tag")
		}
	}
	return found
}

// lookForLeaks looks for every secret in the data folder, the log, and what is told.
func (w *world) lookForLeaks(ctx context.Context) error {
	w.checks[oracleLeak]++
	finder := leaks.New(w.allPasswords())
	log, err := os.ReadFile(w.usherd.log())
	if err != nil {
		return err
	}
	var lines []core.Line
	err = w.usherd.ask(ctx, func(c *control.Client) error {
		lines, err = c.Deliveries(ctx, newest)
		return err
	})
	if err != nil {
		return err
	}
	told, err := json.Marshal(lines)
	if err != nil {
		return err
	}
	if !strings.Contains(string(log), "webhook accepted") || len(lines) == 0 {
		return errors.New("nothing was logged or told, so nothing is shown")
	}
	found, err := finder.InFolder(w.usherd.data())
	if err != nil {
		return err
	}
	for _, text := range [][]byte{log, told} {
		found = append(found, finder.In(text)...)
	}
	if len(found) > 0 {
		return &loss{oracleLeak, append(found, "in "+filepath.Dir(w.usherd.data()))}
	}
	return nil
}
