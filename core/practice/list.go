package practice

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (c *call) mayList() *refusal {
	sees := c.can("list_users")
	orderby := c.text("orderby")
	switch {
	case sees:
		return nil
	case len(listOf(c.params["roles"])) > 0:
		return c.forbidden("rest_user_cannot_view", "Sorry, you are not allowed to filter users by role.")
	case len(listOf(c.params["capabilities"])) > 0:
		return c.forbidden("rest_user_cannot_view", "Sorry, you are not allowed to filter users by capability.")
	case c.text("context") == "edit":
		return c.forbidden("rest_forbidden_context", "Sorry, you are not allowed to edit users.")
	case orderby == "email" || orderby == "registered_date":
		return c.forbidden("rest_forbidden_orderby", "Sorry, you are not allowed to order users by this parameter.")
	default:
		return nil
	}
}

// list answers GET users. Unknown parameters are ignored, so ?email= finds everybody (measured).
func (c *call) list() (answer, *refusal) {
	var found []*user
	for _, u := range c.site.users {
		if c.matches(u) {
			found = append(found, u)
		}
	}
	c.sort(found)
	size := number(c.params["per_page"])
	offset := (number(c.params["page"]) - 1) * size
	if n := number(c.params["offset"]); n > 0 {
		offset = n
	}
	body := []any{}
	for _, u := range found[min(offset, len(found)):min(offset+size, len(found))] {
		if c.text("context") != "edit" || c.canEdit(u) {
			body = append(body, c.show(u, c.text("context")))
		}
	}
	return answer{http.StatusOK, c.paging(len(found), size, (offset+size-1)/size+1), body}, nil
}

// paging counts what was found and points at the pages before and after. WordPress's list then has no
// link to the API's root any more (measured).
func (c *call) paging(total, size, page int) http.Header {
	pages := (total + size - 1) / size
	h := http.Header{}
	h.Set("X-Wp-Total", strconv.Itoa(total))
	h.Set("X-Wp-Totalpages", strconv.Itoa(pages))
	var links []string
	if page > 1 {
		links = append(links, c.pageLink(min(page-1, pages), "prev"))
	}
	if page < pages {
		links = append(links, c.pageLink(page+1, "next"))
	}
	if links != nil {
		h.Set("Link", strings.Join(links, ", "))
	}
	return h
}

func (c *call) pageLink(page int, rel string) string {
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query.Del("rest_route")
	query.Set("page", strconv.Itoa(page))
	address, joint := c.rest("/wp/v2/users"), "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	return "<" + address + joint + query.Encode() + `>; rel="` + rel + `"`
}

func number(v any) int {
	n, _ := v.(int64)
	return int(n)
}

func (c *call) matches(u *user) bool {
	if !c.can("list_users") && !u.published {
		return false
	}
	id := strconv.FormatInt(u.id, 10)
	if include := listOf(c.params["include"]); len(include) > 0 {
		if !slices.Contains(include, id) {
			return false
		}
	} else if slices.Contains(listOf(c.params["exclude"]), id) {
		return false
	}
	if slugs := listOf(c.params["slug"]); len(slugs) > 0 && !containsFold(slugs, u.slug) {
		return false
	}
	if roles := listOf(c.params["roles"]); len(roles) > 0 && !slices.ContainsFunc(roles, func(r string) bool {
		return slices.Contains(u.roles, r)
	}) {
		return false
	}
	if caps := listOf(c.params["capabilities"]); len(caps) > 0 {
		has := c.site.capabilities(u)
		if !slices.ContainsFunc(caps, func(capability string) bool { return has[capability] }) {
			return false
		}
	}
	return c.matchesSearch(u, id)
}

// matchesSearch looks where WordPress would for such a text: for an @ in e-mail addresses only.
func (c *call) matchesSearch(u *user, id string) bool {
	text := strings.ToLower(strings.Trim(strings.TrimSpace(c.text("search")), "*"))
	if text == "" || text == "0" {
		return true
	}
	columns := listOf(c.params["search_columns"])
	_, isNumber := integer(text)
	switch {
	case len(columns) > 0:
	case !c.can("list_users"):
		columns = []string{"id", "username", "slug", "name"}
	case strings.Contains(text, "@"):
		columns = []string{"email"}
	case isNumber:
		columns = []string{"username", "id"}
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		columns = []string{"url"}
	default:
		columns = []string{"username", "url", "email", "slug", "name"}
	}
	values := map[string]string{
		"username": u.login, "slug": u.slug, "email": u.email, "name": u.display, "url": u.url,
	}
	return slices.ContainsFunc(columns, func(column string) bool {
		if column == "id" {
			return text == id
		}
		return strings.Contains(strings.ToLower(values[column]), text)
	})
}

func containsFold(words []string, word string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}

// sort orders by what was asked for, then by id.
func (c *call) sort(users []*user) {
	include, slugs := listOf(c.params["include"]), listOf(c.params["slug"])
	orders := map[string]func(a, b *user) int{
		"id":              func(*user, *user) int { return 0 },
		"name":            byText(func(u *user) string { return u.display }),
		"slug":            byText(func(u *user) string { return u.slug }),
		"email":           byText(func(u *user) string { return u.email }),
		"url":             byText(func(u *user) string { return u.url }),
		"registered_date": func(a, b *user) int { return a.registered.Compare(b.registered) },
		"include": byPlace(include, func(u *user) string {
			return strconv.FormatInt(u.id, 10)
		}),
		"include_slugs": byPlace(slugs, func(u *user) string { return u.slug }),
	}
	order := orders[c.text("orderby")]
	slices.SortStableFunc(users, func(a, b *user) int {
		by := cmp.Or(order(a, b), cmp.Compare(a.id, b.id))
		if c.text("order") == "desc" {
			return -by
		}
		return by
	})
}

func byText(of func(*user) string) func(a, b *user) int {
	return func(a, b *user) int {
		return cmp.Compare(strings.ToLower(of(a)), strings.ToLower(of(b)))
	}
}

func byPlace(list []string, of func(*user) string) func(a, b *user) int {
	return func(a, b *user) int {
		return cmp.Compare(slices.Index(list, of(a)), slices.Index(list, of(b)))
	}
}
