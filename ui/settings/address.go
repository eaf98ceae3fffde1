package settings

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// tokenPage is where ngrok shows an account's authtoken.
const tokenPage = "https://dashboard.ngrok.com/get-started/your-authtoken" //nolint:gosec // a page, not a token

// address is how CRMs reach Usher: how it stands, and how it is set up.
type address struct {
	screen *Screen
	seen   core.AddressPlan // what the form was filled with

	state    *look.LiveChip
	url      *look.CopyRow
	problems *fyne.Container
	told     []core.Trouble // what problems shows
	month    *look.Progress
	pings    *widget.Label
	check    *look.Report

	kind             *look.Select
	token            *look.Entry
	domain, fixed    *look.Entry
	listen, limit    *look.Entry
	limitRow         *look.FormRow
	ofNgrok, ofFixed *fyne.Container
	save, undo       *look.Button
	report           *look.Report
	filling, filled  bool
	content          fyne.CanvasObject
}

func newAddress(s *Screen) *address {
	a := &address{screen: s, check: look.NewReport(), report: look.NewReport()}
	standing := a.standing()
	a.content = look.Page(a.problems, standing, a.form())
	return a
}

// standing says how the address is.
func (a *address) standing() fyne.CanvasObject {
	a.state = look.NewLiveChip()
	a.url = look.NewCopyRow(words.T("settings.address.url"), "", a.screen.stage.Toast)
	a.problems = look.Stacked()
	a.problems.Hide()
	a.month = look.NewProgress(nil)
	a.pings = text("")
	return look.Card{
		Title:   words.T("settings.address.title"),
		Body:    container.NewVBox(look.Actions(a.state), a.url, a.month, a.pings, a.check),
		Actions: []fyne.CanvasObject{look.NewButton(words.T("settings.address.check"), a.tryAgain)},
	}.Object()
}

func (a *address) form() fyne.CanvasObject {
	changed := func(string) { a.changed() }
	a.kind = look.NewSelect(kindNames(), changed)
	a.token = look.NewSecretEntry(words.T("settings.address.token.kept"))
	a.domain = look.NewEntry(words.T("settings.address.domain.own"))
	a.fixed = look.NewEntry("https://hooks.yogawithann.com")
	a.listen = look.NewEntry("127.0.0.1:8737")
	a.limit = look.NewEntry(words.T("settings.address.limit.none"))
	for _, entry := range []*look.Entry{a.token, a.domain, a.fixed, a.listen, a.limit} {
		entry.OnChanged = changed
		entry.OnSubmitted = func(string) { a.store() }
	}
	a.limitRow = look.NewFormRow(words.T("settings.address.limit"), words.T("settings.address.limit.help"), a.limit)
	getToken := look.NewQuietButton(words.T("settings.address.token.get"), func() { a.screen.stage.Open(tokenPage) })
	a.ofNgrok = look.Stacked(
		look.NewFormRow(words.T("settings.address.token"), words.T("settings.address.token.help"), container.NewBorder(nil, nil, nil, getToken, a.token)),
		look.NewFormRow(words.T("settings.address.domain"), words.T("settings.address.domain.help"), a.domain),
		a.limitRow,
	)
	a.ofFixed = look.Stacked(look.NewFormRow(words.T("settings.address.fixed"), words.T("settings.address.fixed.help"), a.fixed))
	a.save = look.NewMainButton(words.T("settings.save"), a.store)
	a.undo = look.NewButton(words.T("settings.undo"), func() { a.fill(a.seen) })
	return look.Stacked(
		look.Section(words.T("settings.address.change")),
		look.NewFormRow(words.T("settings.address.kind"), words.T("settings.address.kind.help"), a.kind),
		a.ofNgrok, a.ofFixed,
		look.NewFormRow(words.T("settings.address.listen"), words.T("settings.address.listen.help"), a.listen),
		a.report, look.Actions(a.save, a.undo),
	)
}

// The kinds, in the order they are shown.
var kinds = []core.AddressKind{core.NgrokAddress, core.FixedAddress, core.LocalAddress}

func kindNames() []string {
	return []string{words.T("settings.address.ngrok"), words.T("settings.address.own"), words.T("settings.address.local")}
}

func (a *address) update() {
	now := a.screen.overview.Status.Address
	a.state.Set(tone(now.State), words.Address(now.State))
	a.url.SetValue(now.URL)
	a.url.Hidden = now.URL == ""
	a.showMonth(now.Month)
	a.showProblems()
	plan := now.Plan
	plan.Kind = cmp.Or(plan.Kind, core.LocalAddress)
	if !a.filled || (plan != a.seen && !a.edited()) {
		a.fill(plan)
	}
}

func tone(state string) look.Tone {
	switch state {
	case "online":
		return look.Done
	case "connecting", "reconnecting":
		return look.Checking
	case "failed":
		return look.NeedsYou
	}
	return look.Paused
}

func (a *address) showMonth(m *core.Meter) {
	a.month.Hidden, a.pings.Hidden = m == nil, m == nil
	if m == nil {
		return
	}
	a.pings.SetText(words.T("settings.address.pings.text", "Pings", int(m.Pings))) //nolint:gosec // a count of requests
	requests, limit := int(m.Requests), int(m.Limit)                               //nolint:gosec // counts of requests
	if m.Limit == 0 {
		a.month.Set(words.N("settings.address.month.line", requests), -1)
		return
	}
	a.month.Set(words.T("settings.address.month_of.line", "N", requests, "Limit", limit), float64(requests)/float64(limit))
}

// showProblems shows what is wrong with the address, built anew only where it differs.
func (a *address) showProblems() {
	var troubles []core.Trouble
	for _, trouble := range a.screen.overview.Status.Problems {
		if strings.HasPrefix(trouble.Code, "address.") {
			troubles = append(troubles, trouble)
		}
	}
	if slices.Equal(troubles, a.told) {
		return
	}
	a.told = troubles
	a.problems.RemoveAll()
	for _, trouble := range troubles {
		card := look.Card{Tone: look.NeedsYou, Title: trouble.Title, Text: stage.Advice(trouble)}
		if fix := a.fix(trouble.Code); fix != nil {
			card.Actions = []fyne.CanvasObject{fix}
		}
		a.problems.Add(card.Object())
	}
	a.problems.Hidden = len(troubles) == 0
	a.problems.Refresh()
}

// fix is the button that solves a problem of the address; nil where it is not solved here.
func (a *address) fix(code string) fyne.CanvasObject {
	first := a.listen
	switch code {
	case "address.no_token", "address.token_refused":
		first = a.token
	case "address.domain_not_yours", "address.in_use":
		first = a.domain
	case "address.bad_url":
		first = a.fixed
	case "address.month_used_up", "address.fast":
		first = a.limit
	case "address.port_taken", "address.port_refused", "address.bad_listen":
	case "address.moved":
		return look.NewButton(words.T("settings.address.to_urls"), func() { a.screen.stage.Go("connections", "") })
	default:
		return nil
	}
	return look.NewButton(words.T("fix.button"), func() {
		look.Reveal(a.content, first)
		look.FocusLater(a.screen.stage.Window.Canvas(), first)
	})
}

// tryAgain tries the address once more.
func (a *address) tryAgain() {
	a.screen.carryOut(a.check, words.T("settings.address.checking.line"), func(ctx context.Context) error {
		_, err := a.screen.backend.ChangeAddress(ctx, core.AddressChange{}, core.Secret{})
		return err
	}, func(done bool) {
		if done {
			a.screen.stage.Toast(words.T("settings.address.checked.line"))
		}
	})
}

// fill shows a plan.
func (a *address) fill(plan core.AddressPlan) {
	a.filling = true
	plan.Kind = cmp.Or(plan.Kind, core.LocalAddress)
	a.seen, a.filled = plan, true
	a.kind.SetSelectedIndex(max(0, slices.Index(kinds, plan.Kind)))
	a.token.SetText("")
	a.domain.SetText("")
	a.fixed.SetText("")
	if plan.Kind == core.FixedAddress {
		a.fixed.SetText(plan.URL)
	} else {
		a.domain.SetText(plan.URL)
	}
	a.listen.SetText(plan.Listen)
	a.limit.SetText("")
	if plan.MonthlyLimit != 0 {
		a.limit.SetText(strconv.FormatUint(plan.MonthlyLimit, 10))
	}
	a.filling = false
	a.report.Clear()
	a.changed()
}

func (a *address) chosen() core.AddressKind { return kinds[max(0, a.kind.SelectedIndex())] }

// edits are what is typed and not saved. ok is false where the limit is no number.
func (a *address) edits() (change core.AddressChange, ok bool) {
	kind, url := a.chosen(), ""
	limit, ok := a.seen.MonthlyLimit, true
	switch kind {
	case core.NgrokAddress:
		url = strings.TrimSpace(a.domain.Text)
		limit, ok = number(a.limit.Text)
	case core.FixedAddress:
		url = strings.TrimSpace(a.fixed.Text)
	case core.LocalAddress:
	}
	tell(&change.Kind, a.seen.Kind, kind)
	tell(&change.URL, a.seen.URL, url)
	tell(&change.Listen, a.seen.Listen, strings.TrimSpace(a.listen.Text))
	tell(&change.MonthlyLimit, a.seen.MonthlyLimit, limit)
	return change, ok
}

func tell[T comparable](into **T, from, to T) {
	if from != to {
		*into = &to
	}
}

func number(text string) (n uint64, ok bool) {
	text = strings.NewReplacer(" ", "", ",", "", "'", "").Replace(text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

func (a *address) edited() bool {
	change, ok := a.edits()
	return !ok || change != core.AddressChange{} || a.token.Text != ""
}

// changed follows what is typed.
func (a *address) changed() {
	if a.filling {
		return
	}
	a.limitRow.SetProblem("")
	a.ofNgrok.Hidden = a.chosen() != core.NgrokAddress
	a.ofFixed.Hidden = a.chosen() != core.FixedAddress
	if a.edited() {
		a.save.Enable()
		a.undo.Enable()
	} else {
		a.save.Disable()
		a.undo.Disable()
	}
	if a.content != nil {
		a.content.Refresh()
	}
}

// store saves what was changed. Where that fails all that was typed stays.
func (a *address) store() {
	change, ok := a.edits()
	if !ok {
		a.limitRow.SetProblem(words.T("settings.address.limit.wrong.line"))
		return
	}
	if a.save.Disabled() {
		return
	}
	token := core.NewSecret(strings.TrimSpace(a.token.Text))
	a.save.Disable()
	var plan core.AddressPlan
	a.screen.carryOut(a.report, words.T("settings.saving.line"), func(ctx context.Context) (err error) {
		plan, err = a.screen.backend.ChangeAddress(ctx, change, token)
		return err
	}, func(done bool) {
		if !done {
			a.changed()
			return
		}
		a.fill(plan)
		a.screen.stage.Toast(words.T("settings.saved.line"))
	})
}
