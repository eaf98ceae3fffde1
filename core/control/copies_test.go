package control

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"usher/core"
)

// copier is an engine that writes some pieces as a copy and then fails, or does not.
type copier struct {
	engine
	turn   sync.Mutex // a command that was given up may still be answered
	pieces int
	panics bool
}

var piece = bytes.Repeat([]byte("x"), 1<<20)

func (c *copier) Backup(_ context.Context, to io.Writer) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	for range c.pieces {
		if _, err := to.Write(piece); err != nil {
			return err
		}
	}
	if c.panics {
		panic(http.ErrAbortHandler) // the running Usher is killed
	}
	return c.err
}

func (c *copier) Export(ctx context.Context, to io.Writer, passphrase core.Secret, stop bool) error {
	c.turn.Lock()
	c.asked = passphrase.Reveal()
	if stop {
		c.asked += " and stop"
	}
	c.turn.Unlock()
	return c.Backup(ctx, to)
}

func TestCopiesAreStreams(t *testing.T) {
	c := &copier{}
	client := start(t, t.TempDir(), c)
	var out bytes.Buffer
	take := func() error {
		out.Reset()
		return client.Export(t.Context(), &out, core.NewSecret("correct horse & more"), true)
	}

	c.pieces = 3
	if err := take(); err != nil || out.Len() != 3<<20 || c.asked != "correct horse & more and stop" {
		t.Errorf("%d bytes, %v, asked %q", out.Len(), err, c.asked)
	}
	c.err = core.NewProblem("keyring.locked", nil).About("ключ, ü")
	if err := take(); !core.HasCode(err, "keyring.locked") || core.AsProblem(err).Detail != "ключ, ü" {
		t.Errorf("broken off in the middle: %v", err)
	}
	c.pieces = 0
	if err := take(); !core.HasCode(err, "keyring.locked") || out.Len() > 0 {
		t.Errorf("refused at once: %v", err)
	}
	c.err = errors.New("what nobody thought of")
	if err := client.Backup(t.Context(), &out); !core.HasCode(err, "app.internal") {
		t.Errorf("without a problem: %v", err)
	}
	set := func(pieces int, panics bool) {
		c.turn.Lock()
		defer c.turn.Unlock()
		c.pieces, c.panics, c.err = pieces, panics, nil
	}
	for pieces := range 3 {
		if set(pieces, true); take() == nil {
			t.Errorf("cut off after %d pieces, it looks whole", pieces)
		}
	}
	set(1000, false)
	if err := client.Backup(t.Context(), full{}); err == nil || !strings.Contains(err.Error(), errFull.Error()) {
		t.Errorf("with the disk full: %v", err)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
