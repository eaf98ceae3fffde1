package wordpress

import (
	"context"
	"errors"

	"usher/core"
	"usher/core/rest"
)

// There are three ways to write users, and Write takes the best the site offers: the
// helper plugin (byhelper.go), WordPress's own batches (batch.go), and one request for
// each user, which always works.

// job is a write under way.
type job struct {
	core.UserWrite
	order   order // how WordPress's own API is told, for the helper may not be able to
	written *core.Written
}

// Write carries out the writes, in order, and returns what became of each, in order.
// Compare before calling a field written, for plugins have their say. The field "email"
// of a patch may be set too; WordPress then mails a notice to the old address.
//
// It sends nothing twice: what failed for want of an answer may have been done. With the
// helper the same ops may be sent again, in any company. Without it look first whether
// the user is there, and never have two creates for one person in flight: WordPress does
// not keep two at the same moment apart.
//
// Err is nil, a Problem, or the context's error. Refused before anything is sent, because
// WordPress would answer nonsense: contact.bad_email for an address it cannot take, and
// user.refused, with the field as detail, for a login over 60 and a display name over 250
// characters. It is user.gone where nobody is there to change, and user.changed with the
// user who is there now where the helper finds another state than UserWrite.Before's. What
// no request of its own was made for has the error that ended the work.
//
// Without the helper, Meta and Mark are not written and mail is unsent. A write the
// helper turns down because of a powerful role in it, and every one that finds the helper
// gone, is made over WordPress's own API, with Left saying what is missing.
func (c *Client) Write(ctx context.Context, writes []core.UserWrite) []core.Written {
	written := make([]core.Written, len(writes))
	var jobs []job
	for i, w := range writes {
		j := job{UserWrite: w, written: &written[i]}
		var err error
		switch {
		case w.Create != nil:
			j.order, err = creation(*w.Create)
		case w.Before != nil:
			j.order, err = alteration(w.Before.ID, w.Patch)
		default:
			err = core.NewProblem("app.internal", errors.New("write of a user who is not there and not to be made"))
		}
		switch {
		case err != nil:
			j.fail(err)
		case j.plain() && !j.extra():
			j.done(*w.Before, nil)
		default:
			jobs = append(jobs, j)
		}
	}
	if len(jobs) > 0 {
		c.writeAll(ctx, jobs)
	}
	return written
}

func (c *Client) writeAll(ctx context.Context, jobs []job) {
	info, err := c.helper(ctx)
	switch {
	case err != nil:
		failAll(jobs, ended(ctx, err))
	case info != nil:
		c.writeByHelper(ctx, info, jobs)
	default:
		c.writeByCore(ctx, jobs)
	}
}

// plain reports whether there is nothing in the job for WordPress's own API.
func (j job) plain() bool { return j.Create == nil && j.Patch.Empty() }

// extra reports whether there is something in the job that only the helper can do.
func (j job) extra() bool { return len(j.Meta) > 0 || j.Mark != nil }

func (j job) fail(err error) { *j.written = core.Written{Err: err} }

func failAll(jobs []job, err error) {
	for _, j := range jobs {
		j.fail(err)
	}
}

// done takes what came of the job over WordPress's own API, which sends no mail.
func (j job) done(user core.User, err error) {
	if err != nil {
		j.fail(err)
		return
	}
	*j.written = core.Written{User: user, Made: j.Create != nil}
	switch {
	case !j.Mail:
	case j.Create != nil:
		j.written.Mail = core.MailUnsent
	default:
		j.written.Mail = core.MailNotNew
	}
}

// ended prefers the context's error: a caller who gave up is no fault of the site's.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// stops reports whether an error makes going on useless.
func stops(err error) bool {
	var p *core.Problem
	if errors.As(err, &p) {
		return p.Scope == core.SiteWide || errors.As(err, new(*rest.Error)) // the next would wait in vain as well
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// inGroups sends all in groups as large as fit says, in order, and in smaller ones from
// when the site finds one too large. On any other error it stops and returns what is left,
// the group it happened to included.
func inGroups[T any](all []T, fit func([]T) int, send func([]T) error) (left []T, err error) {
	most := len(all)
	for len(all) > 0 {
		group := all[:min(fit(all), most)]
		err := send(group)
		if errors.Is(err, errTooMuch) && len(group) > 1 {
			most = len(group) / 2
			continue
		}
		if err != nil {
			return all, err
		}
		all = all[len(group):]
	}
	return nil, nil
}
