package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usher/core"
)

func (w *world) overview() core.Overview {
	w.Helper()
	o, err := w.engine.Overview(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return o
}

func visitor(n int) lead {
	return lead{"id": fmt.Sprint(100 + n), "email": fmt.Sprintf("person%d@example.test", n), "first_name": "Person"}
}

func TestProblemsOfOneCauseAreOneNeed(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.site.setFail(down)
		for n := range 3 {
			w.send(core.Add, "", "list_subscription", visitor(n))
		}
		needs := w.overview().Needs
		if len(needs) != 1 || needs[0].Problem.Code != "site.unreachable" || needs[0].Count != 3 || !needs[0].Waits {
			t.Errorf("while the site is down: %+v", needs)
		}
		w.site.setFail(nil)
		w.pass(time.Hour)
		if needs = w.overview().Needs; len(needs) != 0 {
			t.Errorf("when it is well: %+v", needs)
		}
		var held []string
		for n := range 3 {
			without := visitor(10 + n)
			delete(without, "email")
			held = append(held, core.FormatID(w.send(core.Add, "", "list_subscription", without)))
		}
		lonely := core.FormatID(w.send("frobnicate", "", "list_subscription", ann()))
		needs = w.overview().Needs
		if len(needs) != 2 || needs[0].Problem.Code != "contact.no_email" || needs[0].Count != 3 || needs[0].Waits || needs[0].Question || needs[0].Connection != "shop" {
			t.Fatalf("held: %+v", needs)
		}
		slices.Reverse(held)
		if !slices.Equal(needs[0].Messages, held) {
			t.Errorf("names %v, want %v", needs[0].Messages, held)
		}
		if needs[1].Problem.Code != "delivery.unknown_action" || !slices.Equal(needs[1].Messages, []string{lonely}) {
			t.Errorf("a message that cannot be read: %+v", needs[1])
		}
	})
}

func TestAnOverviewTellsAllThereIs(t *testing.T) {
	plainBubble(t, func(w *world) {
		o := w.overview()
		if len(o.Connections) != 1 || len(o.Sites) != 1 {
			t.Fatalf("%+v", o)
		}
		conn := o.Connections[0]
		if conn.Name != "shop" || conn.CRM != "Kartra" || conn.Kind != "kartra" || conn.Site != "https://shop.test" || !conn.LastMessage.IsZero() {
			t.Errorf("connection %+v", conn)
		}
		if conn.Rules.Keys != nil || conn.Rules.ID != "" || conn.Rules.FieldMap["first_name"] != "first_name" {
			t.Errorf("rules %+v", conn.Rules)
		}
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","field_map":{}`, 1))
		w.restart()
		if rules := w.overview().Connections[0].Rules; len(rules.FieldMap) != 0 {
			t.Errorf("an emptied map came back: %v", rules.FieldMap)
		}
		if site := o.Sites[0]; site.Home != "https://shop.test" || site.User != "ann" || !slices.Equal(site.Connections, []string{"shop"}) {
			t.Errorf("site %+v", site)
		}
		if _, _, ok := w.store.Connection("0123456789abcdef"); !ok { // as the door does
			t.Fatal("the key opens nothing")
		}
		if last := w.overview().Connections[0].LastMessage; !last.Equal(time.Now()) {
			t.Errorf("last message %v", last)
		}
	})
}

func TestAnOverviewSaysWhetherTheHelperIsThere(t *testing.T) {
	bubbleOn(t, func(*memorySite) {}, func(w *world) {
		want := func(when string, want core.Helper) {
			w.Helper()
			if got := w.overview().Sites[0].Helper; got != want {
				w.Errorf("%s: %+v, want %+v", when, got, want)
			}
		}
		want("before the site was asked", core.Helper{})
		w.made(1)
		want("without it", core.Helper{State: core.HelperAbsent})
		w.site.install()
		before := w.overview().Version
		if _, err := w.engine.Choices(w.Context(), "shop"); err != nil { // the wizard's next step
			w.Fatal(err)
		}
		want("installed", core.Helper{State: core.HelperActive, Version: "1.0.0"})
		if w.overview().Version == before {
			w.Error("watchers did not hear of it")
		}
		w.send(core.Add, "", "list_subscription", person(1))
		w.restart()
		want("after a start", core.Helper{State: core.HelperActive})
		w.site.change(func() { w.site.helper, w.site.identity = false, "" })
		w.send(core.Add, "", "list_subscription", person(2))
		want("taken off", core.Helper{State: core.HelperAbsent})
	})
}

func TestWatchersHearOfEveryChange(t *testing.T) {
	plainBubble(t, func(w *world) {
		heard := make(chan uint64, 1)
		watch := func(since uint64) {
			go func() {
				version, err := w.engine.Watch(w.Context(), since)
				if err != nil {
					t.Error(err)
				}
				heard <- version
			}()
			synctest.Wait()
		}
		changes := map[string]func(){
			"a message":          func() { w.send(core.Add, "", "list_subscription", ann()) },
			"an address":         func() { w.online(core.NgrokAddress, "https://ann.ngrok-free.dev") },
			"a wrong key":        func() { w.engine.Miss("wrong_key") },
			"a pause":            func() { _ = w.engine.Pause(w.Context(), "", true) },
			"a paused connector": func() { _ = w.engine.Pause(w.Context(), "shop", true) },
		}
		for name, change := range changes {
			before := w.overview().Version
			watch(before)
			select {
			case <-heard:
				t.Errorf("%s: heard before anything changed", name)
			default:
			}
			change()
			synctest.Wait()
			select {
			case version := <-heard:
				if version == before {
					t.Errorf("%s: the version is the same", name)
				}
			default:
				t.Fatalf("%s: not heard", name)
			}
		}
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		if _, err := w.engine.Watch(ctx, w.overview().Version); !errors.Is(err, context.Canceled) {
			t.Errorf("nobody watches any more: %v", err)
		}
	})
}

func TestWhilePausedMessagesAreKeptAndNothingIsWritten(t *testing.T) {
	for name, connection := range map[string]string{"everything": "", "the connection": "shop"} {
		t.Run(name, func(t *testing.T) {
			plainBubble(t, func(w *world) {
				if err := w.engine.Pause(w.Context(), connection, true); err != nil {
					t.Fatal(err)
				}
				seq := w.send(core.Add, "", "list_subscription", ann())
				w.pass(2 * time.Hour)
				w.restart()
				w.pass(2 * time.Hour)
				w.want(seq, core.Queued, "")
				if o := w.overview(); o.Paused != (connection == "") || o.Connections[0].Paused == o.Paused {
					t.Errorf("overview says %v, %v", o.Paused, o.Connections[0].Paused)
				}
				if err := w.engine.Pause(w.Context(), connection, false); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				w.want(seq, core.Applied, core.Created)
			})
		})
	}
}

// One paused connection does not stop another of the same site.
func TestAPausedConnectionIsPassed(t *testing.T) {
	plainBubble(t, func(w *world) {
		if err := w.engine.Pause(w.Context(), "shop", true); err != nil {
			t.Fatal(err)
		}
		paused := w.send(core.Add, "", "list_subscription", ann())
		w.setup(strings.NewReplacer(`"shop"`, `"second"`, "0123456789abcdef", "fedcba9876543210").Replace(setupJSON))
		other := w.send(core.Add, "", "list_subscription", visitor(1))
		w.want(other, core.Applied, core.Created)
		w.want(paused, core.Queued, "")
		if err := w.engine.Pause(w.Context(), "no such", true); !core.HasCode(err, "setup.no_connection") {
			t.Errorf("no connection: %v", err)
		}
	})
}

func TestANewKeyLetsTheOldOneWorkForNow(t *testing.T) {
	plainBubble(t, func(w *world) {
		opens := func(key string) bool { _, _, ok := w.store.Connection(key); return ok }
		keyOf := func(done core.SetupAnswer) string {
			_, key, _ := strings.Cut(done.URLs[core.Add], "access_key=")
			return key
		}
		rotate := func(endOld bool) string {
			done, err := w.engine.RotateKey(w.Context(), "shop", endOld)
			if err != nil {
				t.Fatal(err)
			}
			again, err := w.engine.WebhookURLs(w.Context(), "shop")
			if err != nil || keyOf(again) != keyOf(done) {
				t.Errorf("shown %s, made %s, %v", keyOf(again), keyOf(done), err)
			}
			return keyOf(done)
		}
		const first = "0123456789abcdef"
		second := rotate(false)
		if !opens(first) || !opens(second) {
			t.Error("after the first change not both keys work")
		}
		third := rotate(false)
		if opens(first) || !opens(second) || !opens(third) {
			t.Error("after the second change not the last two keys work")
		}
		if fourth := rotate(true); opens(second) || opens(third) || !opens(fourth) {
			t.Error("an old key still works though it was ended")
		}
		if _, err := w.engine.RotateKey(w.Context(), "no such", true); !core.HasCode(err, "setup.no_connection") {
			t.Errorf("no connection: %v", err)
		}
	})
}

// fullVault takes nothing more.
type fullVault struct{ Vault }

func (fullVault) Set(context.Context, string, core.Secret) error {
	return core.NewProblem("keyring.locked", nil)
}

func TestANewKeyThatCannotBeKeptChangesNoURL(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.engine.vault = fullVault{w.vault}
		if _, err := w.engine.RotateKey(w.Context(), "shop", true); !core.HasCode(err, "keyring.locked") {
			t.Errorf("got %v", err)
		}
		shown, err := w.engine.WebhookURLs(w.Context(), "shop")
		if _, _, opens := w.store.Connection("0123456789abcdef"); err != nil || !opens || !strings.HasSuffix(shown.URLs[core.Add], "=0123456789abcdef") {
			t.Errorf("shown %s, %v; it opens: %v", shown.URLs[core.Add], err, opens)
		}
	})
}

// lastVault is the last thing that works before everything ends.
type lastVault struct {
	Vault
	end func()
}

func (v lastVault) Set(ctx context.Context, name string, s core.Secret) error {
	defer v.end()
	return v.Vault.Set(ctx, name, s)
}

func TestACrashAfterTheNewKeyWasKeptLeavesURLsThatWork(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.engine.vault = lastVault{w.vault, func() { _ = w.store.Close() }}
		if _, err := w.engine.RotateKey(w.Context(), "shop", true); err == nil {
			t.Fatal("it did not end")
		}
		w.restart()
		shown, err := w.engine.WebhookURLs(w.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		_, key, _ := strings.Cut(shown.URLs[core.Add], "access_key=")
		for _, key := range []string{key, "0123456789abcdef"} {
			if _, _, opens := w.store.Connection(key); !opens {
				t.Errorf("%s does not open the door", key)
			}
		}
	})
}

func TestACrashAfterASetupKeptANewKeyLeavesURLsThatWork(t *testing.T) {
	plainBubble(t, func(w *world) {
		const fresh = "fedcba9876543210"
		w.engine.vault = lastVault{w.vault, func() { _ = w.store.Close() }}
		if _, err := w.engine.Setup(w.Context(), []byte(`{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","access_key":"`+fresh+`"}}`)); err == nil {
			t.Fatal("it did not end")
		}
		w.restart()
		shown, err := w.engine.WebhookURLs(w.Context(), "shop")
		if err != nil || !strings.Contains(shown.URLs[core.Add], fresh) {
			t.Fatalf("the URL shown is %s, %v", shown.URLs[core.Add], err)
		}
		for _, key := range []string{fresh, "0123456789abcdef"} {
			if _, _, opens := w.store.Connection(key); !opens {
				t.Errorf("%s does not open the door", key)
			}
		}
	})
}

func TestActivityIsFoundAndPaged(t *testing.T) {
	plainBubble(t, func(w *world) {
		for n := range 25 {
			w.send(core.Add, "", "list_subscription", visitor(n))
		}
		without := ann()
		delete(without, "email")
		held := core.FormatID(w.send(core.Add, "", "list_subscription", without))
		ask := func(q core.ActivityQuery) core.Activity {
			page, err := w.engine.Activity(w.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return page
		}
		var ids []string
		for q := (core.ActivityQuery{Limit: 10}); ; {
			page := ask(q)
			for _, line := range page.Lines {
				ids = append(ids, line.ID)
			}
			if q.Before = page.Before; q.Before == "" {
				break
			}
		}
		if first := ask(core.ActivityQuery{Text: "103"}).Lines[0]; first.Person != "Person" {
			t.Errorf("the person is called %q", first.Person)
		}
		if len(ids) != 26 || ids[0] != "26" || ids[25] != "1" || len(slices.Compact(slices.Clone(ids))) != 26 {
			t.Errorf("pages have %v", ids)
		}
		for name, c := range map[string]struct {
			query core.ActivityQuery
			want  []string
		}{
			"by state":        {core.ActivityQuery{States: []core.State{core.Held}}, []string{held}},
			"by person":       {core.ActivityQuery{Text: "103"}, []string{"4"}},
			"by problem":      {core.ActivityQuery{Text: "NO E-MAIL"}, []string{held}},
			"by connection":   {core.ActivityQuery{Connection: "another"}, nil},
			"by all together": {core.ActivityQuery{Text: "7", States: []core.State{core.Held}, Connection: "shop"}, []string{held}},
		} {
			var got []string
			for _, line := range ask(c.query).Lines {
				got = append(got, line.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		if _, err := w.engine.Activity(w.Context(), core.ActivityQuery{Before: "x"}); !core.HasCode(err, "command.no_delivery") {
			t.Errorf("no id: %v", err)
		}
	})
}

func TestADetailTellsAllButPasswords(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.setup(strings.Replace(setupJSON, `"name":"shop"`, `"name":"shop","return_password_field":"wp_password","field_map":{"first_name":"first_name","middle_name":"user_pass"}`, 1))
		l := ann()
		l["middle_name"], l["custom_fields"] = "pa55word1", []map[string]any{{"field_identifier": "wp_password", "field_value": "pa55word2"}}
		id := core.FormatID(w.send(core.Add, "role=customer", "list_subscription", l))
		detail, err := w.engine.Detail(w.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if detail.Line.ID != id || len(detail.Steps) != 1 || detail.Steps[0].Outcome != core.Created || len(detail.Steps[0].Fields) == 0 {
			t.Errorf("%+v", detail)
		}
		if !strings.Contains(detail.Message, "ann@example.test") || strings.Contains(detail.Message, "pa55word") {
			t.Errorf("message %s", detail.Message)
		}
		w.vault.lock(true)
		w.restart()
		if detail, err = w.engine.Detail(w.Context(), id); err != nil || detail.Message != "" || len(detail.Steps) != 1 {
			t.Errorf("with a locked keyring: %+v, %v", detail, err)
		}
		for _, id := range []string{"x", "99"} {
			if _, err := w.engine.Detail(w.Context(), id); !core.HasCode(err, "command.no_delivery") {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

func TestWhatIsShownOfAMessage(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"a form":               {"first_name=Ann&custom_password=pa55word", "custom_password: (hidden)\nfirst_name: Ann"},
		"a field by its label": {`{"f":[{"label":"Password","value":"pa55word"},{"label":"City","value":"Bonn"}]}`, "{\n  \"f\": [\n    \"(hidden)\",\n    {\n      \"label\": \"City\",\n      \"value\": \"Bonn\"\n    }\n  ]\n}"},
		"what cannot be read":  {`{"password":"pa55word"`, ""},
		"nothing":              {"", ""},
	} {
		if got := shown(core.Delivery{Body: []byte(c.body)}, []string{"password"}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := shown(core.Delivery{Body: []byte("{\xff")}, nil); got != "{\ufffd" {
		t.Errorf("no text: %q", got)
	}
	if got := shown(core.Delivery{Body: []byte(`{"a":"` + strings.Repeat("ä", mostShown) + `"}`)}, nil); len(got) > mostShown+5 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes are shown", len(got))
	}
}

func TestPeopleAreFound(t *testing.T) {
	plainBubble(t, func(w *world) {
		w.send(core.Add, "role=customer", "list_subscription", ann())
		w.send(core.Update, "", "list_subscription", visitor(1))
		find := func(text string) []core.PersonView {
			people, err := w.engine.People(w.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			return people
		}
		if all := find(""); len(all) != 2 {
			t.Errorf("all are %+v", all)
		}
		found := find(" ANN@ ")
		if len(found) != 1 {
			t.Fatalf("found %+v", found)
		}
		if p := found[0]; p.Name != "Ann Lee" || p.CRM != "kartra" || p.Contact != "7" || p.Site != "https://shop.test" || p.UserID == 0 || !p.MadeByUsher || !slices.Equal(p.Connections, []string{"shop"}) || !slices.Equal(p.Roles, []string{"customer"}) {
			t.Errorf("%+v", p)
		}
		if found = find("person1"); len(found) != 1 || found[0].UserID != 0 || found[0].Email != "person1@example.test" {
			t.Errorf("one who is no user: %+v", found)
		}
	})
}

func TestMissesAreRememberedForAWhile(t *testing.T) {
	plainBubble(t, func(w *world) {
		for range 3 {
			w.engine.Miss("wrong_key")
		}
		w.engine.Miss("method")
		misses, err := w.engine.Misses(w.Context())
		if err != nil || len(misses) != 2 || misses[0].Reason != "method" || misses[1].Times != 3 {
			t.Errorf("%+v, %v", misses, err)
		}
		for n := range 50 {
			w.engine.Miss([]string{"wrong_key", "method"}[n%2])
		}
		if misses, _ = w.engine.Misses(w.Context()); len(misses) != mostMisses {
			t.Errorf("%d are remembered", len(misses))
		}
	})
}

func TestChoicesAreWhatSiteAndCRMTell(t *testing.T) {
	crmBubble(t, func(w *world, _ *memoryCRM) {
		choices, err := w.engine.Choices(w.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		slugs := func() (all []string) {
			for _, role := range choices.Roles {
				all = append(all, role.Slug)
			}
			return all
		}()
		if !slices.Contains(slugs, "customer") || slices.Contains(slugs, "administrator") || slices.Contains(slugs, "editor") {
			t.Errorf("roles %v", slugs)
		}
		if len(choices.Tags) != 2 || !slices.Contains(choices.UserFields, "user_login") {
			t.Errorf("%+v", choices)
		}
		if _, err := w.engine.Choices(w.Context(), "no such"); !core.HasCode(err, "setup.no_connection") {
			t.Errorf("no connection: %v", err)
		}
		all, err := w.engine.CRMs(w.Context())
		if err != nil || len(all) != 1 || all[0].Kind != "kartra" || all[0].Samples != nil || len(all[0].Cards) == 0 {
			t.Errorf("%d CRMs, %v", len(all), err)
		}
	})
}

// A revoked application password is one card, however many wait; one Fix, and all of them
// are done without another word.
func TestARevokedPasswordIsOneCardForAllWhoWait(t *testing.T) {
	bubble(t, func(w *world) {
		const many = 200
		w.site.setFail(func(string) error { return core.NewProblem("site.unauthorized", nil) })
		var seqs []uint64
		for n := range many {
			seqs = append(seqs, w.send(core.Update, "", "list_subscription", visitor(n)))
		}
		w.pass(5 * time.Hour)
		needs := w.overview().Needs
		if len(needs) != 1 || needs[0].Problem.Code != "site.unauthorized" || needs[0].Count != many || !needs[0].Waits || needs[0].Problem.About != "https://shop.test" {
			t.Fatalf("needs %+v", needs)
		}
		w.site.setFail(nil)
		if _, err := w.engine.ConnectSite(w.Context(), "shop.test", "ann", core.NewSecret("right")); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		for _, seq := range seqs {
			w.want(seq, core.Applied, core.NoUser)
		}
		if needs = w.overview().Needs; len(needs) != 0 {
			t.Errorf("still %+v", needs)
		}
	})
}
