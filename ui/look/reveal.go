package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const (
	roomAbove = 48 // for the label of an input
	roomBelow = 12
	settled   = 4 // times laid out: text that wraps tells its height only after it got its width
)

// Reveal scrolls a [Page] as far as needed to show a part of it, which may have appeared just
// now. Of what is too tall it shows the top.
func Reveal(page, part fyne.CanvasObject) {
	scroll, scrolls := page.(*container.Scroll)
	if !scrolls {
		return
	}
	for range settled {
		scroll.Refresh()
		if scroll.Content.MinSize().Height <= scroll.Content.Size().Height {
			break
		}
	}
	at, there := place(part, scroll.Content)
	if !there {
		driver := fyne.CurrentApp().Driver()
		at = driver.AbsolutePositionForObject(part).Subtract(driver.AbsolutePositionForObject(scroll.Content))
	}
	room := scroll.Size().Height - part.Size().Height - roomBelow
	least, most := at.Y-room, at.Y-min(roomAbove, max(0, room))
	scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(max(scroll.Offset.Y, least), most))))
}

// place is where a part is in what holds it. The toolkit knows that only of what was drawn already.
func place(part, whole fyne.CanvasObject) (fyne.Position, bool) {
	var inside []fyne.CanvasObject
	switch whole := whole.(type) {
	case *fyne.Container:
		inside = whole.Objects
	case *panel:
		inside = []fyne.CanvasObject{whole.content}
	}
	for _, o := range inside {
		if o == part {
			return o.Position(), true
		}
		if at, there := place(part, o); there {
			return o.Position().Add(at), true
		}
	}
	return fyne.Position{}, false
}
