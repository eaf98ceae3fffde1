// Package needs is the screen “Needs you”, which opens first: what stands still and why, one card
// for one cause, and the one thing to do about it.
package needs
