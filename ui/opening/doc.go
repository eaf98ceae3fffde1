// Package opening is what the window shows before there is anything to show of Usher: that it
// opens, what is in the way, or a question for the passphrase of its sealed file.
package opening
