package wizard

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/ui/look"
	"usher/ui/words"
)

// account asks which account at the CRM is meant, where Usher knows one already.
type account struct {
	screen *Screen
	box    *fyne.Container
	list   *look.Select
	entry  *look.Entry
	row    *look.FormRow
	names  []string
}

func newAccount(s *Screen, changed func()) *account {
	a := &account{screen: s, entry: look.NewEntry("")}
	a.list = look.NewSelect(nil, func(string) { a.picked(); changed() })
	a.row = look.NewFormRow(words.T("wizard.account.name"), words.T("wizard.account.name.help"), a.entry)
	a.box = container.NewVBox(look.NewFormRow(words.T("wizard.account"), "", a.list), a.row)
	return a
}

// opened lists the accounts that are there.
func (a *account) opened() {
	a.names = nil
	kind := a.screen.draft.get(saidKind)
	for _, view := range a.screen.overview.Connections {
		if view.Kind == kind && !slices.Contains(a.names, view.Account) {
			a.names = append(a.names, view.Account)
		}
	}
	a.box.Hidden = len(a.names) == 0 || a.screen.draft.get(saidConnection) != ""
	a.list.Options = append(slices.Clone(a.names), words.T("wizard.account.other"))
	if a.list.Selected == "" {
		a.list.SetSelectedIndex(0)
	}
	a.picked()
}

func (a *account) picked() {
	a.row.Hidden = a.list.SelectedIndex() < len(a.names)
	a.box.Refresh()
}

// said is the account's name; empty for the usual one.
func (a *account) said() string {
	switch i := a.list.SelectedIndex(); {
	case a.box.Hidden:
		return a.screen.draft.get(saidAccount)
	case i >= 0 && i < len(a.names):
		return a.names[i]
	}
	return strings.TrimSpace(a.entry.Text)
}

// name is the account's name, which of the usual one is the CRM's kind.
func (a *account) name() string { return cmp.Or(a.said(), a.screen.draft.get(saidKind)) }

// wrong reports, and says, that another account lacks a name of its own.
func (a *account) wrong() bool {
	if a.box.Hidden || a.row.Hidden {
		return false
	}
	name := strings.TrimSpace(a.entry.Text)
	if name != "" && !slices.Contains(a.names, name) {
		a.row.SetProblem("")
		return false
	}
	a.row.SetProblem(words.T("wizard.account.line"))
	return true
}
