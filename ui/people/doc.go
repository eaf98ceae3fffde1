// Package people is the screen “People”: who is who in the CRM and on the site, and what Usher did
// for them.
package people
