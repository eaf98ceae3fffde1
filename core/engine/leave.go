package engine

import (
	"context"
	"fmt"
	"time"

	"usher/core"
)

// settingLeft says that this Usher moved to another computer.
const settingLeft = "left"

// aboutLeft is what its trouble is about, for people.
const aboutLeft = "Usher on this computer"

// loadLeft reads whether this Usher moved away.
func (e *Engine) loadLeft() error {
	e.door.Lock()
	_, err := e.store.Setting(settingLeft, &e.left)
	e.door.Unlock()
	e.judgeLeft()
	return err
}

// Left reports whether this Usher moved to another computer. It then takes nothing at the
// door, gives the public URL up and writes nothing, until a person lets it go on.
func (e *Engine) Left() bool {
	e.door.RLock()
	defer e.door.RUnlock()
	return e.left
}

// Admit stores a webhook by accept, unless Usher moved away: move.left. What is stored is
// also in the copy that moves.
func (e *Engine) Admit(accept func() (uint64, error)) (uint64, error) {
	e.door.RLock()
	defer e.door.RUnlock()
	if e.left {
		return 0, core.NewProblem("move.left", nil)
	}
	return accept()
}

// setLeft remembers whether Usher moved away; what was being admitted is stored before it
// returns.
func (e *Engine) setLeft(ctx context.Context, left bool) error {
	if e.Left() == left {
		return nil
	}
	if err := e.store.SaveSetting(ctx, settingLeft, left); err != nil {
		return err
	}
	e.door.Lock()
	e.left = left
	e.door.Unlock()
	e.judgeLeft()
	signal(e.reach.replan)
	return nil
}

func (e *Engine) judgeLeft() {
	var problem *core.Problem
	if e.Left() {
		problem = core.NewProblem("move.left", nil)
	}
	e.setTrouble(aboutLeft, problem)
}

// standLook is how often leave looks whether the last writing has ended.
const standLook = 20 * time.Millisecond

// leave stops all that Usher does and waits until what was begun has ended.
func (e *Engine) leave(ctx context.Context) error {
	if err := e.Pause(ctx, "", true); err != nil {
		return err
	}
	if err := e.setLeft(ctx, true); err != nil {
		return err
	}
	look := time.NewTicker(standLook)
	defer look.Stop()
	for !e.writing.TryLock() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for writing to end: %w", ctx.Err())
		}
	}
	e.writing.Unlock()
	return nil
}
