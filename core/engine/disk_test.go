package engine

import (
	"os"
	"runtime"
	"testing"
	"time"

	"usher/core"
)

// A disk that does not take what is written is told of at once, and no longer than it lasts,
// whether or not anything more arrives.
func TestTroubleWithTheDiskIsTold(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder with an open file cannot go there")
	}
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		version, _ := w.engine.Watch(w.Context(), 0)
		if err := os.Rename(w.dir, w.dir+".gone"); err != nil {
			w.Fatal(err)
		}
		if _, err := w.store.Accept(w.Context(), core.Delivery{Received: time.Now(), Connection: w.conn.ID}); !core.HasCode(err, "store.gone") {
			w.Fatalf("accepted with %v", err)
		}
		if _, err := w.engine.Watch(w.Context(), version); err != nil {
			w.Error(err)
		}
		overview, err := w.engine.Overview(w.Context())
		if err != nil || len(overview.Needs) != 1 || overview.Needs[0].Problem.Code != "store.gone" {
			w.Errorf("needs %+v, %v", overview.Needs, err)
		}
		w.pass(3 * diskWait)
		if status, err := w.engine.Status(w.Context()); err != nil || len(status.Problems) != 1 {
			w.Errorf("status %+v, %v", status, err)
		}
		if err := os.Rename(w.dir+".gone", w.dir); err != nil {
			w.Fatal(err)
		}
		w.pass(diskWait)
		w.wantNoTrouble()
	})
}
