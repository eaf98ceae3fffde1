package ontraport

import "usher/core"

// The keys of the credentials.
const (
	keyApp  = "app_id"
	keyAPI  = "api_key"
	keyTags = "webhook_tags"
)

func credentials() []core.Credential {
	return []core.Credential{
		{
			Key: keyApp, Label: "App ID",
			Where: "In Ontraport under Administration › Ontraport API: the App ID of your key. It looks like 2_12345_AbCdEf.",
		},
		{
			Key: keyAPI, Label: "API Key", Secret: true,
			Where: "In Ontraport under Administration › Ontraport API, beside the App ID. The key may do what its owner may: it has to read and change contacts.",
		},
		{
			Key: keyTags, Label: "Tags that call the webhook", Optional: true,
			Where: "Only if Usher is to make the webhook in Ontraport by itself: the tags that call it, separated by commas.",
		},
	}
}

func cards() []core.Card {
	return []core.Card{ruleCard(), campaignCard(), keepCard(), byItselfCard(), dataCard(), passwordCard()}
}

func ruleCard() core.Card {
	return core.Card{
		Title: "With a rule (Ontraport Pro accounts)",
		Steps: []string{
			"In Ontraport go to the Rules page under the Contacts menu in the sidebar and create a new rule.",
			"Select a trigger for the rule, such as when a field is updated or a tag is applied: for example whenever the tag “Add User to WP” is applied.",
			"Specify conditions that have to be met, or leave this section blank.",
			"Under “Actions” choose “Ping a URL” from the dropdown menu.",
			"Enter this URL; your access key is in it: {add}",
			"Or, to have the new user sent a welcome e-mail with a link to log in: {add}&send_notification=true",
			"Or, to give the new user a role, such as “customer”: {add}&role=customer",
			"Leave [Contact ID] in it exactly as it is, brackets included: Ontraport puts the contact's number there.",
			"Save the rule and put the tag on a contact of yours. A user is made on your site.",
		},
		Notes: []string{
			"The best triggers are “When Contact is added to a Tag” and “When a field is updated”.",
			"If the user already exists they are updated. No second user is made.",
			"Without a role in the URL the user gets your site's usual one, most often “subscriber”.",
			"The e-mail address becomes the user name, and the password is made at random. If Ontraport has fields of your own for a user name and a password, match them with user_login and user_pass in Usher, and the new user gets those.",
		},
		Warns: []string{
			"Do not use the trigger “Contact is created”: the webhook leaves as soon as you click the Add Contact button, before any contact details are entered. Usher then looks again later, and waits until there is an e-mail address.",
			"A role must exist on your site, such as “customer”. Where it does not, the user gets the usual role.",
		},
	}
}

func campaignCard() core.Card {
	return core.Card{
		Title: "In a campaign or automation (all accounts)",
		Steps: []string{
			"Open the campaign, called automation in newer accounts, and click Add New Item.",
			"Choose “Send A Webhook” from the Advanced pane; newer accounts have “Send a Webhook” among the elements.",
			"For the destination URL enter {add}",
			"If a method is asked for, choose POST. The rest of the fields can be left blank.",
			"Publish the campaign and add a contact of yours to it.",
		},
		Notes: []string{
			"The URL is the same as for a rule, and so is all that can be added to it.",
			"Place the webhook after the step that gives the contact a name and an e-mail address.",
		},
		Warns: []string{
			"The URL has to hold contact_id=[Contact ID]. Without it a message does not say whom it is about.",
		},
	}
}

func keepCard() core.Card {
	return core.Card{
		Title: "Keep users up to date",
		Steps: []string{
			"Make another rule, or another “Send A Webhook” in a campaign.",
			"To update a user's tags and everything else that is new in Ontraport, enter {update}",
			"Or to update the user's tags only, enter {update_tags}",
			"Let it be triggered when a field is updated, or when a tag is applied or removed.",
		},
		Notes: []string{
			"Neither URL ever makes a user: a contact who is not a user of your site is left alone.",
			"With the API credentials Usher reads the contact with all fields and tags, also what changed while this computer was off.",
		},
		Warns: []string{
			"Several rules for one event send several messages. That does no harm, but one is enough.",
		},
	}
}

func byItselfCard() core.Card {
	return core.Card{
		Title: "Let Usher make the webhook",
		Steps: []string{
			"Enter the App ID and API Key in Usher, and as “Tags that call the webhook” the tags that are to make a user.",
			"With Usher reachable from the internet, open the connection in Usher, then More, and have it make the webhook.",
			"Put one of the tags on a contact of yours. A user is made on your site.",
		},
		Notes: []string{
			"No rule and no campaign is needed. It is ended in the same place.",
			"Where it is to update, or to update tags, the webhook also comes when one of the tags is taken off, and never makes a user.",
			"When the webhook URL changes, Usher makes the webhook anew by itself.",
		},
		Warns: []string{
			"If a rule or campaign sends to Usher for the same tag, there are two messages for each contact. That does no harm, but one is enough.",
		},
	}
}

func dataCard() core.Card {
	return core.Card{
		Title: "Without an API key",
		Steps: []string{
			"In the webhook, choose the method POST and find “data to send” (in a rule, the field for post data).",
			"Enter this line: email=[Email]&firstname=[First Name]&lastname=[Last Name]",
			"Pick the words in brackets from Ontraport's list of merge fields.",
		},
		Notes: []string{
			"The webhook then brings all that a new user needs, and Usher needs no API key.",
			"Add more fields the same way: NAME=[Merge field], with an & in between. NAME is what you match in Usher.",
		},
		Warns: []string{
			"Tags do not come this way: for update_tags, tag rules and returned passwords Usher needs the API key.",
			"A value with an & in it is cut there, for Ontraport may not mask it.",
		},
	}
}

func passwordCard() core.Card {
	return core.Card{
		Title: "Send the new password from Ontraport",
		Steps: []string{
			"Make a text field for it in Ontraport, and enter the App ID and API Key in Usher.",
			"In Usher, choose this field as the one that receives the password.",
			"In the e-mail put the field in as a merge field. The user name is the contact's e-mail address.",
			"Send the e-mail by an automation that starts with a tag, and choose this tag in Usher as the one to put on when the password is in its field.",
		},
		Notes: []string{
			"The password is written once, right after the user was made, and only if Usher made it up.",
		},
		Warns: []string{
			"Do not start the e-mail from the tag that makes the user: it would leave before the password is there.",
		},
	}
}

func doubts() []string {
	return []string{
		"The URL lacks contact_id=[Contact ID], or the brackets were typed differently. Ontraport then sends no number.",
		"The rule's conditions were not met, or the campaign is not published.",
		"The contact already had the tag. Take it off and put it on again.",
		"The trigger is “Contact is created”: the message came before there was anything in the contact, so Usher waits for an e-mail address.",
		"“Ping a URL” in a rule needs a Pro account. In other accounts use “Send A Webhook” in a campaign.",
		"The URL in Ontraport is not the whole one: compare its beginning (https) and its end with the one shown here.",
		"The address changed since you pasted it, and Ontraport still calls the old one.",
		"This computer was off or not reachable. Ontraport does not say whether it tries again; with the API key Usher finds out itself who changed.",
	}
}
