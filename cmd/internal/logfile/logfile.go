// Package logfile keeps a log in a file that never grows without bound. The rotating loggers
// there are either leave a goroutine behind or bring compressors along.
package logfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// File is a log file and the one before it, each at most of a size. Nobody but their owner
// can read them. The file and its folder are made by the first write. It is safe for
// concurrent use.
type File struct {
	path string
	most int64 // bytes

	mu   sync.Mutex
	file *os.File // nil before the first write
	size int64
}

// New makes a log at a path that is begun anew before it grows beyond most bytes; what was
// there until then is kept beside it, with ".1" at its end.
func New(path string, most int64) *File { return &File{path: path, most: most} }

// Write implements [io.Writer]. A line is never cut in two.
func (f *File) Write(line []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(); err != nil {
		return 0, err
	}
	if f.size > 0 && f.size+int64(len(line)) > f.most {
		if err := f.beginAnew(); err != nil {
			return 0, err
		}
	}
	n, err = f.file.Write(line)
	f.size += int64(n)
	return n, err
}

// Close closes the file; another write opens it again.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.close()
}

func (f *File) open() error {
	if f.file != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("make folder for log: %w", err)
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open log: %w", err), file.Close())
	}
	f.file, f.size = file, info.Size()
	return nil
}

func (f *File) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

func (f *File) beginAnew() error {
	if err := f.close(); err != nil { // some systems rename no open file
		return fmt.Errorf("close log: %w", err)
	}
	if err := os.Rename(f.path, f.path+".1"); err != nil {
		return fmt.Errorf("keep old log: %w", err)
	}
	return f.open()
}
