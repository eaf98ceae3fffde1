package connections

import (
	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// trouble shows what went wrong, with the way out where there is one, and another try.
func (p *page) trouble(report *look.Report, err error, again func()) {
	problem := core.AsProblem(err).Trouble("")
	problem.Fix = stage.Advice(problem)
	buttons := []*look.Button{}
	if fix := p.fix(problem.Code); fix != nil {
		buttons = append(buttons, look.NewMainButton(fix.Label, fix.Do))
	}
	if again != nil {
		buttons = append(buttons, look.NewButton(words.T("connections.again"), again))
	}
	report.Problem(problem, buttons...)
}

// fix goes where a problem can be solved; nil where that is not in Usher.
func (p *page) fix(code string) *stage.Fix {
	return p.screen.stage.Fix(code, stage.Subject{Connection: p.name, Site: p.view.Site})
}

// enterCredentials goes to where the key of the CRM's API is entered, and where a person signs in.
func (p *page) enterCredentials() { p.screen.stage.Go("wizard", p.name+"/crm") }
