//go:build unix

package store

import (
	"os"
	"syscall"
)

// unlock ends bbolt's lock on a file.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
}
