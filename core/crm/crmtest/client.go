package crmtest

import (
	"context"
	"errors"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"usher/core"
	"usher/core/practice"
)

// RunClient holds the adapter's client against a practice CRM, which should know nobody
// yet. It puts people of its own there and leaves them.
func RunClient(t *testing.T, adapter core.Adapter, crm practice.CRM) {
	before := goleak.IgnoreCurrent()
	server := httptest.NewServer(crm)
	t.Cleanup(func() {
		server.Close()
		goleak.VerifyNone(t, before)
	})
	b := bench{adapter: adapter, crm: crm, url: server.URL}
	client := b.open(t)
	for _, c := range []struct {
		name    string
		applies bool
		run     func(*testing.T, bench)
	}{
		{"reads a person by id and by e-mail", true, readsAPerson},
		{"reads no one else for an e-mail", true, readsNobodyElse},
		{"tells who is missing", true, missesThePerson},
		{"tells who was deleted", true, seesTheDeleted},
		{"reads the whole set of tags", true, readsTags},
		{"reads values as text", true, readsValues},
		{"tells credentials that are wrong", true, tellsWrongCredentials},
		{"keeps credentials off open lines", true, staysSecure},
		{"turns every answer into the right Problem", true, survivesAnswers},
		{"stops when the caller gives up", true, stops},
		{"lists what can be chosen", can[core.Picker](client), listsChoices},
		{"writes fields and reads them back", can[core.Scribe](client), writesFields},
		{"catches a CRM that says yes and writes nothing", can[core.Scribe](client), catchesALie},
		{"puts a tag on, twice", can[core.Scribe](client), addsATag},
		{"visits who changed", can[core.Lister](client), visitsTheChanged},
		{"visits who has a tag", can[core.TagLister](client), visitsTheTagged},
	} {
		if !c.applies {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Cleanup(crm.Heal)
			c.run(t, b)
		})
	}
}

// can reports whether a client has an ability.
func can[Ability any](client core.Client) bool {
	_, ok := client.(Ability)
	return ok
}

// bench is a practice CRM at an address.
type bench struct {
	adapter core.Adapter
	crm     practice.CRM
	url     string
}

func (b bench) open(t *testing.T) core.Client { return b.openWith(t, b.crm.Login()) }

func (b bench) openWith(t *testing.T, login map[string]string) core.Client {
	t.Helper()
	client, err := b.tryOpen(t, b.url, login)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// tryOpen opens the account at url that login is of.
func (b bench) tryOpen(t *testing.T, url string, login map[string]string) (core.Client, error) {
	t.Helper()
	opener, ok := b.adapter.(core.Opener)
	if !ok {
		t.Fatal("the adapter is no core.Opener")
	}
	d := b.adapter.Describe()
	account := core.Account{ID: "account", Kind: d.Kind, Name: d.Name, BaseURL: url, Settings: map[string]string{}}
	vault := NewVault(nil)
	for _, credential := range d.Credentials {
		value, given := login[credential.Key]
		switch {
		case given && credential.Secret:
			vault[credential.Key] = core.NewSecret(value)
		case given:
			account.Settings[credential.Key] = value
		}
	}
	client, err := opener.Open(account, vault)
	if err == nil {
		t.Cleanup(client.Close)
	}
	return client, err
}

func readsAPerson(t *testing.T, b bench) {
	email := "Ada.Byron+shop@Example.com"
	id := b.crm.Add(practice.Person{Email: email})
	client := b.open(t)
	for name, load := range map[string]func() (core.Contact, error){
		"by id":                   func() (core.Contact, error) { return client.Contact(t.Context(), id) },
		"by e-mail":               func() (core.Contact, error) { return client.ContactByEmail(t.Context(), email) },
		"by e-mail in lower case": func() (core.Contact, error) { return client.ContactByEmail(t.Context(), strings.ToLower(email)) },
		"by e-mail in upper case": func() (core.Contact, error) { return client.ContactByEmail(t.Context(), strings.ToUpper(email)) },
	} {
		got, err := load()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.ID != id || !strings.EqualFold(got.Email, email) || got.Deleted || !got.TagsKnown {
			t.Errorf("%s: id %q (want %q), right e-mail: %v, deleted: %v, tags known: %v",
				name, got.ID, id, strings.EqualFold(got.Email, email), got.Deleted, got.TagsKnown)
		}
	}
}

func readsNobodyElse(t *testing.T, b bench) {
	b.crm.Add(practice.Person{Email: "xeve.near@example.com"})
	b.crm.Add(practice.Person{Email: "eve.near@example.com.test"})
	b.crm.Add(practice.Person{Email: "eve+near@example.com"})
	client := b.open(t)
	for _, email := range []string{"eve.near@example.com", "eve near@example.com", "%@example.com", "eve", "", " "} {
		_, err := client.ContactByEmail(t.Context(), email)
		wantCode(t, "by e-mail "+email, err, "crm.no_contact")
	}
}

// nobody is an id as the CRM gives them, which nobody has.
func nobody(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '9'
		}
		return r
	}, id)
}

func missesThePerson(t *testing.T, b bench) {
	id := b.crm.Add(practice.Person{Email: "missing@example.com"})
	key := b.crm.AddField("Missing")
	client := b.open(t)
	for _, id := range []string{nobody(id), "", "0", "[Contact ID]", "../" + id, id + "&id=" + id, id + "?"} {
		_, err := client.Contact(t.Context(), id)
		wantCode(t, "load "+id, err, "crm.no_contact")
		if scribe, ok := client.(core.Scribe); ok {
			err := scribe.SetFields(t.Context(), id, map[string]core.Secret{key: core.NewSecret("x")})
			wantCode(t, "write to "+id, err, "crm.no_contact")
		}
	}
}

func seesTheDeleted(t *testing.T, b bench) {
	const email = "deleted@example.com"
	id := b.crm.Add(practice.Person{Email: email})
	key := b.crm.AddField("Deleted")
	b.crm.Delete(id)
	client := b.open(t)
	contact, err := client.Contact(t.Context(), id)
	wantGone(t, "by id", contact, err)
	contact, err = client.ContactByEmail(t.Context(), email)
	wantGone(t, "by e-mail", contact, err)
	if scribe, ok := client.(core.Scribe); ok {
		err := scribe.SetFields(t.Context(), id, map[string]core.Secret{key: core.NewSecret("x")})
		wantCode(t, "write", err, "crm.no_contact")
	}
}

func wantGone(t *testing.T, how string, contact core.Contact, err error) {
	t.Helper()
	if err == nil && !contact.Deleted {
		t.Errorf("%s: a deleted person is there", how)
	}
	if err != nil {
		wantCode(t, how, err, "crm.no_contact")
	}
}

func readsTags(t *testing.T, b bench) {
	id := b.crm.Add(practice.Person{Email: "tags@example.com", Tags: []string{"Gold & Silver"}})
	client := b.open(t)
	for _, names := range [][]string{{"Gold & Silver"}, {"Gold & Silver", "Größe M", "News"}, {"News"}, {}} {
		b.crm.Tag(id, names...)
		contact, err := client.Contact(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got := tagNames(t, client, contact.Tags)
		slices.Sort(got)
		if !contact.TagsKnown || !slices.Equal(got, names) {
			t.Errorf("got tags %q, known: %v; want %q", got, contact.TagsKnown, names)
		}
	}
}

// tagNames turns a contact's tags into names where the client can tell them.
func tagNames(t *testing.T, client core.Client, keys []string) []string {
	t.Helper()
	picker, ok := client.(core.Picker)
	if !ok {
		return keys
	}
	tags, err := picker.ListTags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, key := range keys {
		i := slices.IndexFunc(tags, func(tag core.Tag) bool { return tag.Key == key })
		if i < 0 {
			t.Fatalf("tag %q is not listed", key)
		}
		names = append(names, tags[i].Name)
	}
	return names
}

var awkward = []string{"large", "p&ss=w+rd %41;\"é\\ü", "<b>7</b>", "two\nlines", "0", "日本語 🙂"}

func readsValues(t *testing.T, b bench) {
	key := b.crm.AddField("Shirt size")
	id := b.crm.Add(practice.Person{Email: "values@example.com"})
	client := b.open(t)
	for _, value := range awkward {
		b.crm.Change(id, map[string]string{key: value})
		contact, err := client.Contact(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := contact.Fields[key]; got != value {
			t.Errorf("got %q, want %q", got, value)
		}
		for name, value := range contact.Fields {
			if value == "" || value != core.Text(value) {
				t.Errorf("field %s is %q", name, value)
			}
		}
	}
	b.crm.Change(id, map[string]string{key: ""})
	contact, err := client.Contact(t.Context(), id)
	if value, there := contact.Fields[key]; err != nil || there {
		t.Errorf("a field without a value is %q: %v", value, err)
	}
}

func tellsWrongCredentials(t *testing.T, b bench) {
	id := b.crm.Add(practice.Person{Email: "keys@example.com"})
	login := maps.Clone(b.crm.Login())
	for _, credential := range b.adapter.Describe().Credentials {
		if credential.Secret && login[credential.Key] != "" {
			login[credential.Key] += "x"
		}
	}
	_, err := b.openWith(t, login).Contact(t.Context(), id)
	wantCode(t, "wrong secrets", err, "crm.unauthorized")
	wantSilence(t, "wrong secrets", err, slices.Collect(maps.Values(login)))

	client, err := b.tryOpen(t, b.url, nil)
	if err == nil {
		_, err = client.Contact(t.Context(), id)
	}
	wantCode(t, "no credentials at all", err, "crm.settings", "keyring.missing")
}

// staysSecure uses an address of the public internet that nobody has (RFC 5737).
func staysSecure(t *testing.T, b bench) {
	for _, url := range []string{"http://203.0.113.7", "ftp://127.0.0.1"} {
		client, err := b.tryOpen(t, url, b.crm.Login())
		if err == nil {
			_, err = client.ContactByEmail(t.Context(), "ada@example.com")
		}
		wantCode(t, "call "+url, err, "crm.not_secure", "crm.settings")
	}
}

func stops(t *testing.T, b bench) {
	id := b.crm.Add(practice.Person{Email: "stop@example.com"})
	client := b.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.crm.Fail(practice.Fault{Trouble: hangs(cancel)})
	for range 2 { // on the way, then before it began
		if _, err := client.Contact(ctx, id); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
	}
}
