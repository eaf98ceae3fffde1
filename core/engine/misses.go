package engine

import (
	"context"
	"slices"
	"sync"

	"usher/core"
)

// mostMisses is how many misses are remembered.
const mostMisses = 20

// misses are the last messages that were turned away at the door. They are for whoever
// sets a webhook up just now, so they are not kept on disk.
type misses struct {
	mu   sync.Mutex
	list []core.Miss // oldest first
}

// Miss takes in that a message was turned away.
func (e *Engine) Miss(reason string) {
	m := &e.missed
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.list); n > 0 && m.list[n-1].Reason == reason {
		m.list[n-1].At = e.now()
		m.list[n-1].Times++
	} else {
		m.list = append(m.list, core.Miss{At: e.now(), Reason: reason, Times: 1})
		m.list = m.list[max(0, len(m.list)-mostMisses):]
	}
	e.bell.ring()
}

// Misses implements control.Backend.
func (e *Engine) Misses(context.Context) ([]core.Miss, error) {
	m := &e.missed
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Clone(m.list)
	slices.Reverse(list)
	return list, nil
}
