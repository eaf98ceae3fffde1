package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"usher/core"
	"usher/core/practice"
	"usher/tunnel"
)

// Practice is an Usher with a throw-away data folder, a WordPress site and a CRM, all
// within this program and reachable on this computer only.
type Practice struct {
	Usher      *App
	Site       *practice.Site
	SiteURL    string
	CRM        *practice.Kartra
	URL        string // of Usher
	Connection string // from the CRM to the site
	URLs       map[core.Action]string

	ann   string // her id in the CRM
	dir   string
	stops []func() error
}

// OpenPractice opens one, at work. The caller closes it.
func OpenPractice(ctx context.Context, log *slog.Logger) (*Practice, error) {
	dir, err := os.MkdirTemp("", "usher-practice-")
	if err != nil {
		return nil, core.NewProblem("store.disk", err)
	}
	p := &Practice{dir: dir, CRM: practice.NewKartra(practice.KartraConfig{})}
	p.ann = p.CRM.Put(practice.Lead{Email: "ann.baker@example.test", FirstName: "Ann", LastName: "Baker"}).ID
	if err := p.open(ctx, log); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Practice) open(ctx context.Context, log *slog.Logger) (err error) {
	password := core.NewSecret(rand.Text()[:24])
	p.Site = practice.NewSite(practice.SiteConfig{Title: "Yoga with Ann", Admin: practice.Admin{Login: "ann", Email: "ann@yogawithann.test", AppPassword: password}})
	p.Site.AddRole("customer", "Customer", "read")
	p.SiteURL, err = p.background(ctx, func(ctx context.Context, ready func(tunnel.Report)) error {
		return tunnel.Local{Listen: "127.0.0.1:0"}.Run(ctx, p.Site, ready)
	})
	if err != nil {
		return err
	}
	p.Usher, err = Open(ctx, Options{
		DataDir: p.Folder(), Secrets: SecretsFile, Log: log, vault: newMemory(),
	})
	if err != nil {
		return err
	}
	p.stops = append(p.stops, p.Usher.Close)
	plan := core.AddressPlan{Kind: core.LocalAddress, Listen: "127.0.0.1:0"}
	p.URL, err = p.background(ctx, func(ctx context.Context, ready func(tunnel.Report)) error {
		return p.Usher.Serve(ctx, ServeOptions{Plan: &plan, Ready: ready})
	})
	if err != nil {
		return err
	}
	return p.connect(ctx, password)
}

// connect has the CRM's webhooks make users of the site.
func (p *Practice) connect(ctx context.Context, password core.Secret) error {
	file, err := json.Marshal(map[string]any{
		"site": map[string]any{"url": p.SiteURL, "user": "ann", "application_password": password.Reveal()},
		"crm":  map[string]any{"kind": "kartra"},
	})
	if err != nil {
		return fmt.Errorf("write set-up: %w", err)
	}
	done, err := p.Usher.Engine.Setup(ctx, file)
	p.Connection, p.URLs = done.Connection, done.URLs
	return err
}

// background runs something until Close, and returns its local URL once it is online.
func (p *Practice) background(ctx context.Context, run func(context.Context, func(tunnel.Report)) error) (local string, err error) {
	local, stop, err := InBackground(ctx, run)
	if err == nil {
		p.stops = append(p.stops, stop)
	}
	return local, err
}

// InBackground runs something that reports when it is online, and returns its local URL
// and what ends it.
func InBackground(ctx context.Context, run func(context.Context, func(tunnel.Report)) error) (local string, stop func() error, err error) {
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- run(ctx, func(r tunnel.Report) {
			if r.State == tunnel.Online {
				select {
				case ready <- r.Local:
				default: // told before
				}
			}
		})
	}()
	select {
	case local := <-ready:
		return local, func() error { cancel(); return <-ended }, nil
	case err := <-ended:
		cancel()
		return "", nil, err
	}
}

// Folder is the data folder.
func (p *Practice) Folder() string { return filepath.Join(p.dir, "data") }

// Close ends everything and removes the data folder. Once is enough, and more does no harm.
func (p *Practice) Close() (err error) {
	stops := p.stops
	p.stops = nil
	for i := len(stops) - 1; i >= 0; i-- {
		err = errors.Join(err, stops[i]())
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// Buy has Ann buy something: the CRM tells Usher, which makes her a user the first time.
func (p *Practice) Buy(ctx context.Context) error {
	status, _, err := p.CRM.Send(ctx, p.URLs[core.Add]+"&role=customer", practice.AssignTag(p.ann, 7, "Bought the yoga course"))
	if err == nil && status != http.StatusOK {
		return core.NewProblem("test.elsewhere", nil).About("it answered " + strconv.Itoa(status))
	}
	return err
}
