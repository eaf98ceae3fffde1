package tray

import (
	"strings"
	"testing"

	"usher/core"
	"usher/ui/look"
)

func online(change func(*core.Overview)) core.Overview {
	o := core.Overview{Status: core.Status{Address: core.AddressStatus{State: "online"}}}
	if change != nil {
		change(&o)
	}
	return o
}

func connections(names ...string) func(*core.Overview) {
	return func(o *core.Overview) {
		for _, name := range names {
			o.Connections = append(o.Connections, core.ConnectionView{Name: name})
		}
	}
}

func TestTheIconTellsTheMostPressing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*core.Overview)
		want   look.TrayState
		line   string
	}{
		"idle":       {nil, look.TrayOnline, "All done. Waiting for the next message."},
		"working":    {func(o *core.Overview) { o.Status.Queued = 2 }, look.TrayWorking, "Working on 2 messages."},
		"paused":     {func(o *core.Overview) { o.Paused = true; o.Status.Queued = 2 }, look.TrayPaused, "Paused. 2 messages wait."},
		"off":        {func(o *core.Overview) { o.Status.Address.State = "off" }, look.TrayPaused, "Switched off. No messages are received."},
		"failed":     {func(o *core.Overview) { o.Status.Address.State = "failed" }, look.TrayAttention, "Not reachable from the internet. Usher keeps trying."},
		"needs you":  {func(o *core.Overview) { o.Needs = make([]core.Need, 3); o.Paused = true }, look.TrayAttention, "3 things need you."},
		"connecting": {func(o *core.Overview) { o.Status.Address.State = "connecting" }, look.TrayOnline, "Connecting to the internet."},
	} {
		m := Of(online(c.change))
		if m.State != c.want || m.Lines[0].Text != c.line || m.Tooltip != "Usher: "+c.line {
			t.Errorf("%s: %s, %q, %q", name, m.State, m.Lines[0].Text, m.Tooltip)
		}
	}
}

// text writes a menu out: a line each, submenus indented, what cannot be chosen in brackets.
func text(lines []Line) string {
	var b strings.Builder
	for _, line := range lines {
		switch {
		case line.Text == "":
			b.WriteString("-\n")
		case len(line.Lines) > 0:
			b.WriteString(line.Text + " >\n  " + strings.ReplaceAll(strings.TrimSuffix(text(line.Lines), "\n"), "\n", "\n  ") + "\n")
		case line.Act == Nothing:
			b.WriteString("(" + line.Text + ")\n")
		default:
			b.WriteString(line.Text + "\n")
		}
	}
	return b.String()
}

func TestTheMenu(t *testing.T) {
	for name, c := range map[string]struct {
		model Model
		want  string
	}{
		"no connection": {Of(online(nil)), "(All done. Waiting for the next message.)\n-\nOpen Usher\nPause\n-\nQuit\n"},
		"one": {
			Of(online(connections("Kartra"))),
			"(All done. Waiting for the next message.)\n-\nOpen Usher\nCopy webhook URL\nSend test…\nPause\n-\nQuit\n",
		},
		"two": {
			Of(online(connections("Kartra", "Ort\nto"))),
			"(All done. Waiting for the next message.)\n-\nOpen Usher\nCopy webhook URL >\n  Kartra\n  Ort to\nSend test… >\n  Kartra\n  Ort to\nPause\n-\nQuit\n",
		},
		"paused":  {Of(online(func(o *core.Overview) { o.Paused = true })), "(Paused. Messages are received, your site is left as it is.)\n-\nOpen Usher\nGo on\n-\nQuit\n"},
		"gone":    {Gone(), "(Usher does not answer.)\n-\nOpen Usher\n-\nQuit\n"},
		"opening": {Before("Opening…"), "(Opening…)\n-\nOpen Usher\n-\nQuit\n"},
	} {
		if got := text(c.model.Lines); got != c.want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	copyLine := Of(online(connections("Kartra", "Ort\nto"))).Lines[3].Lines[1]
	if copyLine.Act != CopyURL || copyLine.Connection != "Ort\nto" {
		t.Errorf("it copies %+v", copyLine)
	}
}

func TestOnlyWhatDiffersHasChanged(t *testing.T) {
	idle := Of(online(connections("Kartra")))
	for name, c := range map[string]struct {
		now  Model
		want Change
	}{
		"nothing":            {Of(online(connections("Kartra"))), Change{}},
		"another message":    {Of(online(func(o *core.Overview) { connections("Kartra")(o); o.Version = 9; o.Status.Applied = 7 })), Change{}},
		"a message at work":  {Of(online(func(o *core.Overview) { connections("Kartra")(o); o.Status.Queued = 1 })), Change{Icon: true, Tooltip: true, Menu: true}},
		"another connection": {Of(online(connections("Ortto"))), Change{Menu: true}},
	} {
		if got := c.now.Since(idle); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
