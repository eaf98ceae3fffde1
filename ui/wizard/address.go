package wizard

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

const (
	ngrokTokens  = "https://dashboard.ngrok.com/get-started/your-authtoken" //nolint:gosec // a page, not a token
	ngrokAccount = "https://dashboard.ngrok.com/signup"
)

// kinds are the kinds of addresses in the order they are offered.
var kinds = []core.AddressKind{core.NgrokAddress, core.FixedAddress, core.LocalAddress}

// addressPage makes Usher reachable and watches how that goes.
type addressPage struct {
	usual
	kind     *look.Select
	forms    map[core.AddressKind]*fyne.Container
	token    *look.Entry
	tokenRow *look.FormRow
	domain   *look.Entry
	public   *look.Entry
	urlRow   *look.FormRow
	now      *look.Step // how it is at the moment
	status   *status
	work     task
	plan     core.AddressPlan // what was asked for last
	waiting  bool             // goes on once that is reached
}

func newAddressPage(s *Screen) page {
	p := &addressPage{
		usual: usual{s}, status: newStatus(), now: look.NewStep(words.T("wizard.address.state")),
		token: look.NewSecretEntry(""), domain: look.NewEntry("name.ngrok-free.dev"), public: look.NewEntry("https://hooks.mysite.com"),
	}
	p.kind = look.NewSelect([]string{words.T("wizard.address.ngrok"), words.T("wizard.address.fixed"), words.T("wizard.address.local")}, func(string) { p.picked() })
	p.tokenRow = look.NewFormRow(words.T("wizard.ngrok.token"), words.T("wizard.ngrok.token.help"), p.token)
	p.urlRow = look.NewFormRow(words.T("wizard.fixed.url"), words.T("wizard.fixed.url.help"), p.public)
	for _, entry := range []*look.Entry{p.token, p.domain, p.public} {
		entry.OnSubmitted = func(string) { p.next() }
	}
	p.token.OnChanged = func(string) { p.edited() }
	p.domain.OnChanged = func(string) { p.edited() }
	p.public.OnChanged = func(text string) { p.draft.set(saidPublic, text); p.edited() }
	p.forms = map[core.AddressKind]*fyne.Container{core.NgrokAddress: p.ngrokForm(), core.FixedAddress: p.fixedForm(), core.LocalAddress: p.localForm()}
	return p
}

func (*addressPage) head() (title, text string) {
	return words.T("wizard.address.title"), words.T("wizard.address.text")
}

func (p *addressPage) parts() []fyne.CanvasObject {
	return []fyne.CanvasObject{
		p.now, p.status.box,
		look.NewFormRow(words.T("wizard.address.kind"), "", p.kind),
		container.NewVBox(p.forms[core.NgrokAddress], p.forms[core.FixedAddress], p.forms[core.LocalAddress]),
	}
}

func (p *addressPage) ngrokForm() *fyne.Container {
	domain := container.NewVBox(look.NewFormRow(words.T("wizard.ngrok.domain"), words.T("wizard.ngrok.domain.help"), p.domain))
	return look.Stacked(
		look.Card{Title: words.T("wizard.ngrok.title"), Text: words.T("wizard.ngrok.text"), Actions: []fyne.CanvasObject{
			look.NewButton(words.T("wizard.ngrok.token.button"), func() { p.stage.Open(ngrokTokens) }),
			look.NewQuietButton(words.T("wizard.ngrok.account.button"), func() { p.stage.Open(ngrokAccount) }),
		}}.Object(),
		p.tokenRow, container.NewVBox(look.Actions(moreButton(words.T("wizard.more.button"), domain)), domain),
	)
}

func (p *addressPage) fixedForm() *fyne.Container { return look.Stacked(p.urlRow) }

func (p *addressPage) localForm() *fyne.Container {
	return look.Stacked(look.Card{Tone: look.Info, Title: words.T("wizard.local.title"), Text: words.T("wizard.local.text")}.Object())
}

func (p *addressPage) first() fyne.Focusable {
	switch p.picks() {
	case core.NgrokAddress:
		return p.token
	case core.FixedAddress:
		return p.public
	}
	return nil
}

func (p *addressPage) opened() {
	kind := core.AddressKind(p.draft.get(saidReach))
	if plan := p.overview.Status.Address.Plan; kind == "" && plan.Chosen {
		kind = plan.Kind
	}
	if public := p.draft.get(saidPublic); public != "" {
		p.public.SetText(public)
	} else if plan := p.overview.Status.Address.Plan; plan.Kind == core.FixedAddress {
		p.public.SetText(plan.URL)
	}
	p.kind.SetSelectedIndex(max(0, slices.Index(kinds, kind)))
	if p.has(core.NgrokAddress) {
		p.token.SetPlaceHolder(words.T("wizard.ngrok.kept"))
	}
}

func (p *addressPage) left() {
	p.work.end()
	p.waiting = false
	p.status.clear()
}

// picks is the kind on screen.
func (p *addressPage) picks() core.AddressKind { return kinds[max(0, p.kind.SelectedIndex())] }

// has reports whether Usher's address is of a kind already.
func (p *addressPage) has(kind core.AddressKind) bool {
	return p.overview.Status.Address.Plan.Kind == kind
}

func (p *addressPage) picked() {
	for kind, form := range p.forms {
		form.Hidden = kind != p.picks()
	}
	if p.draft.get(saidReach) != "" || !p.has(p.picks()) {
		p.draft.set(saidReach, string(p.picks()))
	}
	p.edited()
}

// edited takes back what was said of what was on screen before.
func (p *addressPage) edited() {
	p.waiting = false
	p.work.end()
	p.tokenRow.SetProblem("")
	p.urlRow.SetProblem("")
	p.status.clear()
	p.showState()
	p.refresh()
}

func (p *addressPage) update(core.Overview) {
	p.showState()
	if p.waiting && p.reached() {
		p.waiting = false
		p.goOn()
	}
}

// reached reports whether the address that was asked for is up.
func (p *addressPage) reached() bool {
	at := p.overview.Status.Address
	return at.State == "online" && at.Plan.Kind == p.plan.Kind && at.Plan.URL == p.plan.URL
}

// showState says how the address is at the moment.
func (p *addressPage) showState() {
	at := p.overview.Status.Address
	trouble := p.addressTrouble()
	setVisible(p.now, (p.waiting || p.unchanged()) && p.picks() != core.LocalAddress)
	switch {
	case trouble != nil && at.State != "online":
		p.now.Problem(*trouble, nil)
	case at.State == "online" && (!p.waiting || p.reached()):
		p.now.OK(words.T("wizard.address.online.line", "URL", at.URL))
	default:
		p.now.Checking()
	}
}

// addressTrouble is what is wrong with the address, if anything.
func (p *addressPage) addressTrouble() *core.Trouble {
	for _, trouble := range p.overview.Status.Problems {
		if strings.HasPrefix(trouble.Code, "address.") {
			trouble.Fix = stage.Advice(trouble)
			return &trouble
		}
	}
	return nil
}

// unchanged reports whether what is on screen is what Usher does already.
func (p *addressPage) unchanged() bool {
	plan := p.overview.Status.Address.Plan
	if !plan.Chosen || p.picks() != plan.Kind || p.token.Text != "" {
		return false
	}
	return p.picks() != core.FixedAddress || strings.TrimSpace(p.public.Text) == plan.URL
}

func (p *addressPage) action() action {
	later := words.T("wizard.address.skip.button")
	switch online := p.overview.Status.Address.State == "online"; {
	case p.status.work:
		return action{skip: later}
	case p.waiting:
		return action{skip: later}
	case p.unchanged() && online:
		return action{ready: true}
	case p.picks() == core.NgrokAddress:
		ready := strings.TrimSpace(p.token.Text) != "" || p.has(core.NgrokAddress)
		return action{label: words.T("wizard.address.button"), ready: ready, do: p.change, skip: later}
	case p.picks() == core.FixedAddress:
		return action{label: words.T("wizard.address.button"), ready: strings.TrimSpace(p.public.Text) != "", do: p.change, skip: later}
	}
	return action{ready: true, do: p.change, skip: later}
}

// change asks for the address on screen and goes on once it is up.
func (p *addressPage) change() {
	kind := p.picks()
	change := core.AddressChange{Kind: &kind}
	var token core.Secret
	switch url := strings.TrimSpace(p.public.Text); kind {
	case core.NgrokAddress:
		token = core.NewSecret(strings.TrimSpace(p.token.Text))
		domain := strings.TrimSpace(p.domain.Text)
		if domain != "" || !p.has(core.NgrokAddress) {
			change.URL = &domain
		}
	case core.FixedAddress:
		change.URL = &url
	case core.LocalAddress:
		none := ""
		change.URL = &none
	}
	p.status.busy(words.T("wizard.saving.line"))
	var plan core.AddressPlan
	p.work.begin(p.stage, func(ctx context.Context) (err error) {
		plan, err = p.backend.ChangeAddress(ctx, change, token)
		return err
	}, func(err error) {
		p.status.clear()
		if err != nil {
			p.refused(err)
			return
		}
		p.token.SetText("") // stored
		p.plan, p.waiting = plan, true
		p.draft.set(saidReach, "")
		p.update(p.overview)
		p.refresh()
	})
}

func (p *addressPage) refused(err error) {
	switch problem := core.AsProblem(err); problem.Code {
	case "address.no_token", "address.token_refused":
		p.tokenRow.SetProblem(problemText(err))
	case "address.bad_url":
		p.urlRow.SetProblem(problemText(err))
	default:
		p.status.wrong(err, nil)
	}
	p.refresh()
}
