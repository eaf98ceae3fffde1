package wizard

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/ui/look"
	"usher/ui/words"
)

// signIn is for CRMs that let a program in on a page of theirs, where the owner signs in.
type signIn struct {
	page    *crmPage
	box     *fyne.Container
	status  *status
	account string
	work    task
}

func newSignIn(p *crmPage) *signIn {
	s := &signIn{page: p, status: newStatus()}
	s.box = container.NewVBox(
		look.Card{Title: words.T("wizard.signin.title", "CRM", p.about.Name), Text: words.T("wizard.signin.text", "CRM", p.about.Name)}.Object(),
		s.status.box,
	)
	s.box.Hide()
	return s
}

func (s *signIn) open() bool { return s.box.Visible() }

func (s *signIn) show(account string) {
	s.account = account
	s.box.Show()
}

func (s *signIn) end() {
	s.work.end()
	s.status.clear()
	s.box.Hide()
}

func (s *signIn) action() action {
	return action{
		label: words.T("wizard.signin.button"), ready: !s.status.work && s.page.hooks.SignIn != nil, do: s.begin,
		skip: words.T("wizard.signin.skip.button"),
	}
}

// begin opens the CRM's page and waits for the browser to come back.
func (s *signIn) begin() {
	p := s.page
	s.status.busy(words.T("wizard.signin.line", "CRM", p.about.Name))
	s.work.begin(p.stage, func(ctx context.Context) error { return p.hooks.SignIn(ctx, s.account) }, func(err error) {
		if err != nil {
			s.status.wrong(err, nil)
			p.refresh()
			return
		}
		s.end()
		p.goOn()
	})
}
