package engine

import (
	"context"
	"time"

	"usher/core"
)

const (
	settingKeeping = "keeping"
	settingClock   = "keeping.clock"
)

const (
	// keeperStep is how often the keeper looks at the clock; it erases once a day.
	keeperStep = 6 * time.Hour
	day        = 24 * time.Hour
	// longestAway is how far the clock may move between two looks and be believed: as long
	// as Usher is usually off. One that moved further is believed after it ran on for a day.
	longestAway = 8 * day
)

// clock is what the keeper knows of the computer's clock.
type clock struct {
	Since time.Time `json:"since"` // it has not leapt since
	Seen  time.Time `json:"seen"`  // it showed last
}

// look takes in what the clock shows, and reports whether it is to be believed.
func (c *clock) look(now time.Time) bool {
	if moved := now.Sub(c.Seen); c.Seen.IsZero() || moved.Abs() > longestAway {
		c.Since = now
	}
	c.Seen = now
	return now.Sub(c.Since) >= day
}

// runKeeper erases what was kept long enough, at start and every day, until ctx ends.
func (e *Engine) runKeeper(ctx context.Context) {
	tick := time.NewTicker(keeperStep)
	defer tick.Stop()
	var last time.Time
	for {
		now := e.now() // by the wall: a computer that sleeps ages too
		believed, err := e.lookAtClock(ctx, now)
		if age := now.Sub(last); err == nil && (age < 0 || age >= day) {
			if err = e.tidyUp(ctx, now, believed); err == nil && believed {
				last = now
			}
		}
		if err != nil && ctx.Err() == nil {
			e.log.Warn("old messages not erased", "code", core.AsProblem(err).Code)
		}
		select {
		case <-tick.C:
		case <-e.tidy:
			last = time.Time{}
		case <-ctx.Done():
			return
		}
	}
}

func (e *Engine) lookAtClock(ctx context.Context, now time.Time) (believed bool, err error) {
	var c clock
	if _, err := e.store.Setting(settingClock, &c); err != nil {
		return false, err
	}
	believed = c.look(now)
	return believed, e.store.SaveSetting(ctx, settingClock, c)
}

// tidyUp erases what is over the limits; what goes by age only by a clock that is believed.
func (e *Engine) tidyUp(ctx context.Context, now time.Time, believed bool) error {
	keeping, err := e.keeping()
	if err != nil {
		return err
	}
	if keeping.SentDays > 0 && believed {
		n, err := e.store.Expire(ctx, now.Add(-time.Duration(keeping.SentDays)*day), now)
		if n > 0 {
			e.log.Info("old messages erased", "messages", n)
		}
		if err != nil {
			return err
		}
	}
	if keeping.Messages > 0 {
		return e.store.Trim(ctx, uint64(keeping.Messages), now)
	}
	return nil
}

func (e *Engine) keeping() (core.Keeping, error) {
	keeping := core.DefaultKeeping()
	_, err := e.store.Setting(settingKeeping, &keeping)
	return keeping, err
}

// ChangeKeeping implements control.Backend.
func (e *Engine) ChangeKeeping(ctx context.Context, change core.KeepingChange) (core.Keeping, error) {
	now, err := e.keeping()
	if err != nil || change == (core.KeepingChange{}) {
		return now, err
	}
	if now, err = now.With(change); err != nil {
		return core.Keeping{}, err
	}
	if err := e.store.SaveSetting(ctx, settingKeeping, now); err != nil {
		return core.Keeping{}, err
	}
	signal(e.tidy)
	return now, nil
}

// Forget implements control.Backend.
func (e *Engine) Forget(ctx context.Context, who core.PersonRef) (core.ForgetAnswer, error) {
	account, ok := e.store.Config().AccountNamed(who.CRM)
	if who.CRM != "" && !ok {
		return core.ForgetAnswer{}, core.NewProblem("setup.no_account", nil).About(who.CRM)
	}
	if err := e.unlock(ctx); err != nil {
		return core.ForgetAnswer{}, err
	}
	done, err := e.store.Forget(ctx, account.ID, who.Contact, e.now())
	if err != nil {
		return core.ForgetAnswer{}, err
	}
	e.log.Info("person forgotten", "messages", done.Messages)
	answer := core.ForgetAnswer{People: done.People, Messages: done.Messages}
	if done.Traces {
		answer.Notes = append(answer.Notes, "Traces of it are left in Usher's data file until Usher starts the next time: there was no room on the disk to write the file anew.")
	}
	return answer, nil
}
