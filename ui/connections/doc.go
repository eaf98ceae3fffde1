// Package connections is the screen of connections: the list of them, and a page for each, where
// its webhook URL is made, tried and explained, and its rules are changed.
package connections
