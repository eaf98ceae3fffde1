package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"usher/core"
	"usher/core/engine"
	"usher/core/store"
)

// Restore puts a back-up back in place of the data file, which is kept under another name in
// the data folder; its path is returned, empty where there was none. No Usher may use the
// folder meanwhile. After a crash at any point there is the data file of before or the back-up.
func Restore(ctx context.Context, o Options, path string) (kept string, err error) {
	dir, err := dataDir(o.DataDir)
	if err != nil {
		return "", err
	}
	there, err := present(dir)
	if err != nil {
		return "", err
	}
	file, err := source(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	aside, err := store.PutAside(ctx, dir, "restoring", file)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(aside)
		}
	}()
	if err := o.makeOurs(ctx, dir, aside, there); err != nil {
		return "", err
	}
	if there.exists {
		if kept, err = keep(ctx, dir, time.Now()); err != nil {
			return "", err
		}
	}
	return kept, store.Replace(dir, aside)
}

// occupant is the data file that is there.
type occupant struct {
	exists  bool
	secrets string // where its secrets are; empty where nobody can tell
}

// present tells what is there. A damaged data file is what back-ups are for.
func present(dir string) (occupant, error) {
	if !store.Exists(dir) {
		return occupant{}, nil
	}
	s, err := store.Open(dir)
	if core.HasCode(err, "store.damaged") {
		return occupant{exists: true}, nil
	}
	if err != nil {
		return occupant{}, err
	}
	return occupant{exists: true, secrets: s.Secrets()}, s.Close()
}

// makeOurs makes a back-up one that goes on with the secrets there are on this computer. That
// they open it is also the proof that it is no other Usher's.
func (o Options) makeOurs(ctx context.Context, dir, path string, there occupant) (err error) {
	s, err := store.OpenCopy(path)
	if err != nil {
		return asDamaged(err, "backup.damaged")
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	kind := s.Secrets()
	if there.secrets != "" {
		kind = there.secrets
	}
	if o.Secrets != "" && o.Secrets != kind {
		return core.NewProblem("keyring.other_backend", nil).About("--secrets " + kind)
	}
	vault, err := o.openVault(dir, s.ID(), kind)
	if err != nil {
		return err
	}
	identity, err := vault.Get(ctx, engine.IdentityName)
	if err == nil {
		err = engine.Adopt(ctx, s, identity)
	}
	if core.HasCode(err, "keyring.missing") {
		return core.NewProblem("backup.other", err)
	}
	if err != nil {
		return err
	}
	if err := o.engine(s, vault).KeepKeys(ctx); err != nil {
		return err
	}
	return s.SetSecrets(ctx, kind)
}

// keep copies the data file to a name nothing has yet.
func keep(ctx context.Context, dir string, at time.Time) (path string, err error) {
	file, err := source(filepath.Join(dir, store.FileName))
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	use := "before-restore-" + at.Format("20060102-150405")
	if _, err := os.Lstat(filepath.Join(dir, store.FileName+"."+use)); !errors.Is(err, fs.ErrNotExist) {
		return "", core.NewProblem("copy.exists", err).About(store.FileName + "." + use)
	}
	return store.PutAside(ctx, dir, use, file)
}
