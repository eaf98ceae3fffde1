package activity

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
	"usher/ui/stage"
)

// To look at it: USHER_PICTURES=/tmp/usher go test -run TestGallery ./ui/activity
func TestGallery(t *testing.T) {
	email := core.NewProblem("contact.no_email", nil).Trouble("")
	refused := core.NewProblem("user.refused", nil).About("nickname").Trouble("")
	names := []string{"ann.lee@yogamail.test", "4711", "שלום@example.test", "a.very.long.address.that.does.not.fit@" + strings.Repeat("sub.", 20) + "test"}
	u := &usher{n: 40, line: func(id int) core.Line {
		line := core.Line{
			ID: fmt.Sprint(id), Received: noon.Add(-time.Duration(40-id) * 47 * time.Minute), Connection: "kartra → yogawithann.com", CRM: "kartra",
			Action: core.Add, Contact: names[id%4], State: core.Applied, Outcome: core.Created,
		}
		switch id % 7 {
		case 1:
			line.State, line.Outcome, line.Problem = core.Held, "", &email
		case 2:
			line.State, line.Outcome, line.Problem = core.Failed, "", &refused
		case 3:
			line.State, line.Outcome = core.Queued, ""
		case 4:
			line.State, line.Outcome, line.Action = core.Merged, "", core.UpdateTags
		}
		return line
	}}
	u.detail = held("user.refused")
	u.detail.Message = "{\n  \"lead\": {\n    \"email\": \"ann@yoga.test\",\n    \"first_name\": \"Ann\"\n  }\n}"
	u.detail.Steps = append([]core.JournalStep{{
		At: noon.Add(-time.Hour), State: core.Applied, Outcome: core.Created, Notes: []string{"The site has no role “gold”, so the usual role was given instead."},
		Fields: []core.FieldChange{{Field: "first_name", Old: "An", New: "Ann"}, {Field: "email", New: "ann@yoga.test"}, {Field: "user_pass", New: "set"}},
	}}, u.detail.Steps...)
	pictures(t, "list", u, overview(1), func(*Screen) {})
	pictures(t, "detail", u, overview(1), func(s *Screen) { s.Show("4") })
	pictures(t, "nothing", &usher{}, overview(1), func(s *Screen) { s.Show("nobody") })
	pictures(t, "first", &usher{}, core.Overview{}, func(*Screen) {})
}

func pictures(t *testing.T, name string, u *usher, o core.Overview, then func(*Screen)) {
	t.Helper()
	for size, s := range map[string]fyne.Size{"wide": fyne.NewSize(1000, 700), "small": fyne.NewSize(640, 480)} {
		looktest.Pictures(t, "activity-"+name+"-"+size, s, func(fyne.Canvas) (content fyne.CanvasObject) {
			synctest.Test(t, func(t *testing.T) {
				w := test.NewWindow(nil)
				defer w.Close()
				on := stage.New(t.Context(), w)
				defer on.Close()
				screen := New(on, u)
				screen.now = func() time.Time { return noon }
				screen.Update(o)
				settle()
				then(screen)
				settle()
				content = screen.Content()
			})
			return content
		})
	}
}

func TestAMessageLooksAsDrawn(t *testing.T) {
	u := &usher{detail: held("contact.no_email")}
	play(t, u, func(t *testing.T, s *scene) {
		s.update()
		s.Show("4")
		settle()
		test.AssertRendersToMarkup(t, "message.xml", s.window.Canvas())
	})
}
