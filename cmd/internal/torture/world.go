package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"usher/core/control"
	"usher/core/crm"
	"usher/core/practice"
)

// patience bounds every wait. It is long, because a busy machine is slow and waiting ends as
// soon as what is waited for is there.
const patience = 90 * time.Second

// world is a site and some CRMs that outlive every kill, an Usher between them, and
// everybody who came by. It is the sender: it knows by itself what was answered.
type world struct {
	name     string
	random   *mathrand.Rand
	site     site
	accounts []*account
	usherd   usherd
	people   []*person
	secrets  map[string]string
	stops    []func() error

	tries, hits map[string]int // by step
	kills       int
	sent        int // webhooks, as far as they were answered
	checks      map[string]int
}

// newWorld sets an Usher up in a folder of its own below dir.
func newWorld(ctx context.Context, name, binary, dir, bug string, seed uint64, s site) (w *world, err error) {
	w = &world{
		name: name, site: s, random: mathrand.New(mathrand.NewPCG(seed, 0)), //nolint:gosec // to be repeated
		usherd: usherd{binary: binary, dir: filepath.Join(dir, name), bug: bug},
		tries:  map[string]int{}, hits: map[string]int{}, checks: map[string]int{},
	}
	if err := os.MkdirAll(w.usherd.dir, 0o700); err != nil {
		return nil, err
	}
	w.accounts = []*account{
		{kind: "kartra", firstName: "first_name", crm: practice.NewKartra(practice.KartraConfig{})},
		{kind: "ontraport", firstName: "firstname", crm: practice.NewOntraport(practice.OntraportConfig{RequestsPerMinute: -1})},
		{kind: "ortto", firstName: "str::first", crm: practice.NewOrtto(practice.OrttoConfig{})},
	}
	for _, a := range w.accounts {
		if err := w.connect(ctx, a, a.kind != "kartra"); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	w.secrets = w.ownSecrets()
	_, err = w.usherd.start(ctx)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// connect opens a CRM and connects it, with its API or by its webhooks alone.
func (w *world) connect(ctx context.Context, a *account, api bool) error {
	base, stop, err := serve(ctx, a.crm)
	if err != nil {
		return err
	}
	w.stops = append(w.stops, stop)
	url, password := w.site.access()
	fromCRM := map[string]any{"kind": a.kind}
	rules := map[string]any{"name": a.kind, "access_key": rand.Text(), "most_new_users": 1_000_000}
	if api {
		fromCRM["base_url"], fromCRM["fields"] = base, a.crm.Login()
		a.password = a.crm.AddField("Password")
		a.crm.Tag(a.crm.Add(practice.Person{Email: "tags@example.test"}), tag, doneTag) // so that these tags are there
		rules["return_password_field"], rules["done_tag"] = a.password, doneTag
		rules["tag_rules"] = []map[string]string{{"tag": tag, "role": tagRole}}
	}
	done, err := w.usherd.setUp(ctx, map[string]any{
		"site": map[string]any{"url": url, "user": siteUser, "application_password": password, "welcome_mail": "reset_mail"},
		"crm":  fromCRM, "connection": rules,
	})
	a.urls = done.URLs
	return err
}

// ownSecrets are those that are known from the start.
func (w *world) ownSecrets() map[string]string {
	_, password := w.site.access()
	secrets := map[string]string{"application password": password, "passphrase": passphrase}
	for _, a := range w.accounts {
		for _, adapter := range crm.All() {
			for _, c := range adapter.Describe().Credentials {
				if adapter.Describe().Kind == a.kind && c.Secret {
					secrets[a.kind+"'s "+c.Key] = a.crm.Login()[c.Key]
				}
			}
		}
		for _, url := range a.urls {
			_, key, _ := strings.Cut(url, "access_key=")
			key, _, _ = strings.Cut(key, "&")
			secrets[a.kind+"'s access key"] = key
		}
	}
	return secrets
}

func (w *world) close() error {
	errs := []error{w.usherd.kill(), w.site.close()}
	for _, stop := range w.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// torture kills Usher once, or twice, while it works on something, lets it finish, and asks
// the oracles.
func (w *world) torture(ctx context.Context, step string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	w.tries[step]++
	about := w.draw(fmt.Sprint(len(w.people)))
	kills := []string{step}
	if err := w.strike(ctx, step, about); err != nil {
		return err
	}
	if w.random.IntN(4) == 0 { // and once more while it recovers
		again := steps[w.random.IntN(len(steps))].name
		if err := w.usherd.order(again, 1); err != nil {
			return err
		}
		kills = append(kills, again)
	}
	if err := w.recover(ctx, kills, about); err != nil {
		return err
	}
	if err := w.judge(ctx, kills, about); err != nil {
		return fmt.Errorf("killed %q: %w", kills, err)
	}
	return nil
}

// draw picks who it is about: some new, some who came by earlier.
func (w *world) draw(name string) (about []*person) {
	for _, a := range w.accounts {
		for n := range 1 + w.random.IntN(2) {
			p := a.meet(w.random, fmt.Sprintf("%s%s%d@example.test", a.kind, name, n))
			p.left = script(w.random)
			about = append(about, p)
		}
	}
	for range 2 {
		if len(w.people) == 0 {
			break
		}
		old := w.people[w.random.IntN(len(w.people))]
		if old.has && !slices.Contains(about, old) {
			old.left = later(w.random, old.account.password != "")
			about = append(about, old)
		}
	}
	for _, p := range about {
		if !slices.Contains(w.people, p) {
			w.people = append(w.people, p)
		}
	}
	return about
}

// longest is how long Usher lives, from the first message, that is killed at random: a
// little longer than it has to do.
const longest = 150 * time.Millisecond

// strike sends what is to be sent, and kills Usher at the step meanwhile. One that is never
// reached is no hit; Usher is killed all the same.
func (w *world) strike(ctx context.Context, step string, about []*person) error {
	if step == atRandom {
		victim := w.usherd.cmd.Process
		timer := time.AfterFunc(time.Duration(w.random.Int64N(int64(longest))), func() { _ = victim.Kill() })
		defer timer.Stop()
	} else if err := w.usherd.order(step, 1+w.random.IntN(2)); err != nil {
		return err
	}
	if err := w.work(ctx, about); err != nil {
		return err
	}
	w.kills++
	if step == atRandom {
		w.hits[step]++
		return w.usherd.kill()
	}
	done, err := w.usherd.callOff()
	if done {
		w.hits[step]++
	}
	return errors.Join(err, w.usherd.kill())
}

// work has messages sent and waits until nothing waits any more, or Usher is gone.
func (w *world) work(ctx context.Context, about []*person) error {
	if err := w.send(ctx, about); err != nil {
		return err
	}
	return w.await(ctx, func() (bool, error) { return w.drained(ctx) })
}

// send has everybody's messages sent, side by side, until all were answered or will not be.
func (w *world) send(ctx context.Context, about []*person) error {
	var sending sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	errs := make([]error, len(about))
	for i, p := range about {
		sending.Go(func() { errs[i] = p.send(ctx, client, w.usherd.local) })
	}
	sending.Wait()
	return errors.Join(errs...)
}

// await asks until done, or until Usher is gone.
func (w *world) await(ctx context.Context, done func() (bool, error)) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		ok, err := done()
		if ok {
			return nil
		}
		if err != nil { // as it is when Usher ends in the middle
			select {
			case <-w.usherd.ended:
				return nil
			case <-time.After(time.Second):
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for Usher: %w", ctx.Err())
		case <-w.usherd.ended:
			return nil
		case <-look.C:
		}
	}
}

// drained reports whether nothing waits any more.
func (w *world) drained(ctx context.Context) (drained bool, err error) {
	err = w.usherd.ask(ctx, func(c *control.Client) error {
		status, err := c.Status(ctx)
		drained = err == nil && status.Queued == 0
		return err
	})
	return drained, err
}

// recover starts Usher and waits until all is done, while some senders try once more. An
// Usher that is killed meanwhile is started again.
func (w *world) recover(ctx context.Context, kills []string, about []*person) error {
	for _, p := range about {
		if w.random.IntN(2) == 0 {
			p.left = nil // this sender never tries again
		}
	}
	for range kills {
		alive, err := w.usherd.start(ctx)
		if err == nil && alive {
			err = w.work(ctx, about)
		}
		if err != nil {
			return err
		}
		if w.usherd.lives() {
			_, err := w.usherd.callOff()
			return err
		}
		if err := w.usherd.gone(); err != nil {
			return err
		}
		second := kills[len(kills)-1]
		w.kills, w.tries[second], w.hits[second] = w.kills+1, w.tries[second]+1, w.hits[second]+1
	}
	return errors.New("usherd was killed once too often")
}

// stepsFor are the ways to be killed that can be reached in this world.
func (w *world) stepsFor() []string {
	list := []string{atRandom}
	for _, s := range steps {
		if !s.mail || w.site.needsMailer() {
			list = append(list, s.name)
		}
	}
	return list
}

// run tortures n times, each step as often as any other.
func (w *world) run(ctx context.Context, n int, only ...string) error {
	list := only
	if len(list) == 0 {
		list = w.stepsFor()
	}
	for i := range n {
		step := list[i%len(list)]
		err := w.torture(ctx, step)
		if err == nil && (i%100 == 99 || i == n-1) {
			err = w.lookForLeaks(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s, run %d: %w", w.name, i+1, err)
		}
	}
	return nil
}

func (w *world) allPasswords() map[string]string {
	secrets := maps.Clone(w.secrets)
	for i, password := range w.site.secrets() {
		secrets[fmt.Sprint("a user's password, ", i)] = password
	}
	for _, p := range w.people {
		if now, err := p.inCRM(); err == nil && p.account.password != "" {
			secrets["the password of "+p.email] = now.Fields[p.account.password]
		}
	}
	return secrets
}
