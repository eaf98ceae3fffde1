package engine

import (
	"cmp"
	"context"
	"strings"

	"usher/core"
)

// Revoker is a Site that can give its application password back.
type Revoker interface {
	// MadeForUsher reports whether the password was made on the site's authorise page
	// for Usher, so that nobody else uses it.
	MadeForUsher(ctx context.Context) (bool, error)
	// Revoke ends the password.
	Revoke(ctx context.Context) error
}

// ConnectSite implements control.Backend. A site that is known keeps its connections. Its
// password so far is revoked, if it was made for Usher: no dead keys pile up, and one
// that was made by hand may serve others.
func (e *Engine) ConnectSite(ctx context.Context, address, user string, password core.Secret) (core.SiteAnswer, error) {
	user = strings.TrimSpace(user)
	if user == "" || password.Empty() || len(user) > longestText || len(password.Reveal()) > longestText || strings.ContainsFunc(user, isControl) {
		return core.SiteAnswer{}, core.NewProblem("site.invalid", nil)
	}
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	site, before, err := e.verifySite(ctx, address, user, password)
	if err != nil {
		return core.SiteAnswer{}, err
	}
	old := e.oldPassword(ctx, before)
	if err := e.vault.Set(ctx, passwordName(site.ID), password); err != nil {
		return core.SiteAnswer{}, err
	}
	if err := e.store.SaveSite(ctx, site); err != nil {
		return core.SiteAnswer{}, err
	}
	if err := e.confirm(ctx, site); err != nil {
		return core.SiteAnswer{}, err
	}
	done := siteAnswer(site)
	if !old.Empty() && withoutSpaces(old) != withoutSpaces(password) {
		done.Notes = e.retire(ctx, before, old)
	}
	if err := e.repaired(ctx); err != nil {
		return core.SiteAnswer{}, err
	}
	return done, nil
}

// oldPassword is what a site was known with; empty where that is not to be had.
func (e *Engine) oldPassword(ctx context.Context, site core.Site) core.Secret {
	if site.ID == "" {
		return core.Secret{}
	}
	password, err := e.vault.Get(ctx, passwordName(site.ID))
	if err != nil {
		return core.Secret{} // there is nothing to revoke it with
	}
	return password
}

// withoutSpaces is a password as WordPress compares it.
func withoutSpaces(password core.Secret) string {
	return strings.Join(strings.Fields(password.Reveal()), "")
}

// retire revokes a password that was replaced, as far as it is Usher's to revoke.
func (e *Engine) retire(ctx context.Context, site core.Site, old core.Secret) (notes []string) {
	client := e.sites.Open(site, old)
	defer client.Close()
	revoker, ok := client.(Revoker)
	if !ok {
		return nil
	}
	ours, err := revoker.MadeForUsher(ctx)
	if err == nil && ours {
		err = revoker.Revoke(ctx)
	}
	switch {
	case core.HasCode(err, "site.unauthorized"):
		return nil // it was dead already, which may be why there is a new one
	case err != nil, !ours:
		return []string{"The application password used so far still works. Revoke it on the site under Users › Profile › Application Passwords if nothing else uses it."}
	}
	return nil
}

// DisconnectSite implements control.Backend. It goes on where the site cannot be reached:
// a note then says what to revoke by hand.
func (e *Engine) DisconnectSite(ctx context.Context, address string) (core.SiteAnswer, error) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	site, ok := e.knownSite(address)
	if !ok {
		return core.SiteAnswer{}, core.NewProblem("site.unknown", nil)
	}
	if using := e.store.Config().ConnectionsOf(site.ID); len(using) > 0 {
		return core.SiteAnswer{}, core.NewProblem("site.in_use", nil).About(strings.Join(using, ", "))
	}
	done := siteAnswer(site)
	if err := e.revoke(ctx, site); err != nil {
		if ctx.Err() != nil || core.AsProblem(err).Scope == core.App {
			return core.SiteAnswer{}, err
		}
		done.Notes = []string{
			"Usher's application password was not revoked: " + core.AsProblem(err).Sentence(),
			"Revoke it on the site under Users › Profile › Application Passwords, logged in as " + site.User + ".",
		}
	}
	if err := e.vault.Delete(ctx, passwordName(site.ID)); err != nil {
		return core.SiteAnswer{}, err
	}
	if err := e.store.RemoveSite(ctx, site.ID); err != nil {
		return core.SiteAnswer{}, err
	}
	e.setTrouble(site.Home, nil)
	if err := e.repaired(ctx); err != nil {
		return core.SiteAnswer{}, err
	}
	return done, nil
}

// RemoveConnection implements control.Backend. Its webhook URLs stop working at once; what
// waits is held, and users stay as they are.
func (e *Engine) RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error) {
	e.settingUp.Lock()
	defer e.settingUp.Unlock()
	conn, ok := e.store.Config().ConnectionNamed(name)
	if !ok {
		return core.RemovalAnswer{}, core.NewProblem("setup.no_connection", nil).About(name)
	}
	site := e.store.Config().Sites[conn.SiteID]
	left, err := e.unregisterForGood(ctx, conn)
	if err != nil {
		return core.RemovalAnswer{}, err
	}
	if err := e.store.RemoveConnection(ctx, conn.ID); err != nil {
		return core.RemovalAnswer{}, err
	}
	if err := e.vault.Delete(ctx, keyName(conn.ID)); err != nil {
		return core.RemovalAnswer{}, err
	}
	if err := e.repaired(ctx); err != nil {
		return core.RemovalAnswer{}, err
	}
	done := core.RemovalAnswer{Connection: conn.Name, Notes: append(left,
		"Take its webhook URLs out of the CRM. The users it made stay on "+site.Home+" as they are.",
	)}
	if len(e.store.Config().ConnectionsOf(site.ID)) == 0 {
		done.UnusedSite = site.Home
		done.Notes = append(done.Notes, "No connection uses "+site.Home+" any more. Usher still has its password there, until you disconnect the site.")
	}
	return done, nil
}

// revoke ends the password of a site on the site. What stands in its way at home, such as
// a locked keyring, is of scope core.App.
func (e *Engine) revoke(ctx context.Context, site core.Site) error {
	password, err := e.vault.Get(ctx, passwordName(site.ID))
	if core.HasCode(err, "keyring.missing") {
		return core.NewProblem("site.unauthorized", err)
	}
	if err != nil {
		return err
	}
	client := e.sites.Open(site, password)
	defer client.Close()
	revoker, ok := client.(Revoker)
	if !ok {
		return core.NewProblem("site.no_app_passwords", nil)
	}
	return revoker.Revoke(ctx)
}

func siteAnswer(site core.Site) core.SiteAnswer {
	return core.SiteAnswer{Site: site.Home, User: site.User, Name: cmp.Or(site.Name, site.Home)}
}
