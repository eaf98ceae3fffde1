package core

import (
	"testing"
	"testing/fstest"
)

func TestReadSamples(t *testing.T) {
	files := fstest.MapFS{
		"samples/full.json": {Data: []byte("{}")}, "samples/full.want.json": {Data: []byte("1")},
		"samples/form.txt": {Data: []byte("a=b")}, "samples/form.want.json": {Data: []byte("2")},
		"samples/lonely.json": {Data: []byte("[]")}, "other/x.json": {},
	}
	got := ReadSamples(files)
	want := []struct{ name, body, want string }{{"form", "a=b", "2"}, {"full", "{}", "1"}, {"lonely", "[]", ""}}
	if len(got) != len(want) {
		t.Fatalf("got %d samples, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Name != w.name || string(got[i].Body) != w.body || string(got[i].Want) != w.want {
			t.Errorf("got %s %s %s, want %v", got[i].Name, got[i].Body, got[i].Want, w)
		}
	}
	if ReadSamples(fstest.MapFS{}) != nil {
		t.Error("samples out of nothing")
	}
}
