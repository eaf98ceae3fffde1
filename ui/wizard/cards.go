package wizard

import (
	"regexp"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// cards show how to set the CRM up, in its own words, with steps to tick off.
type cards struct {
	screen *Screen
	box    *fyne.Container
	pick   *look.Select
	body   *fyne.Container
	list   []core.Card
	urls   map[core.Action]string
	action core.Action // the one the URL above asks for
	whole  string      // that URL
}

func newCards(s *Screen) *cards {
	c := &cards{screen: s, list: s.crm().Cards, body: look.Stacked()}
	var titles []string
	for _, card := range c.list {
		titles = append(titles, card.Title)
	}
	c.pick = look.NewSelect(titles, func(string) { c.draw() })
	c.box = container.NewVBox(
		look.Section(words.T("wizard.cards.title", "CRM", s.crm().Name)),
		look.NewFormRow(words.T("wizard.cards.pick"), "", c.pick), c.body,
	)
	c.box.Hidden = len(titles) == 0
	return c
}

// fill puts the URLs into the steps.
func (c *cards) fill(urls map[core.Action]string, action core.Action, whole string) {
	if c.whole == whole && c.pick.SelectedIndex() >= 0 {
		return // the ticks and what is selected stay
	}
	c.urls, c.action, c.whole = urls, action, whole
	if c.pick.SelectedIndex() < 0 && len(c.list) > 0 {
		c.pick.SetSelectedIndex(0)
		return
	}
	c.draw()
}

func (c *cards) draw() {
	i := c.pick.SelectedIndex()
	if i < 0 {
		return
	}
	card := c.list[i]
	steps := container.NewVBox()
	for n, step := range card.Steps {
		steps.Add(c.step(card.Title, n, step))
	}
	c.body.RemoveAll()
	c.body.Add(look.Card{Title: card.Title, Body: steps}.Object())
	if len(card.Warns) > 0 {
		c.body.Add(look.Card{Tone: look.NeedsYou, Title: words.T("wizard.cards.warns"), Text: bullets(card.Warns)}.Object())
	}
	if len(card.Notes) > 0 {
		c.body.Add(look.Card{Tone: look.Info, Title: words.T("wizard.cards.notes"), Text: bullets(card.Notes)}.Object())
	}
	c.body.Refresh()
}

// step is one numbered step to tick off. A URL in it gets a line of its own to copy.
func (c *cards) step(card string, n int, text string) fyne.CanvasObject {
	name := "tick." + card + "." + strconv.Itoa(n)
	tick := look.NewCheck("", nil)
	tick.Checked = c.screen.draft.get(name) == yes
	tick.OnChanged = func(on bool) {
		if on {
			c.screen.draft.set(name, yes)
		} else {
			c.screen.draft.set(name, "")
		}
	}
	before, url, after := c.split(text)
	parts := container.NewVBox()
	number := strconv.Itoa(n+1) + ". "
	if url == "" {
		parts.Add(wrapped(number + before))
	} else {
		parts.Add(look.NewCopyRow(number+before, url, c.screen.stage.Toast))
	}
	if after != "" {
		parts.Add(wrapped(after))
	}
	return container.NewBorder(nil, nil, container.NewVBox(tick), nil, parts)
}

func wrapped(text string) *widget.Label {
	label := widget.NewLabel(text)
	label.Wrapping = fyne.TextWrapWord
	return label
}

// place is where a step has a webhook URL, with what is to be added to it.
var place = regexp.MustCompile(`\{(add|update|update_tags)\}(\S*)`)

// split takes a step apart around its URL. One that adds nothing is the URL of the page, where that
// has the same action.
func (c *cards) split(step string) (before, url, after string) {
	at := place.FindStringSubmatchIndex(step)
	if at == nil {
		return step, "", ""
	}
	action, more := core.Action(step[at[2]:at[3]]), step[at[4]:at[5]]
	url = c.urls[action] + more
	if action == c.action && more == "" {
		url = c.whole
	}
	return strings.TrimSpace(step[:at[0]]), url, strings.TrimSpace(step[at[1]:])
}

// bullets are sentences below each other.
func bullets(sentences []string) string { return "• " + strings.Join(sentences, "\n• ") }
