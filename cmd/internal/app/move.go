package app

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"usher/core"
	"usher/core/engine"
	"usher/core/move"
	"usher/core/secrets"
	"usher/core/store"
)

// Arrival is a Usher from another computer, read in whole and found to be right, but not at
// home yet: Settle or Close.
type Arrival struct {
	// Settled says that the old Usher had stopped writing. Otherwise this one begins paused,
	// because two that write at the same time would get in each other's way.
	Settled bool
	// Waiting is how many messages wait in it.
	Waiting uint64
	// Connections are their names.
	Connections []string

	options Options
	dir     string
	path    string // of its data file, beside the one to be; empty once it is there
	store   *store.Store
	secrets map[string]core.Secret
}

// ReadMove reads a move file in, to be settled in the data folder. Nothing that is there
// changes.
func ReadMove(ctx context.Context, o Options, path string, passphrase core.Secret) (*Arrival, error) {
	file, err := source(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	content, data, err := move.Read(file, passphrase)
	if err != nil {
		return nil, err
	}
	return receive(ctx, o, content, data)
}

func receive(ctx context.Context, o Options, content move.Content, data io.Reader) (a *Arrival, err error) {
	dir, err := dataDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	a = &Arrival{Settled: content.Settled, options: o, dir: dir, secrets: content.Secrets}
	if a.path, err = store.PutAside(ctx, dir, "moving", data); err != nil {
		return nil, err
	}
	if err := a.prepare(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// prepare makes the copy what it is to be here.
func (a *Arrival) prepare(ctx context.Context) (err error) {
	if a.store, err = store.OpenCopy(a.path); err != nil {
		return asDamaged(err, "move.damaged")
	}
	if err := engine.Adopt(ctx, a.store, a.secrets[engine.IdentityName]); err != nil {
		return asDamaged(err, "move.damaged")
	}
	counts, err := a.store.Counts()
	if err != nil {
		return err
	}
	a.Waiting = counts.Queued
	for _, conn := range a.store.Config().SortedConnections() {
		a.Connections = append(a.Connections, conn.Name)
	}
	return a.store.SetSecrets(ctx, a.kind())
}

// kind is where secrets are kept here.
func (a *Arrival) kind() string {
	switch {
	case a.options.Secrets != "":
		return a.options.Secrets
	case a.options.Sealed():
		return SecretsFile
	}
	return SecretsKeyring
}

// asDamaged blames the file that was given, not the data file there is.
func asDamaged(err error, code string) error {
	if core.HasCode(err, "store.damaged") || core.HasCode(err, "keyring.missing") {
		return core.NewProblem(code, err)
	}
	return err
}

// Settle makes the Usher that moves the one of the data folder, which no other may use
// meanwhile. One at work there already is move.not_empty; of one that was never set up nobody
// misses anything. After a crash at any point there is either no Usher in the data folder, and
// settling is simply done again, or this one, whole.
func (a *Arrival) Settle(ctx context.Context) error {
	if err := a.makeRoom(ctx); err != nil {
		return err
	}
	vault, err := a.options.openVault(a.dir, a.store.ID(), a.kind())
	if err != nil {
		return err
	}
	if err := a.options.engine(a.store, vault).MoveIn(ctx, a.secrets, !a.Settled); err != nil {
		return err
	}
	if err := a.store.Close(); err != nil {
		return core.NewProblem("store.disk", err)
	}
	if err := store.Replace(a.dir, a.path); err != nil {
		return err
	}
	a.path = ""
	return nil
}

// Vacant refuses a data folder with a Usher at work in it: move.not_empty. One that runs is
// store.in_use.
func Vacant(o Options) error {
	dir, err := dataDir(o.DataDir)
	if err != nil {
		return err
	}
	_, err = vacant(dir)
	return err
}

// vacant finds what lives in a data folder: nothing, or something nobody would miss.
func vacant(dir string) (there store.Birth, err error) {
	if !store.Exists(dir) {
		return store.Birth{}, nil
	}
	s, err := store.Open(dir)
	if err != nil {
		return store.Birth{}, err
	}
	empty, err := s.Empty()
	if err == nil && !empty {
		err = core.NewProblem("move.not_empty", nil).About(livesHere(s))
	}
	return store.Birth{ID: s.ID(), Secrets: s.Secrets()}, errors.Join(err, s.Close())
}

// livesHere names what is there.
func livesHere(s *store.Store) string {
	var names []string
	for _, conn := range s.Config().SortedConnections() {
		names = append(names, conn.Name)
	}
	for _, site := range s.Config().Sites {
		if len(names) == 0 {
			names = append(names, site.Home)
		}
	}
	return strings.Join(names, ", ")
}

// makeRoom removes a Usher that was never set up.
func (a *Arrival) makeRoom(ctx context.Context) error {
	there, err := vacant(a.dir)
	if err != nil || there.ID == "" {
		return err
	}
	if err := store.Remove(a.dir); err != nil {
		return err
	}
	if there.Secrets == SecretsKeyring && a.options.vault == nil {
		_ = secrets.NewKeyring(there.ID).Delete(ctx, engine.IdentityName) // nothing was sealed to it
	}
	return nil
}

// Close ends a move that was not settled. It is also called after Settle.
func (a *Arrival) Close() error {
	if a.path == "" {
		return nil
	}
	path := a.path
	a.path = ""
	var err error
	if a.store != nil {
		err = a.store.Close()
	}
	return errors.Join(err, os.Remove(path))
}
