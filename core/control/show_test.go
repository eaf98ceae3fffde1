package control

import (
	"context"
	"testing"
)

func TestASecondStartShowsTheWindowOfTheFirst(t *testing.T) {
	shown := 0
	client := startBackend(t, t.TempDir(), WithWindow(&engine{}, func() { shown++ }))
	if ok, err := client.ShowWindow(t.Context()); !ok || err != nil || shown != 1 {
		t.Errorf("shown %t, %v, %d times", ok, err, shown)
	}
	if status, err := client.Status(t.Context()); err != nil || status.Accepted != 7 {
		t.Errorf("with a window it answers %+v, %v", status, err)
	}
}

func TestAnUsherWithoutAWindowSaysSo(t *testing.T) {
	client := start(t, t.TempDir(), &engine{})
	if ok, err := client.ShowWindow(t.Context()); ok || err != nil {
		t.Errorf("shown %t, %v", ok, err)
	}
}

// startBackend serves any backend until the test ends.
func startBackend(t *testing.T, dir string, b Backend) *Client {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := Listen(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, b) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	client, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
