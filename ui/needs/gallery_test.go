package needs

import (
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
	"usher/ui/stage"
)

// To look at it: USHER_PICTURES=/tmp/usher go test -run TestGallery ./ui/needs
func TestGallery(t *testing.T) {
	for name, needs := range map[string]func(*usher) []core.Need{
		"empty": func(*usher) []core.Need { return nil },
		"waits": func(*usher) []core.Need {
			return []core.Need{site("site.unauthorized", 200), {Problem: core.NewProblem("store.locked", nil).Trouble("Usher"), Count: 2, Waits: true}}
		},
		"question": func(u *usher) []core.Need {
			email := u.hold(2, core.Held, "user.email_change", "user 7", core.FieldChange{Field: "email", Old: "ann@oldmail.test", New: "ann.lee@newmail.test"})
			return []core.Need{email, site("site.timeout", 3)}
		},
		"many": func(u *usher) []core.Need {
			return []core.Need{u.hold(70, core.Failed, "user.refused", ""), site("address.unreachable", 0)}
		},
	} {
		for size, s := range map[string]fyne.Size{"wide": fyne.NewSize(1000, 700), "small": fyne.NewSize(640, 480)} {
			looktest.Pictures(t, "needs-"+name+"-"+size, s, func(fyne.Canvas) (content fyne.CanvasObject) {
				u := &usher{}
				o := overview(needs(u)...)
				synctest.Test(t, func(t *testing.T) {
					on := stage.New(t.Context(), nil)
					defer on.Close()
					screen := New(on, u)
					screen.now = func() time.Time { return noon }
					screen.Update(o)
					settle()
					content = screen.Content()
				})
				return content
			})
		}
	}
}

func TestAQuestionLooksAsDrawn(t *testing.T) {
	u := &usher{}
	need := u.hold(1, core.Held, "role.ask", "author")
	show(t, u, func(t *testing.T, s *Screen, w fyne.Window, _ *[]string) {
		s.Update(overview(need))
		settle()
		test.AssertRendersToMarkup(t, "question.xml", w.Canvas())
	})
}
