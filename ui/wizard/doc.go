// Package wizard leads a person from nothing to the first webhook, a step at a time: the site, the
// Usher helper, the CRM, what people get, this computer, the address, the webhook URL, and waiting
// for the first message. Each step checks itself while it is looked at.
//
// Start reading at Screen. A page is one step; what the person has said so far is in draft, and
// none of it is secret: secrets go to the Backend as soon as they are there.
package wizard
