package core

type problemEntry struct {
	then  Then
	scope Scope
	title string
	fix   string
}

// passHeader has Apache hand the sign-in on to PHP, which it does not everywhere.
const passHeader = `SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1` //nolint:gosec // names a header, holds no credential

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
	"delivery.merge_field": {
		Hold, OneItem,
		"The CRM sent the name of a field in place of the person's number.",
		"In the CRM, write the webhook's URL with contact_id=[Contact ID] in it, picking [Contact ID] from the list of merge fields, and send the person again.",
	},
	"delivery.no_contact_id": {
		Hold, OneItem,
		"The message does not say whom it is about.",
		"Copy the webhook URL from Usher into the CRM again, whole: contact_id=[Contact ID] is part of it. Then send the person again.",
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

	"delivery.expired": {
		Fail, OneItem,
		"What was sent has been erased, as it was kept long enough.",
		"Send the person again from the CRM.",
	},

	// The contact.
	"contact.no_email": {
		Hold, OneItem,
		"The person has no e-mail address, and WordPress needs one.",
		"Add the e-mail address in the CRM and send the person again.",
	},
	"contact.no_email_yet": {
		Retry, OneItem,
		"The person has no e-mail address in the CRM yet.",
		"Nothing to do: Usher looks again by itself, for a day and a half.",
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
		"If the new address is right, retry this message by itself; Usher then changes it on the site. To allow it always, set change_emails for the connection.",
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
	"user.changed": {
		Retry, OneItem,
		"The user changed on the site at the same moment.",
		"Nothing to do: Usher looks again and plans anew.",
	},
	"user.role_unknown": {
		Retry, OneItem,
		"The site has no such role.",
		"Nothing to do: Usher uses the usual role instead.",
	},
	"role.ask": {
		Hold, OneItem,
		"The CRM asks to give this person a role that may write posts, or whose rights Usher does not know.",
		"If that is right, retry this message by itself; Usher then gives the role. To allow it always, add the role to allowed_roles for the connection.",
	},
	"role.powerful": {
		Hold, OneItem,
		"The CRM asks to give this person a role with admin rights.",
		"Take the role out of the webhook's URL in the CRM. If it really is to be given, only adding it to allowed_roles for the connection does that.",
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
	"site.not_authorised": {
		Hold, SiteWide,
		"Usher was not given permission on the site.",
		"Connect again and approve the connection on the site's page.",
	},
	"site.not_answered": {
		Hold, SiteWide,
		"Nobody gave permission on the site's page in time.",
		"Connect again. If the page shows an error, connect by pasting an application password instead.",
	},
	"site.other_answered": {
		Hold, SiteWide,
		"Another site gave permission than the one Usher asked.",
		"Revoke it there under Users › Profile › Application Passwords, then connect again with the address of the right site.",
	},
	"site.unknown": {
		Hold, App,
		"Usher is not connected to a site at this address.",
		"Check the address.",
	},
	"site.invalid": {
		Hold, App,
		"The user name or password has a form no site takes.",
		"Copy both again: the user name as shown on the site, the application password as shown once when it was made.",
	},
	"site.in_use": {
		Hold, App,
		"Connections still use this site.",
		"Remove them first.",
	},
	"site.swapped": {
		Hold, SiteWide,
		"This looks like a copy or a restored site: people have other user numbers than before.",
		"If it is the right site, set it up again in Usher; everyone is then found anew by e-mail address. If not, bring the right site back first and then set it up again.",
	},
	"site.bad_address": {
		Hold, SiteWide,
		"This is not the address of a web site.",
		"Type it as it stands in the browser's address bar, such as mysite.com or mysite.com/blog.",
	},
	"site.no_such_name": {
		Retry, SiteWide,
		"There is no site of this name.",
		"Check the spelling. If the address is right, the domain may have run out, or this computer is not online.",
	},
	"site.certificate": {
		Retry, SiteWide,
		"The site's certificate is not valid, so nobody knows whose site it is.",
		"Open the site in a browser and have the host renew or correct the certificate. Check the date of this computer too.",
	},
	"site.no_https": {
		Retry, SiteWide,
		"The site's server does not speak https.",
		"Ask the host to switch https on. For a site on your own network, type its address with http:// in front.",
	},
	"site.timeout": {
		Retry, SiteWide,
		"The site takes too long.",
		"Open the site in a browser. If it is quick there, the host may be holding this computer's address back: ask the host.",
	},
	"site.redirect_loop": {
		Hold, SiteWide,
		"The site sends its visitors round in circles.",
		"See that both addresses under Settings › General on the site begin with https, and that Cloudflare or the host does not use http behind it.",
	},
	"site.api_elsewhere": {
		Hold, SiteWide,
		"The site's REST API leads to another site, which must not get the password.",
		"Type the address of that site if WordPress lives there. Otherwise have the redirect removed for addresses below /wp-json.",
	},
	"site.parked": {
		Hold, SiteWide,
		"Only a placeholder of the domain's seller answers.",
		"Check the address. If it is right, point the domain to your host again.",
	},
	"site.log_in_to_network": {
		Retry, SiteWide,
		"The network this computer is on wants somebody to log in first.",
		"Open any page in a browser and log in to the network.",
	},
	"site.server_password": {
		Retry, SiteWide,
		"The web server asks for a password of its own before WordPress is reached, as staging sites do.",
		"Switch this protection off at the host, or let addresses below /wp-json through without it.",
	},
	"site.maintenance": {
		Retry, SiteWide,
		"WordPress is being updated and shows its maintenance page.",
		"Wait a few minutes. If it stays, delete the file .maintenance in the site's folder.",
	},
	"site.cloudflare": {
		Retry, ItemOrSite,
		"Cloudflare takes Usher for a robot and keeps it from the site.",
		"In Cloudflare under Security, add a rule that skips all checks for addresses that contain /wp-json/ or rest_route=.",
	},
	"site.wordfence": {
		Retry, ItemOrSite,
		"The security plugin Wordfence blocks Usher.",
		"On the site under Wordfence › Blocking remove the block, and add this computer's address under Wordfence › All Options › Allowlisted IP addresses.",
	},
	"site.modsecurity": {
		Retry, ItemOrSite,
		"ModSecurity, the web server's firewall, refuses Usher's requests.",
		"Ask the host to except addresses below /wp-json from ModSecurity for this site.",
	},
	"site.siteground": {
		Retry, ItemOrSite,
		"SiteGround asks Usher to prove that it is a person.",
		"Ask SiteGround's support to switch their captcha off for this computer's address.",
	},
	"site.firewall": {
		Retry, ItemOrSite,
		"A firewall in front of WordPress blocks Usher.",
		"In that firewall, allow this computer's address or addresses below /wp-json.",
	},
	"site.rest_restricted": {
		Hold, SiteWide,
		"A plugin on the site refuses the REST API even with the right password.",
		"In that plugin, allow the REST API for users who are logged in. If it does already, add this line at the top of the site's .htaccess file: " + passHeader,
	},
	"site.app_passwords_need_https": {
		Hold, SiteWide,
		"WordPress offers application passwords only where the site is visited over https.",
		"Switch https on for the site and use that address. On a test site, set WP_ENVIRONMENT_TYPE to local in wp-config.php.",
	},
	"site.https_not_seen": {
		Hold, SiteWide,
		"WordPress does not notice that it is visited over https, and so keeps application passwords off.",
		"Set both addresses under Settings › General to https. If they are, ask the host to tell WordPress: $_SERVER['HTTPS'] = 'on'; in wp-config.php.",
	},
	"site.app_passwords_not_for_user": {
		Hold, SiteWide,
		"Application passwords are switched off for this account.",
		"Use another administrator's, or allow them for this one in the security plugin.",
	},
	"site.header_stripped": {
		Hold, SiteWide,
		"The password is right, but the web server does not hand it on to the REST API.",
		"Add this line at the top of the .htaccess file in the site's folder: " + passHeader + " (or ask the host to pass the Authorization header on).",
	},
	"site.sign_in_unclear": {
		Hold, SiteWide,
		"WordPress takes Usher for a guest: the user name or password is wrong, or the web server does not hand them on.",
		"Make a new application password under Users › Profile. If that does not help, add this line at the top of the site's .htaccess file: " + passHeader,
	},
	"site.unknown_user": {
		Hold, SiteWide,
		"The site has no user of this name.",
		"Type the user name or e-mail address with which you log in to WordPress, not the name of the application password.",
	},
	"site.wrong_password": {
		Hold, SiteWide,
		"The site knows this user, but not this application password.",
		"Make a new one under Users › Profile of this very user and paste it whole.",
	},
	"site.own_password": {
		Hold, SiteWide,
		"This looks like the account's own password. An application password has 24 letters and digits.",
		"Make an application password under Users › Profile on the site and paste it whole.",
	},
	"site.mixed_up": {
		Hold, SiteWide,
		"The user name and the application password are in each other's place.",
		"Exchange the two.",
	},
	"site.app_name": {
		Hold, SiteWide,
		"The user name looks like the name of the application password.",
		"Type the user name or e-mail address with which you log in to WordPress.",
	},
	"site.network": {
		Hold, SiteWide,
		"The site belongs to a network of sites, where only the network's administrator may make users.",
		"Use an application password of the network's administrator (super admin).",
	},
	"site.private_address": {
		Hold, SiteWide,
		"The site's name leads to an address inside a private network.",
		"Check the address. If the site really runs on your own network, set it up with that address.",
	},

	"mail.form_refused": {
		Fail, OneItem,
		"The site's \"lost your password?\" form did not take the request.",
		"Install the Usher helper on the site: it sends WordPress's own welcome mail.",
	},

	// The CRM.
	"crm.unknown_kind": {
		Hold, App,
		"Usher does not know this kind of CRM.",
		"Use one of the kinds Usher lists.",
	},

	"crm.unreachable": {
		Retry, CRMWide,
		"The CRM does not answer.",
		"Nothing to do: Usher keeps trying; nothing is lost.",
	},
	"crm.busy": {
		Retry, CRMWide,
		"The CRM asks Usher to slow down.",
		"Nothing to do: Usher waits as long as it was asked to.",
	},
	"crm.server_error": {
		Retry, ItemOrCRM,
		"The CRM reports an error of its own.",
		"Usher tries again by itself. If it stays, ask the CRM's support.",
	},
	"crm.unauthorized": {
		Hold, CRMWide,
		"The CRM does not accept the key or password Usher has for it.",
		"Copy the credentials from the CRM again and set the account up anew.",
	},
	"crm.sign_in": {
		Hold, CRMWide,
		"Usher is not signed in to the CRM, or the sign-in has run out.",
		"Sign in with: usherd sign-in --account NAME (the account's name, usually the kind of CRM, such as pulse). Usher then goes on by itself.",
	},
	"crm.forbidden": {
		Hold, CRMWide,
		"The CRM does not let Usher do this with the key it has.",
		"Give the key the right to read and change contacts, or use the key of somebody who may.",
	},
	"crm.not_secure": {
		Hold, CRMWide,
		"The CRM's address starts with http, so the key would travel in the open.",
		"Use the https address of the CRM.",
	},
	"crm.no_contact": {
		Hold, OneItem,
		"The CRM has no such contact.",
		"Look the person up in the CRM. If they are there, send them again.",
	},
	"crm.not_written": {
		Hold, OneItem,
		"The CRM did not store the value.",
		"Check in the CRM that the field exists and takes text, then retry.",
	},
	"crm.refused": {
		Hold, OneItem,
		"The CRM refused the request.",
		"Look at what it refused, correct it in the CRM, then retry.",
	},
	"crm.settings": {
		Hold, CRMWide,
		"Something is missing in the CRM account's settings.",
		"Set the account up again with what is named here.",
	},
	"crm.not_authorised": {
		Hold, App,
		"Usher was not given permission in the CRM.",
		"Sign in again, and allow Usher on the CRM's page.",
	},
	"crm.not_answered": {
		Hold, App,
		"Nobody gave permission on the CRM's page in time.",
		"Sign in again. If the page shows an error, check that Usher's client was made in the CRM with exactly the redirect URL shown here.",
	},
	"crm.other_answered": {
		Hold, App,
		"This is not the address the sign-in ended at.",
		"Sign in again, open the new page, and paste the whole address the browser shows in the end.",
	},
	"crm.redirect": {
		Hold, App,
		"The browser cannot come back to Usher at this redirect URL.",
		"Use one such as http://127.0.0.1:8738/pulse, with which the client was made in the CRM, or add --paste.",
	},
	"crm.redirect_taken": {
		Hold, App,
		"The port the browser is to come back to cannot be used; most often another program has it.",
		"Quit that program, or add --paste. Or give the client another redirect URL in the CRM, and the same one to Usher with --redirect.",
	},
	"crm.no_sign_in": {
		Hold, App,
		"This CRM has no sign-in.",
		"Set the account up with the key of the CRM's API instead.",
	},
	"crm.cannot_register": {
		Hold, App,
		"Programs cannot make webhooks in this CRM.",
		"Copy the webhook URL into the CRM yourself; set-up prints it.",
	},
	"crm.register_nowhere": {
		Hold, App,
		"There is no webhook URL the CRM could call from the internet.",
		"Start Usher with a public address, then register again.",
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
		"Put a back-up back with: usherd restore --from FILE, or begin anew with: usherd set-aside. The file was not touched.",
	},
	"store.gone": {
		Hold, App,
		"Usher's data folder is gone.",
		"Put the folder back where it was, then start Usher again. Until then every message is turned away.",
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

	// Copies: back-ups, and moving to another computer.
	"copy.not_written": {
		Hold, App,
		"The file cannot be written there.",
		"Choose a folder you may write to, on a disk with enough room.",
	},
	"copy.exists": {
		Hold, App,
		"There is a file of this name already.",
		"Choose another name. The file was not touched.",
	},
	"copy.not_read": {
		Hold, App,
		"The file cannot be read.",
		"Check its name, and that the disk it is on is plugged in.",
	},
	"backup.damaged": {
		Hold, App,
		"This is no back-up of Usher's, or it is damaged.",
		"Take another back-up. Nothing was changed.",
	},
	"backup.other": {
		Hold, App,
		"The passwords that belong to this back-up are not on this computer.",
		"Use the back-up on the computer it was made on. To bring Usher here, make a file to move with there, which holds the passwords too. Nothing was changed.",
	},
	"move.passphrase_short": {
		Hold, App,
		"The passphrase is too short.",
		"Choose one of at least 10 characters: the file holds all of Usher's passwords.",
	},
	"move.passphrase": {
		Hold, App,
		"The passphrase does not open the file.",
		"Type the one that was chosen when the file was made. If nobody knows it any more, make a new file on the old computer.",
	},
	"move.not_ours": {
		Hold, App,
		"This is not a file Usher moves with.",
		"Choose the file that was made on the old computer; its name usually ends with .usher.",
	},
	"move.damaged": {
		Hold, App,
		"The file is cut off or damaged.",
		"Copy it from the old computer again, or make a new one there. Nothing was changed.",
	},
	"move.newer": {
		Hold, App,
		"The file was made by a newer Usher.",
		"Install the newest Usher here. Nothing was changed.",
	},
	"move.left": {
		Retry, App,
		"Usher has moved to another computer and does nothing here any more.",
		"Quit Usher here, so that it does not start at log-in either. If it is to go on here after all, let writing go on.",
	},
	"move.not_empty": {
		Hold, App,
		"There is an Usher at work here already.",
		"Choose an empty data folder with --data. Nothing was changed.",
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

	"address.bad_kind": {
		Hold, App,
		"There is no such kind of address.",
		"Use ngrok, fixed or local.",
	},
	"address.no_token": {
		Hold, App,
		"Usher has no ngrok authtoken.",
		"Copy yours from ngrok's dashboard under Your Authtoken, and give it to Usher with: usherd address --use ngrok",
	},
	"address.token_refused": {
		Hold, App,
		"ngrok does not accept the authtoken.",
		"Copy it again from ngrok's dashboard under Your Authtoken, whole, and give it to Usher with: usherd address --use ngrok",
	},
	"address.agent_too_old": {
		Hold, App,
		"ngrok no longer takes this version of Usher.",
		"Install the newest Usher.",
	},
	"address.too_many_agents": {
		Retry, App,
		"Your ngrok account already has as many programs connected as its plan allows.",
		"Stop ngrok on another computer, or end the session in ngrok's dashboard under Agents. Usher keeps trying.",
	},
	"address.domain_not_yours": {
		Hold, App,
		"The address belongs to another ngrok account.",
		"Check the address in ngrok's dashboard under Domains, or leave it to Usher with: usherd address --use ngrok --url \"\"",
	},
	"address.in_use": {
		Hold, App,
		"Another program uses this public address, perhaps Usher on another computer.",
		"Stop the other one, then start Usher here again.",
	},
	"address.plan": {
		Hold, App,
		"Your ngrok plan does not allow what Usher asks for.",
		"Look at the limits of your plan in ngrok's dashboard.",
	},
	"address.stopped": {
		Hold, App,
		"The address was stopped from ngrok's side.",
		"Look in ngrok's dashboard for why, then start Usher again.",
	},
	"address.no_network": {
		Retry, App,
		"ngrok cannot be reached from this computer.",
		"Check that the computer is on the internet and that no firewall blocks ngrok. Usher keeps trying.",
	},
	"address.tls_inspected": {
		Retry, App,
		"Something on this network reads encrypted connections, so Usher does not send ngrok's authtoken through it.",
		"Use another network, or let the virus scanner or firewall leave connect.ngrok-agent.com alone. Usher keeps trying.",
	},
	"address.month_used_up": {
		Retry, App,
		"This month's requests at ngrok are used up, so CRMs get no answer.",
		"Choose a larger plan in ngrok's dashboard, or wait for the next month. Usher goes on by itself.",
	},
	"address.too_fast": {
		Retry, App,
		"More messages came within a minute than your ngrok plan lets through.",
		"Nothing to do if it was a single burst. If it happens often, choose a larger plan in ngrok's dashboard.",
	},
	"address.unreachable": {
		Retry, App,
		"The webhook URL could not be reached from the internet.",
		"Open it in a browser, best on a phone without Wi-Fi: it must say “This works”. Usher keeps checking.",
	},
	"address.ngrok": {
		Retry, App,
		"ngrok refused, for a reason Usher does not know.",
		"Look the code up in ngrok's documentation. Usher keeps trying.",
	},
	"address.moved": {
		Hold, App,
		"The webhook URL has changed, so CRMs still call the old one.",
		"Copy the new URL into the CRM. This goes away with the first message that comes through it.",
	},
	"address.fast": {
		Hold, App,
		"More than four fifths of this month's requests are used.",
		"Look at what triggers webhooks so often in the CRM, or choose a larger plan. If the limit is another by now, say so with: usherd address --monthly-limit N",
	},

	// The test.
	"test.no_url": {
		Hold, App,
		"There is no webhook URL CRMs can call yet.",
		"Start Usher with an address, then test again.",
	},
	"test.no_answer": {
		Hold, App,
		"Nothing answers at the webhook URL.",
		"Check that this computer is on the internet and that the address is online, then test again.",
	},
	"test.elsewhere": {
		Hold, App,
		"Something answers at the webhook URL, but it is not this Usher.",
		"Check where the address leads: another computer or program may use it.",
	},
	"test.wrong_key": {
		Hold, App,
		"Usher's door did not accept the connection's own access key.",
		"Make a new webhook URL for the connection and copy it into the CRM.",
	},
	"test.no_person": {
		Hold, App,
		"There is no person to test with yet.",
		"Name one: their number or e-mail address in the CRM.",
	},

	"connection.crowd": {
		Hold, OneItem,
		"Unusually many new users within an hour, so Usher stopped to ask before making more.",
		"If so many are right, retry the held messages. If not, look at what triggers the webhook in the CRM.",
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
	"setup.no_webhook_url": {
		Hold, App,
		"This is not a webhook URL Usher can take over.",
		"Copy it from the CRM whole; it has wpf_action and access_key in it.",
	},
	"setup.no_connection": {
		Hold, App,
		"There is no connection of this name.",
		"Look at the names with: usherd deliveries --json, or in the set-up file.",
	},
	"setup.no_account": {
		Hold, App,
		"There is no CRM account of this name.",
		"Use the name given as crm.name in the set-up file, or crm.kind where there is none.",
	},
	"command.unknown_action": {
		Hold, App,
		"There is no such action.",
		"Use add, update or update_tags.",
	},
	"command.no_delivery": {
		Hold, App,
		"There is no such message.",
		"List them with: usherd deliveries --json",
	},
	"command.not_understood": {
		Hold, App,
		"The running Usher does not understand what was asked.",
		"Use the same version of Usher for both; stop the running one and start it again.",
	},
	"command.not_retryable": {
		Hold, App,
		"Only messages that are held, failed or put off can be retried.",
		"Nothing to do: this one is done, or waits for its turn by itself.",
	},
	"command.no_question": {
		Hold, App,
		"Usher asks nothing about this message.",
		"Only a message that is held for a question can be answered with no; look at what it is held for.",
	},

	"person.unknown": {
		Hold, App,
		"Usher knows nobody by this.",
		"Type the whole e-mail address, or the person's number in the CRM.",
	},
	"person.several": {
		Hold, App,
		"More than one CRM has a person with this number.",
		"Name the CRM too, or type the e-mail address.",
	},
	"keep.out_of_range": {
		Hold, App,
		"Usher cannot keep it for that long, or not that briefly.",
		"Choose 1 to 3,650 days and 1,000 to 10,000,000 messages, or 0 for no limit.",
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
