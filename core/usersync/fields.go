package usersync

import (
	"html"
	"maps"
	"slices"
	"strings"

	"usher/core"
)

// Targets of a field map that are more than a value to write.
const (
	fieldEmail    = "email"
	fieldLogin    = "user_login"
	fieldPassword = "user_pass"
	fieldRole     = "role"
)

// coreFields can be written over the REST API of every WordPress, in the order in which
// people see them.
var coreFields = []string{"first_name", "last_name", "name", "nickname", "url", "description", "locale"}

// aliases are the names of WordPress's database for what the REST API calls otherwise.
var aliases = map[string]string{"user_email": fieldEmail, "display_name": "name", "user_url": "url"}

// ownFields are decided by WordPress. A map may name them for the way back to the CRM.
var ownFields = []string{"user_id", "user_registered"}

// state is what a delivery says about a person, non-empty values only.
type state struct {
	email   string
	login   string
	role    string
	fields  core.Fields // by coreFields and by keys of user meta
	nowhere []string    // mapped to what nothing on a site may take
}

func (s state) empty() bool {
	return s.email == "" && s.login == "" && s.role == "" && len(s.fields) == 0
}

// readState maps a contact to WordPress's names. Of two CRM fields with one target, the
// first by name that has a value counts. The field that receives generated passwords
// is never read.
func readState(contact core.Contact, fieldMap map[string]string, returnPassword string) (state, core.Secret) {
	var password core.Secret
	s := state{fields: core.Fields{}}
	for _, key := range slices.Sorted(maps.Keys(fieldMap)) {
		target := strings.TrimSpace(fieldMap[key])
		if name, ok := aliases[target]; ok {
			target = name
		}
		value := strings.TrimSpace(contact.Fields[key])
		if value == "" || target == "" || (returnPassword != "" && key == returnPassword) {
			continue
		}
		switch {
		case target == fieldPassword:
			if password.Empty() {
				password = core.NewSecret(contact.Fields[key])
			}
		case target == fieldEmail:
			setOnce(&s.email, value)
		case target == fieldLogin:
			setOnce(&s.login, value)
		case target == fieldRole:
			setOnce(&s.role, value)
		case slices.Contains(coreFields, target), isMeta(target):
			if _, ok := s.fields[target]; !ok {
				s.fields[target] = value
			}
		case !slices.Contains(ownFields, target) && !slices.Contains(s.nowhere, target):
			s.nowhere = append(s.nowhere, target)
		}
	}
	setOnce(&s.email, strings.TrimSpace(contact.Email))
	return s, password
}

func setOnce(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// put lets the CRM's value of a field win where it has changed since it was last seen, or
// always where the owner chose that, and remembers it. Of an outdated value only what nothing newer has told is used.
func (d *draft) put(field, value string, outdated bool) {
	if outdated && d.knew(field) {
		d.overtaken = true
		return
	}
	if isMeta(field) && d.user != nil && !d.facts.Helper {
		d.nowhere = append(d.nowhere, field)
		return // and not remembered, so that it is written once the site can take it
	}
	base, seen := d.link.Base[field]
	values := d.valuesOf(field)
	if changed := !seen || d.conn.CRMWins || !same(field, base, value); changed && values != nil && !same(field, values[field], value) {
		values[field] = value
	}
	d.link.Base[field] = value
}

// valuesOf is where the user on paper keeps a field; nil for what is never written.
func (d *draft) valuesOf(field string) map[string]string {
	switch {
	case d.user == nil:
		return nil
	case slices.Contains(coreFields, field):
		return d.user.Fields
	case isMeta(field):
		return d.user.Meta
	default:
		return nil
	}
}

// putEmail never changes an address. One that differs from both the site's and the
// CRM's last is a question, until an agreed one is told again.
func (d *draft) putEmail(email string, outdated, mayAsk bool) {
	base := d.link.Base[fieldEmail]
	switch {
	case email == "":
	case outdated && d.knew(fieldEmail):
		d.overtaken = true
	case d.user == nil, strings.EqualFold(email, base), strings.EqualFold(email, d.user.Email):
		d.link.Base[fieldEmail] = email
		d.asked = ""
	case mayAsk:
		d.asked = email
	}
}

// knew reports whether the CRM's value of a field was known before this job.
func (d *draft) knew(field string) bool {
	_, ok := d.job.link.Base[field]
	return ok
}

// same compares two values of a field as WordPress stores them: it keeps names on one
// line with single spaces, and writes & and its like as HTML entities into names and
// descriptions (sanitize_text_field, wp_filter_kses and _wp_specialchars on
// pre_user_* in wp-includes/default-filters.php). Letters written in two Unicode ways
// differ, as they do there.
func same(field, a, b string) bool { return stored(field, a) == stored(field, b) }

func stored(field, value string) string {
	if isMeta(field) {
		return lines(value)
	}
	value = html.UnescapeString(value)
	if field == "description" {
		return lines(value)
	}
	return strings.Join(strings.Fields(value), " ")
}

func lines(value string) string {
	return strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
}
