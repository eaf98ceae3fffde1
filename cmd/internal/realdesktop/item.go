package realdesktop

import (
	"context"
	"image"
	"slices"

	"github.com/godbus/dbus/v5"
)

const itemInterface = "org.kde.StatusNotifierItem"

// Item is a program's icon in the tray. All it says is read anew each time.
type Item struct {
	tray *Tray
	item dbus.BusObject
}

// Title is the name that is read to a person.
func (i *Item) Title() (title string) {
	i.tray.tb.Helper()
	i.property("Title", &title)
	return title
}

// ID tells programs apart.
func (i *Item) ID() (id string) {
	i.tray.tb.Helper()
	i.property("Id", &id)
	return id
}

// Status is Passive, Active or NeedsAttention.
func (i *Item) Status() (status string) {
	i.tray.tb.Helper()
	i.property("Status", &status)
	return status
}

// pixmap is a picture as the protocol has it: each pixel is alpha, red, green and blue.
type pixmap struct {
	Width, Height int32
	Pixels        []byte
}

// Tooltip is what shows when the mouse rests on the icon.
func (i *Item) Tooltip() string {
	i.tray.tb.Helper()
	var tip struct {
		Icon              string
		Icons             []pixmap
		Title, Desription string
	}
	i.property("ToolTip", &tip)
	return tip.Title
}

// Icon is the picture; the test fails if there is none.
func (i *Item) Icon() *image.NRGBA {
	i.tray.tb.Helper()
	var maps []pixmap
	i.property("IconPixmap", &maps)
	if len(maps) == 0 || maps[0].Width <= 0 || len(maps[0].Pixels) != int(maps[0].Width)*int(maps[0].Height)*4 {
		i.tray.tb.Fatalf("no picture for the tray in %d pixmaps", len(maps))
	}
	picture := image.NewNRGBA(image.Rect(0, 0, int(maps[0].Width), int(maps[0].Height)))
	for at := 0; at < len(maps[0].Pixels); at += 4 {
		argb := maps[0].Pixels[at : at+4]
		copy(picture.Pix[at:], []byte{argb[1], argb[2], argb[3], argb[0]})
	}
	return picture
}

// WaitIcon waits for another picture than one seen before, and returns it.
func (i *Item) WaitIcon(before *image.NRGBA) (now *image.NRGBA) {
	i.tray.tb.Helper()
	i.tray.d.Wait("another icon in the tray", func() bool {
		now = i.Icon()
		return now.Rect != before.Rect || !slices.Equal(now.Pix, before.Pix)
	})
	return now
}

// Click clicks on the icon with the left button.
func (i *Item) Click() {
	i.tray.tb.Helper()
	i.tray.d.Effort.Clicks++
	i.call(i.item, itemInterface+".Activate", []any{int32(0), int32(0)})
}

func (i *Item) property(name string, value any) {
	i.tray.tb.Helper()
	var v dbus.Variant
	i.call(i.item, "org.freedesktop.DBus.Properties.Get", []any{itemInterface, name}, &v)
	if err := dbus.Store([]any{v.Value()}, value); err != nil {
		i.tray.tb.Fatalf("the icon's %s: %v", name, err)
	}
}

func (i *Item) call(object dbus.BusObject, method string, args []any, results ...any) {
	i.tray.tb.Helper()
	ctx, cancel := context.WithTimeout(i.tray.tb.Context(), patience)
	defer cancel()
	if err := object.CallWithContext(ctx, method, 0, args...).Store(results...); err != nil {
		i.tray.tb.Fatalf("%s: %v", method, err)
	}
}
