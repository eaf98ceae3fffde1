package kartra_test

import (
	"slices"
	"strings"
	"testing"

	"usher/core/crm/kartra"
)

// What the guides Kartra's owners follow today say, sentence by sentence, and where the
// cards say it: WP Fusion's page on Kartra webhooks, and Kartra's on its outbound API.
var seed = []struct{ says, card string }{
	{"send data back to your WordPress site", "A user is made on your site from what Kartra knows of the lead."},
	{"create new users based on rules in Kartra", "Make a user when a tag is put on"},
	{"or update existing users' meta data and tags", "Keep users up to date"},
	{"Webhooks are managed under My Integrations >> API >> API", "go to My Integrations › API › API"},
	{"go to Integrations > My API > Outbound API", "Integrations › My API › Outbound API"},
	{"logged in, access this page by following this link", "Logged in, you also get there by https://app.kartra.com/integrations/api/key"},
	{"create a user when a specific tag is applied", "whenever a tag is applied to a lead"},
	{"select Yes, activate the outbound API", "Select “Yes, activate the outbound API”"},
	{"enter the URL including ?wpf_action=add and your access key", "Enter this URL; your access key is in it: {add}"},
	{"set a condition for when this API request should be sent", "Set the condition for when it is sent"},
	{"whenever the tag Import to WordPress is applied", "the tag “Import to WordPress”"},
	{"Save your settings", "Save your settings."},
	{"If the user already exists, they will be updated", "If the user already exists they are updated."},
	{"no duplicate users will be created", "No second user is made."},
	{"a wide variety of options: when tags are applied", "when tags are applied or removed"},
	{"when leads are added, when leads are updated", "when leads are added or updated"},
	{"when a lead is granted access to a membership", "a membership granted or revoked"},
	{"when a transaction is processed", "a product bought"},
	{"when a lead fills in an opt-in form", "when a form is filled in"},
	{"when a lead is subscribed to a list", "a list joined"},
	{"multiple URLs, and multiple events per URL", "Kartra takes several URLs, and several events for each."},
	{"to update tags: wpf_action=update_tags", "to update the user's tags only, enter {update_tags}"},
	{"to update tags and meta data: wpf_action=update", "a user's tags and everything else that is new in Kartra, enter {update}"},
	{"send the user a welcome email with a link to log in", "sent a welcome e-mail with a link to log in, enter {add}&send_notification=true"},
	{"specify a user role", "a role such as “customer”, enter {add}&role=customer"},
	{"you have to have registered the role", "A role must exist on your site."},
	{"by default the role of subscriber", "most often “subscriber”"},
	{"email address as the username, and a random password", "The e-mail address becomes the user name, and the password is made at random."},
	{"custom username and password fields, synced with user_login and user_pass", "match them with user_login and user_pass in Usher"},
	{"you can send the password back to Kartra", "Send the new password from Kartra"},
	{"select a field where the password should be stored", "Choose the field that receives the password"},
	{"use a merge field to include it in an email", "In the e-mail put that field in as a merge field."},
	{"the username will be the contact's email address", "The user name is the lead's e-mail address."},
	{"Kartra doesn't support custom fields for leads", "Kartra could not make custom fields for leads once"},
	{"use the Middle Name or Last Name 2 fields", "Middle Name or Last Name 2"},
	{"transaction details: product, transaction amount", "product, amount, membership or list are fields whose names begin with “action:”"},
	{"the whole lead, with custom fields, is sent", "Kartra sends the whole lead with its custom fields"},
	{"the example is sent when a lead is subscribed to a list", "a list joined"},
}

func TestEverySentenceOfTheSeedIsThere(t *testing.T) {
	var said []string
	for _, card := range (kartra.Adapter{}).Describe().Cards {
		said = append(said, card.Title)
		said = slices.Concat(said, card.Steps, card.Notes, card.Warns)
	}
	text := strings.Join(said, "\n")
	for _, sentence := range seed {
		if !strings.Contains(text, sentence.card) {
			t.Errorf("%q: no card says %q", sentence.says, sentence.card)
		}
	}
}
