package stage

import (
	"context"
	"errors"
	"testing"

	"fyne.io/fyne/v2/test"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWorkIsShownWhenItIsDone(t *testing.T) {
	test.NewTempApp(t)
	s := New(t.Context(), nil)
	planted := errors.New("planted")
	shown := make(chan error, 1)
	s.Do(func(context.Context) error { return planted }, func(err error) { shown <- err })
	if err := <-shown; !errors.Is(err, planted) {
		t.Errorf("shown %v", err)
	}
	s.Close()
}

func TestWorkThatIsGivenUpIsNotShown(t *testing.T) {
	test.NewTempApp(t)
	s := New(t.Context(), nil)
	begun, ended := make(chan struct{}), make(chan struct{})
	giveUp := s.Do(func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}, func(error) { t.Error("shown") })
	<-begun
	giveUp()
	<-ended
	s.Close()
}

func TestAClosedStageWaitsAndBeginsNothing(t *testing.T) {
	test.NewTempApp(t)
	s := New(t.Context(), nil)
	begun, over := make(chan struct{}), false
	s.Do(func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		over = true
		return nil
	}, func(error) { t.Error("shown after the end") })
	<-begun
	s.Close()
	if !over {
		t.Error("Close did not wait")
	}
	s.Do(func(context.Context) error { t.Error("begun after the end"); return nil }, func(error) { t.Error("shown") })()
}
