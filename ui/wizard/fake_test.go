package wizard

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"usher/core"
)

// fake is a Usher whose every call waits until the test lets it through, so that nothing happens
// at the same time as the test itself.
type fake struct {
	turn  chan struct{}
	calls []string

	overview core.Overview
	crms     []core.Descriptor
	choices  core.Choices
	urls     map[core.Action]string
	lines    []core.Line
	misses   []core.Miss
	detail   core.Detail
	test     core.TestAnswer
	files    []setupFile
	change   core.AddressChange
	user     string
	secrets  []core.Secret // in the order they came
	errs     map[string]error
	tested   string
}

func newFake() *fake {
	return &fake{
		turn: make(chan struct{}), errs: map[string]error{},
		crms: []core.Descriptor{practiceCRM(), otherCRM()},
		urls: map[core.Action]string{
			core.Add:        "http://127.0.0.1:8737/?wpf_action=add&access_key=kkkk",
			core.Update:     "http://127.0.0.1:8737/?wpf_action=update&access_key=kkkk",
			core.UpdateTags: "http://127.0.0.1:8737/?wpf_action=update_tags&access_key=kkkk",
		},
		choices: core.Choices{
			Roles:  []core.RoleChoice{{Slug: "customer", Name: "Customer"}, {Slug: "author", Name: "Author", WritesPosts: true}, {Slug: "subscriber", Name: "Subscriber", Default: true}},
			Fields: []core.CRMField{{Key: "f1", Label: "Nickname", Writable: true}, {Key: "f2", Label: "Score"}},
			Tags:   []core.Tag{{Key: "1", Name: "VIP"}, {Key: "2", Name: "Password ready"}},
		},
	}
}

func practiceCRM() core.Descriptor {
	return core.Descriptor{
		Kind: "kartra", Name: "Kartra", FieldMap: map[string]string{"first_name": "first_name"},
		Credentials: []core.Credential{
			{Key: "app_id", Label: "App ID", Where: "Settings › My Apps"},
			{Key: "api_key", Label: "API Key", Where: "My API", Secret: true},
			{Key: "region", Label: "Region", Choices: []string{"World", "Europe"}, Default: "World", Optional: true},
			{Key: "extra", Label: "Extra", Optional: true},
		},
		Cards: []core.Card{
			{Title: "When a tag is put on", Steps: []string{"Open the outbound API.", "Enter this URL: {add}", "Or, with a role: {add}&role=customer", "Save."}, Notes: []string{"Nobody is made twice."}, Warns: []string{"A tag they have sends nothing."}},
			{Title: "Keep up to date", Steps: []string{"Enter {update} there."}},
		},
		Doubts: []string{"The settings were not saved."},
	}
}

func otherCRM() core.Descriptor {
	return core.Descriptor{
		Kind: "pulse", Name: "Pulse",
		Credentials: []core.Credential{
			{Key: "client_id", Label: "Client ID"},
			{Key: "redirect", Label: "Redirect URL", Optional: true, Default: "http://127.0.0.1:8738/pulse"},
		},
	}
}

// call waits for its turn and notes what was called.
func (f *fake) call(ctx context.Context, name string) error {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	f.calls = append(f.calls, name)
	return f.errs[name]
}

func (f *fake) called(name string) (times int) {
	for _, call := range f.calls {
		if call == name {
			times++
		}
	}
	return times
}

func (f *fake) Overview(ctx context.Context) (core.Overview, error) {
	err := f.call(ctx, "Overview")
	return f.overview, err
}

func (f *fake) CRMs(ctx context.Context) ([]core.Descriptor, error) {
	err := f.call(ctx, "CRMs")
	return f.crms, err
}

func (f *fake) ConnectSite(ctx context.Context, address, user string, password core.Secret) (core.SiteAnswer, error) {
	if err := f.call(ctx, "ConnectSite"); err != nil {
		return core.SiteAnswer{}, err
	}
	f.user = user
	f.secrets = append(f.secrets, password)
	return f.connected(address), nil
}

func (f *fake) connected(address string) core.SiteAnswer {
	f.overview.Sites = []core.SiteView{{Home: "https://" + address, Name: "Yoga with Ann", User: "ann"}}
	return core.SiteAnswer{Site: "https://" + address, User: "ann", Name: "Yoga with Ann"}
}

func (f *fake) Setup(ctx context.Context, file []byte) (core.SetupAnswer, error) {
	if err := f.call(ctx, "Setup"); err != nil {
		return core.SetupAnswer{}, err
	}
	var in setupFile
	if err := json.Unmarshal(file, &in); err != nil {
		return core.SetupAnswer{}, err
	}
	f.files = append(f.files, in)
	name := in.Connection.Name
	if name == "" {
		name = in.CRM.Kind + " → " + strings.TrimPrefix(in.Site.URL, "https://")
		f.overview.Connections = append(f.overview.Connections, core.ConnectionView{
			Name: name, Kind: in.CRM.Kind, CRM: in.CRM.Kind, Account: in.CRM.Kind, Site: in.Site.URL,
			API: len(in.CRM.Fields) > 0 && in.CRM.Kind != "pulse", SignIn: in.CRM.Kind == "pulse",
			Rules: core.Connection{Name: name, FieldMap: map[string]string{"first_name": "first_name"}},
		})
	}
	return core.SetupAnswer{Connection: name, URLs: f.urls}, nil
}

func (f *fake) RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error) {
	if err := f.call(ctx, "RemoveConnection"); err != nil {
		return core.RemovalAnswer{}, err
	}
	f.overview.Connections = slices.DeleteFunc(slices.Clone(f.overview.Connections), func(c core.ConnectionView) bool { return c.Name == name })
	return core.RemovalAnswer{Connection: name}, nil
}

func (f *fake) Choices(ctx context.Context, _ string) (core.Choices, error) {
	err := f.call(ctx, "Choices")
	return f.choices, err
}

func (f *fake) ChangeAddress(ctx context.Context, change core.AddressChange, token core.Secret) (core.AddressPlan, error) {
	if err := f.call(ctx, "ChangeAddress"); err != nil {
		return core.AddressPlan{}, err
	}
	f.change = change
	if !token.Empty() {
		f.secrets = append(f.secrets, token)
	}
	plan := core.AddressPlan{Kind: *change.Kind, Chosen: true}
	if change.URL != nil {
		plan.URL = *change.URL
	}
	f.overview.Status.Address = core.AddressStatus{State: "connecting", Plan: plan}
	return plan, nil
}

// online is the address coming up at a URL.
func (f *fake) online(url string) {
	at := &f.overview.Status.Address
	at.State, at.URL = "online", url
	for action, old := range f.urls {
		_, query, _ := strings.Cut(old, "/?")
		f.urls[action] = url + "/?" + query
	}
}

func (f *fake) WebhookURLs(ctx context.Context, connection string) (core.SetupAnswer, error) {
	err := f.call(ctx, "WebhookURLs")
	return core.SetupAnswer{Connection: connection, URLs: maps.Clone(f.urls)}, err
}

func (f *fake) SendTest(ctx context.Context, _, contact string) (core.TestAnswer, error) {
	err := f.call(ctx, "SendTest")
	f.tested = contact
	return f.test, err
}

func (f *fake) Misses(ctx context.Context) ([]core.Miss, error) {
	err := f.call(ctx, "Misses")
	return f.misses, err
}

func (f *fake) Activity(ctx context.Context, _ core.ActivityQuery) (core.Activity, error) {
	err := f.call(ctx, "Activity")
	return core.Activity{Lines: f.lines}, err
}

func (f *fake) Detail(ctx context.Context, _ string) (core.Detail, error) {
	err := f.call(ctx, "Detail")
	return f.detail, err
}

// memory is a Memory.
type memory struct{ kept map[string]string }

func (m *memory) Load() map[string]string     { return m.kept }
func (m *memory) Save(kept map[string]string) { m.kept = kept }

// computer is an Autostart.
type computer struct {
	on  bool
	err error
}

func (c *computer) On() (bool, error) { return c.on, c.err }

func (c *computer) Set(on bool) error {
	if c.err == nil {
		c.on = on
	}
	return c.err
}

// question is a Permission whose answer the test brings.
type question struct {
	fake      *fake
	address   string
	comesBack bool
	approved  chan error
	closed    bool
}

func (a *question) Page() string {
	return "https://" + a.address + "/wp-admin/authorize-application.php"
}
func (a *question) ComesBack() bool { return a.comesBack }
func (a *question) Close()          { a.closed = true }

func (a *question) Wait(ctx context.Context) (core.SiteAnswer, error) {
	select {
	case <-ctx.Done():
		return core.SiteAnswer{}, ctx.Err()
	case err := <-a.approved:
		if err != nil {
			return core.SiteAnswer{}, err
		}
		return a.fake.connected(a.address), nil
	}
}
