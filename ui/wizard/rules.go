package wizard

import (
	"context"
	"maps"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// rulesPage says what people get on the site.
type rulesPage struct {
	usual
	role, field, tag *choice
	tags, fields     *pairs
	before           core.Connection // the rules as they are
	status           *status
	work             task
	tagBox, fieldBox *fyne.Container
	moreTags         *look.Button
	moreFields       *look.Button
}

func newRulesPage(s *Screen) page {
	p := &rulesPage{usual: usual{s}, status: newStatus()}
	p.role, p.field, p.tag = newChoice("subscriber", p.refresh), newChoice("", p.refresh), newChoice("", p.refresh)
	p.tags = newPairs(words.T("wizard.rules.tags.left"), words.T("wizard.rules.tags.right"), words.T("wizard.rules.tags.add.button"))
	p.fields = newPairs(words.T("wizard.rules.fields.left"), words.T("wizard.rules.fields.right"), words.T("wizard.rules.fields.add.button"))
	p.tagBox, p.fieldBox = container.NewVBox(p.tags.box), container.NewVBox(p.fields.box)
	p.moreTags = moreButton(words.T("wizard.rules.tags.button"), p.tagBox)
	p.moreFields = moreButton(words.T("wizard.rules.fields.button"), p.fieldBox)
	return p
}

func (*rulesPage) head() (title, text string) {
	return words.T("wizard.rules.title"), words.T("wizard.rules.text")
}

func (p *rulesPage) parts() []fyne.CanvasObject {
	crm := p.crm().Name
	return []fyne.CanvasObject{
		p.status.box,
		look.NewFormRow(words.T("wizard.rules.role"), words.T("wizard.rules.role.help"), p.role.box),
		look.NewFormRow(words.T("wizard.rules.field", "CRM", crm), words.T("wizard.rules.field.help"), p.field.box),
		look.NewFormRow(words.T("wizard.rules.tag"), words.T("wizard.rules.tag.help"), p.tag.box),
		look.Card{Title: words.T("wizard.rules.tags.title"), Text: words.T("wizard.rules.tags.text"), Body: container.NewVBox(look.Actions(p.moreTags), p.tagBox)}.Object(),
		look.Card{Title: words.T("wizard.rules.fields.title"), Text: words.T("wizard.rules.fields.text"), Body: container.NewVBox(look.Actions(p.moreFields), p.fieldBox)}.Object(),
	}
}

func (p *rulesPage) opened() {
	view := p.view()
	if view == nil {
		return
	}
	p.before = view.Rules
	p.role.set(p.before.DefaultRole)
	p.field.set(p.before.ReturnPasswordField)
	p.tag.set(p.before.DoneTag)
	p.tags.set(tagPairs(p.before.TagRules))
	p.fields.set(fieldPairs(p.before.FieldMap))
	if len(p.before.TagRules) > 0 {
		p.moreTags.OnTapped()
	}
	p.ask()
}

func tagPairs(rules []core.TagRule) (list []pair) {
	for _, rule := range rules {
		list = append(list, pair{rule.Tag, rule.Role})
	}
	return list
}

func fieldPairs(fields map[string]string) (list []pair) {
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		list = append(list, pair{field, fields[field]})
	}
	return list
}

// ask asks site and CRM what there is to pick from. Where they do not tell, it is typed.
func (p *rulesPage) ask() {
	p.status.busy(words.T("wizard.rules.asking.line", "CRM", p.crm().Name))
	connection := p.draft.get(saidConnection)
	var choices core.Choices
	p.work.begin(p.stage, func(ctx context.Context) (err error) {
		choices, err = p.backend.Choices(ctx, connection)
		return err
	}, func(err error) {
		p.status.clear()
		if err != nil {
			p.status.wrong(err, p.ask)
		} else {
			p.offer(choices)
		}
		p.refresh()
	})
}

func (p *rulesPage) offer(c core.Choices) {
	roles := roleOptions(c.Roles)
	p.role.offer(roles)
	p.field.offer(fieldOptions(c.Fields, true))
	p.tag.offer(tagOptions(c.Tags))
	p.tags.offer(tagOptions(c.Tags), roles[1:])
	p.fields.offer(fieldOptions(c.Fields, false), nil)
}

func (p *rulesPage) left() {
	p.work.end()
	p.status.clear()
}

func (p *rulesPage) action() action {
	return action{ready: !p.status.work || !p.changed(), do: p.save}
}

// said are the rules on screen that differ from those that are there.
func (p *rulesPage) said() (r rules) {
	if role := p.role.value(); role != p.before.DefaultRole {
		r.DefaultRole = &role
	}
	if field := p.field.value(); field != p.before.ReturnPasswordField {
		r.ReturnPasswordField = &field
	}
	if tag := p.tag.value(); tag != p.before.DoneTag {
		r.DoneTag = &tag
	}
	tagRules := []core.TagRule{}
	for _, row := range p.tags.get() {
		tagRules = append(tagRules, core.TagRule{Tag: row.left, Role: row.right})
	}
	if !slices.Equal(tagRules, p.before.TagRules) {
		r.TagRules = &tagRules
	}
	fields := map[string]string{}
	for _, row := range p.fields.get() {
		fields[row.left] = row.right
	}
	if !maps.Equal(fields, p.before.FieldMap) {
		r.FieldMap = &fields
	}
	return r
}

func (p *rulesPage) changed() bool { return p.said() != rules{} }

func (p *rulesPage) save() {
	if !p.changed() {
		p.goOn()
		return
	}
	setUp := p.setUp(nil, p.said())
	p.status.busy(words.T("wizard.saving.line"))
	var overview core.Overview
	p.work.begin(p.stage, func(ctx context.Context) error {
		if _, err := setUp(ctx); err != nil {
			return err
		}
		var err error
		overview, err = p.backend.Overview(ctx)
		return err
	}, func(err error) {
		p.status.clear()
		if err != nil {
			p.status.wrong(err, nil)
			p.refresh()
			return
		}
		p.overview = overview
		p.goOn()
	})
}
