package stage

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"
)

func TestANewerWorkGivesTheOlderUp(t *testing.T) {
	test.NewTempApp(t)
	synctest.Test(t, func(t *testing.T) {
		s := New(t.Context(), nil)
		defer s.Close()
		latest := s.NewLatest()
		var begun, shown []string
		looked := make(chan struct{}) // what is shown here is not shown on the goroutine that looks
		do := func(name string, pause time.Duration) {
			latest.Do(pause, func(context.Context) error { <-looked; begun = append(begun, name); return nil }, func(error) { shown = append(shown, name) })
		}
		do("typed a", time.Second)
		do("typed ab", time.Second)
		if !latest.Busy() {
			t.Error("it is not busy")
		}
		close(looked)
		time.Sleep(time.Second)
		synctest.Wait()
		do("given up", time.Second)
		latest.GiveUp()
		synctest.Wait()
		if len(begun) != 1 || len(shown) != 1 || shown[0] != "typed ab" || latest.Busy() {
			t.Errorf("begun %v, shown %v, busy %t", begun, shown, latest.Busy())
		}
	})
}

func TestWorkUnderWayIsGivenUpToo(t *testing.T) {
	test.NewTempApp(t)
	synctest.Test(t, func(t *testing.T) {
		s := New(t.Context(), nil)
		defer s.Close()
		latest := s.NewLatest()
		ended := false
		latest.Do(0, func(ctx context.Context) error { <-ctx.Done(); ended = true; return ctx.Err() }, func(error) { t.Error("shown") })
		synctest.Wait()
		latest.GiveUp()
		synctest.Wait()
		if !ended {
			t.Error("it goes on")
		}
	})
}
