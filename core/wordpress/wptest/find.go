package wptest

import (
	"strings"
	"testing"

	"usher/core"
)

func (s *suite) find(t *testing.T) {
	client, word := s.client(t), fresh()
	people := map[string]core.User{}
	for i, email := range []string{
		"ann@" + word + ".test", "ann@" + word + ".test.au", "joann@" + word + ".test",
		"ann+shop@" + word + ".test", "ann.shop@" + word + ".test", "ann_shop@" + word + ".test", "o'ann@" + word + ".test",
	} {
		user := newUser(word + string(rune('a'+i)))
		user.Email = email
		people[email] = mustCreate(t, client, user)
	}
	for email, want := range people {
		for _, asked := range []string{email, strings.ToUpper(email)} {
			got, err := client.find(t, byEmail(asked))
			if err != nil || !got.OK || got.User.ID != want.ID {
				t.Errorf("by e-mail %s: got user %d, %v, %v; want %d", asked, got.User.ID, got.OK, err, want.ID)
			}
		}
	}
	for _, email := range []string{
		"ann@" + word + ".tes", "nn@" + word + ".test", "ann shop@" + word + ".test", "ann%shop@" + word + ".test", "*@" + word + ".test", "",
	} {
		if got, err := client.find(t, byEmail(email)); got.OK || err != nil {
			t.Errorf("by e-mail %q: got user %d, %v", email, got.User.ID, err)
		}
	}
	t.Run("by id, and nobody there", func(t *testing.T) {
		made := mustCreate(t, client, newUser(fresh()))
		if got, err := client.find(t, byID(made.ID)); err != nil || !got.OK || got.User.Login != made.Login {
			t.Errorf("got %s, %v, %v", got.User.Login, got.OK, err)
		}
		s.delete(t, made.ID)
		for _, id := range []int64{made.ID, 999999999, 0, -1} {
			if got, err := client.find(t, byID(id)); got.OK || err != nil {
				t.Errorf("user %d: got user %d, %v", id, got.User.ID, err)
			}
		}
	})
}
