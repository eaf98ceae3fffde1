package connections

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// help says how to set the CRM up, in its own words, with the URLs filled in. It needs no internet.
type help struct {
	page    *page
	about   core.Descriptor
	urls    map[core.Action]string
	topic   *look.Select
	body    *fyne.Container
	content fyne.CanvasObject
}

func newHelp(p *page) *help {
	h := &help{page: p, body: container.NewVBox()}
	h.topic = look.NewSelect(nil, func(string) { h.show() })
	h.content = look.Page(look.NewFormRow(words.T("connections.help.topic"), "", h.topic), h.body)
	return h
}

// describe takes in what there is to tell.
func (h *help) describe(about core.Descriptor) {
	h.about = about
	h.topic.Options = nil
	for _, card := range about.Cards {
		h.topic.Options = append(h.topic.Options, card.Title)
	}
	if len(about.Doubts) > 0 {
		h.topic.Options = append(h.topic.Options, words.T("connections.help.doubts"))
	}
	h.topic.SetSelectedIndex(0)
}

// fill takes in the URLs to show.
func (h *help) fill(urls map[core.Action]string) {
	h.urls = urls
	h.show()
}

func (h *help) show() {
	h.body.RemoveAll()
	switch i := h.topic.SelectedIndex(); {
	case i < 0:
	case i < len(h.about.Cards):
		h.card(h.about.Cards[i])
	default:
		h.body.Add(text(words.T("connections.help.doubts.text", "CRM", h.about.Name)))
		h.points(look.NoTone, h.about.Doubts)
	}
	h.body.Refresh()
}

func (h *help) card(card core.Card) {
	for i, step := range card.Steps {
		number := widget.NewLabel(words.T("connections.help.number.line", "N", i+1))
		number.TextStyle.Bold = true
		h.body.Add(container.NewBorder(nil, nil, container.NewVBox(number), nil, h.step(step)))
	}
	h.points(look.NeedsYou, card.Warns)
	h.points(look.Info, card.Notes)
}

// step is a sentence; a URL at its end can be copied.
func (h *help) step(step string) fyne.CanvasObject {
	lead, token := lastWord(step)
	url := h.filled(token)
	if url == token || lead == "" {
		sentence := text(h.filled(step))
		sentence.Selectable = true
		return sentence
	}
	return look.NewCopyRow(lead, url, h.page.screen.stage.Toast)
}

// filled puts the URLs where a card has their names; without URLs it leaves them.
func (h *help) filled(text string) string {
	for action, url := range h.urls {
		text = strings.ReplaceAll(text, "{"+string(action)+"}", url)
	}
	return text
}

func (h *help) points(tone look.Tone, points []string) {
	for _, point := range points {
		sentence := text(h.filled(point))
		if tone == look.NoTone {
			h.body.Add(container.NewBorder(nil, nil, container.NewVBox(widget.NewLabel("•")), nil, sentence))
			continue
		}
		h.body.Add(container.NewBorder(nil, nil, container.NewVBox(container.NewPadded(look.StateIcon(tone))), nil, sentence))
	}
}

func lastWord(text string) (before, last string) {
	at := strings.LastIndexByte(text, ' ')
	return strings.TrimSpace(text[:max(at, 0)]), text[at+1:]
}
