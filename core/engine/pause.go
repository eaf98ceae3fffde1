package engine

import (
	"context"

	"usher/core"
)

// settingPaused says that a person stopped all writing.
const settingPaused = "paused"

// Pause implements control.Backend. It ends what a move to another computer began.
func (e *Engine) Pause(ctx context.Context, connection string, paused bool) error {
	if connection != "" {
		return e.pauseConnection(ctx, connection, paused)
	}
	if err := e.setLeft(ctx, false); err != nil {
		return err
	}
	if err := e.store.SaveSetting(ctx, settingPaused, paused); err != nil {
		return err
	}
	e.mu.Lock()
	e.paused = paused
	e.mu.Unlock()
	e.wakeLanes()
	return nil
}

func (e *Engine) pauseConnection(ctx context.Context, name string, paused bool) error {
	conn, ok := e.store.Config().ConnectionNamed(name)
	if !ok {
		return core.NewProblem("setup.no_connection", nil).About(name)
	}
	if err := e.store.Pause(ctx, conn.ID, paused); err != nil {
		return err
	}
	e.wakeLanes()
	return nil
}

func (e *Engine) isPaused() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.paused
}
