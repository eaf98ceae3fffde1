package practice

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPulseCall is how much of a call Pulse reads, in bytes.
const maxPulseCall = 1 << 20

// pulseReply is an answer of the API before it is written.
type pulseReply struct {
	status int
	body   any
}

func pulseOK(body any) pulseReply { return pulseReply{http.StatusOK, body} }

func pulseError(status int, text string) pulseReply {
	return pulseReply{status, map[string]any{"error": text}}
}

// pulseInvalid is how Laravel refuses a value.
func pulseInvalid(field, text string) pulseReply {
	return pulseReply{http.StatusUnprocessableEntity, map[string]any{
		"message": "The given data was invalid.", "errors": map[string]any{field: []string{text}},
	}}
}

func pulseMissing() pulseReply { return pulseError(http.StatusNotFound, "Contact not found") }

// ServeHTTP answers the API below /api/v1 and the portal's sign-in below /oauth.
func (p *Pulse) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.pass(w, r, p.serve) }

func (p *Pulse) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPulseCall)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	route, isAPI := strings.CutPrefix(r.URL.Path, "/api/v1/")
	switch {
	case isAPI:
		p.serveAPI(r, route).write(w)
	case r.URL.Path == "/oauth/authorize" && r.Method == http.MethodGet:
		p.authorize(w, r)
	case r.URL.Path == "/oauth/token" && r.Method == http.MethodPost:
		p.token(r.PostForm).write(w)
	default:
		http.NotFound(w, r)
	}
}

func (a pulseReply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body)
}

// pulseRoutes are the addresses of the API. The number in an address is a contact's id.
var pulseRoutes = []struct {
	method  string
	address *regexp.Regexp
	do      func(p *Pulse, r *http.Request, id string) pulseReply
}{
	{http.MethodGet, regexp.MustCompile(`^contact/available-fields$`), (*Pulse).availableFields},
	{http.MethodPost, regexp.MustCompile(`^contact/find/?$`), (*Pulse).findContact},
	{http.MethodGet, regexp.MustCompile(`^tags$`), (*Pulse).allTags},
	{http.MethodGet, regexp.MustCompile(`^contacts/tagged/?$`), (*Pulse).tagged},
	{http.MethodGet, regexp.MustCompile(`^contacts/(\d+)$`), (*Pulse).readContact},
	{http.MethodPut, regexp.MustCompile(`^contacts/(\d+)$`), (*Pulse).updateContact},
	{http.MethodGet, regexp.MustCompile(`^contacts/(\d+)/tags$`), (*Pulse).contactTags},
	{http.MethodPost, regexp.MustCompile(`^contacts/(\d+)/tag-apply$`), (*Pulse).applyTags},
	{http.MethodPost, regexp.MustCompile(`^contacts/(\d+)/untag$`), (*Pulse).removeTags},
}

func (p *Pulse) serveAPI(r *http.Request, route string) pulseReply {
	if p.access == "" || r.Header.Get("Authorization") != "Bearer "+p.access {
		return pulseReply{http.StatusUnauthorized, map[string]any{"message": "Unauthenticated."}}
	}
	for _, known := range pulseRoutes {
		match := known.address.FindStringSubmatch(route)
		if match == nil || r.Method != known.method {
			continue
		}
		if len(match) == 1 {
			return known.do(p, r, "")
		}
		if p.person(match[1]) == nil {
			return pulseMissing()
		}
		return known.do(p, r, match[1])
	}
	return pulseReply{http.StatusNotFound, map[string]any{"message": ""}}
}

func (p *Pulse) availableFields(*http.Request, string) pulseReply {
	data := map[string]any{}
	for key, label := range p.fields {
		field := map[string]any{"type": "text"}
		if label != "" {
			field["label"] = label
		}
		data[key] = field
	}
	return pulseOK(map[string]any{"data": data})
}

func (p *Pulse) findContact(r *http.Request, _ string) pulseReply {
	email := r.PostForm.Get("email")
	if email == "" {
		return pulseInvalid("email", "The email field is required.")
	}
	for _, id := range slices.Sorted(maps.Keys(p.people)) {
		if strings.EqualFold(p.people[id].values["email"], email) {
			return pulseOK(map[string]any{"id": id})
		}
	}
	return pulseMissing()
}

func (p *Pulse) readContact(_ *http.Request, id string) pulseReply {
	return pulseOK(p.entity(p.person(id)))
}

// updateContact takes what is a field and passes over the rest. PHP reads a dot in the name of a form's value
// as an underscore, so parts of an address arrive only in brackets.
func (p *Pulse) updateContact(r *http.Request, id string) pulseReply {
	person := p.person(id)
	for name, values := range r.PostForm {
		key := strings.TrimSuffix(strings.ReplaceAll(strings.ReplaceAll(name, ".", "_"), "[", "."), "]")
		_, known := p.fields[key]
		if country, isName := strings.CutSuffix(key, ".country_name"); isName {
			key, known = country+".country", true
		}
		switch {
		case key == "email" && !isEmail(values[0]):
			return pulseInvalid("email", "The email must be a valid email address.")
		case known && key != "id":
			person.values[key] = values[0]
		}
	}
	return pulseOK(p.entity(person))
}

func (p *Pulse) contactTags(r *http.Request, id string) pulseReply {
	return pulsePage(r, p.cfg.PageSize, p.person(id).tags, p.printTag)
}

func (p *Pulse) allTags(r *http.Request, _ string) pulseReply {
	return pulsePage(r, p.cfg.PageSize, slices.Sorted(maps.Keys(p.tags)), p.printTag)
}

func (p *Pulse) printTag(id int) any { return map[string]any{"id": id, "name": p.tags[id]} }

func (p *Pulse) tagged(r *http.Request, _ string) pulseReply {
	wanted, _ := strconv.Atoi(r.Form.Get("tag_id"))
	for id, name := range p.tags {
		if name == r.Form.Get("tag_name") {
			wanted = id
		}
	}
	return pulsePage(r, p.cfg.PageSize, p.members(wanted), func(member *pulsePerson) any { return p.entity(member) })
}

func (p *Pulse) applyTags(r *http.Request, id string) pulseReply {
	person := p.person(id)
	return p.eachTag(r.PostForm, func(tag int) {
		if !slices.Contains(person.tags, tag) {
			person.tags = append(person.tags, tag)
		}
	})
}

func (p *Pulse) removeTags(r *http.Request, id string) pulseReply {
	person := p.person(id)
	return p.eachTag(r.PostForm, func(tag int) {
		person.tags = slices.DeleteFunc(person.tags, func(has int) bool { return has == tag })
	})
}

// eachTag reads tag_id[0], tag_id[1] and so on; they must all be tags of the application.
func (p *Pulse) eachTag(form url.Values, do func(tag int)) pulseReply {
	var tags []int
	for name, values := range form {
		if !strings.HasPrefix(name, "tag_id[") {
			continue
		}
		for _, value := range values {
			tag, err := strconv.Atoi(value)
			if _, known := p.tags[tag]; err != nil || !known {
				return pulseInvalid(name, "The selected "+name+" is invalid.")
			}
			tags = append(tags, tag)
		}
	}
	if len(tags) == 0 {
		return pulseInvalid("tag_id", "The tag id field is required.")
	}
	for _, tag := range tags {
		do(tag)
	}
	return pulseOK(map[string]any{"success": true})
}

// pulsePage is one page of a list as Laravel's resources print it.
func pulsePage[T any](r *http.Request, size int, all []T, print func(T) any) pulseReply {
	number, err := strconv.Atoi(r.Form.Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	from := min((number-1)*size, len(all))
	rows := []any{}
	for _, one := range all[from:min(from+size, len(all))] {
		rows = append(rows, print(one))
	}
	return pulseOK(map[string]any{
		"data": rows,
		"meta": map[string]any{
			"current_page": number, "last_page": max(1, (len(all)+size-1)/size), "per_page": size, "total": len(all),
		},
	})
}

// authorize is the page where the owner allows a program in; this owner always does.
func (p *Pulse) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || back.Host == "" || query.Get("client_id") != pulseClientID || query.Get("response_type") != "code" {
		pulseReply{http.StatusUnauthorized, map[string]any{
			"error": "invalid_client", "message": "Client authentication failed",
		}}.write(w)
		return
	}
	p.asked++
	code := fmt.Sprintf("practice-pulse-code-%d", p.asked)
	p.codes[code] = query.Get("redirect_uri")
	back.RawQuery = url.Values{"code": {code}, "state": {query.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound) //nolint:gosec // a sign-in leads back to who asked for it
}

// token gives a pair of tokens for a code, or for the refresh token, which is then no longer good.
func (p *Pulse) token(form url.Values) pulseReply {
	if form.Get("client_id") != pulseClientID || form.Get("client_secret") != pulseSecret {
		return pulseRefusal(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
	}
	switch code := form.Get("code"); form.Get("grant_type") {
	case "authorization_code":
		handedTo, known := p.codes[code]
		if !known || handedTo != form.Get("redirect_uri") {
			return pulseRefusal(http.StatusBadRequest, "invalid_grant", "The authorization code is not valid.")
		}
		delete(p.codes, code)
	case "refresh_token":
		if p.refresh == "" || form.Get("refresh_token") != p.refresh {
			return pulseRefusal(http.StatusUnauthorized, "invalid_request", "The refresh token is invalid.")
		}
	default:
		return pulseRefusal(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported.")
	}
	p.issue()
	return pulseOK(map[string]any{
		"token_type": "Bearer", "expires_in": 31536000, "access_token": p.access, "refresh_token": p.refresh,
	})
}

// pulseRefusal is an error as Laravel's Passport prints it.
func pulseRefusal(status int, code, text string) pulseReply {
	return pulseReply{status, map[string]any{"error": code, "error_description": text, "message": text}}
}

// TooManyAttempts answers as Laravel does when it wants to be left alone for a while, to the second. A wait of
// 0 is not told.
func TooManyAttempts(wait time.Duration) Trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		if wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
		}
		pulseReply{http.StatusTooManyRequests, map[string]any{"message": "Too Many Attempts."}}.write(w)
	}
}
