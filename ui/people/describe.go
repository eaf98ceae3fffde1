package people

import (
	"cmp"
	"strings"

	"usher/core"
	"usher/ui/look"
	"usher/ui/words"
)

// name is what a person is called: by name, else by e-mail address, else by number.
func name(p core.PersonView) string {
	return cmp.Or(words.Plain(p.Name), words.Plain(p.Email), words.Plain(p.Contact))
}

// who says in a line who a person is in the CRM and on the site.
func who(p core.PersonView) string {
	var parts []string
	if p.Name != "" && p.Email != "" {
		parts = append(parts, words.Plain(p.Email))
	}
	parts = append(parts, words.T("people.in_crm", "CRM", words.Plain(p.CRM)))
	if p.UserID != 0 {
		parts = append(parts, words.T("people.on_site", "Login", words.Plain(p.Login), "Site", site(p)))
	}
	return strings.Join(parts, " · ")
}

// site is the site's address as people say it.
func site(p core.PersonView) string {
	address := words.Plain(p.Site)
	for _, scheme := range []string{"https://", "http://"} {
		address = strings.TrimPrefix(address, scheme)
	}
	return strings.TrimSuffix(address, "/")
}

// standing is what a person is on the site, in a word or two.
func standing(p core.PersonView) (look.Tone, string) {
	switch {
	case p.UserID == 0:
		return look.Pending, words.T("people.not_user")
	case p.MadeByUsher:
		return look.Done, words.T("people.made")
	}
	return look.Done, words.T("people.user")
}

// mail says how far the welcome mail of a person got; empty where none was asked for.
func mail(state core.MailState) string {
	switch state {
	case core.MailSending:
		return words.T("people.mail.sending.text")
	case core.MailSent:
		return words.T("people.mail.sent.text")
	case core.MailUnsent:
		return words.T("people.mail.unsent.text")
	case core.MailFailed:
		return words.T("people.mail.failed.text")
	case core.MailUnknown:
		return words.T("people.mail.unknown.text")
	case core.MailNotNew:
		return words.T("people.mail.not_new.text")
	case core.MailNone:
	}
	return ""
}

// listed writes texts from outside as a list, the first of very many.
func listed(texts []string) string {
	const most = 100
	shown := make([]string, 0, min(len(texts), most)+1)
	for _, text := range texts[:min(len(texts), most)] {
		if plain := words.Plain(text); plain != "" {
			shown = append(shown, plain)
		}
	}
	if len(texts) > most {
		shown = append(shown, words.N("people.more", len(texts)-most))
	}
	return strings.Join(shown, ", ")
}
