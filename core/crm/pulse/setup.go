package pulse

import "usher/core"

// The keys of the credentials.
const (
	keyURL      = "url"
	keyClientID = "client_id"
	keySecret   = "client_secret"
	keyAccess   = "access_token"
	keyRefresh  = "refresh_token"
	keyPortal   = "portal_url"
	keyRedirect = "redirect"
)

// defaultRedirect is where a sign-in ends. It is fixed, because a client in Pulse is made
// for one such URL.
const defaultRedirect = "http://127.0.0.1:8738/pulse"

func credentials() []core.Credential {
	return []core.Credential{
		{
			Key: keyURL, Label: "URL",
			Where: "The address of your Pulse application, as the browser shows it when you are logged in, such as https://app.example.com/",
		},
		{
			Key: keyClientID, Label: "Client ID",
			Where: "Create a client in your Pulse application. Where it asks for a redirect URL, enter exactly " + defaultRedirect + ". The Client ID is then shown with the client.",
		},
		{Key: keySecret, Label: "Secret", Where: "Shown beside the Client ID.", Secret: true},
		{
			Key: keyAccess, Label: "Access Token", Secret: true, Optional: true,
			Where: "Leave it empty and sign in afterwards; Usher then gets it by itself. If signing in does not work, paste one you have, for example from WP Fusion's settings.",
		},
		{
			Key: keyRefresh, Label: "Refresh token", Secret: true, Optional: true,
			Where: "Comes with the Access Token. Each is good only once, so a program you take it from can no longer use it.",
		},
		{
			Key: keyPortal, Label: "Portal", Optional: true,
			Where: "The address where you allow programs in, only if it is not https://portal.thepulsespot.com/",
		},
		{
			Key: keyRedirect, Label: "Redirect URL", Optional: true, Default: defaultRedirect,
			Where: "The one your client in Pulse was made with, where the browser ends after signing in. Leave it as it is unless another program uses port 8738.",
		},
	}
}

func cards() []core.Card {
	return []core.Card{workflow(), global(), signIn(), password()}
}

func workflow() core.Card {
	return core.Card{
		Title: "In a workflow (recommended)",
		Steps: []string{
			"In PulseTechnologyCRM go to Admin › Workflows and create a workflow.",
			"On the Workflow screen create a new Workflow Trigger: when a tag is applied to a contact, for example “Import to WordPress”.",
			"Create a new Sequence, and within the Sequence create a Step of the kind HTTP Post.",
			"As the URL of the Step enter this one, which makes users; your access key is in it: {add}",
			"Or, to send the new user an e-mail with a link to log in, enter {add}&send_notification=true",
			"Or, to give the new user a role such as “customer”, enter {add}&role=customer",
			"Or, to update a user's tags and everything else that is new in PulseTechnologyCRM, enter {update}",
			"Or, to update a user's tags only, enter {update_tags}",
			"Leave the Step's “Merge fields” (earlier “Data to post”) at “Contact entity”.",
			"Go back to the Workflow screen, down to the Sequences section, and add the HTTP Post Sequence you created.",
			"Save the Workflow.",
			"Apply the tag to a contact of your own and see it arrive here.",
		},
		Notes: []string{
			"Every time the tag is applied to a contact, a user is made from the contact's data. If the user is already on the site they are updated; there are never two.",
			"Without a role in the URL the user gets your site's usual one, most often “subscriber”.",
			"The e-mail address becomes the user name, and the password is made at random. If you have fields of your own for a user name and a password, match them with user_login and user_pass in Usher, and the new user gets those.",
			"A workflow is best when the webhook is one step of many: tag “Website Access” is added, webhook that makes the user, welcome e-mail, wait 3 days, tag “Unlock Course Two” is applied, webhook that updates the tags.",
			"You see the whole flow and where each contact is in it, when the webhook was sent and whether it was received. That is more control and better reports than a global webhook gives.",
		},
		Warns: []string{
			"With anything but “Contact entity” the webhook may come without the contact's id, and nobody can tell whom it is about.",
			"A role must exist on your site. Where it does not, the user gets the usual role.",
		},
	}
}

func global() core.Card {
	return core.Card{
		Title: "For every change (global, advanced)",
		Steps: []string{
			"In PulseTechnologyCRM go to Tools › Webhooks and click Add to create a new webhook.",
			"To update a user's tags and everything else that is new in PulseTechnologyCRM, enter {update}",
			"Or, to update a user's tags only, enter {update_tags}",
			"Leave “Merge fields” (earlier “Data to post”) at “Contact entity”, and save.",
			"Change a contact of your own and see it arrive here.",
		},
		Notes: []string{
			"Global means for your whole account. This is best if you edit contacts by hand, outside of any workflow, and want those changes on the site.",
			"With a global webhook that updates users or their tags, workflows need no such webhooks of their own.",
		},
		Warns: []string{
			"Never make a global webhook with add: every contact in PulseTechnologyCRM would be given a user account.",
			"Editing contacts in bulk sends a webhook for every edited contact. Usher takes them all and writes them to the site little by little, so it can be a while until the last is done.",
		},
	}
}

func signIn() core.Card {
	return core.Card{
		Title: "Sign in, so that Usher can read contacts by itself",
		Steps: []string{
			"In your Pulse application create a client. Where it asks for a redirect URL, enter exactly " + defaultRedirect,
			"Set the account up in Usher with the URL of your Pulse application, the Client ID and the Secret.",
			"Sign in, with the button that Usher then shows, and allow Usher in on the page that opens.",
			"The browser comes back to this computer and says that Usher is connected.",
		},
		Notes: []string{
			"Until then Usher works with what the webhooks bring.",
			"The browser has to run on the same computer as Usher.",
		},
		Warns: []string{
			"The redirect URL has to be the same in both places, letter by letter.",
		},
	}
}

func password() core.Card {
	return core.Card{
		Title: "Send new users their password from PulseTechnologyCRM",
		Steps: []string{
			"In PulseTechnologyCRM make a text field for the password, and a tag, such as “Password ready”.",
			"In Usher choose that field as the one that receives the password, and that tag as the one to put on when it is there.",
			"Make a workflow that starts when the tag that lets people in, such as “Website Access”, is applied, with an HTTP Post to {add}",
			"Make a second workflow that starts with “Password ready”: its first Step sends the welcome e-mail, with the password as a merge field. The user name is the contact's e-mail address.",
			"To open more later, let the second workflow wait, for example 3 days, apply the tag “Unlock Course Two” and send an HTTP Post to {update_tags}",
			"In Usher let the tag “Unlock Course Two” give the role that opens the course.",
		},
		Notes: []string{
			"The password goes back only for users Usher made, with the password it generated.",
			"Usher puts the tag on only after it read the password back from the field, so no e-mail leaves without one.",
		},
		Warns: []string{
			"Usher has to be signed in to PulseTechnologyCRM for this.",
			"Do not send the e-mail in the workflow that makes the user: its next Step may run before the password is there.",
		},
	}
}

func doubts() []string {
	return []string{
		"The Workflow is not saved or not switched on, or the HTTP Post Sequence was created but not added to it below Sequences.",
		"The contact already had the tag, and applying it once more starts nothing: take it off and apply it again.",
		"“Merge fields” (or “Data to post”) is not “Contact entity”, so the contact's id is missing.",
		"The URL was cut off or an older one was pasted: compare its beginning and its end with the one shown here.",
		"The contact has not reached the Step yet: the Workflow shows where each contact is, and whether the webhook was received.",
		"This computer was off or could not be reached. Whether PulseTechnologyCRM sends a webhook again is not known; send the contact again.",
	}
}
