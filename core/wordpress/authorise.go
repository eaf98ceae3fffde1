package wordpress

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// Authorisation is how a site's owner lets Usher in with one click.
type Authorisation struct {
	Page    string // the address of wp-admin/authorize-application.php
	Version string // of WordPress, such as "7.1.4"; empty where the site hides it
}

// FindAuthorisation asks a site, as Discover found it, for its authorise page, and reads
// which WordPress it runs off its front page and its feed. It sends no credentials.
// Problems: site.no_app_passwords, and what any call returns.
func FindAuthorisation(ctx context.Context, site core.Site) (Authorisation, error) {
	client := rest.New(rest.Options{AllowPrivate: site.Local})
	defer client.Close()
	page, err := findPage(ctx, client, site)
	if err != nil {
		return Authorisation{}, err
	}
	return Authorisation{Page: page, Version: findVersion(ctx, client, site.Home)}, nil
}

// findPage believes the index only about a page on the site's own host: nobody else may
// ask for the owner's password.
func findPage(ctx context.Context, client *rest.Client, site core.Site) (string, error) {
	home, err := url.Parse(site.Home)
	if err != nil || home.Host == "" {
		return "", core.NewProblem("site.not_wordpress", nil)
	}
	usual := home.JoinPath("wp-admin", "authorize-application.php")
	answer, err := get(ctx, client, routeURL(site.API, "/", url.Values{"_fields": {"authentication"}}))
	if err != nil {
		return "", err
	}
	var index struct {
		Authentication json.RawMessage `json:"authentication"`
	}
	if answer.Status != http.StatusOK || json.Unmarshal(answer.Body, &index) != nil || len(index.Authentication) == 0 {
		return usual.String(), nil // guests are not told; the owner is logged in on the page
	}
	var offered struct {
		Passwords *struct {
			Endpoints struct {
				Authorization string `json:"authorization"`
			} `json:"endpoints"`
		} `json:"application-passwords"`
	}
	if json.Unmarshal(index.Authentication, &offered) != nil || offered.Passwords == nil {
		return "", core.NewProblem("site.no_app_passwords", nil) // an empty list, where others have an object
	}
	page, err := url.Parse(offered.Passwords.Endpoints.Authorization)
	if err != nil || !strings.EqualFold(page.Host, home.Host) || page.Scheme != "http" && page.Scheme != "https" {
		return usual.String(), nil
	}
	return asSecure(page, home).String(), nil
}

// generators are where WordPress tells its version, unless it is told not to.
var generators = []*regexp.Regexp{
	regexp.MustCompile(`<meta name="generator" content="WordPress (\d+(?:\.\d+)*)`),
	regexp.MustCompile(`<generator>https?://wordpress\.org/\?v=(\d+(?:\.\d+)*)`),
}

// findVersion returns "" where nothing tells.
func findVersion(ctx context.Context, client *rest.Client, home string) string {
	for _, address := range []string{home + "/", home + "/?feed=rss2"} {
		answer, err := get(ctx, client, address)
		if err != nil {
			continue
		}
		for _, generator := range generators {
			if found := generator.FindSubmatch(answer.Body); found != nil {
				return string(found[1])
			}
		}
	}
	return ""
}

func get(ctx context.Context, client *rest.Client, address string) (*rest.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, core.NewProblem("site.not_wordpress", nil) // the cause quotes the URL
	}
	answer, err := client.Do(req)
	if err != nil {
		return nil, problemOf(err)
	}
	return answer, nil
}
