//go:build !windows

package autostart

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// On reports whether the system starts this program, and not an older one elsewhere.
func (e Entry) On() (bool, error) {
	path, err := e.path()
	if err != nil {
		return false, err
	}
	content, err := os.ReadFile(path) //nolint:gosec // a path of our own making
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at what starts at log-in: %w", err)
	}
	return bytes.Equal(content, e.content()), nil
}

// Set has the system start the program from the next log-in on, or no longer.
func (e Entry) Set(on bool) error {
	path, err := e.path()
	if err != nil {
		return err
	}
	if on {
		err = write(path, e.content())
	} else if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("change what starts at log-in: %w", err)
	}
	return nil
}

// write writes a file whole or not at all: the system may read it at any moment.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	aside, err := os.CreateTemp(filepath.Dir(path), ".usher-*")
	if err != nil {
		return err
	}
	_, err = aside.Write(content)
	if err = errors.Join(err, aside.Close()); err == nil {
		err = os.Rename(aside.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(aside.Name()))
	}
	return nil
}
