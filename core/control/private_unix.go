//go:build unix

package control

import (
	"context"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// listenPrivately makes a socket only this user can open, from its first moment on: who
// got in before a later chmod would stay in. The mask is the whole process's; for that
// moment what else is made is private too.
func listenPrivately(ctx context.Context, path string) (net.Listener, error) {
	defer syscall.Umask(syscall.Umask(0o077))
	var lc net.ListenConfig
	return lc.Listen(ctx, "unix", path)
}

// ownedPrivately reports whether only this user can use a folder.
func ownedPrivately(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
