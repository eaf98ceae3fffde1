package wizard

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// saidField is what a draft holds a credential under that is no secret, before its key.
const saidField = "crm."

// credential is the input for one thing a CRM's API needs.
type credential struct {
	core.Credential
	row    *look.FormRow
	entry  *look.Entry
	choice *look.Select // where only some values are right
}

func newCredential(c core.Credential, changed func(value string), submitted func()) *credential {
	f := &credential{Credential: c}
	var input fyne.CanvasObject
	switch {
	case len(c.Choices) > 0:
		f.choice = look.NewSelect(c.Choices, changed)
		f.choice.Selected = c.Default
		input = f.choice
	case c.Secret:
		f.entry = look.NewSecretEntry("")
	default:
		f.entry = look.NewEntry(c.Default)
	}
	if f.entry != nil {
		f.entry.OnChanged = changed
		f.entry.OnSubmitted = func(string) { submitted() }
		input = f.entry
	}
	f.row = look.NewFormRow(c.Label, c.Where, input)
	return f
}

func (f *credential) value() string {
	if f.choice != nil {
		return f.choice.Selected
	}
	return strings.TrimSpace(f.entry.Text)
}

func (f *credential) set(value string) {
	switch {
	case f.choice == nil:
		f.entry.SetText(value)
	case slices.Contains(f.Choices, value):
		f.choice.SetSelected(value)
	}
}

func (f *credential) focus() fyne.Focusable {
	if f.choice != nil {
		return f.choice
	}
	return f.entry
}

// about reports whether a problem's detail names this credential, by its place in the set-up file
// or as the CRM prints it, and says so in its row.
func (f *credential) about(p *core.Problem) bool {
	place, isPlace := strings.CutPrefix(p.Detail, "crm.fields.")
	switch {
	case isPlace && place == f.Key, strings.HasPrefix(place, f.Key+" (") && strings.HasSuffix(place, " is missing"):
		f.row.SetProblem(words.T("wizard.crm.missing.line", "Label", f.Label))
	case strings.HasPrefix(place, f.Key+" is none of: "):
		f.row.SetProblem(words.T("wizard.crm.choice.line"))
	case p.Detail == f.Label:
		f.row.SetProblem(p.Title + " " + stage.Advice(p.Trouble("")))
	default:
		return false
	}
	return true
}
