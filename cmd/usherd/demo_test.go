//go:build unix

package main

import (
	"context"
	"strings"
	"testing"
)

func TestTheDemoShowsEveryUser(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out strings.Builder
	if err := runDemo(ctx, &out); err != nil {
		t.Fatalf("%v after:\n%s", err, out.String())
	}
	for _, want := range []string{"new user", "already up to date", "left alone", "a role with admin rights: administrator", "Ada Lovelace", "Every expected user is there."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demo does not say %q:\n%s", want, out.String())
		}
	}
}
