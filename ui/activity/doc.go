// Package activity is the screen “Activity”: every message, newest first, to be searched, and all
// there is to tell about one.
package activity
