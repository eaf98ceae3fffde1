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
			got, found, err := client.UserByEmail(t.Context(), asked)
			if err != nil || !found || got.ID != want.ID {
				t.Errorf("by e-mail %s: got user %d, %v, %v; want %d", asked, got.ID, found, err, want.ID)
			}
		}
		got, found, err := client.UserByLogin(t.Context(), strings.ToUpper(want.Login))
		if err != nil || !found || got.ID != want.ID {
			t.Errorf("by login %s: got user %d, %v, %v; want %d", want.Login, got.ID, found, err, want.ID)
		}
	}
	for _, email := range []string{
		"ann@" + word + ".tes", "nn@" + word + ".test", "ann shop@" + word + ".test", "ann%shop@" + word + ".test", "*@" + word + ".test", "",
	} {
		if got, found, err := client.UserByEmail(t.Context(), email); found || err != nil {
			t.Errorf("by e-mail %q: got user %d, %v", email, got.ID, err)
		}
	}
	for _, login := range []string{word, word + "h", ""} {
		if got, found, err := client.UserByLogin(t.Context(), login); found || err != nil {
			t.Errorf("by login %q: got user %d, %v", login, got.ID, err)
		}
	}
	t.Run("a login that is an e-mail address, once the address has changed", func(t *testing.T) {
		if s.Network {
			t.Skip("a network has no such logins")
		}
		user := newUser(fresh())
		user.Login = user.Email
		made := mustCreate(t, client, user)
		patch := core.UserPatch{Fields: core.Fields{"email": fresh() + "@example.test"}}
		if _, err := client.Update(t.Context(), made.ID, patch); err != nil {
			t.Fatal(err)
		}
		got, found, err := client.UserByLogin(t.Context(), user.Login)
		if err != nil || !found || got.ID != made.ID {
			t.Errorf("got user %d, %v, %v", got.ID, found, err)
		}
	})
	t.Run("by id, and nobody there", func(t *testing.T) {
		made := mustCreate(t, client, newUser(fresh()))
		if got, found, err := client.User(t.Context(), made.ID); err != nil || !found || got.Login != made.Login {
			t.Errorf("got %s, %v, %v", got.Login, found, err)
		}
		s.delete(t, made.ID)
		for _, id := range []int64{made.ID, 999999999, 0, -1} {
			if _, found, err := client.User(t.Context(), id); found || err != nil {
				t.Errorf("user %d: found %v, %v", id, found, err)
			}
		}
	})
}
