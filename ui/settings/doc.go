// Package settings is the screen of settings: sites, the webhook address, the window, how Usher
// runs, and what it is.
package settings
