package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"usher/core/control"
	"usher/core/store"
)

// Folder is the data folder that is meant, as an absolute path.
func (o Options) Folder() (string, error) { return dataDir(o.DataDir) }

// IsNew reports whether there is no Usher in the data folder yet.
func (o Options) IsNew() bool {
	dir, err := o.Folder()
	return err == nil && !store.Exists(dir)
}

// Sealed reports whether the data folder's secrets are in a sealed file.
func (o Options) Sealed() bool {
	dir, err := o.Folder()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, sealedName))
	return err == nil
}

// Running finds the Usher that runs for the data folder; nil where none does.
func Running(ctx context.Context, o Options) (*control.Client, error) {
	dir, err := o.Folder()
	if err != nil {
		return nil, err
	}
	client, err := control.Dial(ctx, dir)
	if errors.Is(err, control.ErrNotRunning) {
		return nil, nil
	}
	return client, err
}

// SetAside puts a damaged data file aside, and the sealed file of its secrets, so that the
// next start begins anew. It returns the data file's new path. Nothing is deleted.
func (o Options) SetAside() (string, error) {
	dir, err := o.Folder()
	if err != nil {
		return "", err
	}
	return store.SetAside(dir, sealedName)
}
