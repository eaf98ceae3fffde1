package pulse_test

import (
	"slices"
	"strings"
	"testing"

	"usher/core/crm/pulse"
)

// What WP Fusion's page on PulseTechnologyCRM webhooks says, sentence by sentence, and where
// the cards say it.
var seed = []struct{ says, card string }{
	{"create new users based on workflow rules", "Every time the tag is applied to a contact, a user is made"},
	{"or update existing users' meta data and tags", "To update a user's tags and everything else"},
	{"two ways: via Workflows", "In a workflow"},
	{"or in the Webhooks settings", "For every change (global, advanced)"},
	{"the workflow method is recommended", "(recommended)"},
	{"best as part of a specific process", "best when the webhook is one step of many"},
	{"tag “Website Access” is added", "tag “Website Access” is added"},
	{"send webhook to create WordPress user", "webhook that makes the user"},
	{"send welcome email", "welcome e-mail"},
	{"wait 3 days", "wait 3 days"},
	{"apply tag “Unlock Course Two”", "tag “Unlock Course Two” is applied"},
	{"send webhook to update tags", "webhook that updates the tags"},
	{"visualize the entire flow, see where contacts are", "You see the whole flow and where each contact is in it"},
	{"when the webhook was sent, and whether it was received successfully", "when the webhook was sent and whether it was received"},
	{"a lot more control and better reporting than global webhooks", "more control and better reports than a global webhook gives"},
	{"first create a workflow at Admin » Workflows", "go to Admin › Workflows and create a workflow"},
	{"three options: update, update_tags and add", "{add}"},
	{"supply your access key", "your access key is in it"},
	{"when a specific tag is applied to a contact", "when a tag is applied to a contact"},
	{"from the Workflow screen, create a new Workflow Trigger", "On the Workflow screen create a new Workflow Trigger"},
	{"create a new Sequence, and within it a Step", "Create a new Sequence, and within the Sequence create a Step"},
	{"the URL followed by ?wpf_action=add and the key", "As the URL of the Step enter this one, which makes users"},
	{"go back to the Workflow screen, to the Sequences section", "Go back to the Workflow screen, down to the Sequences section"},
	{"add the HTTP Post Sequence you've created", "add the HTTP Post Sequence you created"},
	{"save the Workflow", "Save the Workflow."},
	{"every time the tag Import to WordPress is applied", "“Import to WordPress”"},
	{"if the user already exists, they will be updated", "If the user is already on the site they are updated"},
	{"no duplicate users will be created", "there are never two"},
	{"global webhooks are advanced", "advanced"},
	{"global to your account", "Global means for your whole account"},
	{"best if you're manually editing contact records, outside of an automation", "best if you edit contacts by hand, outside of any workflow"},
	{"not recommended to set up global webhooks with add", "Never make a global webhook with add"},
	{"as then every contact will be given a user account", "every contact in PulseTechnologyCRM would be given a user account"},
	{"navigate to Tools » Webhooks, and click Add", "go to Tools › Webhooks and click Add"},
	{"bulk editing sends webhooks for every edited contact", "Editing contacts in bulk sends a webhook for every edited contact"},
	{"which may make your site temporarily unstable", "writes them to the site little by little"},
	{"with global update or update_tags, no need for them in automations", "workflows need no such webhooks of their own"},
	{"to update a user's tags", "to update a user's tags only, enter {update_tags}"},
	{"to update a user's tags and meta data", "everything else that is new in PulseTechnologyCRM, enter {update}"},
	{"send the user a welcome email with a link to log in", "an e-mail with a link to log in, enter {add}&send_notification=true"},
	{"specify a user role", "a role such as “customer”, enter {add}&role=customer"},
	{"you have to have registered the role", "A role must exist on your site."},
	{"by default the role of subscriber", "most often “subscriber”"},
	{"email address as the username, a random password", "The e-mail address becomes the user name, and the password is made at random."},
	{"custom username and password fields", "match them with user_login and user_pass in Usher"},
	{"send the password back after it has been generated", "Send new users their password"},
	{"select a field where the password should be stored", "choose that field as the one that receives the password"},
	{"use a merge field to include it in an email", "the password as a merge field"},
	{"the username will be the contact's email address", "The user name is the contact's e-mail address."},
	{"the option of what to post stays at Contact entity", "at “Contact entity”"},
}

func TestEverySentenceOfTheSeedIsThere(t *testing.T) {
	var said []string
	for _, card := range (pulse.Adapter{}).Describe().Cards {
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

func TestBothWaysSayWhatMustNotBeChanged(t *testing.T) {
	for _, card := range (pulse.Adapter{}).Describe().Cards[:2] {
		steps := strings.Join(card.Steps, "\n")
		if !strings.Contains(steps, "“Contact entity”") {
			t.Errorf("%s: no step says to leave it at “Contact entity”", card.Title)
		}
		if strings.Contains(steps, "{add}") != (card.Title == "In a workflow (recommended)") {
			t.Errorf("%s: the URL that makes users belongs to workflows alone", card.Title)
		}
	}
}

// The password's chain: nothing may come before what it needs.
func TestThePasswordsChainIsInOrder(t *testing.T) {
	cards := (pulse.Adapter{}).Describe().Cards
	steps := strings.Join(cards[len(cards)-1].Steps, "\n")
	at := 0
	for _, link := range []string{
		"“Website Access”", "{add}", "second workflow", "welcome e-mail", "3 days", "“Unlock Course Two”", "{update_tags}", "give the role",
	} {
		next := strings.Index(steps[at:], link)
		if next < 0 {
			t.Fatalf("%s does not come after what it needs", link)
		}
		at += next
	}
}
