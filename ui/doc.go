// Package ui is the window: its screens side by side, the one line of truth at its foot, and
// what keeps them up to date. It knows no HTTP, no data file and no CRM by name; [Backend] is
// all it asks of Usher, which may run in this program or in another.
package ui
