package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"usher/core"
)

// dataFile is the open data file.
type dataFile struct {
	*bolt.DB
	opened *os.File    // what bbolt opened, whatever lies at its path by now
	info   fs.FileInfo // of opened
}

// openFile opens the data file at path. It makes a new one only when told to: where the
// file went while Usher ran, nothing may look as if nothing had ever been in it.
func openFile(path string, create bool) (*dataFile, error) {
	f := &dataFile{}
	options := &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType, OpenFile: f.opener(create)}
	if runtime.GOOS != "windows" { // where it would make the file that large
		options.InitialMmapSize = 64 << 20
	}
	err := unbroken(func() (err error) {
		f.DB, err = bolt.Open(path, 0o600, options)
		return err
	})
	if err == nil {
		if err = f.fit(path); err == nil {
			return f, nil
		}
		_ = f.Close()
	} else if f.opened != nil {
		f.letGo()
	}
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, core.NewProblem("store.in_use", err)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return nil, core.NewProblem("store.damaged", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil, core.NewProblem("store.gone", err)
	case core.HasCode(err, "store.damaged"), core.HasCode(err, "store.in_use"):
		return nil, err
	}
	return nil, core.NewProblem("store.disk", err)
}

// opener remembers what it opens first. Later bbolt opens the copies it makes by it.
func (f *dataFile) opener(create bool) func(string, int, fs.FileMode) (*os.File, error) {
	return func(path string, flag int, mode fs.FileMode) (opened *os.File, err error) {
		if f.opened != nil {
			return os.OpenFile(path, flag, mode) //nolint:gosec // in the data folder its owner chose
		}
		if !create {
			flag &^= os.O_CREATE
		}
		if f.opened, err = os.OpenFile(path, flag, mode); err != nil { //nolint:gosec // likewise
			return nil, err
		}
		if f.info, err = f.opened.Stat(); err == nil && !create && f.info.Size() == 0 {
			err = core.NewProblem("store.damaged", errors.New("empty file")) // bbolt would take it for a new one
		}
		return f.opened, err
	}
}

// fit refuses a file that ends before its last page: reading there would be fatal. And one
// that is not at its path any more: another Usher compacted it away between our opening and
// our locking it.
func (f *dataFile) fit(path string) error {
	if !f.inPlace(path) {
		return core.NewProblem("store.in_use", nil)
	}
	return unbroken(func() error {
		return f.View(func(tx *bolt.Tx) error {
			if now, err := f.opened.Stat(); err != nil || now.Size() < tx.Size() {
				return core.NewProblem("store.damaged", errors.Join(err, fmt.Errorf("less than %d bytes", tx.Size())))
			}
			return nil
		})
	})
}

// letGo gives up the lock of a file that cannot be closed: closing alone does not, as long
// as the file is mapped.
func (f *dataFile) letGo() {
	unlock(f.opened)
	_ = f.opened.Close()
}

// inPlace reports whether the file is still the one at path. What is written to a file
// that was deleted is gone with this process.
func (f *dataFile) inPlace(path string) bool {
	if runtime.GOOS == "windows" {
		return true // an open file stays where it is there
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(f.info, there)
}

// breakage is what bbolt panicked with.
type breakage struct{ cause any }

func (b breakage) Error() string { return fmt.Sprint("broken: ", b.cause) }

// unbroken runs do and turns a panic into store.damaged. bbolt panics when pages do not
// hold what they should, and the system kills who reads pages that the file has lost; of
// that the owner is to hear, and the door to answer 503, as long as the program lives.
func unbroken(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = core.NewProblem("store.damaged", breakage{cause})
		}
	}()
	return do()
}
