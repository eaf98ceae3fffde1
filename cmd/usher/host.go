package main

import (
	"context"
	"net/url"
	"os"
	"runtime"
	"strings"

	usher "usher/cmd/internal/app"
	"usher/core"
	"usher/core/authorise"
	"usher/core/control"
	"usher/ui"
	"usher/ui/settings"
	"usher/ui/wizard"
)

// host is the program around a window on a Usher.
func (p *program) host(b control.Backend, o usher.Options) ui.Host {
	facts := p.facts(o)
	offerCopies(&facts, b)
	return ui.Host{
		Open:  p.openPage,
		Prefs: prefs{p.app, p.flags.log},
		Facts: facts,
		Hooks: wizard.Hooks{
			Diagnose:      usher.Diagnose,
			AskPermission: asker{b}.ask,
			HelperActive:  usher.HelperActive,
			SignIn:        func(ctx context.Context, account string) error { return p.signIn(ctx, b, account) },
			Practise:      p.practise,
			Autostart:     atLogin(),
			Memory:        memory{p.app.Preferences()},
		},
	}
}

func (p *program) facts(o usher.Options) settings.Facts {
	folder, err := o.Folder()
	if err != nil {
		folder = o.DataDir
	}
	facts := settings.Facts{Version: version, DataFolder: folder, SetPractice: p.setPractice}
	if !o.Sealed() {
		facts.Keyring = keyringName()
	}
	return facts
}

// keyringName is what people know the system's keyring by.
func keyringName() string {
	switch {
	case runtime.GOOS == "windows":
		return "Windows Credential Manager"
	case runtime.GOOS == "darwin":
		return "Keychain"
	case strings.Contains(os.Getenv("XDG_CURRENT_DESKTOP"), "KDE"):
		return "KDE Wallet"
	}
	return "GNOME Keyring"
}

// openPage opens a page in the browser, or a folder.
func (p *program) openPage(address string) {
	page, err := url.Parse(address)
	if err == nil {
		err = p.app.OpenURL(page)
	}
	if err != nil {
		p.flags.log.Error("page not opened") // the cause quotes it
	}
}

// signIn opens the CRM's page for an account and waits until Usher is let in there.
func (p *program) signIn(ctx context.Context, b control.Backend, account string) error {
	in, err := b.BeginSignIn(ctx, account, "")
	if err != nil {
		return err
	}
	asked, err := authorise.BeginSignIn(ctx, in)
	if err != nil {
		return err
	}
	defer asked.Close()
	p.openPage(in.Page)
	return asked.Wait(ctx, func(ctx context.Context, code core.Secret) error {
		_, err := b.FinishSignIn(ctx, account, in.Redirect, code)
		return err
	})
}

// asker asks the owners of sites to let a Usher in.
type asker struct{ backend control.Backend }

func (a asker) ask(ctx context.Context, address string, paste bool) (wizard.Permission, error) {
	asked, err := usher.AskPermission(ctx, address, paste)
	if err != nil {
		return nil, err
	}
	return permission{asked, a.backend, address}, nil
}

// permission implements wizard.Permission.
type permission struct {
	*usher.Permission
	backend control.Backend
	address string
}

// Page implements wizard.Permission.
func (p permission) Page() string { return p.URL }

// Wait implements wizard.Permission.
func (p permission) Wait(ctx context.Context) (done core.SiteAnswer, err error) {
	err = p.Permission.Wait(ctx, func(ctx context.Context, user string, password core.Secret) (err error) {
		done, err = p.backend.ConnectSite(ctx, p.address, user, password)
		return err
	})
	return done, err
}
