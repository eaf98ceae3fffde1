package wizard

import (
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"usher/core"
)

func TestKeyPagesLookAsTheyDid(t *testing.T) {
	sit(t, nil, func(p *person) {
		test.AssertRendersToMarkup(t, "start.xml", p.window.Canvas())
		p.click("Kartra")
		p.steps = troubledSteps()
		p.paste("Address of the site", "yoga.test")
		p.wait(typingPause)
		test.AssertRendersToMarkup(t, "site-problem.xml", p.window.Canvas())
	})
	at(t, stepWait, nil, func(p *person) {
		p.fake.misses = []core.Miss{{At: time.Now(), Reason: "wrong_key"}}
		p.news()
		test.AssertRendersToMarkup(t, "wait.xml", p.window.Canvas())
	})
}
