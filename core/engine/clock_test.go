package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"usher/core"
)

// jump sets the wall clock, as a person, the network or a sleep does.
func (w *world) jump(by time.Duration) { w.skew.Add(int64(by)) }

const year = 365 * day

var jumps = map[string]time.Duration{
	"back a day": -day, "back a year": -year, "forward a year": year, "a sleep of 8 hours": 8 * time.Hour, "not at all": 0,
}

// eachJump runs a test with every jump, on one kind of site: none knows what time it is.
func eachJump(t *testing.T, test func(w *world, by time.Duration)) {
	t.Helper()
	for name, by := range jumps {
		t.Run(name, func(t *testing.T) {
			bubbleOn(t, func(*memorySite) {}, func(w *world) { test(w, by) })
		})
	}
}

// failing has the site fail to make users, n times.
func (w *world) failing(n int) {
	w.site.setFail(func(call string) error {
		if call == "create" && n > 0 {
			n--
			return core.NewProblem("site.server_error", nil)
		}
		return nil
	})
}

func TestAClockThatJumpsDelaysNothing(t *testing.T) {
	eachJump(t, func(w *world, by time.Duration) {
		w.failing(1)
		seq := w.send(core.Add, "", "list_subscription", ann())
		w.want(seq, core.Queued, "")
		w.jump(by)
		w.pass(2 * time.Minute)
		w.want(seq, core.Applied, core.Created)
	})
	t.Run("and a sleep counts as waiting", func(t *testing.T) {
		bubbleOn(t, func(*memorySite) {}, func(w *world) {
			w.failing(6)
			seq := w.send(core.Add, "", "list_subscription", ann())
			w.pass(4 * time.Hour)
			if r := w.want(seq, core.Queued, ""); r.Attempts != 6 { // the next one is in 6 hours
				w.Fatalf("%d attempts", r.Attempts)
			}
			w.jump(8 * time.Hour)
			w.pass(2 * time.Minute)
			w.want(seq, core.Applied, core.Created)
		})
	})
}

func TestACRMThatWasDownIsAskedAgainWhateverTheClockSays(t *testing.T) {
	for name, by := range jumps {
		t.Run(name, func(t *testing.T) {
			crmBubble(t, func(w *world, crm *memoryCRM) {
				crm.change(func() { crm.fail = func(string) error { return core.NewProblem("crm.unreachable", nil) } })
				seq := w.send(core.Add, "", "list_subscription", lead{"id": "7"})
				w.pass(time.Hour)
				w.jump(by)
				asked := crm.count("contact")
				w.pass(time.Hour)
				if n := crm.count("contact") - asked; n < 5 || n > 20 {
					w.Errorf("asked %d times within an hour", n)
				}
				crm.change(func() { crm.fail = nil })
				w.pass(7 * time.Minute)
				w.want(seq, core.Applied, core.Created)
			})
		})
	}
}

// However often the clock jumps, what fails is tried a few times and not without end.
func TestAClockThatJumpsMakesNobodyHurry(t *testing.T) {
	eachJump(t, func(w *world, by time.Duration) {
		w.failing(1 << 30)
		seq := w.send(core.Add, "", "list_subscription", ann())
		for range 10 {
			before := w.site.count("create")
			w.jump(by)
			w.pass(20 * time.Minute)
			if n := w.site.count("create") - before; n > 5 {
				w.Errorf("tried %d times within 20 minutes", n)
			}
		}
		w.pass(31 * time.Hour)
		if r := w.want(seq, core.Failed, ""); r.Attempts != 8 || w.site.count("create") != 8 {
			w.Errorf("%d attempts, %d tries", r.Attempts, w.site.count("create"))
		}
		requests := w.site.asked()
		w.jump(by)
		w.pass(day)
		if n := w.site.asked() - requests; n > 0 {
			w.Errorf("%d requests with nothing to do", n)
		}
	})
}

func TestAClockThatJumpsLetsNoCrowdThrough(t *testing.T) {
	full := func(w *world) {
		seqs := w.sendMany(50, "")
		w.pass(20 * time.Minute)
		w.wantAll(seqs, core.Created)
	}
	eachJump(t, func(w *world, by time.Duration) {
		full(w)
		w.jump(by)
		w.pass(10 * time.Minute)
		w.want(w.send(core.Add, "", "list_subscription", person(60)), core.Held, "")
		w.pass(time.Hour)
		w.want(w.send(core.Add, "", "list_subscription", person(61)), core.Applied, core.Created)
	})
	for name, by := range map[string]time.Duration{"back a day": -day, "back a year": -year} {
		t.Run(name+" and a restart", func(t *testing.T) {
			bubbleOn(t, func(*memorySite) {}, func(w *world) {
				full(w)
				w.jump(by)
				w.restart()
				w.want(w.send(core.Add, "", "list_subscription", person(60)), core.Held, "")
				w.pass(61 * time.Minute)
				w.want(w.send(core.Add, "", "list_subscription", person(61)), core.Applied, core.Created)
			})
		})
	}
}

// What counts is what came later, not what bears the later time.
func TestAClockThatJumpsKeepsTheOrder(t *testing.T) {
	eachJump(t, func(w *world, by time.Duration) {
		w.site.setFail(down)
		changed := ann()
		var seqs []uint64
		for _, name := range []string{"Ann", "Anna", "Annie"} {
			changed["first_name"] = name
			seqs = append(seqs, w.send(core.Add, "", "list_subscription", changed))
			w.jump(by)
		}
		w.site.setFail(nil)
		w.pass(10 * time.Minute)
		if u := w.site.only(w.T); u.Fields["first_name"] != "Annie" {
			w.Errorf("she is %s", u.Fields["first_name"])
		}
		lines, err := w.engine.Deliveries(w.Context(), 10)
		if err != nil {
			w.Fatal(err)
		}
		slices.Reverse(lines)
		for i, line := range lines {
			if line.ID != core.FormatID(seqs[i]) {
				w.Errorf("line %d is of %s", i, line.ID)
			}
		}
		journal, err := w.store.Journal(1)
		if err != nil || len(journal) != 1 || w.engine.now().Sub(journal[0].At).Abs() > 10*time.Minute {
			w.Errorf("journal %+v, %v; it is %v", journal, err, w.engine.now())
		}
	})
}

func TestTheMonthsMeterSurvivesAJump(t *testing.T) {
	eachJump(t, func(w *world, by time.Duration) {
		w.jump(time.Until(time.Date(2026, 12, 1, 0, 30, 0, 0, time.UTC)))
		count := func(want uint64) {
			w.Helper()
			w.engine.CountRequest()
			if now := w.engine.month(); now.Requests != want {
				w.Errorf("%+v, want %d requests", now, want)
			}
		}
		count(1)
		count(2)
		w.jump(by)
		other := w.engine.now().Format("2006-01") != "2026-12"
		if other {
			count(1)
		} else {
			count(3)
		}
		w.restart()
		w.jump(-by)
		if other {
			count(3)
		} else {
			count(4)
		}
	})
}

// Summer time ends and begins for people; what waits waits as long as it was to.
func TestSummerTimeChangesNothing(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []time.Time{time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)} {
		t.Run(fmt.Sprint(change.Month()), func(t *testing.T) {
			bubbleOn(t, func(*memorySite) {}, func(w *world) {
				w.jump(time.Until(change.Add(-10 * time.Second)))
				w.kill()
				w.zone = berlin
				w.restart()
				w.failing(1)
				seq := w.send(core.Add, "", "list_subscription", ann())
				w.pass(20 * time.Second)
				w.want(seq, core.Queued, "")
				w.pass(20 * time.Second)
				w.want(seq, core.Applied, core.Created)
				if journal, err := w.store.Journal(1); err != nil || journal[0].At.Sub(w.record(seq).Received) > 40*time.Second {
					w.Errorf("journal %+v, %v", journal, err)
				}
			})
		})
	}
}
