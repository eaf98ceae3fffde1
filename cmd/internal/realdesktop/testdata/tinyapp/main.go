// Command tinyapp has one of everything that the tests of realdesktop look at.
package main

import (
	"bytes"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/url"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"fyne.io/systray"
	"github.com/godbus/dbus/v5"

	"usher/cmd/internal/realdesktop/finder"
)

func main() {
	hidden := flag.Bool("hidden", false, "start in the tray")
	wrongThread := flag.Bool("wrong-thread", false, "use a widget where it must not be used")
	flag.Parse()
	finder.Serve()

	app.SetMetadata(fyne.AppMetadata{ID: "test.tiny", Name: "Tiny"})
	a := app.NewWithID("test.tiny")
	w := a.NewWindow("Tiny")
	w.SetContent(content(a, w))
	w.Resize(fyne.NewSize(500, 400))
	_, err := dbus.SessionBus()
	hasTray := err == nil
	if hasTray {
		setTray(a, w)
		w.SetCloseIntercept(w.Hide)
	}
	if !*hidden || !hasTray {
		w.Show()
	}
	if *wrongThread {
		a.Lifecycle().SetOnStarted(func() { go w.SetTitle("Tiny and wrong") })
	}
	a.Run()
}

func content(a fyne.App, w fyne.Window) fyne.CanvasObject {
	name, greeting := widget.NewEntry(), widget.NewLabel("")
	name.SetPlaceHolder("Your name")
	key := widget.NewPasswordEntry()
	greet := widget.NewButton("Greet", func() { greeting.SetText("Hello " + name.Text) })
	greet.Disable()
	name.OnChanged = func(text string) {
		if text != "" {
			greet.Enable()
		}
	}
	role := widget.NewSelect([]string{"Subscriber", "Editor"}, func(s string) { greeting.SetText("Role " + s) })
	one := widget.NewSelect([]string{"Only"}, func(s string) { greeting.SetText("One " + s) })
	return container.NewVBox(
		container.New(&form{}, widget.NewLabel("Name"), name),
		widget.NewLabel("Key"), key,
		widget.NewLabel("Role"), role, widget.NewLabel("One"), one,
		container.NewHBox(greet,
			widget.NewButton("Copy", func() { a.Clipboard().SetContent(name.Text) }),
			widget.NewButton("Notify", func() { go a.SendNotification(fyne.NewNotification("Tiny news", name.Text)) }),
			widget.NewButton("Ask", func() { dialog.ShowConfirm("Quit", "Stop now?", func(bool) {}, w) }),
			widget.NewButton("Help", func() { _ = a.OpenURL(&url.URL{Scheme: "https", Host: "example.test", Path: "/help"}) }),
			widget.NewButton("Crash", func() { panic(errors.New("on purpose")) }),
		),
		greeting,
	)
}

// form puts a label before an entry.
type form struct{}

func (form) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[0].MinSize().Width+o[1].MinSize().Width, o[1].MinSize().Height)
}

func (form) Layout(o []fyne.CanvasObject, size fyne.Size) {
	label := o[0].MinSize().Width
	o[0].Resize(fyne.NewSize(label, size.Height))
	o[1].Move(fyne.NewPos(label, 0))
	o[1].Resize(fyne.NewSize(size.Width-label, size.Height))
}

func setTray(a fyne.App, w fyne.Window) {
	desk := a.(desktop.App)
	pause := fyne.NewMenuItem("Pause", nil)
	quit := fyne.NewMenuItem("Quit", a.Quit)
	quit.IsQuit = true
	more := fyne.NewMenuItem("More", nil)
	more.ChildMenu = fyne.NewMenu("", fyne.NewMenuItem("Show window", w.Show))
	grey := fyne.NewMenuItem("Grey", nil)
	grey.Disabled = true
	menu := fyne.NewMenu("", pause, more, grey, fyne.NewMenuItemSeparator(), quit)
	pause.Action = func() {
		pause.Checked = !pause.Checked
		desk.SetSystemTrayIcon(icon(pause.Checked))
		menu.Refresh()
		systray.SetTooltip("Tiny is paused")
	}
	systray.SetTitle("Tiny") // before it starts, else its Id is at times made from an empty title
	systray.SetOnTapped(func() { fyne.Do(w.Show) })
	desk.SetSystemTrayIcon(icon(false))
	desk.SetSystemTrayMenu(menu)
}

func icon(paused bool) fyne.Resource {
	colour := color.NRGBA{R: 200, G: 30, B: 10, A: 255}
	if paused {
		colour.A = 128
	}
	picture := image.NewNRGBA(image.Rect(0, 0, 24, 24))
	draw.Draw(picture, picture.Rect, image.NewUniform(colour), image.Point{}, draw.Src)
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		panic(err)
	}
	return fyne.NewStaticResource("icon.png", file.Bytes())
}
