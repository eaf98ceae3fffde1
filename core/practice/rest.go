package practice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxBody is PHP's default limit for what may be posted.
const maxBody = 8 << 20

// route is one address of the API with all that can be done there.
type route struct {
	pattern   string // as the index prints it
	match     *regexp.Regexp
	endpoints []endpoint
}

// endpoint is what some methods do at a route. Arguments are checked first, then may, then do: so a guest
// who forgets a parameter is told about the parameter (measured).
type endpoint struct {
	methods []string
	args    []arg
	may     func(*call) *refusal
	do      func(*call) (answer, *refusal)
}

// routes is the table of everything the API has.
func routes() []route {
	get, post, remove := []string{"GET"}, []string{"POST", "PUT", "PATCH"}, []string{"DELETE"}
	table := []route{
		{pattern: "/", endpoints: []endpoint{
			{get, nil, anyone, (*call).index},
		}},
		{pattern: "/batch/v1", endpoints: []endpoint{
			{[]string{"POST"}, batchArgs(), anyone, (*call).batch},
		}},
		{pattern: "/wp/v2/users", endpoints: []endpoint{
			{get, listArgs(), (*call).mayList, (*call).list},
			{[]string{"POST"}, createArgs(), (*call).mayCreate, (*call).create},
		}},
		{pattern: `/wp/v2/users/(?P<id>[\d]+)`, endpoints: []endpoint{
			{get, contextArgs(), (*call).mayRead, (*call).read},
			{post, updateArgs(), (*call).mayUpdate, (*call).update},
			{remove, deleteArgs(), (*call).mayDelete, (*call).delete},
		}},
		{pattern: "/wp/v2/users/me", endpoints: []endpoint{
			{get, contextArgs(), anyone, me((*call).read)},
			{post, updateArgs(), mayMe((*call).mayUpdate), me((*call).update)},
			{remove, deleteArgs(), mayMe((*call).mayDelete), me((*call).delete)},
		}},
		{pattern: "/wp/v2/users/me/application-passwords/introspect", endpoints: []endpoint{
			{get, contextArgs(), (*call).mayIntrospect, (*call).introspect},
		}},
	}
	for i := range table {
		table[i].match = regexp.MustCompile("(?i)^" + table[i].pattern + "$")
	}
	return table
}

// call is one REST request under way.
type call struct {
	site   *Site
	home   home
	method string
	route  string
	query  url.Values

	user    *user           // who calls; nil for a guest
	caps    map[string]bool // what the caller may do
	with    *appPassword    // what the caller signed in with
	params  map[string]any
	badJSON *refusal
}

// answer is what goes back.
type answer struct {
	status int
	header http.Header
	body   any
}

// serveREST answers one request to the API.
func (s *Site) serveREST(w http.ResponseWriter, r *http.Request, route string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	s.answer(r, route, body).write(w)
}

func (s *Site) answer(r *http.Request, route string, body []byte) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.newCall(r, route, body)
	a := c.dispatch()
	if a.header.Get("Link") == "" {
		a.header.Set("Link", "<"+c.rest("/")+`>; rel="https://api.w.org/"`)
	}
	return a
}

func (s *Site) newCall(r *http.Request, route string, body []byte) *call {
	c := &call{
		site: s, home: siteURL(r, s.cfg.Folder), route: route, method: r.Method,
		query: r.URL.Query(), params: map[string]any{},
	}
	if override := r.Header.Get("X-HTTP-Method-Override"); override != "" {
		c.method = strings.ToUpper(override)
	}
	c.take(c.query)
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); {
	case kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
		c.takeJSON(body)
	case kind == "application/x-www-form-urlencoded":
		if form, err := url.ParseQuery(string(body)); err == nil {
			c.take(form)
		}
	}
	c.authenticate(r)
	return c
}

// take adds parameters in PHP's spelling: name[] is one of a list.
func (c *call) take(values url.Values) {
	for name, list := range values {
		if plain, ok := strings.CutSuffix(name, "[]"); ok {
			items := make([]any, len(list))
			for i, v := range list {
				items[i] = v
			}
			c.params[plain] = items
			continue
		}
		c.params[name] = list[len(list)-1]
	}
}

// takeJSON adds the members of a JSON object; they win over the query and even over the route: an id in the
// body is the user that is meant (measured).
func (c *call) takeJSON(body []byte) {
	if len(body) == 0 {
		return
	}
	code, message := 0, ""
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var value, more any
	switch {
	case !utf8.Valid(body):
		code, message = 5, "Malformed UTF-8 characters, possibly incorrectly encoded"
	case dec.Decode(&value) != nil || !errors.Is(dec.Decode(&more), io.EOF):
		code, message = 4, "Syntax error"
	}
	if code != 0 {
		c.badJSON = refuse(http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.").
			with("json_error_code", code).with("json_error_message", message)
		return
	}
	object, _ := value.(map[string]any)
	for name, v := range object {
		c.params[name] = v
	}
}

// dispatch finds the endpoint and lets it answer.
func (c *call) dispatch() answer {
	rt := c.find()
	if rt == nil {
		return noRoute().answer()
	}
	if c.method == http.MethodOptions {
		a := answer{http.StatusOK, http.Header{}, c.pick(c.describe(*rt))}
		a.header.Set("Allow", strings.Join(c.allowed(*rt), ", "))
		return a
	}
	i := slices.IndexFunc(rt.endpoints, func(e endpoint) bool {
		return slices.Contains(e.methods, c.method) || c.method == http.MethodHead && e.methods[0] == http.MethodGet
	})
	if i < 0 {
		return noRoute().answer()
	}
	a, no := c.run(rt.endpoints[i])
	if no != nil {
		a = no.answer()
	} else {
		a.body = c.pick(a.body)
	}
	if allowed := c.allowed(*rt); len(allowed) > 0 && (no == nil || !no.fatal) {
		a.header.Set("Allow", strings.Join(allowed, ", "))
	}
	return a
}

func (c *call) find() *route {
	for i, rt := range c.site.routes {
		if found := rt.match.FindStringSubmatch(c.route); found != nil {
			if _, sent := c.params["id"]; len(found) > 1 && !sent {
				c.params["id"] = found[1]
			}
			return &c.site.routes[i]
		}
	}
	return nil
}

func (c *call) run(e endpoint) (answer, *refusal) {
	if c.badJSON != nil {
		return answer{}, c.badJSON
	}
	if no := check(e.args, c.params); no != nil {
		return answer{}, no
	}
	if no := e.may(c); no != nil {
		return answer{}, no
	}
	a, no := e.do(c)
	if a.header == nil {
		a.header = http.Header{}
	}
	return a, no
}

// allowed lists the methods the caller may use here, which is what Allow says: it tells whether an account
// may create users more surely than its capabilities do.
func (c *call) allowed(rt route) []string {
	var methods []string
	for _, e := range rt.endpoints {
		if e.may(c) == nil {
			methods = append(methods, e.methods...)
		}
	}
	return methods
}

// rest is the address of a route of this site.
func (c *call) rest(route string) string { return c.home.rest(c.site.cfg.PlainPermalinks, route) }

// id is the user the call is about; 0 when there can be no such user.
func (c *call) id() int64 {
	switch v := c.params["id"].(type) {
	case string:
		id, _ := strconv.ParseInt(v, 10, 64)
		return id
	case json.Number:
		id, _ := v.Int64()
		return id
	case int64:
		return v
	default:
		return 0
	}
}

func (c *call) text(name string) string {
	text, _ := c.params[name].(string)
	return text
}

func anyone(*call) *refusal { return nil }

// write sends the answer with the headers every REST answer has.
func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link")
	for name, values := range a.header {
		h[name] = values
	}
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body)
}
