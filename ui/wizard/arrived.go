package wizard

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
	"usher/ui/words"
)

// successCard tells what a message that went through did.
func successCard(line core.Line, fields []core.FieldChange) fyne.CanvasObject {
	said := []string{words.T("wizard.arrived.text", "Who", whom(line), "When", words.When(line.Received, time.Now()))}
	for _, f := range fields {
		said = append(said, words.T("wizard.arrived.field.line", "Field", f.Field, "New", f.New))
	}
	said = append(said, line.Notes...)
	return look.Card{
		Tone: look.Done, Title: words.T("wizard.arrived.title", "Outcome", words.Outcome(line.Outcome)),
		Text: strings.Join(said, "\n"),
	}.Object()
}

// whom a message is about, as far as it says.
func whom(line core.Line) string {
	if who := strings.TrimPrefix(line.Contact, core.EmailKey); who != "" {
		return who
	}
	return words.T("wizard.arrived.nobody")
}

// nearCard says why a message that arrived is not the one that was waited for.
func nearCard(line core.Line, crm string) fyne.CanvasObject {
	card := look.Card{Tone: look.NeedsYou, Count: words.When(line.Received, time.Now())}
	switch {
	case line.Problem != nil:
		card.Title, card.Text = line.Problem.Title, stage.Advice(*line.Problem)
	case line.State == core.Queued:
		card.Tone, card.Title, card.Text = look.Waiting, words.T("wizard.near.queued.title"), words.T("wizard.near.queued.text")
	case line.Outcome == core.Protected:
		card.Title, card.Text = words.T("wizard.near.admin.title"), words.T("wizard.near.admin.text")
	case line.Outcome == core.NoUser:
		card.Title, card.Text = words.T("wizard.near.no_user.title"), words.T("wizard.near.no_user.text")
	default:
		card.Title, card.Text = words.T("wizard.near.nothing.title"), words.T("wizard.near.nothing.text", "CRM", crm)
		if len(line.Notes) > 0 {
			card.Text = strings.Join(line.Notes, " ") + " " + card.Text
		}
	}
	return card.Object()
}

// showMisses names what was turned away at the door lately.
func (p *waitPage) showMisses(misses []core.Miss) {
	p.misses.RemoveAll()
	shown := map[string]bool{}
	for _, miss := range misses {
		title, text := missText(miss.Reason)
		if title == "" || shown[title] || time.Since(miss.At) > lately || p.works {
			continue
		}
		shown[title] = true
		p.misses.Add(look.Card{Tone: look.NeedsYou, Title: title, Count: words.When(miss.At, time.Now()), Text: text}.Object())
	}
	p.misses.Hidden = len(p.misses.Objects) == 0
	p.misses.Refresh()
}

// missText says why a message was turned away, and what to do. Of what any robot on the internet
// sends nothing is said.
func missText(reason string) (title, text string) {
	switch reason {
	case "wrong_key":
		return words.T("wizard.miss.wrong_key.title"), words.T("wizard.miss.wrong_key.text")
	case "missing_key":
		return words.T("wizard.miss.missing_key.title"), words.T("wizard.miss.missing_key.text")
	case "no_action":
		return words.T("wizard.miss.no_action.title"), words.T("wizard.miss.no_action.text")
	case "method":
		return words.T("wizard.miss.method.title"), words.T("wizard.miss.method.text")
	case "encoded":
		return words.T("wizard.miss.encoded.title"), words.T("wizard.miss.encoded.text")
	case "too_big":
		return words.T("wizard.miss.too_big.title"), words.T("wizard.miss.too_big.text")
	case "cut_off":
		return words.T("wizard.miss.cut_off.title"), words.T("wizard.miss.cut_off.text")
	case "not_stored":
		return words.T("wizard.miss.not_stored.title"), words.T("wizard.miss.not_stored.text")
	}
	return "", ""
}
