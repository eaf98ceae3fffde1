package kartra

import "usher/core"

// The keys of the credentials.
const (
	appID       = "app_id"
	apiKey      = "api_key"
	apiPassword = "api_password"
)

// credentials are what every call of the API carries. The App ID names a program and not
// an account, and is no secret: others ship theirs in public.
func credentials() []core.Credential {
	return []core.Credential{
		{
			Key: appID, Label: "App ID",
			Where: "Settings › Integrations › My Apps: add an App and copy its App ID. Test Mode is enough, because Usher makes no leads.",
		},
		{Key: apiKey, Label: "API Key", Where: "Integrations › API › My API", Secret: true},
		{Key: apiPassword, Label: "API Password", Where: "Integrations › API › My API, below the API Key", Secret: true},
	}
}

func cards() []core.Card {
	return []core.Card{
		{
			Title: "Make a user when a tag is put on",
			Steps: []string{
				"In Kartra go to My Integrations › API › API, in newer accounts Integrations › My API › Outbound API. Logged in, you also get there by https://app.kartra.com/integrations/api/key.",
				"Select “Yes, activate the outbound API”.",
				"Enter this URL; your access key is in it: {add}",
				"Or, to have the new user sent a welcome e-mail with a link to log in, enter {add}&send_notification=true",
				"Or, to give the new user a role such as “customer”, enter {add}&role=customer",
				"Set the condition for when it is sent: whenever a tag is applied to a lead, for example the tag “Import to WordPress”.",
				"Save your settings.",
				"Apply the tag to a lead of yours. A user is made on your site from what Kartra knows of the lead.",
			},
			Notes: []string{
				"If the user already exists they are updated. No second user is made.",
				"Without a role in the URL the user gets your site's usual one, most often “subscriber”.",
				"The e-mail address becomes the user name, and the password is made at random. If Kartra has fields of your own for a user name and a password, match them with user_login and user_pass in Usher, and the new user gets those.",
				"Kartra sends the whole lead with its custom fields, so a new user is complete at once. What happened can be matched too: product, amount, membership or list are fields whose names begin with “action:”.",
			},
			Warns: []string{
				"A role must exist on your site. Where it does not, the user gets the usual role.",
				"A tag that a lead already has sends nothing: only putting it on does.",
				"Choose a tag and not something that happens to everybody, or every lead becomes a user.",
			},
		},
		{
			Title: "Keep users up to date",
			Steps: []string{
				"On the same page add another URL. Kartra takes several URLs, and several events for each.",
				"To update a user's tags and everything else that is new in Kartra, enter {update}",
				"Or to update the user's tags only, enter {update_tags}",
				"Set when it is sent: when tags are applied or removed, when leads are added or updated, when a form is filled in, a list joined, a product bought or a membership granted or revoked.",
				"Save your settings.",
			},
			Notes: []string{
				"Neither URL ever makes a user: a lead who is not a user of your site is left alone.",
				"Kartra sends only the one tag that was put on or taken off. With the API credentials Usher reads all of them.",
			},
			Warns: []string{
				"Kartra does not say who changed while this computer was off. Usher then reads the leads it knows again; for one it does not know, apply the tag again.",
			},
		},
		{
			Title: "Send the new password from Kartra",
			Steps: []string{
				"Enter the App ID, API Key and API Password in Usher, so that it can write to Kartra.",
				"Choose the field that receives the password: a custom field made for it, or Middle Name or Last Name 2 if you use them for nothing else.",
				"In the e-mail put that field in as a merge field. The user name is the lead's e-mail address.",
				"Send the e-mail by an automation that starts with a tag, and choose this tag in Usher as the one to put on when the password is in its field.",
			},
			Notes: []string{
				"The password is written only once, right after the user was made, and only if Usher made it up.",
				"Kartra could not make custom fields for leads once, so older guides tell you to use Middle Name or Last Name 2. Today it can.",
			},
			Warns: []string{
				"Do not start the e-mail from the tag that makes the user: it would leave before the password is there.",
				"Make the tag in Kartra first: its API puts on only tags that exist.",
			},
		},
	}
}

func doubts() []string {
	return []string{
		"The settings of the outbound API were not saved, or “Yes, activate the outbound API” is not selected.",
		"The lead already had the tag. Take it off and apply it again.",
		"The condition names another tag, list or form than the one you used.",
		"The URL in Kartra is not the whole one: compare its beginning (https) and its end (the access key) with the one shown here.",
		"The address changed since you pasted it, and Kartra still calls the old one.",
		"This computer was off or not reachable. Kartra does not say whether it tries again, so apply the tag once more.",
	}
}
