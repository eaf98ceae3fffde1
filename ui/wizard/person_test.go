package wizard

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"usher/core"
	"usher/ui/look"
	"usher/ui/look/looktest"
	"usher/ui/stage"
)

// person sits in front of the wizard: sees what is on screen, clicks, types, and counts it.
type person struct {
	t      *testing.T
	fake   *fake
	window fyne.Window
	stage  *stage.Stage
	screen *Screen
	hooks  Hooks

	asked   *question
	helper  bool
	steps   []core.Step
	memory  *memory
	opened  []string // pages
	went    []string // screens
	toasts  []string
	saved   string
	clicks  int
	pastes  int
	signIns []string
	moved   []string
}

// sit runs a test in front of a fresh wizard. The clock is the test's own.
func sit(t *testing.T, prepare func(*person), act func(*person)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		app := test.NewTempApp(t)
		app.Settings().SetTheme(look.NewTheme(look.Light))
		p := &person{t: t, fake: newFake(), memory: &memory{}, steps: fineSteps()}
		p.window = test.NewTempWindow(t, widget.NewLabel(""))
		p.window.Resize(fyne.NewSize(1000, 700))
		p.stage = stage.New(t.Context(), p.window)
		p.stage.Toast = func(news string) { p.toasts = append(p.toasts, news) }
		p.stage.Open = func(url string) { p.opened = append(p.opened, url) }
		p.stage.Go = func(screen, subject string) { p.went = append(p.went, strings.TrimSuffix(screen+" "+subject, " ")) }
		p.stage.SaveAs = func(name string, _ []byte, done func(string, error)) {
			p.saved = name
			done("/home/ann/"+name, nil)
		}
		p.hooks = p.desktop()
		if prepare != nil {
			prepare(p)
		}
		p.open()
		act(p)
		p.screen.Leave()
		p.stage.Close()
	})
}

// open opens the wizard as a fresh start of the program does.
func (p *person) open() {
	p.screen = New(p.stage, p.fake, p.hooks)
	// A timer alone does not tell the race detector what came before it.
	p.screen.pause = func(ctx context.Context, d time.Duration) error {
		if err := pause(ctx, d); err != nil {
			return err
		}
		return p.fake.call(ctx, "pause")
	}
	p.window.SetContent(p.screen.Content())
	p.screen.Show("")
	p.settle()
}

func (p *person) desktop() Hooks {
	return Hooks{
		Diagnose: func(ctx context.Context, _ string) []core.Step {
			_ = p.fake.call(ctx, "Diagnose")
			return p.steps
		},
		AskPermission: func(ctx context.Context, address string, paste bool) (Permission, error) {
			if err := p.fake.call(ctx, "AskPermission"); err != nil {
				return nil, err
			}
			p.asked = &question{fake: p.fake, address: address, comesBack: !paste, approved: make(chan error)}
			return p.asked, nil
		},
		HelperActive: func(ctx context.Context, _ string) (bool, error) {
			err := p.fake.call(ctx, "HelperActive")
			return p.helper, err
		},
		SignIn: func(ctx context.Context, account string) error {
			err := p.fake.call(ctx, "SignIn")
			p.signIns = append(p.signIns, account)
			return err
		},
		Practise:  func(ctx context.Context) (string, error) { return "", p.fake.call(ctx, "Practise") },
		Autostart: &computer{},
		Move: func(ctx context.Context, path string, passphrase core.Secret) error {
			err := p.fake.call(ctx, "Move")
			p.moved = append(p.moved, path+" with "+passphrase.Reveal())
			return err
		},
		Memory: p.memory,
	}
}

func fineSteps() []core.Step {
	return []core.Step{
		{Name: "answers", Title: "The site answers", State: core.StepOK},
		{Name: "wordpress", Title: "It is WordPress", State: core.StepOK, Detail: "WordPress 7.0"},
		{Name: "sign_in", Title: "User name and application password are right", State: core.StepSkipped},
	}
}

// settle lets everything happen that can happen now, one thing after the other.
func (p *person) settle() {
	for {
		synctest.Wait()
		select {
		case p.fake.turn <- struct{}{}:
		default:
			return
		}
	}
}

// wait lets time pass.
func (p *person) wait(d time.Duration) {
	time.Sleep(d)
	p.settle()
}

// news has Usher tell of what changed.
func (p *person) news() {
	p.fake.overview.Version++
	p.screen.Update(p.fake.overview)
	p.settle()
}

func (p *person) click(text string) {
	p.t.Helper()
	p.settle()
	for _, o := range p.visible() {
		if b, isButton := o.(*look.Button); isButton && b.Text == text {
			if b.Disabled() {
				p.t.Fatalf("%q cannot be clicked. On screen:\n%s", text, p.screenText())
			}
			test.Tap(b)
			p.clicks++
			p.settle()
			return
		}
	}
	p.t.Fatalf("there is no button %q. On screen:\n%s", text, p.screenText())
}

// paste types into the entry below a label.
func (p *person) paste(label, text string) {
	p.t.Helper()
	e := p.entry(label)
	e.SetText("")
	test.Type(e, text)
	p.pastes++
	p.settle()
}

func (p *person) enter(label string) {
	p.t.Helper()
	p.entry(label).TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	p.settle()
}

func (p *person) entry(label string) *look.Entry {
	p.t.Helper()
	if e, is := p.below(label, func(o fyne.CanvasObject) bool { _, is := o.(*look.Entry); return is }).(*look.Entry); is {
		return e
	}
	p.t.Fatalf("there is no entry %q. On screen:\n%s", label, p.screenText())
	return nil
}

// choose picks from the list below a label.
func (p *person) choose(label, text string) {
	p.t.Helper()
	s, is := p.below(label, func(o fyne.CanvasObject) bool { _, is := o.(*look.Select); return is }).(*look.Select)
	if !is {
		p.t.Fatalf("there is no list %q. On screen:\n%s", label, p.screenText())
	}
	before := s.SelectedIndex()
	if s.SetSelected(text); s.Selected != text {
		p.t.Fatalf("the list %q has no %q but %q", label, text, s.Options)
	}
	if s.SelectedIndex() != before {
		p.clicks += 2
	}
	p.settle()
}

func (p *person) check(text string) {
	p.t.Helper()
	for _, o := range p.visible() {
		if c, is := o.(*look.Check); is && c.Text == text {
			test.Tap(c)
			p.clicks++
			p.settle()
			return
		}
	}
	p.t.Fatalf("there is no switch %q", text)
}

// below finds the first object of a kind after a label.
func (p *person) below(label string, fits func(fyne.CanvasObject) bool) fyne.CanvasObject {
	found := false
	for _, o := range p.visible() {
		if l, is := o.(*widget.Label); is && l.Text == label {
			found = true
		}
		if found && fits(o) {
			return o
		}
	}
	return nil
}

func (p *person) visible() []fyne.CanvasObject {
	return looktest.Visible(p.window.Content())
}

// screenText is all that can be read.
func (p *person) screenText() string {
	var texts []string
	for _, o := range p.visible() {
		switch w := o.(type) {
		case *widget.Label:
			texts = append(texts, w.Text)
		case *look.Button:
			if w.Disabled() {
				texts = append(texts, "("+w.Text+")")
			} else {
				texts = append(texts, "["+w.Text+"]")
			}
		case *look.Check:
			texts = append(texts, w.Text)
		case *look.Select:
			texts = append(texts, "<"+w.Selected+">")
		case *look.Entry:
			texts = append(texts, "|"+w.Text+"|")
		}
	}
	return strings.Join(texts, "\n")
}

func (p *person) sees(texts ...string) {
	p.t.Helper()
	on := p.screenText()
	for _, text := range texts {
		if !strings.Contains(on, text) {
			p.t.Errorf("%q is not on screen:\n%s", text, on)
		}
	}
}

func (p *person) seesNot(texts ...string) {
	p.t.Helper()
	on := p.screenText()
	for _, text := range texts {
		if strings.Contains(on, text) {
			p.t.Errorf("%q is on screen:\n%s", text, on)
		}
	}
}

// canNext says whether the main button can be pressed.
func (p *person) canNext() bool { return !p.screen.frame.main.Disabled() }
