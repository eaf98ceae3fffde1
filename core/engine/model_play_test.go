package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usher/core"
	catalogue "usher/core/crm"
	"usher/core/practice"
)

// modelCRM is a practice CRM, with what it calls the fields of the model.
type modelCRM struct {
	practice.CRM
	kind   string
	fields map[string]string // by WordPress's names
}

func newModelCRM(kind string) modelCRM {
	plain := map[string]string{"first_name": "first_name", "last_name": "last_name"}
	switch kind {
	case "ontraport":
		return modelCRM{practice.NewOntraport(practice.OntraportConfig{RequestsPerMinute: -1}), kind, map[string]string{"first_name": "firstname", "last_name": "lastname"}}
	case "ortto":
		return modelCRM{practice.NewOrtto(practice.OrttoConfig{}), kind, map[string]string{"first_name": "str::first", "last_name": "str::last"}}
	case "pulse":
		return modelCRM{practice.NewPulse(practice.PulseConfig{}), kind, plain}
	default:
		return modelCRM{practice.NewKartra(practice.KartraConfig{CallsPerSecond: -1}), kind, plain}
	}
}

// webhook is what the CRM sends about a person, and what that reveals without an API. For
// Kartra a tag makes it the event of that tag.
func (c modelCRM) webhook(id string, thin bool, tag string) (*http.Request, told, error) {
	person, _ := c.Person(id)
	m := told{email: person.Email, fields: map[string]string{}}
	for name, key := range c.fields {
		m.fields[name] = person.Fields[key]
	}
	has := slices.Contains(person.Tags, tag)
	last := ""
	if n := len(person.Tags); n > 0 {
		last = person.Tags[n-1]
	}
	switch kartra, is := c.CRM.(*practice.Kartra); {
	case is:
		event := practice.FillForm(id, 12, "Free lesson")
		if !thin {
			m.tag, m.on = tag, has
			if event = practice.UnassignTag(id, 7, tag); has {
				event = practice.AssignTag(id, 7, tag)
			}
		}
		body, err := kartra.Message(event)
		if err != nil {
			return nil, m, err
		}
		req, err := http.NewRequest(http.MethodPost, "http://door.test/", strings.NewReader(string(body)))
		return req, m, err
	case thin && c.kind == "ortto":
		m.fields = nil
	case thin:
		m = told{}
	case c.kind == "ortto" && last != "":
		m.tag, m.on = last, true
	}
	req, err := c.Webhook("http://door.test/?contact_id=%5BContact%20ID%5D", id, thin)
	return req, m, err
}

// sent is a webhook on its way.
type sent struct {
	who      int
	delivery core.Delivery
	told     told
}

// play is a history under way.
type play struct {
	*world
	history history
	crm     modelCRM
	oracle  *oracle
	ids     []string // of the contacts in the CRM
	late    []sent
	all     []sent
	wrong   []string

	// What is to go wrong at the site next. They belong to the site's lock.
	faults  int
	fault   event
	crashIn int
	crash   event
	crashed bool
}

// play plays the history and says what was wrong in the end, if anything.
func (h history) play(t *testing.T) (wrong string) {
	c := newModelCRM(h.crm)
	server := httptest.NewUnstartedServer(c) // outside the bubble: it answers in real time
	server.Config.SetKeepAlivesEnabled(false)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut on purpose
	server.Start()
	defer server.Close()
	synctest.Test(t, func(t *testing.T) {
		p := &play{world: newWorld(t), history: h, crm: c, oracle: newOracle(h)}
		defer p.kill()
		p.begin(server.URL)
		for _, e := range h.events {
			if len(p.wrong) == 0 {
				p.happens(e)
			}
		}
		if len(p.wrong) == 0 {
			p.end()
		}
		wrong = strings.Join(p.wrong, "\n")
	})
	return wrong
}

func (p *play) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// begin sets everything up.
func (p *play) begin(api string) {
	for _, adapter := range catalogue.All() {
		if adapter.Describe().Kind == p.crm.kind {
			p.adapter = adapter
		}
	}
	for _, role := range []string{"member", "gold", "student", "wholesale"} {
		p.site.roles[role] = map[string]bool{"read": true}
	}
	switch p.history.site {
	case "in batches":
		p.site.most = 25
	case "with the helper":
		p.site.install()
	}
	p.site.setFail(func(string) error { return p.troubled("before") })
	p.site.setAfter(func(string) error { return p.troubled("after") })
	p.restart()
	about := map[string]any{"kind": p.crm.kind, "name": "model"}
	if p.history.api {
		about["base_url"], about["fields"] = api, p.crm.Login()
	}
	rules := []core.TagRule{}
	for tag, role := range modelRules {
		rules = append(rules, core.TagRule{Tag: tag, Role: role})
	}
	file, err := json.Marshal(map[string]any{
		"site": map[string]any{"url": "shop.test"}, "crm": about,
		"connection": map[string]any{
			"name": "model", "access_key": "fedcba9876543210", "default_role": modelDefault, "allowed_roles": modelGivable, "tag_rules": rules,
			"change_emails": p.history.changeEmails, "crm_wins": p.history.crmWins,
		},
	})
	if err != nil {
		p.Fatal(err)
	}
	p.setup(string(file))
	for i := range modelPeople {
		p.addPerson(i)
	}
	p.crm.Tag(p.crm.Add(practice.Person{Email: "nobody@example.test"}), modelTags...) // so that these tags exist
}

func (p *play) addPerson(i int) {
	email, person := fmt.Sprintf("c%d@example.test", i), p.oracle.people[i]
	p.ids = append(p.ids, p.crm.Add(practice.Person{Email: email}))
	person.email, person.addresses = email, []string{email}
	if !p.history.known[i] {
		return
	}
	user := core.User{Login: fmt.Sprintf("old%d", i), Email: email, Fields: core.Fields{"first_name": "Old"}, Roles: []string{"subscriber"}}
	if had := p.history.had[i]; had != "" {
		user.Roles = append(user.Roles, had)
	}
	if person.admin {
		user.Roles = []string{modelPowerful}
	}
	person.before = user.Roles
	p.site.add(user)
	for field := range person.fields {
		person.each(field, func(s may) may { s.user, s.site = true, user.Fields[field]; return s })
	}
}

// troubled is what a call to the site comes to. It runs with the site's lock held.
func (p *play) troubled(when string) error {
	switch {
	case p.crashed:
		return fmt.Errorf("killed before")
	case p.crashIn > 0 && p.crash.name == when:
		if p.crashIn--; p.crashIn == 0 {
			p.crashed = true
			_ = p.store.Close() // nothing is kept from here on
			return fmt.Errorf("killed")
		}
	case p.faults > 0 && p.fault.name == when:
		p.faults--
		return core.NewProblem(p.fault.fate, nil).After(20 * time.Second)
	}
	return nil
}

// user is the contact's, by any address the contact ever had.
func (p *play) user(who int) *core.User {
	var found *core.User
	for _, u := range p.site.all() {
		if slices.Contains(p.oracle.people[who].addresses, u.Email) {
			if found != nil {
				p.complain("contact %d has two users, %s and %s", who, found.Email, u.Email)
			}
			found = &u
		}
	}
	return found
}

// happens lets one thing happen, lets Usher do what it can at once, and looks.
func (p *play) happens(e event) {
	person := p.oracle.people[e.who]
	switch e.what {
	case "webhook":
		p.sends(e)
	case "late":
		if len(p.late) > 0 {
			at := e.n % len(p.late)
			s := p.late[at]
			p.late = slices.Delete(p.late, at, at+1)
			p.arrives(s)
		}
	case "crm field":
		p.crm.Change(p.ids[e.who], map[string]string{p.crm.fields[e.name]: e.value})
		person.now[e.name] = e.value
	case "crm tag":
		person.tags = slices.DeleteFunc(slices.Clone(person.tags), func(t string) bool { return t == e.name })
		if e.value == "on" {
			person.tags = append(person.tags, e.name)
		}
		p.crm.Tag(p.ids[e.who], person.tags...)
	case "crm email":
		if p.history.known[e.who] {
			break // whom an old address leads to is another test
		}
		person.email = fmt.Sprintf("c%d.%d@example.test", e.who, len(person.addresses))
		person.addresses = append(person.addresses, person.email)
		key := "email"
		if p.crm.kind == "ortto" {
			key = "str::email"
		}
		p.crm.Change(p.ids[e.who], map[string]string{key: person.email})
	case "pass":
		p.pass(e.pause())
	case "restart":
		p.restart()
	default:
		p.onSite(e, person)
	}
	synctest.Wait()
	p.look()
}

// onSite is what people do on the site, and what goes wrong there.
func (p *play) onSite(e event, person *modelPerson) {
	user := p.user(e.who)
	edit := func(do func(at int)) {
		if user == nil || person.admin {
			return
		}
		p.site.change(func() { do(slices.IndexFunc(p.site.users, func(u core.User) bool { return u.ID == user.ID })) })
	}
	switch e.what {
	case "wp field":
		edit(func(at int) {
			p.site.users[at].Fields[e.name] = e.value
			person.edited(e.name, e.value)
		})
	case "wp role":
		edit(func(at int) {
			if roles := p.site.users[at].Roles; !slices.Contains(roles, e.name) {
				p.site.users[at].Roles = append(slices.Clone(roles), e.name)
				if p.isDone(person) {
					person.byHand = append(person.byHand, e.name)
				} else {
					person.perhaps = append(person.perhaps, e.name)
				}
			}
		})
	case "wp delete":
		edit(func(at int) {
			p.site.users = slices.Delete(p.site.users, at, at+1)
			person.deleted()
		})
	case "site fault":
		p.site.change(func() { p.faults, p.fault = 1+e.n%4, e })
	case "crm fault":
		trouble := []practice.Trouble{
			practice.Crash(), practice.Page(http.StatusTooManyRequests, "Too many", 30*time.Second), practice.HangUp(), practice.HangUpAfter(),
		}[e.n%4]
		p.crm.Fail(practice.Fault{Times: 1 + e.n%3, Trouble: trouble})
	case "crash":
		p.site.change(func() { p.crashIn, p.crash = 1+e.n%5, e })
	}
}

// sends has the CRM send a webhook, to arrive now, twice, later or never.
func (p *play) sends(e event) {
	req, m, err := p.crm.webhook(p.ids[e.who], e.thin, modelTags[e.n%len(modelTags)])
	if err != nil {
		p.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		p.Fatal(err)
	}
	query := req.URL.Query()
	if e.value != "" {
		query.Set("role", e.value)
	}
	if e.mail {
		query.Set("send_notification", "true")
	}
	m.action, m.role = e.action(), e.value
	takesAway := m.tag != "" && !m.on
	m.creates = m.action == core.Add && !takesAway
	s := sent{who: e.who, told: m, delivery: core.Delivery{Connection: p.conn.ID, Action: m.action, Method: req.Method, Query: query, Body: body}}
	p.all = append(p.all, s)
	switch e.fate {
	case "late":
		p.late = append(p.late, s)
	case "twice":
		p.arrives(s)
		p.arrives(s)
	case "now":
		p.arrives(s)
	}
}

// arrives hands a webhook to the door's ledger. What cannot be stored is not answered, so
// it counts as never sent.
func (p *play) arrives(s sent) {
	p.revive()
	s.delivery.Received = time.Now()
	seq, err := p.store.Accept(p.Context(), s.delivery)
	if err != nil {
		p.Fatal(err)
	}
	s.told.seq = seq
	person := p.oracle.people[s.who]
	person.arrived = append(person.arrived, s.told)
}

// revive starts Usher again after a crash.
func (p *play) revive() {
	synctest.Wait()
	crashed := false
	p.site.change(func() { crashed, p.crashed = p.crashed, false })
	if crashed {
		p.restart()
	}
}

// look holds the site against the oracle.
func (p *play) look() {
	p.revive()
	for who, person := range p.oracle.people {
		user := p.user(who)
		if person.admin {
			if user.Fields["first_name"] != "Old" || !slices.Equal(user.Roles, person.before) {
				p.complain("the administrator was changed: %+v", *user)
			}
			continue
		}
		if p.isDone(person) {
			p.oracle.isDone(person)
		} else {
			p.oracle.mayGoOn(person)
		}
		if wrong := person.looked(user); wrong != "" {
			p.complain("contact %d: %s", who, wrong)
		}
		for i, m := range person.arrived {
			switch p.record(m.seq).State {
			case core.Held:
				person.arrived[i].held = true
			case core.Applied, core.Merged:
				person.arrived[i].held = false
			}
		}
		if user != nil && slices.Contains(user.Roles, modelPowerful) {
			p.complain("contact %d became administrator", who)
		}
	}
}

// isDone reports whether all the contact's messages were dealt with, apart from what is a
// question to a person.
func (p *play) isDone(person *modelPerson) bool {
	return !slices.ContainsFunc(person.arrived, func(m told) bool {
		r := p.record(m.seq)
		return r.State == core.Queued || (r.State == core.Held && r.Problem.Code == "contact.no_email")
	})
}

// end drains everything, has each contact read once more, and judges.
func (p *play) end() {
	p.crm.Heal()
	p.site.change(func() { p.faults, p.crashIn = 0, 0 })
	p.drain()
	together := p.history.seed%2 == 0
	for _, s := range p.late {
		p.arrives(s)
		synctest.Wait()
	}
	if together {
		p.site.change(func() { p.faults, p.fault = 1<<30, event{name: "before", fate: "site.unreachable"} })
	} else {
		p.drain()
	}
	for who := range p.ids {
		p.sends(event{what: "webhook", who: who, name: "update", fate: "now", thin: p.history.api, n: slices.Index(modelTags, "Plain")})
	}
	synctest.Wait()
	p.site.change(func() { p.faults = 0 })
	p.drain()
	if p.history.api { // what comes late says nothing new
		for _, s := range p.all {
			if s.told.action == core.Update && s.told.role == "" {
				p.arrives(s)
			}
		}
		p.drain()
	}
	p.judge()
}

// drain gives Usher as long as it needs for everything that waits.
func (p *play) drain() {
	for range 8 {
		p.pass(6 * time.Hour)
		p.look()
		if counts, err := p.store.Counts(); err != nil || counts.Queued == 0 {
			return
		}
	}
	p.complain("work is left after two days: %v", p.queued())
}

func (p *play) queued() (list []string) {
	lines, err := p.engine.Deliveries(p.Context(), 500)
	if err != nil {
		p.Fatal(err)
	}
	for _, line := range lines {
		if line.State == core.Queued {
			list = append(list, fmt.Sprintf("%+v %+v", line, line.Problem))
		}
	}
	return list
}

// judge holds all that is left in the end against the oracle.
func (p *play) judge() {
	var arrived uint64
	for who, person := range p.oracle.people {
		arrived += uint64(len(person.arrived))
		user := p.user(who)
		if user == nil || person.admin {
			continue
		}
		for _, wrong := range []string{p.oracle.wrongRoles(person, *user), person.wrongEmail(*user, p.history.changeEmails)} {
			if wrong != "" {
				p.complain("contact %d: %s", who, wrong)
			}
		}
		if tags := len(person.tags); p.history.api && p.site.helper && (user.Mark == nil || len(user.Mark.Tags) != tags) {
			p.complain("contact %d has %d tags, the site keeps %+v", who, tags, user.Mark)
		}
		for _, m := range person.arrived {
			p.judgeMessage(who, m)
		}
		mails := 0
		for _, login := range p.site.mailed() {
			if login == user.Login {
				mails++
			}
		}
		if mails > 1+person.deletions {
			p.complain("contact %d got %d mails", who, mails)
		}
	}
	p.site.change(func() {
		if p.site.clash {
			p.complain("two writes about one person were under way")
		}
	})
	counts, err := p.store.Counts()
	if err != nil {
		p.Fatal(err)
	}
	if sum := counts.Applied + counts.Merged + counts.Held; counts.Accepted != arrived || sum != arrived {
		p.complain("%d arrived, of which %+v", arrived, counts)
	}
}

// judgeMessage complains about a message that is held for no good reason.
func (p *play) judgeMessage(who int, m told) {
	r := p.record(m.seq)
	if r.State != core.Held && r.State != core.Failed {
		return
	}
	var asked bool
	switch r.Problem.Code {
	case emailChange:
		asked = !p.history.changeEmails
	case rolePowerful:
		asked = p.oracle.people[who].named(modelPowerful)
	case roleAsk: // whether the site has such a role only the helper tells
		asked = p.oracle.people[who].named(modelUnknown) && !p.site.helper
	}
	if !asked {
		p.complain("contact %d: message %d is %s: %v", who, m.seq, r.State, r.Problem)
	}
}
