package wordpress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"usher/core"
	"usher/core/rest"
)

// writable are the fields a user is created or updated with. WordPress ignores names it
// does not know and reports success, so any other is a mistake here.
var writable = map[string]bool{
	"email": true, "first_name": true, "last_name": true, "name": true, "nickname": true,
	"url": true, "description": true, "locale": true,
}

// userFields are what is asked for, and what userJSON reads.
const userFields = "id,username,email,first_name,last_name,name,nickname,url,description,locale," +
	"roles,capabilities,registered_date"

type userJSON struct {
	ID          int64    `json:"id"`
	Username    string   `json:"username"`
	Email       string   `json:"email"`
	FirstName   string   `json:"first_name"`
	LastName    string   `json:"last_name"`
	Name        string   `json:"name"`
	Nickname    string   `json:"nickname"`
	URL         string   `json:"url"`
	Description string   `json:"description"`
	Locale      string   `json:"locale"`
	Roles       []string `json:"roles"`
	Caps        capsJSON `json:"capabilities"`
	Registered  string   `json:"registered_date"`
}

// capsJSON reads capabilities as PHP writes them: an empty set is a list, and plugins
// store 1 or "1" for true.
type capsJSON map[string]bool

// UnmarshalJSON implements json.Unmarshaler.
func (c *capsJSON) UnmarshalJSON(data []byte) error {
	var list []any
	if json.Unmarshal(data, &list) == nil && len(list) == 0 {
		*c = capsJSON{}
		return nil
	}
	var set map[string]any
	if err := json.Unmarshal(data, &set); err != nil {
		return err
	}
	*c = make(capsJSON, len(set))
	for name, value := range set {
		(*c)[name] = value != nil && value != false && value != 0.0 && value != "" && value != "0"
	}
	return nil
}

func (u userJSON) user() (core.User, error) {
	if u.ID <= 0 || u.Username == "" {
		return core.User{}, brokenAnswer(errors.New("a user without id or name"))
	}
	registered, _ := time.Parse(time.RFC3339, u.Registered) // zero for the year -0001 of a missing date
	return core.User{
		ID: u.ID, Login: u.Username, Email: u.Email,
		Fields: core.Fields{
			"first_name": plain(u.FirstName), "last_name": plain(u.LastName), "name": plain(u.Name),
			"nickname": plain(u.Nickname), "url": plain(u.URL), "description": plain(u.Description), "locale": u.Locale,
		},
		Roles: u.Roles, Caps: u.Caps, Registered: registered.UTC(),
	}, nil
}

// plain undoes what WordPress does to a text it stores: "Tom & Jerry" comes back as
// "Tom &amp; Jerry" (measured on 6.1.9 and 7.1.4), and would never equal the CRM's.
func plain(text string) string { return entities.Replace(text) }

var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#039;", "'")

func readUser(answer *rest.Response) (core.User, error) {
	var u userJSON
	if err := decode(answer, '{', &u); err != nil {
		return core.User{}, err
	}
	return u.user()
}

func readUsers(answer *rest.Response) ([]core.User, error) {
	var list []userJSON
	if err := decode(answer, '[', &list); err != nil {
		return nil, err
	}
	users := make([]core.User, len(list))
	for i, u := range list {
		user, err := u.user()
		if err != nil {
			return nil, err
		}
		users[i] = user
	}
	return users, nil
}

// decode insists on the kind of value: a POST that a redirect inside the server turned
// into a GET answers 200 with a list, and must not look like success.
func decode(answer *rest.Response, opening byte, into any) error {
	body := bytes.TrimSpace(answer.Body)
	if len(body) == 0 || body[0] != opening {
		return brokenAnswer(fmt.Errorf("no value that begins with %q", opening))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return brokenAnswer(err)
	}
	return nil
}

// brokenAnswer is for answers that came through and cannot be right.
func brokenAnswer(cause error) error {
	return core.NewProblem("site.server_error", cause).About("the answer makes no sense")
}

// maxDisplayName is the width of a database column. WordPress answers 200 to a longer
// name and writes nothing, or on create 201 with "id":null (measured on 6.1.9 and 7.1.4).
const maxDisplayName = 250

// userBody is the body of a create or update, checked as far as WordPress does not.
func userBody(fields core.Fields, roles []string) (map[string]any, error) {
	body := map[string]any{}
	for name, value := range fields {
		if !writable[name] {
			return nil, core.NewProblem("app.internal", fmt.Errorf("write user: no field %q", name))
		}
		body[name] = value
	}
	if email, ok := fields["email"]; ok && !plausibleEmail(email) {
		return nil, core.NewProblem("contact.bad_email", nil)
	}
	if utf8.RuneCountInString(fields["name"]) > maxDisplayName {
		return nil, core.NewProblem("user.refused", nil).About("name")
	}
	if roles != nil {
		body["roles"] = roles
	}
	return body, nil
}

// plausibleEmail refuses what no WordPress takes: more than 100 characters, anything
// but ASCII, spaces, no @ or no dot after it. The site judges the rest.
func plausibleEmail(email string) bool {
	local, domain, ok := strings.Cut(email, "@")
	return ok && len(email) <= 100 && local != "" && !strings.Contains(domain, "@") &&
		strings.Contains(strings.Trim(domain, "."), ".") &&
		!strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r > '~' })
}
