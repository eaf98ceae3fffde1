package engine

import (
	"context"
	"time"

	"usher/core"
)

// doubts are the links that turned out not to lead to their user any more. One is an
// everyday thing; several at once mean that the site is not the one it was.
type doubts struct {
	gone      map[string]bool // contacts whose user is not there
	strangers map[string]bool // contacts whose user id belongs to another login
	last      time.Time
}

const (
	tooManyGone      = 5 // in a row: people do delete users
	tooManyStrangers = 2 // logins never change
	doubtsLast       = time.Hour
)

// holds takes in a link that led to its user.
func (d *doubts) holds() { d.gone = nil }

func (d *doubts) add(to *map[string]bool, contact string) {
	if time.Since(d.last) > doubtsLast {
		d.gone, d.strangers = nil, nil
	}
	if *to == nil {
		*to = map[string]bool{}
	}
	(*to)[contact], d.last = true, time.Now()
}

func (d *doubts) tooMany() bool {
	return len(d.gone) >= tooManyGone || len(d.strangers) >= tooManyStrangers
}

// identify remembers the identity of a site that tells one, and stops at another's.
func (l *lane) identify(ctx context.Context) error {
	switch told := l.offer.Identity; {
	case told == "", told == l.opened.Identity:
		return nil
	case l.opened.Identity == "":
		l.opened.Identity = told
		return l.engine.store.Identify(ctx, l.siteID, told)
	default:
		return l.distrust(ctx)
	}
}

// distrust stops all writing to the site until a person has looked at it.
func (l *lane) distrust(ctx context.Context) error {
	if err := l.engine.store.Distrust(ctx, l.siteID); err != nil {
		return err
	}
	return core.NewProblem("site.swapped", nil)
}

// confirm takes a site that was set up again for the right one, if that was in question.
func (e *Engine) confirm(ctx context.Context, site core.Site) error {
	if !site.Swapped {
		return nil
	}
	return e.store.TrustAnew(ctx, site.ID)
}
