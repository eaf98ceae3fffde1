package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

const (
	// muchFree is how many free bytes of a file are worth writing it anew, if they are also
	// more than half of it.
	muchFree = 64 << 20
	// compactStep is how many bytes are copied in one transaction.
	compactStep = 4 << 20
)

// Compact writes the file anew without what is free in it: bbolt never makes a file
// smaller, and its free pages show what was in them. The door waits meanwhile. When it
// fails the file is as it was.
func (s *Store) Compact(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case s.compacts <- done:
		return <-done
	case <-s.closing:
		return core.NewProblem("store.closed", nil)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// compact runs on the writer's goroutine, so that nothing is written meanwhile.
func (s *Store) compact() error {
	file, problem := s.usable()
	if problem != nil {
		return problem
	}
	aside, err := copyAside(file, s.path)
	if errors.As(err, new(breakage)) {
		s.giveUp(core.AsProblem(err))
	}
	if err != nil {
		return err
	}
	s.mu.Lock() // waits for whoever reads
	defer s.mu.Unlock()
	if s.file, err = takeOver(file, aside, s.path); err != nil {
		s.trouble = core.AsProblem(err)
	}
	return err
}

// compactIfFree makes a file smaller if that is worth it, or if it shows what was forgotten.
// Where it cannot be done, as on a full disk, the file stays as it is. It returns the file
// to use, and closes it on an error.
func compactIfFree(file *dataFile, path string) (*dataFile, error) {
	if err := os.Remove(asidePath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(core.NewProblem("store.disk", err), file.Close())
	}
	worth, err := isMostlyFree(file.DB)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if !worth {
		return file, nil
	}
	aside, err := copyAside(file, path)
	if err != nil {
		return file, nil //nolint:nilerr // it is as whole as before, and tried again at the next start
	}
	if file, err = takeOver(file, aside, path); err != nil && file != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, err
}

func isMostlyFree(db *bolt.DB) (yes bool, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		free := int64(db.Stats().FreePageN) * int64(db.Info().PageSize)
		yes = (free > muchFree && free > tx.Size()/2) || tx.Bucket(bucketMeta).Get(metaTraces) != nil
		return nil
	})
	return yes, err
}

func asidePath(path string) string { return path + ".compact" }

// copyAside copies what is live in db to a file beside it, and syncs that.
func copyAside(file *dataFile, path string) (aside *dataFile, err error) {
	_ = os.Remove(asidePath(path)) // a leftover is damaged, and opening it says so
	aside, err = openFile(asidePath(path), true)
	if err != nil {
		return nil, err
	}
	aside.NoSync = true // once, at the end
	err = unbroken(func() error { return bolt.Compact(aside.DB, file.DB, compactStep) })
	if err == nil {
		err = aside.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Delete(metaTraces) })
	}
	aside.NoSync = false
	if err = errors.Join(err, aside.Sync()); err != nil {
		err = errors.Join(err, aside.Close(), os.Remove(asidePath(path)))
		return nil, core.NewProblem("store.disk", fmt.Errorf("compact: %w", err))
	}
	return aside, nil
}

// takeOver puts the file made aside in the place of the old one, and returns the one to use
// from now on; nil if there is none. Where the system can, both are locked all the while,
// so that no other Usher gets hold of either.
func takeOver(old, aside *dataFile, path string) (*dataFile, error) {
	if runtime.GOOS == "windows" { // where a file that is open cannot be renamed or replaced
		err := errors.Join(old.Close(), aside.Close())
		if err == nil {
			err = os.Rename(asidePath(path), path)
		}
		file, errOpen := openFile(path, false)
		if err = errors.Join(err, errOpen); err != nil {
			return file, core.NewProblem("store.disk", fmt.Errorf("compact: %w", err))
		}
		return file, nil
	}
	if err := os.Rename(asidePath(path), path); err != nil {
		err = errors.Join(err, aside.Close(), os.Remove(asidePath(path)))
		return old, core.NewProblem("store.disk", fmt.Errorf("compact: %w", err))
	}
	_ = old.Close() // nobody needs it any more
	if err := syncDir(filepath.Dir(path)); err != nil {
		// The old file may come back at a power cut, and with it lose what is accepted now.
		return nil, errors.Join(err, aside.Close())
	}
	return aside, nil
}
