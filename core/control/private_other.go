//go:build !unix

package control

import "io/fs"

// ownedPrivately trusts the folder: temporary folders belong to one user there.
func ownedPrivately(fs.FileInfo) bool { return true }
