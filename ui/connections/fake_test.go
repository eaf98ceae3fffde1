package connections

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"

	"usher/core"
	"usher/ui/look"
	"usher/ui/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is Usher as far as the screen knows it. It notes what it was told, and answers one after
// the other, when settle gives it a turn: the test's toolkit has no goroutine of its own.
type fake struct {
	turn    chan struct{}
	mu      sync.Mutex
	errs    map[string]error // by what is asked
	told    []string
	choices core.Choices
	key     string
	test    core.TestAnswer
	notes   []string
}

func newFake() *fake {
	return &fake{turn: make(chan struct{}), errs: map[string]error{}, choices: picks(), key: "k1"}
}

func (f *fake) tell(ctx context.Context, what, how string) error {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, what+" "+how)
	return f.errs[what]
}

func (f *fake) fail(what string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs[what] = err
}

// toldOf lists how often, and with what, something was asked.
func (f *fake) toldOf(what string) (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.told {
		if len(one) > len(what) && one[:len(what)+1] == what+" " {
			list = append(list, one[len(what)+1:])
		}
	}
	return list
}

func (f *fake) urls() map[core.Action]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	urls := map[core.Action]string{}
	for _, a := range actions {
		urls[a] = "https://calm-otter-42.ngrok-free.dev/?wpf_action=" + string(a) + "&access_key=" + f.key + "&contact_id=[Contact ID]"
	}
	return urls
}

func (f *fake) CRMs(ctx context.Context) ([]core.Descriptor, error) {
	return descriptors(), f.tell(ctx, "crms", "")
}

func (f *fake) WebhookURLs(ctx context.Context, name string) (core.SetupAnswer, error) {
	err := f.tell(ctx, "urls", name)
	return core.SetupAnswer{Connection: name, URLs: f.urls()}, err
}

func (f *fake) RotateKey(ctx context.Context, name string, endOld bool) (core.SetupAnswer, error) {
	how := name + " keep"
	if endOld {
		how = name + " end"
	}
	err := f.tell(ctx, "rotate", how)
	if err == nil {
		f.key = "k2"
	}
	return core.SetupAnswer{Connection: name, URLs: f.urls()}, err
}

func (f *fake) Choices(ctx context.Context, name string) (core.Choices, error) {
	err := f.tell(ctx, "choices", name)
	return f.choices, err
}

func (f *fake) Setup(ctx context.Context, file []byte) (core.SetupAnswer, error) {
	return core.SetupAnswer{}, f.tell(ctx, "setup", string(file))
}

func (f *fake) RegisterWebhook(ctx context.Context, name string, action core.Action) (core.RegistrationAnswer, error) {
	err := f.tell(ctx, "register", name+" "+string(action))
	return core.RegistrationAnswer{Connection: name, Actions: []core.Action{action}, Notes: f.notes}, err
}

func (f *fake) UnregisterWebhook(ctx context.Context, name string) (core.RegistrationAnswer, error) {
	err := f.tell(ctx, "unregister", name)
	return core.RegistrationAnswer{Connection: name, Notes: f.notes}, err
}

func (f *fake) Pause(ctx context.Context, name string, paused bool) error {
	how := name + " on"
	if paused {
		how = name + " pause"
	}
	return f.tell(ctx, "pause", how)
}

func (f *fake) SendTest(ctx context.Context, name, contact string) (core.TestAnswer, error) {
	err := f.tell(ctx, "test", name+" "+contact)
	return f.test, err
}

func (f *fake) RemoveConnection(ctx context.Context, name string) (core.RemovalAnswer, error) {
	err := f.tell(ctx, "remove", name)
	return core.RemovalAnswer{Connection: name, Notes: f.notes}, err
}

// theHost is what the window is to the screen.
type theHost struct {
	*stage.Stage
	news []string
	went []string
}

// newHost makes a window of the app there is.
func newHost(t *testing.T) *theHost {
	t.Helper()
	h := &theHost{Stage: stage.New(t.Context(), test.NewTempWindow(t, nil))}
	h.Toast = func(news string) { h.news = append(h.news, news) }
	h.Go = func(screen, subject string) { h.went = append(h.went, screen+" "+subject) }
	t.Cleanup(h.Close)
	return h
}

// settle lets everything happen that can happen now.
func settle(s *Screen) {
	for {
		synctest.Wait()
		select {
		case s.backend.(*fake).turn <- struct{}{}:
		default:
			return
		}
	}
}

// open shows the screen in a window, with the connections of an Overview.
func open(t *testing.T, backend *fake, now core.Overview) (*Screen, *theHost) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme(look.Light))
	h := newHost(t)
	s := newScreen(h, backend)
	h.Window.SetContent(s.Content())
	h.Window.Resize(fyne.NewSize(1000, 700))
	s.Update(now)
	return s, h
}

func newScreen(h *theHost, backend *fake) *Screen {
	s := New(h.Stage, backend)
	s.now = func() time.Time { return noon }
	return s
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const home = "https://yogawithann.com"

func shop() core.ConnectionView {
	return core.ConnectionView{
		Name: "Shop", Kind: "ontraport", CRM: "Ontraport", Account: "ontraport", Site: home, API: true,
		LastMessage: noon.Add(-2 * time.Minute),
		Rules: core.Connection{
			Name: "Shop", DefaultRole: "subscriber",
			FieldMap:     map[string]string{"firstname": "first_name", "lastname": "last_name"},
			TagRules:     []core.TagRule{{Tag: "VIP", Role: "customer"}},
			CRMWins:      true,
			MostNewUsers: 20,
		},
	}
}

// full is an Overview with a connection in each state.
func full() core.Overview {
	kartra := core.ConnectionView{Name: "Kartra → yogawithann.com", Kind: "kartra", CRM: "Kartra", Account: "kartra", Site: home}
	resting := core.ConnectionView{Name: "Winter course", Kind: "ortto", CRM: "Ortto", Account: "ortto", Site: "https://winter.example", Paused: true, LastMessage: noon.Add(-26 * time.Hour)}
	stuck := core.ConnectionView{Name: "Old shop", Kind: "pulse", CRM: "PulseTechnologyCRM", Account: "pulse", Site: "https://old.example", SignIn: true, LastMessage: noon.Add(-80 * time.Hour)}
	return core.Overview{
		Status:      core.Status{Address: core.AddressStatus{State: "online", URL: "https://calm-otter-42.ngrok-free.dev"}},
		Connections: []core.ConnectionView{shop(), kartra, resting, stuck},
		Needs:       []core.Need{{Problem: core.NewProblem("crm.sign_in", nil).Trouble("pulse"), Count: 3, Waits: true}},
	}
}

func picks() core.Choices {
	return core.Choices{
		Roles: []core.RoleChoice{
			{Slug: "author", Name: "Author", WritesPosts: true},
			{Slug: "customer", Name: "Customer"},
			{Slug: "subscriber", Name: "Subscriber", Default: true},
		},
		UserFields: []string{"first_name", "last_name", "nickname"},
		Fields: []core.CRMField{
			{Key: "firstname", Label: "First Name"}, {Key: "lastname", Label: "Last Name"}, {Key: "f1", Label: "WP password", Writable: true},
		},
		Tags: []core.Tag{{Key: "1", Name: "VIP"}, {Key: "2", Name: "Welcome"}},
	}
}

func descriptors() []core.Descriptor {
	return []core.Descriptor{{
		Kind: "ontraport", Name: "Ontraport", URLParams: "contact_id=[Contact ID]",
		FieldMap:    map[string]string{"firstname": "first_name"},
		Credentials: []core.Credential{{Key: "api_key", Label: "API Key"}},
		Cards: []core.Card{{
			Title: "With a rule",
			Steps: []string{
				"In Ontraport go to the Rules page under the Contacts menu in the sidebar and create a new rule.",
				"Under “Actions” choose “Ping a URL”.",
				"Enter this URL: {add}",
				"Or, to give the new user a role: {add}&role=customer",
				"Enter {update} in another rule, if you like.",
			},
			Notes: []string{"If the user already exists they are updated. No second user is made."},
			Warns: []string{"Do not use the trigger “Contact is created”: the webhook leaves before any details are entered."},
		}, {Title: "In a campaign", Steps: []string{"Open the campaign."}}},
		Doubts: []string{"The URL lacks contact_id=[Contact ID].", "The rule's conditions were not met."},
	}, {Kind: "kartra", Name: "Kartra"}}
}
