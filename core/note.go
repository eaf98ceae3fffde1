package core

import (
	"fmt"
	"strings"
)

// Note is something worth saying about a delivery that went through. Text says it;
// the code is stable.
type Note struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"` // a role, a field, a tag; never a secret
}

// NewNote makes a note of the catalogue. It panics on a code that is not in it, which
// is a mistake in the program.
func NewNote(code, detail string) Note {
	if _, ok := notes[code]; !ok {
		panic("core: no note " + code)
	}
	return Note{Code: code, Detail: detail}
}

// Text is the note as a sentence.
func (n Note) Text() string {
	text, ok := notes[n.Code]
	switch {
	case !ok:
		return strings.TrimSpace(n.Code + " " + n.Detail)
	case strings.Contains(text, "%"):
		return fmt.Sprintf(text, n.Detail)
	default:
		return text
	}
}

// NoteCodes lists the catalogue's codes.
func NoteCodes() []string { return sortedKeys(notes) }

var notes = map[string]string{
	"role.unknown":      "The site has no role “%s”, so the usual role was given instead.",
	"role.refused":      "The role “%s” was asked for but not given: it is not on this connection's list of allowed roles.",
	"role.too_powerful": "The role “%s” turned out to have admin rights on this site and was taken away again.",
	"role.declined":     "The role “%s” was asked for but not given: you said no.",
	"email.declined":    "The new e-mail address was not taken over: you said no.",
	"user.declined":     "No user was made: you said no.",
	"field.nowhere":     "The field “%s” was not written: WordPress cannot store it without the Usher helper.",
	"field.refused":     "WordPress refused the value for “%s”; the rest was written.",
	"helper.left":       "Tags and extra fields were not written: with the role a person chose for them, the user now has more rights than the Usher helper touches.",
	"tags.kept_here":    "Tags are kept in Usher, not on the site: WordPress cannot store them without the Usher helper.",
	"mail.sent":         "The welcome mail was sent.",
	"mail.failed":       "The user was made, but the site could not send the welcome mail.",
	"mail.unknown":      "Usher was interrupted while the welcome mail was sent. It may have arrived, so it is not sent again.",
	"mail.no_sender":    "No welcome mail was sent: WordPress cannot send one without the Usher helper.",
	"mail.not_new":      "No welcome mail was sent: the user was already there.",
	"password.returned": "The new password was handed to the CRM.",
	"password.kept":     "The new password was not handed to the CRM: Usher has no key for its API.",
	"login.numbered":    "The user name was taken, so “%s” was used.",
	"user.adopted":      "A user with this e-mail was already on the site and is now linked.",
	"user.finished":     "The user had been created before an interruption; the rest was finished now.",
	"user.deleted":      "The user was deleted on the site and is not made again by an update.",
	"contact.deleted":   "The contact was deleted in the CRM; the user stays as it is.",
	"event.takes_away":  "This event (%s) takes something away, so it never makes a new user.",
	"message.empty":     "The message was empty.",
	"person.forgotten":  "This person was forgotten, as you asked: what Usher knew of them is erased.",
	"message.no_person": "The message is about no person.",
	"message.test":      "This was a test message.",
	"state.outdated":    "Newer data about this person had been written already; this message's data was not used.",
}
