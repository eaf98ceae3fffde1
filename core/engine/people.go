package engine

import (
	"context"
	"slices"
	"strings"

	"usher/core"
)

// mostPeople is how many people one answer lists.
const mostPeople = 500

// People implements control.Backend.
func (e *Engine) People(ctx context.Context, text string) ([]core.PersonView, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	config := e.store.Config()
	joins := map[[2]string][]string{} // names of connections, by account and site
	for _, conn := range config.SortedConnections() {
		ends := [2]string{conn.AccountID, conn.SiteID}
		joins[ends] = append(joins[ends], conn.Name)
	}
	var people []core.PersonView
	err := e.store.Links(ctx, func(link core.Link) bool {
		p := personView(link)
		p.CRM, p.Site = config.Accounts[link.AccountID].Name, config.Sites[link.SiteID].Home
		p.Connections = joins[[2]string{link.AccountID, link.SiteID}]
		if p.Site != "" && isNamed(p, text) {
			people = append(people, p)
		}
		return len(people) == mostPeople
	})
	return people, err
}

func personView(link core.Link) core.PersonView {
	p := core.PersonView{
		Contact: strings.TrimPrefix(link.ContactID, core.EmailKey), UserID: link.UserID, Login: link.Login, Email: link.Email,
		Name: strings.TrimSpace(link.Base["first_name"] + " " + link.Base["last_name"]),
		Tags: link.Tags, MadeByUsher: link.CreatedByUs, Mail: link.Mail, Deleted: link.ContactDeleted,
	}
	if p.Email == "" {
		p.Email = link.Base["email"]
	}
	for _, grant := range link.Grants {
		if grant.Given && link.UserID != 0 && !slices.Contains(p.Roles, grant.Role) {
			p.Roles = append(p.Roles, grant.Role)
		}
	}
	return p
}

// isNamed reports whether a person answers to a text in small letters.
func isNamed(p core.PersonView, text string) bool {
	return slices.ContainsFunc([]string{p.Contact, p.Login, p.Email, p.Name}, func(part string) bool {
		return strings.Contains(strings.ToLower(part), text)
	})
}
