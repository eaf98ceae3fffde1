// Package ui is the home of everything people see. It will know no HTTP, no bbolt and no
// CRM by name; until the window exists, usherd is the way to run Usher.
package ui
