package wordpress

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// HelperListed reports whether a site, as Discover found it, names the Usher helper among
// what answers there. It sends no credentials; a site that tells guests nothing is false.
// Problems are what any call returns.
func HelperListed(ctx context.Context, site core.Site) (bool, error) {
	client := rest.New(rest.Options{AllowPrivate: site.Local})
	defer client.Close()
	answer, err := get(ctx, client, routeURL(site.API, "/", url.Values{"_fields": {"namespaces"}}))
	if err != nil || answer.Status != http.StatusOK {
		return false, err
	}
	var index struct {
		Namespaces []string `json:"namespaces"`
	}
	if json.Unmarshal(answer.Body, &index) != nil {
		return false, nil
	}
	return slices.Contains(index.Namespaces, strings.TrimPrefix(helperRoute, "/")), nil
}
