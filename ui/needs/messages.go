package needs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// messages are those of a card: all of a few, or the first of many once a person asks for them.
type messages struct {
	card    *card
	open    bool
	ids     []string // that are shown or being loaded
	rows    map[string]*row
	box     *fyne.Container
	loading *stage.Latest
}

func newMessages(c *card) *messages {
	m := &messages{card: c, rows: map[string]*row{}, box: container.NewVBox(), loading: c.screen.stage.NewLatest()}
	m.box.Hide()
	return m
}

// update loads what the card's Need names by now, if it is to be seen.
func (m *messages) update() {
	ids := m.card.need.Messages
	if !m.open && len(ids) > fewMessages {
		ids = nil
	}
	if slices.Equal(ids, m.ids) {
		m.refresh()
		return
	}
	m.ids = slices.Clone(ids)
	m.load()
}

// load asks for the messages and shows them; one that is gone by then is left out.
func (m *messages) load() {
	ids := m.ids
	if len(ids) == 0 {
		m.loading.GiveUp()
		m.show(nil)
		return
	}
	var details []core.Detail
	m.loading.Do(0, func(ctx context.Context) error {
		for _, id := range ids {
			detail, err := m.card.screen.backend.Detail(ctx, id)
			if err != nil && !core.HasCode(err, "command.no_delivery") {
				return err
			}
			if err == nil {
				details = append(details, detail)
			}
		}
		return nil
	}, func(err error) {
		if err != nil {
			m.card.wrong(err)
			return
		}
		m.show(details)
	})
}

func (m *messages) show(details []core.Detail) {
	rows := make(map[string]*row, len(details))
	m.box.Objects = nil
	for _, detail := range details {
		r, there := m.rows[detail.Line.ID]
		if !there {
			r = newRow(m.card, detail.Line.ID)
		}
		r.set(detail)
		rows[detail.Line.ID] = r
		m.box.Objects = append(m.box.Objects, r.whole)
	}
	m.rows = rows
	m.box.Hidden = len(details) == 0
	m.box.Refresh()
	m.card.screen.refresh()
}

// refresh writes the times anew.
func (m *messages) refresh() {
	for _, r := range m.rows {
		r.set(r.detail)
	}
}

// row is one message of a card.
type row struct {
	card       *card
	detail     core.Detail
	who, about *widget.Label
	yes, no    *look.Button
	see        *look.Button
	whole      fyne.CanvasObject
}

func newRow(c *card, id string) *row {
	r := &row{card: c, who: look.Strong(""), about: look.Muted("")}
	r.yes = look.NewButton("", func() { r.try(c.screen.retry()) })
	r.no = look.NewButton(words.T("needs.no"), func() { r.try(c.screen.decline()) })
	r.see = look.NewQuietButton(words.T("needs.see"), func() { c.screen.stage.Go("activity", id) })
	buttons := container.NewVBox(look.Actions(r.yes, r.no, r.see))
	r.whole = container.NewVBox(widget.NewSeparator(),
		container.NewBorder(nil, nil, nil, buttons, look.Lines(r.who, r.about)))
	return r
}

func (r *row) set(detail core.Detail) {
	r.detail = detail
	line := detail.Line
	r.who.SetText(words.Plain(cmp.Or(line.Person, line.Contact)))
	if r.who.Text == "" {
		r.who.SetText(words.T("needs.nobody"))
	}
	parts := []string{words.When(line.Received, r.card.screen.now())}
	if line.Problem != nil && line.Problem.Code != "user.email_change" && line.Problem.Title != r.card.need.Problem.Title {
		parts = append(parts, words.Plain(line.Problem.Title))
	}
	for _, field := range asked(detail).fields {
		parts = append(parts, words.T("needs.change", "Old", words.Plain(field.Old), "New", words.Plain(field.New)))
	}
	r.about.SetText(strings.Join(parts, " · "))
	if r.card.need.Question {
		r.yes.SetText(words.T("needs.yes"))
		r.yes.Importance = widget.HighImportance
	} else {
		r.yes.SetText(words.T("needs.again"))
	}
	r.yes.Hidden = line.Problem == nil || line.Problem.Code != r.card.need.Problem.Code
	r.no.Hidden = r.yes.Hidden || !r.card.need.Declinable
}

// try takes a step with the message: it is the answer to what the row says.
func (r *row) try(by step) {
	if r.detail.Line.Problem == nil {
		return
	}
	r.yes.Disable()
	r.no.Disable()
	seen := asked(r.detail)
	r.card.try(r.detail.Line.ID, &seen, by, func() {
		r.yes.Enable()
		r.no.Enable()
	})
}
