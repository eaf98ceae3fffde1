package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"usher/core"
	"usher/core/control"
	"usher/core/store"
)

// Export writes a move file of a Usher, running or not. With stop, that Usher takes and writes
// nothing any more; if the file then cannot be had, it goes on as before.
func Export(ctx context.Context, b control.Backend, path string, passphrase core.Secret, stop bool) error {
	before, err := b.Overview(ctx)
	if err != nil {
		return err
	}
	err = writeCopy(path, func(to io.Writer) error { return b.Export(ctx, to, passphrase, stop) }, nothingToCheck)
	if err != nil && stop && !left(before) {
		err = errors.Join(err, b.Pause(context.WithoutCancel(ctx), "", before.Paused))
	}
	return err
}

// left reports whether a Usher had moved away.
func left(o core.Overview) bool {
	return slices.ContainsFunc(o.Status.Problems, func(t core.Trouble) bool { return t.Code == "move.left" })
}

// Backup writes a back-up of a Usher, running or not, and checks it from end to end.
func Backup(ctx context.Context, b control.Backend, path string) error {
	return writeCopy(path, func(to io.Writer) error { return b.Backup(ctx, to) }, store.CheckCopy)
}

// NewName is the path of a copy made at a time: in a folder, with a name of its own.
func NewName(folder, what, ending string, at time.Time) string {
	name := "usher-" + what + "-" + at.Format("2006-01-02")
	for n := 1; ; n++ {
		path := filepath.Join(folder, name+ending)
		if n > 1 {
			path = filepath.Join(folder, fmt.Sprintf("%s-%d%s", name, n, ending))
		}
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || n == 1000 {
			return path
		}
	}
}

func nothingToCheck(string) error { return nil }

// writeCopy writes a new file, readable by its owner only: beside its place first, and there
// only once it is whole, on disk and found to be right.
func writeCopy(path string, write func(io.Writer) error, check func(path string) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return core.NewProblem("copy.exists", nil).About(filepath.Base(path))
	}
	folder, name := filepath.Split(path)
	part, err := os.CreateTemp(filepath.Clean(folder), "."+strings.TrimPrefix(name, ".")+"-*.part") // mode 0600
	if err != nil {
		return core.NewProblem("copy.not_written", err)
	}
	defer func() {
		if err != nil {
			_ = part.Close()
			_ = os.Remove(part.Name())
		}
	}()
	if err := write(target{part}); err != nil {
		return err
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return core.NewProblem("copy.not_written", err)
	}
	if err := check(part.Name()); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return core.NewProblem("copy.not_written", err)
	}
	return nil
}

// target is a file whose trouble is told from that of what is written to it.
type target struct{ file *os.File }

func (t target) Write(p []byte) (int, error) {
	n, err := t.file.Write(p)
	if err != nil {
		return n, core.NewProblem("copy.not_written", err)
	}
	return n, nil
}

// source opens a file to be read in.
func source(path string) (*os.File, error) {
	file, err := os.Open(path) //nolint:gosec // the file its owner named
	if err != nil {
		return nil, core.NewProblem("copy.not_read", err)
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(core.NewProblem("copy.not_read", err), file.Close())
	}
	return file, nil
}
