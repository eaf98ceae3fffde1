package connections

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
)

// To look at the screen: USHER_PICTURES=/tmp/usher go test -run TestPictures ./ui/connections
func TestPictures(t *testing.T) {
	views := map[string]func(*Screen){
		"list":    func(*Screen) {},
		"empty":   func(s *Screen) { s.Update(core.Overview{}) },
		"address": tab(0),
		"test": func(s *Screen) {
			tab(1)(s)
			s.page.trial.begin()
			settle(s)
		},
		"rules": tab(2),
		"help":  tab(3),
		"more":  tab(4),
		"remove": func(s *Screen) {
			tab(4)(s)
			s.page.more.remove.Ask()
		},
		"role": func(s *Screen) {
			tab(0)(s)
			s.page.address.role.SetText("Author")
		},
		"refused": func(s *Screen) {
			s.backend.(*fake).fail("setup", core.NewProblem("site.unauthorized", errors.New("planted")))
			tab(2)(s)
			s.page.rules.most.SetText("7")
			s.page.rules.store()
			settle(s)
		},
	}
	for name, show := range views {
		for _, size := range sizes() {
			file := "connections-" + name
			if size.Width < 700 {
				file += "-small"
			}
			synctest.Test(t, func(t *testing.T) {
				looktest.Pictures(t, file, size, func(c fyne.Canvas) fyne.CanvasObject {
					backend := newFake()
					backend.test = aTest()
					s := newScreen(newHost(t), backend)
					c.SetContent(s.Content())
					s.Update(full())
					show(s)
					return s.Content()
				})
			})
		}
	}
}

// sizes are those to look at; without anybody looking the smallest is enough.
func sizes() []fyne.Size {
	small := fyne.NewSize(640, 480)
	if os.Getenv(looktest.Folder) == "" {
		return []fyne.Size{small}
	}
	return []fyne.Size{small, fyne.NewSize(1000, 700)}
}

func TestTheScreenStaysAsItIs(t *testing.T) {
	for name, show := range map[string]func(*Screen){"list": func(*Screen) {}, "address": tab(0)} {
		synctest.Test(t, func(t *testing.T) {
			s, h := open(t, newFake(), full())
			show(s)
			s.Content().Refresh() // a text that wraps knows its height only once it has a width
			test.AssertRendersToMarkup(t, name+".xml", h.Window.Canvas())
		})
	}
}

// tab opens a tab of the first connection.
func tab(i int) func(*Screen) {
	return func(s *Screen) {
		s.Show("Shop")
		settle(s)
		s.page.tabs.Choose(i)
	}
}

func aTest() core.TestAnswer {
	stuck := core.NewProblem("site.unauthorized", nil).Trouble("")
	return core.TestAnswer{
		Connection: "Shop",
		Steps: []core.Step{
			{Name: "person", Title: "Somebody to test with", State: core.StepOK, Detail: "The last one Ontraport told of."},
			{Name: "address", Title: "Out to the webhook URL and back", State: core.StepOK, Took: core.Milliseconds(312 * time.Millisecond)},
			{Name: "site", Title: "Looked up on " + home, State: core.StepProblem, Problem: &stuck},
			{Name: "plan", Title: "What would change", State: core.StepSkipped},
		},
		Notes: []string{"Ontraport itself has not called yet."},
	}
}
