package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Snapshot is a consistent copy of the data file, to be read. Its maker closes it.
type Snapshot struct {
	io.Reader
	file *os.File
	left string // to be removed; empty where it has no name any more
}

// Snapshot copies the data file while the store is in use. Whoever reads the copy may be slow,
// and a transaction that stays open would in the end keep the file from growing and so the
// door from accepting: the copy is made beside the data file, at the disk's speed, and is gone
// once it is closed. Reading it ends with ctx.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	aside, err := os.CreateTemp(filepath.Dir(s.path), FileName+".copy-*") // mode 0600
	if err != nil {
		return nil, core.NewProblem("store.disk", err)
	}
	made := &Snapshot{Reader: interruptible{ctx, aside}, file: aside}
	if os.Remove(aside.Name()) != nil { // at once, so that no crash leaves it; Windows refuses
		made.left = aside.Name()
	}
	err = s.view(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(aside)
		return asProblem("store.disk", err)
	})
	if err == nil {
		_, err = aside.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(asProblem("store.disk", err), made.Close())
	}
	return made, nil
}

// Close ends the copy.
func (s *Snapshot) Close() error {
	err := s.file.Close()
	if s.left != "" {
		err = errors.Join(err, os.Remove(s.left))
	}
	return err
}

// asProblem makes the Problem of code of an error that is none yet.
func asProblem(code string, err error) error {
	var problem *core.Problem
	if err == nil || errors.As(err, &problem) {
		return err
	}
	return core.NewProblem(code, err)
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx  context.Context //nolint:containedctx // of one reading
	from io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}

// PutAside writes what from tells beside the data file of dir, under a name that ends with
// use, readable by its owner only, and returns its path once it is on disk. What lay there
// before, left by a crash, goes; what could not be written whole too.
func PutAside(ctx context.Context, dir, use string, from io.Reader) (path string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", core.NewProblem("store.disk", err)
	}
	path = filepath.Join(dir, FileName+"."+use)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", core.NewProblem("store.disk", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in the data folder its owner chose
	if err != nil {
		return "", core.NewProblem("store.disk", err)
	}
	in := &judged{from: interruptible{ctx, from}}
	_, err = io.Copy(file, in)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		return path, syncDir(dir)
	}
	err = errors.Join(err, os.Remove(path))
	if in.err != nil {
		return "", in.err
	}
	return "", core.NewProblem("store.disk", err)
}

// judged remembers whether it was reading that went wrong.
type judged struct {
	from io.Reader
	err  error
}

func (j *judged) Read(p []byte) (int, error) {
	n, err := j.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		j.err = err
	}
	return n, err
}

// CheckCopy checks a copy of a data file from end to end without changing it. Its Problems
// are those of OpenCopy.
func CheckCopy(path string) (err error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return core.NewProblem("store.damaged", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	info, err := os.Stat(path)
	if err != nil {
		return core.NewProblem("store.disk", err)
	}
	return db.View(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return core.NewProblem("store.damaged", fmt.Errorf("%d bytes of %d", info.Size(), tx.Size()))
		}
		if err := readAll(tx); err != nil {
			return core.NewProblem("store.damaged", err)
		}
		_, err := fileVersion(db)
		for wrong := range tx.Check() {
			err = errors.Join(err, wrong)
		}
		return asProblem("store.damaged", err)
	})
}

// readAll reads every value, so that what points out of the file shows here, where a fault
// can be caught, and not in tx.Check, whose goroutine it would end with the program.
func readAll(tx *bolt.Tx) error {
	return unbroken(func() error {
		var sum byte
		return tx.ForEach(func(_ []byte, b *bolt.Bucket) error {
			return b.ForEach(func(key, value []byte) error {
				for _, part := range [][]byte{key, value} {
					for _, c := range part {
						sum ^= c
					}
				}
				return nil
			})
		})
	})
}
