package wizard

import (
	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// takeover takes a webhook URL over that stands in a CRM already: its secret part goes on working.
type takeover struct {
	screen *Screen
	box    fyne.CanvasObject
	url    *look.Entry
	row    *look.FormRow
	crm    *look.Select
	crmRow *look.FormRow
}

func newTakeover(s *Screen) *takeover {
	t := &takeover{screen: s, url: look.NewSecretEntry("https://mydomain.com/?wpf_action=add&access_key=…")}
	var names []string
	for _, crm := range s.crms {
		names = append(names, crm.Name)
	}
	t.crm = look.NewSelect(names, nil)
	t.row = look.NewFormRow(words.T("wizard.taken.url"), words.T("wizard.taken.url.help"), t.url)
	t.crmRow = look.NewFormRow(words.T("wizard.taken.crm"), "", t.crm)
	t.url.OnSubmitted = func(string) { t.take() }
	t.box = look.Card{
		Title: words.T("wizard.taken.title"), Text: words.T("wizard.taken.text"),
		Body:    look.Stacked(t.row, t.crmRow),
		Actions: []fyne.CanvasObject{look.NewMainButton(words.T("wizard.taken.do.button"), t.take)},
	}.Object()
	t.box.Hide()
	if s.draft.get(saidTaken) != "" {
		t.crm.SetSelected(s.crm().Name)
		t.box.Show()
	}
	return t
}

func (t *takeover) show() {
	t.box.Show()
	t.screen.frame.reveal(t.box)
	if w := t.screen.stage.Window; w != nil {
		look.FocusLater(w.Canvas(), t.url)
	}
}

func (t *takeover) take() {
	used, err := core.ReadUsedURL(t.url.Text)
	t.row.SetProblem("")
	t.crmRow.SetProblem("")
	if err != nil {
		t.row.SetProblem(problemText(err))
		return
	}
	i := t.crm.SelectedIndex()
	if i < 0 {
		t.crmRow.SetProblem(words.T("wizard.taken.crm.line"))
		return
	}
	s := t.screen
	s.forgetCRM()
	d := s.draft
	d.key = used.Key
	d.set(saidKind, s.crms[i].Kind)
	d.set(saidTaken, yes)
	d.set(saidAddress, used.Site)
	d.set(saidSite, "")
	d.set(saidAction, string(used.Action))
	d.set(saidRole, used.Role)
	if used.Mail {
		d.set(saidMail, yes)
	}
	t.url.SetText("")
	s.turnTo(stepSite)
}
