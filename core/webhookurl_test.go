package core

import (
	"strings"
	"testing"
)

// The lines of the CRMs' documents, in their order.
func TestAskForWritesURLsAsTheDocumentsDo(t *testing.T) {
	const base = "https://mydomain.com/?wpf_action=add&access_key=YOURACCESSKEY&contact_id=[Contact ID]"
	for want, got := range map[string]string{
		base:                             AskFor(base, "", false),
		base + "&send_notification=true": AskFor(base, "", true),
		base + "&role=customer":          AskFor(base, " customer ", false),
		base + "&role=shop+guest%26x":    AskFor(base, "shop guest&x", false),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestReadUsedURL(t *testing.T) {
	for text, want := range map[string]UsedURL{
		"https://shop.test/?wpf_action=add&access_key=abcd1234":                                     {Site: "https://shop.test", Action: Add},
		" http://shop.test/blog/?access_key=abcd1234&wpf_action=UPDATE&contact_id=[Contact ID]\n":   {Site: "http://shop.test/blog", Action: Update},
		"shop.test?wpf_action=update_tags&access_key=abcd1234&role=customer&send_notification=true": {Site: "https://shop.test", Action: UpdateTags, Role: "customer", Mail: true},
		"https://ann:secret@shop.test/?wpf_action=add&access_key=abcd1234&send_notification=false":  {Site: "https://shop.test", Action: Add},
	} {
		got, err := ReadUsedURL(text)
		if err != nil || got.Key.Reveal() != "abcd1234" {
			t.Errorf("%q: %v, key %q", text, err, got.Key.Reveal())
		}
		got.Key = Secret{}
		if got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{"", "https://shop.test/", "https://shop.test/?wpf_action=add", "https://shop.test/?access_key=abcd1234", "://", "https://%zz/?wpf_action=add&access_key=secret99", strings.Repeat("x", 5000)} {
		if got, err := ReadUsedURL(text); !HasCode(err, "setup.no_webhook_url") || strings.Contains(err.Error(), "secret99") {
			t.Errorf("%.40q is %+v, %v", text, got, err)
		}
	}
}

func FuzzReadUsedURL(f *testing.F) {
	f.Add("https://shop.test/?wpf_action=add&access_key=abcd1234")
	f.Add("shop.test?%zz&;&access_key=%00&wpf_action=add")
	f.Fuzz(func(t *testing.T, text string) {
		used, err := ReadUsedURL(text)
		if err == nil && (used.Key.Empty() || !used.Action.Known() || used.Site == "") {
			t.Errorf("%q is %+v", text, used)
		}
	})
}
