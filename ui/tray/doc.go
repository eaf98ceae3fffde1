// Package tray says what Usher's icon in the tray looks like and what its menu offers.
package tray
