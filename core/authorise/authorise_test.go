package authorise

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sitePage = "https://shop.test/blog/wp-admin/authorize-application.php"

// Measured on 6.1.9, 6.8.12 and 7.1.4.
func TestWhichSitesTakeACallback(t *testing.T) {
	for _, c := range []struct {
		page, version string
		want          bool
	}{
		{sitePage, "7.1.4", true},
		{sitePage, "7.0", true},
		{sitePage, "10.2", true},
		{sitePage, "6.9.4", false},
		{sitePage, "6.1", false},
		{sitePage, "", false},
		{sitePage, "seven", false},
		{"http://127.0.0.1:8080/wp-admin/authorize-application.php", "6.1.9", true},
		{"http://127.0.0.1:8080/wp-admin/authorize-application.php", "", true},
	} {
		if got := TakesCallback(c.page, c.version); got != c.want {
			t.Errorf("%s of WordPress %q: %v", c.page, c.version, got)
		}
	}
}

func TestNamesTellTheComputerAndTheTime(t *testing.T) {
	now := time.Date(2026, 11, 21, 14, 5, 59, 0, time.UTC)
	for host, want := range map[string]string{
		"anns-laptop":                          "Usher on anns-laptop (2026-11-21 14:05, k7fq)",
		"":                                     "Usher on this computer (2026-11-21 14:05, k7fq)",
		" \x00<b>Ann's\xff \"&%60\\\n":         "Usher on bAnns 60 (2026-11-21 14:05, k7fq)",
		"Zoës Rechner":                         "Usher on Zoës Rechner (2026-11-21 14:05, k7fq)",
		strings.Repeat("ü", longestHost) + "x": "Usher on " + strings.Repeat("ü", longestHost) + " (2026-11-21 14:05, k7fq)",
	} {
		if got := appName(host, now, "K7FQXYZ"); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
	if first, second := Name(now), Name(now); first == second {
		t.Error("two passwords made in one minute have the same name")
	}
}

func TestAPageToCopyFromHasNoCallback(t *testing.T) {
	page, err := Page(sitePage+"?lang=de", "Usher on a & b")
	if err != nil {
		t.Fatal(err)
	}
	want := sitePage + "?app_id=" + core.ApplicationID + "&app_name=Usher%20on%20a%20%26%20b&lang=de"
	if page != want {
		t.Errorf("got  %s\nwant %s", page, want)
	}
}

func TestAddressesThatAreNoPage(t *testing.T) {
	for _, page := range []string{"", "shop.test/wp-admin/authorize-application.php", "javascript:alert(1)", "https://", "ftp://shop.test/", "https://%zz/"} {
		if _, err := Page(page, "Usher"); !core.HasCode(err, "site.not_wordpress") {
			t.Errorf("%q: %v", page, err)
		}
		if _, err := Begin(t.Context(), page, "Usher"); !core.HasCode(err, "site.not_wordpress") {
			t.Errorf("%q: %v", page, err)
		}
	}
}

func TestTheSameSite(t *testing.T) {
	for answered, want := range map[string]bool{
		"https://shop.test/blog":           true,
		"https://shop.test/blog/":          true,
		"https://SHOP.test:443/blog":       true,
		"http://shop.test/blog":            true, // behind a proxy that WordPress does not know of
		"http://shop.test:80/blog":         true,
		"https://shop.test":                false,
		"https://shop.test/blog/two":       false,
		"https://shop.test/Blog":           false,
		"https://shop.test:8443/blog":      false,
		"https://shop.test.evil.test/blog": false,
		"https://evil.test/blog":           false,
		"https://shop.test@evil.test/blog": false,
		"//shop.test/blog":                 false,
		"javascript://shop.test/blog":      false,
		"shop.test/blog":                   false,
		"https://shop.test/blog%":          false,
		"":                                 false,
	} {
		page, err := url.Parse(sitePage)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameSite(answered, page); got != want {
			t.Errorf("%q: %v", answered, got)
		}
	}
}
