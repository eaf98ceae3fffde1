package settings

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// sites lists the sites, each on a card that stays while it is the same site.
type sites struct {
	screen  *Screen
	cards   map[string]*siteCard // by home
	list    *fyne.Container
	empty   fyne.CanvasObject
	report  *look.Report // of a site that is gone
	page    fyne.CanvasObject
	content fyne.CanvasObject
}

func newSites(s *Screen) *sites {
	l := &sites{screen: s, cards: map[string]*siteCard{}, report: look.NewReport(), list: look.Stacked()}
	l.empty = look.EmptyState(look.AppIcon(), words.T("settings.sites.empty.title"), words.T("settings.sites.empty.text"),
		look.NewMainButton(words.T("settings.sites.add"), func() { s.stage.Go("wizard", "") }))
	l.empty.Hide()
	l.page = look.Page(l.report, l.list)
	l.content = container.NewStack(l.page, l.empty)
	return l
}

func (l *sites) update() {
	views := l.screen.overview.Sites
	var homes []string
	for _, view := range views {
		homes = append(homes, view.Home)
		card := l.cards[view.Home]
		if card == nil {
			card = newSiteCard(l, view)
			l.cards[view.Home] = card
			l.list.Add(card.content)
		}
		card.update(view)
	}
	for home, card := range l.cards {
		if !slices.Contains(homes, home) {
			delete(l.cards, home)
			l.list.Remove(card.content)
		}
	}
	l.empty.Hide()
	if len(views) == 0 && !l.report.Visible() {
		l.empty.Show()
	}
	l.content.Refresh()
}

// siteCard is one site.
type siteCard struct {
	list *sites
	view core.SiteView

	user, uses *widget.Label
	helper     *widget.Label
	toHelper   *look.Button
	swapped    fyne.CanvasObject
	mail       *look.Select
	saved      *look.Report
	disconnect *look.Question
	inUse      *widget.Label
	ending     *look.Report
	filling    bool
	content    fyne.CanvasObject
}

func newSiteCard(l *sites, view core.SiteView) *siteCard {
	c := &siteCard{list: l, view: view, user: text(""), uses: text(""), helper: text(""), inUse: text(""), saved: look.NewReport(), ending: look.NewReport()}
	c.mail = look.NewSelect(mailNames(), func(string) { c.choose() })
	c.toHelper = look.NewButton(words.T("settings.sites.helper"), func() { c.wizard("helper") })
	swapped := look.NewStep("")
	swapped.SetStep(core.Step{
		Title: words.T("settings.sites.swapped.title"), State: core.StepProblem, Detail: words.T("settings.sites.swapped.text"),
	}, nil)
	c.swapped = swapped
	c.disconnect = look.NewQuestion(look.Ask{
		Button: words.T("settings.sites.disconnect"),
		Title:  words.T("settings.sites.disconnect.title", "Site", host(view.Home)),
		Points: []string{words.T("settings.sites.disconnect.stops.text"), words.T("settings.sites.disconnect.stays.text")},
		Yes:    words.T("settings.sites.disconnect.yes"), No: words.T("settings.sites.disconnect.no"), Do: c.end,
		Page: func() fyne.CanvasObject { return l.page },
	})
	c.content = look.Card{
		Title: view.Name,
		Body: container.NewVBox(
			look.Lines(c.user, c.uses, c.helper), c.swapped,
			look.NewFormRow(words.T("settings.sites.mail"), words.T("settings.sites.mail.help"), c.mail), c.saved,
			look.Actions(
				look.NewButton(words.T("settings.sites.again"), func() { c.wizard("site") }),
				c.toHelper,
			),
			c.inUse, c.disconnect, c.ending,
		),
	}.Object()
	return c
}

// The choices of welcome mail, in the order they are shown.
var mails = []core.WelcomeMail{core.NoMail, core.ResetMail}

func mailNames() []string {
	return []string{words.T("settings.sites.mail.none"), words.T("settings.sites.mail.reset")}
}

func (c *siteCard) update(view core.SiteView) {
	c.view = view
	c.user.SetText(words.T("settings.sites.user.text", "Site", host(view.Home), "User", view.User))
	c.uses.SetText(words.T("settings.sites.uses.text", "Names", strings.Join(view.Connections, ", ")))
	c.uses.Hidden = len(view.Connections) == 0
	c.showHelper()
	c.inUse.SetText(words.T("settings.sites.in_use.text"))
	c.inUse.Hidden = len(view.Connections) == 0
	c.swapped.Hide()
	if view.Swapped {
		c.swapped.Show()
	}
	if len(view.Connections) == 0 {
		c.disconnect.Show()
		c.mail.Disable() // Setup names a site by a connection
	} else {
		c.disconnect.Close()
		c.disconnect.Hide()
		c.mail.Enable()
	}
	if !c.saved.Visible() {
		c.showMail()
	}
}

func (c *siteCard) showHelper() {
	c.helper.SetText(helperText(c.view.Helper))
	label := words.T("settings.sites.helper.get")
	if c.view.Helper.State == core.HelperActive {
		label = words.T("settings.sites.helper")
	}
	if c.toHelper.Text != label {
		c.toHelper.SetText(label)
	}
}

// helperText says whether the Usher helper is there.
func helperText(h core.Helper) string {
	switch {
	case h.State == core.HelperActive && h.Version != "":
		return words.T("settings.sites.helper.version.text", "Version", words.Plain(h.Version))
	case h.State == core.HelperActive:
		return words.T("settings.sites.helper.active.text")
	case h.State == core.HelperAbsent:
		return words.T("settings.sites.helper.absent.text")
	}
	return words.T("settings.sites.helper.unknown.text")
}

func (c *siteCard) showMail() {
	c.filling = true
	c.mail.SetSelectedIndex(max(0, slices.Index(mails, c.view.WelcomeMail)))
	c.filling = false
}

// wizard opens the wizard's step about the site.
func (c *siteCard) wizard(step string) {
	subject := c.view.Home
	if len(c.view.Connections) > 0 {
		subject = c.view.Connections[0]
	}
	c.list.screen.stage.Go("wizard", subject+"/"+step)
}

// choose saves another way of welcoming.
func (c *siteCard) choose() {
	if c.filling || c.view.WelcomeMail == mails[max(0, c.mail.SelectedIndex())] {
		return
	}
	s, chosen := c.list.screen, mails[c.mail.SelectedIndex()]
	file, err := c.setupFile(chosen)
	s.carryOut(c.saved, words.T("settings.saving.line"), func(ctx context.Context) error {
		if err != nil {
			return err
		}
		_, err := s.backend.Setup(ctx, file)
		return err
	}, func(done bool) {
		if !done {
			return // what was chosen stays beside the problem
		}
		c.view.WelcomeMail = chosen
		s.stage.Toast(words.T("settings.saved.line"))
	})
}

// setupFile changes the welcome mail. It names a connection of the site, as every set-up file does.
func (c *siteCard) setupFile(mail core.WelcomeMail) ([]byte, error) {
	connections := c.list.screen.overview.Connections
	i := slices.IndexFunc(connections, func(v core.ConnectionView) bool { return v.Site == c.view.Home })
	if i < 0 {
		return nil, core.NewProblem("setup.no_connection", nil).About(host(c.view.Home))
	}
	return json.Marshal(map[string]map[string]string{
		"site":       {"url": c.view.Home, "welcome_mail": string(mail)},
		"crm":        {"kind": connections[i].Kind, "name": connections[i].Account},
		"connection": {"name": connections[i].Name},
	})
}

// end disconnects the site; what is left to do by hand is shown after its card is gone.
func (c *siteCard) end() {
	s, home := c.list.screen, c.view.Home
	var answer core.SiteAnswer
	s.carryOut(c.ending, words.T("settings.sites.disconnecting.line"), func(ctx context.Context) (err error) {
		answer, err = s.backend.DisconnectSite(ctx, home)
		return err
	}, func(done bool) {
		if done {
			c.list.report.Done(words.T("settings.sites.disconnected.line", "Site", host(home)), answer.Notes...)
			c.list.empty.Hide()
		}
	})
}
