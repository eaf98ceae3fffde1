package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/crm/kartra"
	"usher/core/practice"
)

// demoPatience bounds the whole demo.
const demoPatience = time.Minute

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "shows the main job on a practice site and practice CRMs inside this program",
		Action: func(ctx context.Context, cmd *cli.Command) error {
			ctx, cancel := context.WithTimeout(ctx, demoPatience)
			defer cancel()
			return runDemo(ctx, cmd.Root().Writer)
		},
	}
}

// runDemo starts a practice site, an Usher of its own and a practice Kartra, sends
// sample webhooks and fails unless every expected user is there.
func runDemo(ctx context.Context, out io.Writer) (err error) {
	p, err := app.OpenPractice(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	_, _ = fmt.Fprintf(out, "A practice WordPress site runs at %s, Usher at %s, and a practice Kartra calls it.\n\n", p.SiteURL, p.URL)
	d := &demo{usher: p.Usher, site: p.Site, crm: p.CRM, urls: p.URLs, out: out}
	if err := d.play(ctx); err != nil {
		return err
	}
	for _, c := range demoCRMs() {
		if err := d.playCRM(ctx, c, p.SiteURL); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return d.check()
}

type demo struct {
	usher *app.App
	site  *practice.Site
	crm   *practice.Kartra
	urls  map[core.Action]string
	out   io.Writer
	wants []wantedUser
}

// wantedUser is a user who must be on the practice site in the end.
type wantedUser struct{ email, name, role string }

// step is one webhook of the demo.
type step struct {
	says    string
	action  core.Action
	extra   string // of the URL
	event   practice.Event
	outcome core.Outcome
}

func (d *demo) play(ctx context.Context) error {
	ada := d.crm.Put(practice.Lead{Email: "ada@example.test", FirstName: "Ada", LastName: "Byron"})
	eve := d.crm.Put(practice.Lead{Email: "eve@example.test", FirstName: "Eve", LastName: "Moor"})
	boss := d.crm.Put(practice.Lead{Email: "ann@yogawithann.test", FirstName: "Somebody", LastName: "Else"})
	steps := []step{
		{"Ada gets the tag “Import to WordPress”", core.Add, "&role=customer", practice.AssignTag(ada.ID, 7, "Import to WordPress"), core.Created},
		{"The same message comes again", core.Add, "&role=customer", practice.AssignTag(ada.ID, 7, "Import to WordPress"), core.Unchanged},
		{"Eve's message asks for admin rights", core.Add, "&role=administrator", practice.SubscribeList(eve.ID, 1, "News"), core.Created},
		{"A message about the site's own administrator", core.Add, "", practice.SubscribeList(boss.ID, 1, "News"), core.Protected},
	}
	for _, s := range steps {
		if err := d.send(ctx, s); err != nil {
			return err
		}
	}
	ada.LastName = "Lovelace"
	d.crm.Put(ada)
	if err := d.send(ctx, step{"Ada changes her name in the CRM", core.Update, "", practice.FillForm(ada.ID, 3, "Details"), core.Updated}); err != nil {
		return err
	}
	stranger := d.crm.Put(practice.Lead{Email: "bo@example.test", FirstName: "Bo"})
	if err := d.send(ctx, step{"An update about somebody the site does not know", core.Update, "", practice.FillForm(stranger.ID, 3, "Details"), core.NoUser}); err != nil {
		return err
	}
	d.wants = []wantedUser{
		{"ada@example.test", "Ada Lovelace", "customer"},
		{"eve@example.test", "Eve Moor", "subscriber"},
		{"johndoe@gmail.com", "John Doe", "subscriber"},
		{"ann@yogawithann.test", "", "administrator"},
	}
	return d.sendPrinted(ctx)
}

func (d *demo) send(ctx context.Context, s step) error {
	status, answer, err := d.crm.Send(ctx, d.urls[s.action]+s.extra, s.event)
	if err != nil {
		return err
	}
	return d.report(ctx, s.says, s.outcome, status, answer)
}

// sendPrinted sends the sample of Kartra's own documentation as it is printed there,
// trailing commas and all.
func (d *demo) sendPrinted(ctx context.Context) error {
	samples := kartra.Adapter{}.Describe().Samples
	i := slices.IndexFunc(samples, func(s core.Sample) bool { return s.Name == "as_printed" })
	if i < 0 {
		return errors.New("the sample of Kartra's documentation is missing")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.urls[core.Add], strings.NewReader(string(samples[i].Body)))
	if err != nil {
		return fmt.Errorf("send sample: %w", err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("send sample: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("send sample: %w", err)
	}
	return d.report(ctx, "The sample from Kartra's documentation, as printed", core.Created, resp.StatusCode, answer)
}

// report waits until the message is done, prints what became of it, and fails if that is
// not what was expected.
func (d *demo) report(ctx context.Context, says string, want core.Outcome, status int, answer []byte) error {
	var accepted struct{ Delivery string }
	if err := json.Unmarshal(answer, &accepted); err != nil || status != http.StatusOK {
		return fmt.Errorf("%s: answered %d", says, status)
	}
	line, err := d.wait(ctx, accepted.Delivery)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(d.out, "%s\n  → answered %d, then: %s\n", says, status, outcomeWords[line.Outcome])
	for _, note := range line.Notes {
		_, _ = fmt.Fprintf(d.out, "    %s\n", note)
	}
	if line.Problem != nil {
		_, _ = fmt.Fprintf(d.out, "    %s\n", line.Problem.Title)
	}
	if line.Outcome != want {
		return fmt.Errorf("%s: ended as %s %s, expected %s", says, line.State, line.Outcome, want)
	}
	return nil
}

var outcomeWords = map[core.Outcome]string{
	core.Created: "new user", core.Updated: "updated", core.Unchanged: "already up to date",
	core.NoUser: "not a user on the site", core.Protected: "left alone (has admin rights)", core.Ignored: "nothing to do",
}

// wait returns a delivery when it has ended.
func (d *demo) wait(ctx context.Context, id string) (core.Line, error) {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		lines, err := d.usher.Engine.Deliveries(ctx, 100)
		if err != nil {
			return core.Line{}, err
		}
		i := slices.IndexFunc(lines, func(l core.Line) bool { return l.ID == id })
		if i >= 0 && lines[i].State != core.Queued {
			return lines[i], nil
		}
		select {
		case <-ctx.Done():
			return core.Line{}, fmt.Errorf("message %s is not done in time", id)
		case <-look.C:
		}
	}
}

// check prints the site's users and fails unless they are the expected ones.
func (d *demo) check() error {
	_, _ = fmt.Fprintln(d.out, "\nUsers on the practice site:")
	table := tabwriter.NewWriter(d.out, 2, 0, 2, ' ', 0)
	users := d.site.Users()
	for _, u := range users {
		_, _ = fmt.Fprintf(table, "  %d\t%s\t%s\t%s\n", u.ID, u.Email, fullName(u), strings.Join(u.Roles, ", "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, want := range d.wants {
		i := slices.IndexFunc(users, func(u core.User) bool { return u.Email == want.email })
		if i < 0 {
			return fmt.Errorf("%s is not on the site", want.email)
		}
		u := users[i]
		name := fullName(u)
		if name != want.name || !slices.Equal(u.Roles, []string{want.role}) {
			return fmt.Errorf("%s is %q with %v, expected %q with %s", want.email, name, u.Roles, want.name, want.role)
		}
	}
	if len(users) != len(d.wants) {
		return fmt.Errorf("%d users on the site, expected %d", len(users), len(d.wants))
	}
	_, _ = fmt.Fprintln(d.out, "\nEvery expected user is there.")
	return nil
}

func fullName(u core.User) string {
	return strings.TrimSpace(u.Fields["first_name"] + " " + u.Fields["last_name"])
}
