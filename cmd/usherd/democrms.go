package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/practice"
	"usher/tunnel"
)

// demoCRM is a practice CRM with an API, and what it calls a first name.
type demoCRM struct {
	kind, name, firstName string
	crm                   practice.CRM
}

func demoCRMs() []demoCRM {
	return []demoCRM{
		{"kartra", "Kartra", "first_name", practice.NewKartra(practice.KartraConfig{})},
		{"ontraport", "Ontraport", "firstname", practice.NewOntraport(practice.OntraportConfig{})},
		{"ortto", "Ortto", "str::first", practice.NewOrtto(practice.OrttoConfig{})},
		{"pulse", "PulseTechnologyCRM", "first_name", practice.NewPulse(practice.PulseConfig{})},
	}
}

// playCRM connects a practice CRM with the key of its API and has it send webhooks: thin
// ones, which name little more than the person, and full ones.
func (d *demo) playCRM(ctx context.Context, c demoCRM, siteURL string) (err error) {
	base, stop, err := app.InBackground(ctx, func(ctx context.Context, ready func(tunnel.Report)) error {
		return tunnel.Local{Listen: "127.0.0.1:0"}.Run(ctx, c.crm, ready)
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	file, err := json.Marshal(map[string]any{
		"site": map[string]any{"url": siteURL},
		"crm":  map[string]any{"kind": c.kind, "name": "practice " + c.name, "base_url": base, "fields": c.crm.Login()},
	})
	if err != nil {
		return fmt.Errorf("write set-up: %w", err)
	}
	done, err := d.usher.Engine.Setup(ctx, file)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(d.out, "\n%s, with its API:\n", c.name)
	people := []struct {
		word, first string
		thin        bool
	}{{"thin", "Thea", true}, {"full", "Fay", false}}
	for _, p := range people {
		email := p.word + "." + c.kind + "@example.test"
		id := c.crm.Add(practice.Person{Email: email, Fields: map[string]string{c.firstName: p.first}})
		if err := d.call(ctx, c, done.URLs[core.Add], id, p.thin, fmt.Sprintf("A %s message about %s", p.word, p.first), core.Created); err != nil {
			return err
		}
		c.crm.Change(id, map[string]string{c.firstName: p.first + "-Anna"})
		if err := d.call(ctx, c, done.URLs[core.Update], id, p.thin, p.first+" is renamed in the CRM", core.Updated); err != nil {
			return err
		}
		d.wants = append(d.wants, wantedUser{email, p.first + "-Anna", "subscriber"})
	}
	return nil
}

// call has the CRM send one webhook and reports what became of it.
func (d *demo) call(ctx context.Context, c demoCRM, url, id string, thin bool, says string, want core.Outcome) error {
	req, err := c.crm.Webhook(url, id, thin)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("send webhook: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("send webhook: %w", err)
	}
	return d.report(ctx, says, want, resp.StatusCode, answer)
}
