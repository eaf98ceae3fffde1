package connections

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// rules is the form of a connection's rules. Newer rules are shown only while nothing is typed.
type rules struct {
	page  *page
	saved core.Connection // what the form began with
	seen  core.Connection // as last told

	role, password, done  *look.Combo
	most                  *look.Entry
	allowed, tags, fields *table
	emails, pwords, wins  *look.Check
	mostRow               *look.FormRow
	tagsRow, fieldsRow    *look.FormRow
	usual                 *look.Button // the CRM's usual field map
	save, undo            *look.Button
	report                *look.Report
	filling               bool
	content               fyne.CanvasObject
}

// mostNewUsers stands for 0 in rules.
const mostNewUsers = 50

func newRules(p *page) *rules {
	r := &rules{page: p, report: look.NewReport()}
	changed := func(string) { r.changed() }
	flipped := func(bool) { r.changed() }
	r.role = look.NewCombo(words.T("connections.role.usual"))
	r.password = look.NewCombo(words.T("connections.none"))
	r.done = look.NewCombo(words.T("connections.none"))
	r.most = look.NewEntry(strconv.Itoa(mostNewUsers))
	r.role.OnChanged, r.password.OnChanged, r.done.OnChanged, r.most.OnChanged = changed, changed, changed, changed
	r.allowed = newTable(words.T("connections.allowed.add"), r.changed, words.T("connections.a_role"))
	r.tags = newTable(words.T("connections.tags.add"), r.changed, words.T("connections.a_tag"), words.T("connections.a_role"))
	r.fields = newTable(words.T("connections.fields.add"), r.changed, words.T("connections.a_field", "Where", p.view.CRM), words.T("connections.a_field", "Where", "WordPress"))
	r.emails = look.NewCheck(words.T("connections.emails"), flipped)
	r.pwords = look.NewCheck(words.T("connections.passwords"), flipped)
	r.wins = look.NewCheck(words.T("connections.wins", "CRM", p.view.CRM), flipped)
	r.save = look.NewMainButton(words.T("connections.save"), r.store)
	r.undo = look.NewButton(words.T("connections.undo"), func() { r.fill(r.saved) })
	r.usual = look.NewButton(words.T("connections.fields.usual"), nil)
	r.usual.Hide()
	r.content = container.NewBorder(nil, r.foot(), nil, nil, r.form())
	r.seen = p.view.Rules
	r.fill(r.seen)
	return r
}

func (r *rules) form() fyne.CanvasObject {
	crm := r.page.view.CRM
	r.mostRow = look.NewFormRow(words.T("connections.most"), words.T("connections.most.help"), r.most)
	r.tagsRow = look.NewFormRow(words.T("connections.tags"), words.T("connections.tags.help", "CRM", crm), r.tags.content)
	r.fieldsRow = look.NewFormRow(words.T("connections.fields"), words.T("connections.fields.help", "CRM", crm),
		container.NewVBox(r.fields.content, container.NewHBox(r.usual)))
	return look.Page(
		look.Section(words.T("connections.section.new")),
		look.NewFormRow(words.T("connections.role"), words.T("connections.default_role.help"), r.role),
		r.mostRow,
		look.Section(words.T("connections.section.roles")),
		r.tagsRow,
		look.NewFormRow(words.T("connections.allowed"), words.T("connections.allowed.help"), r.allowed.content),
		look.Section(words.T("connections.section.fields")),
		r.fieldsRow,
		look.Section(words.T("connections.section.changes")),
		look.NewFormRow("", words.T("connections.wins.help"), r.wins),
		look.NewFormRow("", words.T("connections.emails.help"), r.emails),
		look.NewFormRow("", words.T("connections.passwords.help"), r.pwords),
		look.Section(words.T("connections.section.password")),
		look.NewFormRow(words.T("connections.return"), words.T("connections.return.help", "CRM", crm), r.password),
		look.NewFormRow(words.T("connections.done"), words.T("connections.done.help", "CRM", crm), r.done),
	)
}

func (r *rules) foot() fyne.CanvasObject {
	buttons := container.NewHBox(layout.NewSpacer(), r.undo, r.save)
	return container.NewVBox(widget.NewSeparator(), look.Column(container.NewVBox(r.report, buttons)))
}

// fill shows rules.
func (r *rules) fill(c core.Connection) {
	r.filling = true
	roles, fields := r.page.choices.Roles, r.page.choices.Fields
	r.saved = c
	r.role.SetText(roleName(roles, c.DefaultRole))
	r.most.SetText("")
	if c.MostNewUsers != 0 {
		r.most.SetText(strconv.Itoa(c.MostNewUsers))
	}
	var allowed, tags, fieldMap [][]string
	for _, slug := range c.AllowedRoles {
		allowed = append(allowed, []string{roleName(roles, slug)})
	}
	for _, rule := range c.TagRules {
		tags = append(tags, []string{rule.Tag, roleName(roles, rule.Role)})
	}
	for _, from := range slices.Sorted(maps.Keys(c.FieldMap)) {
		fieldMap = append(fieldMap, []string{fieldName(fields, from), c.FieldMap[from]})
	}
	r.allowed.set(allowed)
	r.tags.set(tags)
	r.fields.set(fieldMap)
	r.password.SetText(fieldName(fields, c.ReturnPasswordField))
	r.done.SetText(c.DoneTag)
	r.emails.SetChecked(c.ChangeEmails)
	r.pwords.SetChecked(c.ChangePasswords)
	r.wins.SetChecked(c.CRMWins)
	r.filling = false
	r.report.Clear()
	r.changed()
}

// typed are the rules as the form says them. A number that is none is told by wrong.
func (r *rules) typed() core.Connection {
	roles, fields := r.page.choices.Roles, r.page.choices.Fields
	c := core.Connection{
		DefaultRole: slugOf(roles, r.role.Text), DoneTag: strings.TrimSpace(r.done.Text),
		ReturnPasswordField: fieldKey(fields, r.password.Text), FieldMap: map[string]string{},
		AllowedRoles: []string{}, TagRules: []core.TagRule{}, // as JSON, null would leave them as they are
		ChangeEmails: r.emails.Checked, ChangePasswords: r.pwords.Checked, CRMWins: r.wins.Checked,
	}
	c.MostNewUsers, _ = r.mostTyped()
	for _, row := range r.allowed.values() {
		c.AllowedRoles = append(c.AllowedRoles, slugOf(roles, row[0]))
	}
	for _, row := range r.tags.values() {
		c.TagRules = append(c.TagRules, core.TagRule{Tag: row[0], Role: slugOf(roles, row[1])})
	}
	for _, row := range r.fields.values() {
		c.FieldMap[fieldKey(fields, row[0])] = row[1]
	}
	return c
}

func (r *rules) mostTyped() (n int, ok bool) {
	text := strings.TrimSpace(r.most.Text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return -1, false
	}
	return n, true
}

// plain are rules as typed reads them: roles by their slugs.
func (r *rules) plain(c core.Connection) core.Connection {
	roles := r.page.choices.Roles
	c.DefaultRole = slugOf(roles, c.DefaultRole)
	c.AllowedRoles, c.TagRules = slices.Clone(c.AllowedRoles), slices.Clone(c.TagRules)
	for i := range c.AllowedRoles {
		c.AllowedRoles[i] = slugOf(roles, c.AllowedRoles[i])
	}
	for i := range c.TagRules {
		c.TagRules[i].Role = slugOf(roles, c.TagRules[i].Role)
	}
	return c
}

// edits are what is typed and not saved.
func (r *rules) edits() change { return changes(r.plain(r.saved), r.typed()) }

func (r *rules) edited() bool { return r.edits() != change{} }

// changed follows what is typed.
func (r *rules) changed() {
	if r.filling {
		return
	}
	r.mostRow.SetProblem("")
	r.tagsRow.SetProblem("")
	r.fieldsRow.SetProblem("")
	if r.edited() {
		r.save.Enable()
		r.undo.Enable()
	} else {
		r.save.Disable()
		r.undo.Disable()
	}
}

// wrong shows what cannot be saved as it is typed.
func (r *rules) wrong() bool {
	if _, ok := r.mostTyped(); !ok {
		r.mostRow.SetProblem(words.T("connections.most.wrong.line"))
	}
	if r.tags.half() {
		r.tagsRow.SetProblem(words.T("connections.tags.half.line"))
	}
	if r.fields.half() {
		r.fieldsRow.SetProblem(words.T("connections.fields.half.line"))
	} else if name := r.fields.twice(); name != "" {
		r.fieldsRow.SetProblem(words.T("connections.fields.twice.line", "Field", name))
	}
	return r.mostRow.Problem() != "" || r.tagsRow.Problem() != "" || r.fieldsRow.Problem() != ""
}

// store saves what was changed. Where that fails all that was typed stays.
func (r *rules) store() {
	if r.wrong() {
		return
	}
	typed := r.typed()
	r.report.Busy(words.T("connections.saving.line"), nil)
	r.content.Refresh() // the foot is taller now
	r.save.Disable()
	r.page.save(r.edits(), func(err error) {
		if err != nil {
			r.changed()
			r.page.trouble(r.report, err, nil)
			r.content.Refresh()
			return
		}
		r.saved = typed
		r.changed()
		r.report.Clear()
		r.page.screen.stage.Toast(words.T("connections.saved.line"))
	})
}

// update shows newer rules unless something is typed.
func (r *rules) update() {
	now := r.page.view.Rules
	if r.alike(now, r.seen) {
		return
	}
	r.seen = now
	if !r.edited() {
		r.fill(now)
	}
}

func (r *rules) alike(a, b core.Connection) bool { return changes(a, b) == change{} }

// choose takes in what can be picked.
func (r *rules) choose() {
	choices := r.page.choices
	untouched := !r.edited()
	r.role.SetOptions(roleNames(choices.Roles))
	r.allowed.offer(0, roleNames(choices.Roles))
	r.tags.offer(0, tagNames(choices.Tags))
	r.tags.offer(1, roleNames(choices.Roles))
	r.fields.offer(0, fieldNames(choices.Fields, false))
	r.fields.offer(1, choices.UserFields)
	r.password.SetOptions(fieldNames(choices.Fields, true))
	r.done.SetOptions(tagNames(choices.Tags))
	if untouched {
		r.fill(r.saved)
	}
}

// describe takes in the CRM's usual field map.
func (r *rules) describe(about core.Descriptor) {
	r.usual.OnTapped = func() {
		var rows [][]string
		for _, from := range slices.Sorted(maps.Keys(about.FieldMap)) {
			rows = append(rows, []string{fieldName(r.page.choices.Fields, from), about.FieldMap[from]})
		}
		r.fields.set(rows)
		r.changed()
	}
	r.usual.Hidden = len(about.FieldMap) == 0
	r.usual.Refresh()
}
