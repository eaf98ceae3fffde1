package control

import "testing"

func TestASecondStartShowsTheWindowOfTheFirst(t *testing.T) {
	shown := 0
	client := start(t, t.TempDir(), WithWindow(&engine{}, func() { shown++ }))
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
