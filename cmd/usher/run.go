package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	usher "usher/cmd/internal/app"
	"usher/core/control"
	"usher/ui/look"
)

// FyneApp.toml says the same.
const (
	appID   = "io.github.usher.Usher"
	appName = "Usher"
)

// version is set when a release is built.
var version = "0.1.0"

// run runs the program to its end and returns its exit code.
func run(args []string, out, errOut io.Writer) int {
	f, err := parse(args, errOut)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case f.version:
		_, _ = fmt.Fprintln(out, appName, version)
		return 0
	case !hasDisplay():
		_, _ = fmt.Fprintln(errOut, "usher: there is no display for a window here; usherd is Usher without one.")
		return 1
	}
	running, shown := first(context.Background(), f)
	if shown {
		return 0
	}
	serveFinder()
	p := newProgram(newApp(), f)
	p.quitOnSignal()
	p.begin(running)
	p.app.Run()
	return p.end()
}

func newApp() fyne.App {
	app.SetMetadata(fyne.AppMetadata{ID: appID, Name: appName, Version: version, Icon: look.AppIcon()})
	a := app.NewWithID(appID)
	a.SetIcon(look.AppIcon())
	a.Settings().SetTheme(look.NewTheme(brightness(a.Preferences())))
	return a
}

// first finds the Usher that runs already. Where it has a window, that is shown, and this
// program has nothing left to do.
func first(ctx context.Context, f flags) (running *control.Client, shown bool) {
	if f.practice {
		return nil, false
	}
	running, err := usher.Running(ctx, f.options())
	if err != nil || running == nil {
		return nil, false // what is wrong shows when the data folder is opened
	}
	if f.hidden {
		return running, true
	}
	shown, err = running.ShowWindow(ctx)
	return running, err == nil && shown
}
