package look

import (
	"fyne.io/fyne/v2"

	"usher/assets"
)

// AppIcon is Usher's icon, for windows.
func AppIcon() fyne.Resource { return file("app/usher.svg") }

// TrayState is what the tray icon tells by its shape.
type TrayState string

// The states of the tray icon.
const (
	TrayOnline    TrayState = "online"    // an open door
	TrayWorking   TrayState = "working"   // an arrow into the door
	TrayPaused    TrayState = "paused"    // a closed door with the bars of a pause
	TrayAttention TrayState = "attention" // an open door and an exclamation mark
)

// TrayIcon is the tray's icon for a panel that is dark or not. It is a PNG, because trays on
// Linux show nothing for a drawing.
func TrayIcon(state TrayState, darkPanel bool) fyne.Resource {
	if darkPanel {
		return file("tray/" + string(state) + "-light.png")
	}
	return file("tray/" + string(state) + "-dark.png")
}

func file(name string) fyne.Resource { return fyne.NewStaticResource(name, assets.Icon(name)) }
