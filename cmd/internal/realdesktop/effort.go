package realdesktop

import "fmt"

// Effort counts what a person did.
type Effort struct {
	Clicks int // of the mouse, also in the tray and on notifications
	Keys   int // pressed one by one, such as Tab
	Typed  int // values typed
	Pasted int // values pasted
}

func (e Effort) String() string {
	return fmt.Sprintf("%d clicks, %d values pasted, %d typed, %d keys", e.Clicks, e.Pasted, e.Typed, e.Keys)
}
