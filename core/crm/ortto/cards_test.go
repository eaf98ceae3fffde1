package ortto_test

import (
	"slices"
	"strings"
	"testing"

	"usher/core"
	"usher/core/crm/ortto"
)

// seed is every instruction, note and warning of the document on Ortto's webhooks that
// Usher replaces, each with where it is told now.
var seed = []struct{ sentence, told string }{
	{"head to More » Data Sources and click New Data Source", "open More » Data Sources and click New Data Source"},
	{"Enter the URL to your site, with the access_key and wpf_action parameters", "with the access_key and wpf_action parameters: {add}"},
	{"You can un-check the setting for Send activity payload.", "Un-check the setting for Send activity payload."},
	{"Otherwise leave the settings as their defaults.", "Otherwise leave the settings as their defaults"},
	{"head to Campaigns and create a new campaign", "Head to Campaigns and create a new campaign"},
	{"Select a trigger, and from the list of actions choose your webhook.", "From the list of actions choose your webhook"},
	{"when the WordPress User tag is applied to a subscriber", "the tag WordPress User is applied"},
	{"The tag triggers a webhook to import a new WordPress user and generate a password for them.", "imports a new WordPress user and generates a password for them"},
	{"To update an existing WordPress user's tags: wpf_action=update_tags", "To update only their tags: {update_tags}"},
	{"To update a user's tags and pull any new meta data: wpf_action=update", "To update the tags and fields of people who are users already, make a second webhook with this URL: {update}"},
	{"To create a new user: wpf_action=add", "{add}"},
	{"to send the user a welcome email containing a link to log in: &send_notification=true", "to send new users a welcome e-mail with a link to log in: {add}&send_notification=true"},
	{"You can also specify a specific user role: &role=customer", "to give new users a role such as customer: {add}&role=customer"},
	{"you have to have registered a “customer” role on your site", "The role must be registered on your site"},
	{"By default users will be assigned the role of “subscriber”.", "on most sites subscriber"},
	{"The add method will update a user if an existing user already exists.", "A user who exists is updated."},
	{"It will not create a duplicate user.", "No duplicate is created."},
	{"By default, user accounts will be created with their email address as the username", "User name: the e-mail address"},
	{"and a randomly generated password", "Password: randomly generated"},
	{"a custom username field, for sync with user_login", "a custom user name field in Ortto is mapped to user_login"},
	{"a password field, for sync with user_pass", "a password field in Ortto is mapped to user_pass"},
	{"check the box for Return Password, and select a field in Ortto where the password should be stored", "choose a field of Ortto under Return Password"},
	{"their password will now be saved back to their contact record, and you can use a merge field", "It is saved there after the user was made, and a merge field puts it into an e-mail."},
}

func TestEverySentenceOfTheSeedIsThere(t *testing.T) {
	usual := text((ortto.Adapter{}).Describe().Cards[0])
	for _, s := range seed {
		if !strings.Contains(usual, s.told) {
			t.Errorf("the usual card does not tell %q: no %q", s.sentence, s.told)
		}
	}
}

func TestWhatElseTheCardsMustTell(t *testing.T) {
	d := (ortto.Adapter{}).Describe()
	told := map[string]string{"Doubts": strings.Join(d.Doubts, "\n")}
	for _, card := range d.Cards {
		told[card.Title] = text(card)
		if !strings.Contains(told[card.Title], "Leave the method at POST.") {
			t.Errorf("%s: nothing about POST", card.Title)
		}
	}
	for title, phrase := range map[string]string{
		"Journey (campaign)": "a journey",
		"Playbook":           "a playbook",
		"Activity":           "Open the activity",
		"Without an API key": "add these person fields (up to 10)",
		"Doubts":             "Test button",
	} {
		if !strings.Contains(told[title], phrase) {
			t.Errorf("%s: no %q", title, phrase)
		}
	}
}

func text(card core.Card) string {
	return strings.Join(slices.Concat(card.Steps, card.Notes, card.Warns), "\n")
}
