package engine

import (
	"time"

	"usher/core"
)

// pace is how many contacts a lane takes at a time: fewer where the site is slow or
// something in the group kills it, more as long as it is quick.
type pace struct{ n int }

const (
	firstPace  = 10
	slowWrite  = 10 * time.Second // many hosts end a request after 30 s
	quickWrite = 5 * time.Second
)

func (p *pace) size(most int) int {
	if p.n == 0 {
		p.n = firstPace
	}
	return max(1, min(p.n, most))
}

// went takes in how long a request with that many writes took.
func (p *pace) went(sent int, took time.Duration) {
	switch {
	case took > slowWrite:
		p.n = max(1, sent/2)
	case took < quickWrite && sent >= p.n:
		p.n = min(2*p.n, core.MostWrites)
	}
}

// failed takes in that a group of that many failed and one of them may be to blame.
func (p *pace) failed(sent int) { p.n = max(1, sent/2) }
