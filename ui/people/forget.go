package people

import (
	"cmp"
	"context"
	"strings"

	"usher/core"
	"usher/ui/stage"
	"usher/ui/words"
)

// forget forgets a person, then returns to the list if their page is still shown.
func (s *Screen) forget(p *person) {
	who := core.PersonRef{CRM: p.view.CRM, Contact: cmp.Or(p.view.Contact, p.view.Email)}
	p.forget.Hide()
	p.report.Busy(words.T("people.forgetting.line"), nil)
	var done core.ForgetAnswer
	s.stage.Do(func(ctx context.Context) (err error) {
		done, err = s.backend.Forget(ctx, who)
		return err
	}, func(err error) {
		p.report.Clear()
		if err != nil {
			trouble := core.AsProblem(err).Trouble("")
			trouble.Fix = stage.Advice(trouble)
			p.report.Problem(trouble)
			p.forget.Show()
			return
		}
		if s.person == p {
			s.back()
		}
		s.search(0)
		s.stage.Toast(strings.Join(append([]string{words.T("people.forgotten.line")}, done.Notes...), " "))
	})
}
