package look

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// paintPause is the least time between two paints of a [Painter].
const paintPause = 100 * time.Millisecond

// Painter paints at most ten times a second, however often it is asked to, and always the last
// state. It never has more than one paint in the toolkit's queue, which knows no bound.
type Painter struct {
	paint func()
	do    func(func())   // on the toolkit's goroutine, later
	work  sync.WaitGroup // a paint under way, a pause that is set

	mu      sync.Mutex
	busy    bool // a paint is queued or under way, or the pause after it
	again   bool // asked for since
	stopped bool
	pause   *time.Timer
}

// NewPainter makes a Painter. It calls paint on the toolkit's goroutine, never twice at a time.
func NewPainter(paint func()) *Painter { return &Painter{paint: paint, do: fyne.Do} }

// Request asks for a paint, from any goroutine, and does not wait for it.
func (p *Painter) Request() {
	p.mu.Lock()
	if p.busy {
		p.again = true
		p.mu.Unlock()
		return
	}
	p.busy = true
	p.mu.Unlock()
	p.do(p.run)
}

// Stop ends the Painter. When it returns, paint is not running and will not run again. It must not
// be called within paint.
func (p *Painter) Stop() {
	p.mu.Lock()
	p.stopped = true
	if p.pause != nil && p.pause.Stop() {
		p.work.Done()
	}
	p.mu.Unlock()
	p.work.Wait()
}

func (p *Painter) run() {
	p.mu.Lock()
	if p.stopped {
		p.mu.Unlock()
		return
	}
	p.again = false
	p.work.Add(1)
	p.mu.Unlock()
	defer p.work.Done()

	p.paint()

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	p.work.Add(1)
	p.pause = time.AfterFunc(paintPause, p.rested)
}

func (p *Painter) rested() {
	defer p.work.Done()
	p.mu.Lock()
	p.pause = nil
	p.busy = p.again && !p.stopped
	paint := p.busy
	p.mu.Unlock()
	if paint {
		p.do(p.run)
	}
}
