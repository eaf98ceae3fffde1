package core

type problemEntry struct {
	then  Then
	scope Scope
	title string
	fix   string
}

// problems is the catalogue: every failure a person can meet, in one place, so that
// wording stays even. Titles say what is wrong without blaming; fixes are imperative.
var problems = map[string]problemEntry{
	// What arrived.
	"delivery.not_utf8": {
		Hold, OneItem,
		"The message contains characters that cannot be read.",
		"Look at the data sent along in the CRM's webhook settings, correct it there and send the person again.",
	},
	"delivery.malformed": {
		Hold, OneItem,
		"The message is cut off or damaged.",
		"Send the person again from the CRM. If it keeps happening, check the data the webhook sends along.",
	},
	"delivery.too_deep": {
		Hold, OneItem,
		"The message is nested too deeply to be a contact.",
		"Check in the CRM what this webhook sends along; Usher expects a single contact.",
	},
	"delivery.unknown_action": {
		Hold, OneItem,
		"The webhook URL asks for an action Usher does not know.",
		"Copy the webhook URL from Usher into the CRM again; the action must be add, update or update_tags.",
	},
	"delivery.connection_gone": {
		Hold, OneItem,
		"The connection this message came through has been removed.",
		"Set the connection up again, then retry the message.",
	},

	// The contact.
	"contact.no_email": {
		Hold, OneItem,
		"The person has no e-mail address, and WordPress needs one.",
		"Add the e-mail address in the CRM and send the person again.",
	},
	"contact.bad_email": {
		Hold, OneItem,
		"WordPress does not accept this person's e-mail address.",
		"Correct the e-mail address in the CRM and send the person again.",
	},
	"contact.shared_email": {
		Hold, OneItem,
		"Another person in the CRM has the same e-mail address and already is this user.",
		"Give one of the two a different e-mail address in the CRM, or merge them there, then retry.",
	},

	// The user.
	"user.email_change": {
		Hold, OneItem,
		"The e-mail address changed in the CRM. Usher does not change it on the site without asking.",
		"Change it on the site under Users if it is right, then retry.",
	},
	"user.email_taken": {
		Hold, OneItem,
		"Another user of the site already has this e-mail address.",
		"Find out which of the two users is right, correct the address in the CRM or on the site, then retry.",
	},
	"user.login_taken": {
		Hold, OneItem,
		"Every user name Usher tried is taken on the site.",
		"Give the person a user name of their own in the CRM, then retry.",
	},
	"user.on_network": {
		Hold, OneItem,
		"WordPress says this e-mail address exists, but does not show the user. On a network of sites the user belongs to another one.",
		"Add the user to this site in the network's admin area, then retry.",
	},
	"user.gone": {
		Retry, OneItem,
		"The user is no longer on the site.",
		"Nothing to do: Usher looks the person up again.",
	},
	"user.refused": {
		Fail, OneItem,
		"WordPress refused this person's data.",
		"Look at what it refused, correct it in the CRM and send the person again.",
	},
	"user.not_editable": {
		Hold, ItemOrSite,
		"The account Usher uses on the site may not change this user.",
		"Set the site up again in Usher with an application password of an administrator, then retry.",
	},
	"user.role_unknown": {
		Retry, OneItem,
		"The site has no such role.",
		"Nothing to do: Usher uses the usual role instead.",
	},

	// The site.
	"site.unreachable": {
		Retry, SiteWide,
		"The site does not answer.",
		"Open the site in a browser. Usher keeps trying; nothing is lost.",
	},
	"site.server_error": {
		Retry, ItemOrSite,
		"The site reports an error of its own.",
		"Usher tries again by itself. If it stays, look at the site's error log or ask the host.",
	},
	"site.busy": {
		Retry, SiteWide,
		"The site asks Usher to slow down.",
		"Nothing to do: Usher waits as long as it was asked to.",
	},
	"site.not_json": {
		Retry, ItemOrSite,
		"Something in front of WordPress answered instead of it.",
		"Look for a security plugin, firewall or maintenance page on the site that blocks the REST API, and allow Usher there.",
	},
	"site.redirects": {
		Hold, SiteWide,
		"The site now sends visitors to another address.",
		"Set the site up again in Usher with its new address.",
	},
	"site.unauthorized": {
		Hold, SiteWide,
		"WordPress does not accept the user name and application password.",
		"Make a new application password under Users › Profile on the site and set the site up again in Usher.",
	},
	"site.forbidden": {
		Hold, SiteWide,
		"The account Usher uses on the site may not manage users.",
		"Use an administrator's application password, then set the site up again in Usher.",
	},
	"site.no_rest": {
		Hold, SiteWide,
		"The site's REST API for users is switched off.",
		"Switch it on in the security plugin that hides it, then retry.",
	},
	"site.not_wordpress": {
		Hold, SiteWide,
		"No WordPress was found at this address.",
		"Check the address. If the blog lives in a folder, type that too, such as mysite.com/blog.",
	},
	"site.no_app_passwords": {
		Hold, SiteWide,
		"Application passwords are switched off on this site.",
		"Use https, and switch application passwords on in the security plugin that turned them off.",
	},
	"site.not_secure": {
		Hold, SiteWide,
		"The site's address starts with http, so the password would travel in the open.",
		"Use the https address of the site.",
	},
	"site.private_address": {
		Hold, SiteWide,
		"The site's name leads to an address inside a private network.",
		"Check the address. If the site really runs on your own network, set it up with that address.",
	},

	// The CRM.
	"crm.unknown_kind": {
		Hold, App,
		"Usher does not know this kind of CRM.",
		"Use one of the kinds Usher lists.",
	},

	// Secrets.
	"keyring.locked": {
		Retry, App,
		"The keyring is locked.",
		"Unlock it; Usher goes on by itself.",
	},
	"keyring.unavailable": {
		Hold, App,
		"This computer has no keyring Usher can use.",
		"Start Usher with --secrets file and a passphrase in USHER_PASSPHRASE.",
	},
	"keyring.missing": {
		Hold, App,
		"A password Usher had stored is gone from the keyring.",
		"Set the connection up again so that it is stored anew.",
	},
	"keyring.passphrase": {
		Hold, App,
		"The passphrase does not open the secrets file.",
		"Put the right passphrase in USHER_PASSPHRASE.",
	},
	"keyring.no_passphrase": {
		Hold, App,
		"No passphrase was given for the secrets file.",
		"Put the passphrase in USHER_PASSPHRASE.",
	},
	"keyring.damaged": {
		Hold, App,
		"The secrets file is damaged.",
		"Restore it from a back-up, or set Usher up again.",
	},
	"keyring.newer": {
		Hold, App,
		"The secrets file was written by a newer Usher.",
		"Install the newest Usher. The file was not touched.",
	},
	"keyring.unreadable": {
		Retry, App,
		"The secrets file cannot be read.",
		"Check that the data folder and the files in it belong to the account Usher runs as.",
	},
	"keyring.too_long": {
		Hold, App,
		"The password or key is too long to be kept.",
		"Check that the right text was pasted; at most 2,560 characters fit.",
	},
	"keyring.other_backend": {
		Hold, App,
		"This data folder keeps its secrets elsewhere.",
		"Start Usher with the --secrets it was set up with.",
	},

	// The store.
	"store.in_use": {
		Hold, App,
		"Another Usher is using this data folder.",
		"Quit the other Usher first, or choose another folder with --data.",
	},
	"store.disk": {
		Retry, App,
		"The disk did not take what Usher had to write.",
		"Make room on the disk and check that the data folder can be written to.",
	},
	"store.newer": {
		Hold, App,
		"The data folder was written by a newer Usher.",
		"Install the newest Usher. The data was not touched.",
	},
	"store.damaged": {
		Hold, App,
		"Usher's data file is damaged.",
		"Restore the data folder from a back-up. The file was not touched.",
	},
	"store.locked": {
		Retry, App,
		"Stored messages cannot be read until the keyring is unlocked.",
		"Unlock the keyring; Usher goes on by itself.",
	},
	"store.closed": {
		Retry, App,
		"Usher is shutting down.",
		"Nothing to do: the sender is asked to try again.",
	},

	// The address.
	"address.port_taken": {
		Hold, App,
		"The local port is in use by another program.",
		"Choose another with --listen 127.0.0.1:PORT.",
	},
	"address.port_refused": {
		Hold, App,
		"The system does not let Usher use the local address and port.",
		"Choose a port above 1023 on this computer with --listen 127.0.0.1:PORT.",
	},
	"address.bad_listen": {
		Hold, App,
		"The local address is not one Usher may listen on.",
		"Give one on this computer with --listen 127.0.0.1:PORT.",
	},
	"address.bad_url": {
		Hold, App,
		"The public address is not one a CRM can call.",
		"Give a full address such as https://hooks.mysite.com with --public-url.",
	},

	// Set-up and commands.
	"setup.invalid": {
		Hold, App,
		"The set-up file cannot be used.",
		"Correct what is named here and run setup again.",
	},
	"setup.key_short": {
		Hold, App,
		"The access key is too short.",
		"Use at least 8 characters, or leave it out and Usher makes a strong one.",
	},
	"setup.key_in_use": {
		Hold, App,
		"The access key belongs to another connection.",
		"Use a different access key, or leave it out and Usher makes one.",
	},
	"setup.not_supported": {
		Hold, App,
		"This version of Usher cannot do that yet.",
		"Leave the named part out.",
	},
	"command.no_delivery": {
		Hold, App,
		"There is no such message.",
		"List them with: usherd deliveries --json",
	},
	"command.not_retryable": {
		Hold, App,
		"Only messages that are held or failed can be retried.",
		"Nothing to do: this one is done, or waits for its turn by itself.",
	},

	// Usher.
	"app.internal": {
		Retry, OneItem,
		"Something went wrong inside Usher.",
		"Usher tries again by itself. If it stays, please report it with the log.",
	},
	"app.unknown_problem": {
		Hold, OneItem,
		"A problem was recorded by another version of Usher.",
		"Retry; then it is described anew.",
	},
}
