package ortto

import (
	"slices"

	"usher/core"
)

// makeWebhook is the same whatever sets the webhook off.
var makeWebhook = []string{
	"In Ortto, open More » Data Sources and click New Data Source. Choose Webhook (advanced).",
	"Enter the webhook URL, with the access_key and wpf_action parameters: {add}",
	"Or, to send new users a welcome e-mail with a link to log in: {add}&send_notification=true",
	"Or, to give new users a role such as customer: {add}&role=customer",
	"Leave the method at POST.",
	"Un-check the setting for Send activity payload. Otherwise leave the settings as their defaults, and save.",
}

// otherURLs are for people who are users already.
var otherURLs = []string{
	"To update the tags and fields of people who are users already, make a second webhook with this URL: {update}",
	"To update only their tags: {update_tags}",
}

func cards() []core.Card {
	return []core.Card{
		card("Journey (campaign)", []string{
			"Head to Campaigns and create a new campaign: a journey. Select a trigger, for example that the tag WordPress User is applied to a person.",
			"From the list of actions choose your webhook, and switch the journey on.",
		}),
		card("Playbook", []string{
			"Head to Campaigns and create a new campaign: a playbook. Select what it waits for, for example the tag WordPress User.",
			"From the list of actions choose your webhook, and switch the playbook on.",
		}),
		card("Activity", []string{
			"Open the activity that should set the webhook off, such as Tag added, and add an action to it.",
			"From the list of actions choose your webhook.",
		}),
		withoutKey(),
	}
}

func card(title string, trigger []string) core.Card {
	return core.Card{
		Title: title,
		Steps: slices.Concat(makeWebhook, trigger, otherURLs),
		Notes: []string{
			"Now the tag triggers a webhook that imports a new WordPress user and generates a password for them.",
			"A user who exists is updated. No duplicate is created.",
			"Without a role in the URL new users get the connection's usual one, on most sites subscriber.",
			"User name: the e-mail address, unless a custom user name field in Ortto is mapped to user_login. Password: randomly generated, unless a password field in Ortto is mapped to user_pass.",
			"To use the generated password in your e-mails, choose a field of Ortto under Return Password. It is saved there after the user was made, and a merge field puts it into an e-mail.",
		},
		Warns: []string{
			"With GET Ortto may send no data along, so Usher could not tell whom it is about: use POST.",
			"The role must be registered on your site, or the usual role is given.",
			"Start the e-mail with the password from the done tag: right after the webhook the field may still be empty.",
		},
	}
}

// withoutKey is for accounts that give Usher no API key: the message must then hold all.
func withoutKey() core.Card {
	return core.Card{
		Title: "Without an API key",
		Steps: slices.Concat(makeWebhook, []string{
			"In the webhook's settings add these person fields (up to 10): First name, Last name, Phone number, City, Country, Postal code.",
			"Choose the webhook in a journey, playbook or activity as usual.",
		}, otherURLs),
		Notes: []string{
			"Ortto always sends along the person's id and e-mail address. The added fields arrive with each message, so no API key is needed for them.",
			"A dynamic webhook works too: let its body be JSON with the names contact_id, email, first_name and last_name, each with its merge field.",
		},
		Warns: []string{
			"Ortto never sends the list of tags. Without an API key update_tags has nothing to write, unless the activity payload is sent and the activity is Tag added or Tag removed.",
			"Without an API key the password cannot be returned to Ortto, and people who changed while Usher was off cannot be found.",
		},
	}
}

func doubts() []string {
	return []string{
		"The campaign is not switched on, or nobody has met its trigger since.",
		"The webhook's method is GET. Set it to POST.",
		"The URL was changed or cut when it was pasted: it must hold wpf_action and access_key.",
		"The computer was asleep. Ortto tries again up to 12 times, after 5 minutes at first and after a day at last, unless the answer was 400, 401, 403, 404 or 405.",
		"Ortto's Test button sends a made-up person. Usher answers that all is well and does nothing, so look here for “This was a test message.”",
		"The person had been in the campaign before, and the journey lets each person in only once.",
	}
}
