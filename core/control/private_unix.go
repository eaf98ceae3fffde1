//go:build unix

package control

import (
	"io/fs"
	"os"
	"syscall"
)

// ownedPrivately reports whether only this user can use a folder.
func ownedPrivately(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
