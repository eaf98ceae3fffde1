// Package core holds the words of Usher as types: what a webhook says, who a
// person is in the CRM and on the site, what will change, and what can go wrong.
//
// It imports nothing but the standard library and does no I/O, so every other
// package can speak the same language without depending on its neighbours.
// Start reading with Delivery (what arrives), then Notice (what it says), Contact
// and User (whom it is about), Change (what is planned) and Problem
// (why something did not happen).
package core
