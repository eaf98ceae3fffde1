package core

import (
	"net/url"
	"strings"
)

// AskFor adds to a webhook URL what it is to ask for beyond its action: a role for new
// users, and the welcome mail. Roles of update URLs are asked for too; mail is for new
// users only.
func AskFor(webhookURL, role string, mail bool) string {
	if mail {
		webhookURL += "&send_notification=true"
	}
	if role = strings.TrimSpace(role); role != "" {
		webhookURL += "&role=" + url.QueryEscape(role)
	}
	return webhookURL
}

// UsedURL is what a webhook URL says that somebody uses already, such as one made by WP
// Fusion.
type UsedURL struct {
	Site   string // the address of the WordPress site in it
	Key    Secret
	Action Action
	Role   string
	Mail   bool
}

// ReadUsedURL reads a webhook URL as it stands in a CRM. Its error is a Problem that does
// not quote it.
func ReadUsedURL(text string) (UsedURL, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || len(text) > 4096 {
		return UsedURL{}, NewProblem("setup.no_webhook_url", nil)
	}
	query := ParseForm(u.RawQuery)
	used := UsedURL{
		Site: (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}).String(),
		Key:  NewSecret(strings.TrimSpace(query.Get("access_key"))), Action: Action(strings.ToLower(query.Get("wpf_action"))),
		Role: query.Get("role"),
	}
	mail := strings.ToLower(query.Get("send_notification"))
	used.Mail = mail != "" && mail != "false"
	if used.Key.Empty() || !used.Action.Known() {
		return UsedURL{}, NewProblem("setup.no_webhook_url", nil)
	}
	return used, nil
}
