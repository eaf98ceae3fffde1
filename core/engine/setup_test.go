package engine

import (
	"net/url"
	"strings"
	"testing"

	"usher/core"
)

func TestSetupPrintsTheURLsOfTheSeeds(t *testing.T) {
	bubble(t, func(w *world) {
		w.engine.SetAddress(w.Context(), core.AddressStatus{State: "online", URL: "https://mydomain.com"}, nil)
		done, err := w.engine.Setup(w.Context(), []byte(setupJSON))
		if err != nil {
			w.Fatal(err)
		}
		for action, want := range map[core.Action]string{
			core.Add:        "https://mydomain.com/?wpf_action=add&access_key=0123456789abcdef",
			core.Update:     "https://mydomain.com/?wpf_action=update&access_key=0123456789abcdef",
			core.UpdateTags: "https://mydomain.com/?wpf_action=update_tags&access_key=0123456789abcdef",
		} {
			if done.URLs[action] != want {
				w.Errorf("%s: %s, want %s", action, done.URLs[action], want)
			}
		}
	})
}

func TestAnAbsentKeyIsMadeAndStays(t *testing.T) {
	bubble(t, func(w *world) {
		file := `{"site":{"url":"shop.test","user":"ann","application_password":"right"},"crm":{"kind":"Kartra"},"connection":{"name":"new"}}`
		first, err := w.engine.Setup(w.Context(), []byte(file))
		if err != nil {
			w.Fatal(err)
		}
		made, err := url.Parse(first.URLs[core.Add])
		if err != nil || len(made.Query().Get("access_key")) < 22 {
			w.Errorf("URL %s, %v", first.URLs[core.Add], err)
		}
		again := `{"site":{"url":"https://Shop.test/"},"crm":{"kind":"kartra"},"connection":{"name":"new","default_role":"customer"}}`
		second, err := w.engine.Setup(w.Context(), []byte(again))
		if err != nil {
			w.Fatal(err)
		}
		if second.URLs[core.Add] != first.URLs[core.Add] {
			w.Error("the key changed")
		}
		config := w.store.Config()
		if len(config.Sites) != 1 || len(config.Accounts) != 1 || len(config.Connections) != 2 {
			w.Errorf("%d sites, %d accounts, %d connections", len(config.Sites), len(config.Accounts), len(config.Connections))
		}
		conn, _ := config.ConnectionNamed("new")
		if conn.DefaultRole != "customer" {
			w.Errorf("default role %q", conn.DefaultRole)
		}
	})
}

func TestWhatIsAbsentStays(t *testing.T) {
	bubble(t, func(w *world) {
		w.setup(`{"site":{"url":"shop.test","user":"ann","application_password":"right"},"crm":{"kind":"kartra"},
			"connection":{"name":"shop","allowed_roles":["vip"],"change_passwords":true,"crm_wins":true,"field_map":{"company":"nickname"},"tag_rules":[{"tag":"VIP","role":"vip"}],
			"return_password_field":"middle_name","done_tag":"done","make_user":{"trigger_tag":"Import","role":"customer","send_notification":true}}}`)
		w.setup(`{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"shop","default_role":"customer"}}`)
		c := w.conn
		if len(c.AllowedRoles) != 1 || c.FieldMap["company"] != "nickname" || len(c.TagRules) != 1 || c.ReturnPasswordField != "middle_name" ||
			!c.ChangePasswords || !c.CRMWins || c.DoneTag != "done" || c.MakeUser == nil || !c.MakeUser.SendNotification || c.DefaultRole != "customer" {
			w.Errorf("connection %+v", c)
		}
		if _, _, ok := w.store.Connection("0123456789abcdef"); !ok {
			w.Error("the key is gone")
		}
	})
}

func TestSetupsThatAreRefused(t *testing.T) {
	const site = `"site":{"url":"shop.test","user":"ann","application_password":"right"}`
	for name, c := range map[string]struct{ file, code, about string }{
		"not JSON":               {`{`, "setup.invalid", "not valid JSON"},
		"two values":             {`{} {}`, "setup.invalid", "more than one"},
		"no site":                {`{"crm":{"kind":"kartra"}}`, "setup.invalid", "site.url"},
		"no CRM":                 {`{` + site + `}`, "setup.invalid", "crm.kind"},
		"an unknown CRM":         {`{` + site + `,"crm":{"kind":"abacus"}}`, "crm.unknown_kind", "abacus"},
		"an unknown part":        {`{` + site + `,"crm":{"kind":"kartra"},"linkk":{}}`, "setup.invalid", "linkk"},
		"a part of wrong type":   {`{` + site + `,"crm":{"kind":7}}`, "setup.invalid", "crm.kind"},
		"a short key":            {`{` + site + `,"crm":{"kind":"kartra"},"connection":{"access_key":"1234567"}}`, "setup.key_short", ""},
		"another's key":          {`{` + site + `,"crm":{"kind":"kartra"},"connection":{"name":"two","access_key":"0123456789abcdef"}}`, "setup.key_in_use", ""},
		"odd characters":         {`{` + site + `,"crm":{"kind":"kartra"},"connection":{"name":"a\u0007b"}}`, "setup.invalid", "connection.name"},
		"a wrong password":       {`{"site":{"url":"shop.test","user":"ann","application_password":"wrong"},"crm":{"kind":"kartra"}}`, "site.unauthorized", ""},
		"a new site without one": {`{"site":{"url":"other.test"},"crm":{"kind":"kartra"}}`, "setup.invalid", "site.user"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				before := len(w.store.Config().Connections)
				_, err := w.engine.Setup(w.Context(), []byte(c.file))
				if !core.HasCode(err, c.code) || !strings.Contains(core.AsProblem(err).Detail, c.about) {
					w.Errorf("%v, want %s about %q", err, c.code, c.about)
				}
				if after := len(w.store.Config().Connections); after != before {
					w.Errorf("%d connections, had %d", after, before)
				}
			})
		})
	}
}

func TestAShortKeyIsTakenWithAdvice(t *testing.T) {
	bubble(t, func(w *world) {
		done, err := w.engine.Setup(w.Context(), []byte(`{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"old","access_key":"abcd1234"}}`))
		if err != nil || len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "guessed") {
			w.Errorf("%+v, %v", done, err)
		}
	})
}

// The window shows these notes, and knows nothing of the set-up file.
func TestAdviceSpeaksOfNoSetUpFile(t *testing.T) {
	bubble(t, func(w *world) {
		done, err := w.engine.Setup(w.Context(), []byte(`{"site":{"url":"shop.test"},"crm":{"kind":"kartra"},"connection":{"name":"old","access_key":"abcd1234",
			"return_password_field":"pass","done_tag":"done","make_user":{"trigger_tag":"buyer"}}}`))
		if err != nil || len(done.Notes) != 3 {
			w.Fatalf("%+v, %v", done, err)
		}
		for _, note := range done.Notes {
			if strings.ContainsAny(note, "_") || strings.Contains(note, "usherd") || strings.Contains(note, "crm.fields") {
				w.Errorf("the window says %q", note)
			}
		}
	})
}

func FuzzReadSetup(f *testing.F) {
	f.Add([]byte(setupJSON))
	f.Add([]byte(`{"connection":{"make_user":null,"tag_rules":[{}]}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := readSetup(data)
		if err != nil && !core.HasCode(err, "setup.invalid") {
			t.Errorf("not a Problem people can act on: %v", err)
		}
		if err == nil && (in.Site.URL == "" || in.CRM.Kind == "") {
			t.Errorf("took a file without its essentials: %+v", in.CRM)
		}
	})
}
