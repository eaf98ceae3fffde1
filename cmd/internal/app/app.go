// Package app is the only wiring: it makes an Usher out of its parts, for the desktop
// program and for usherd alike. Whoever opens something here closes it here.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"usher/core"
	"usher/core/crm"
	"usher/core/engine"
	"usher/core/seal"
	"usher/core/secrets"
	"usher/core/store"
	"usher/core/wordpress"
)

// Options say which Usher is meant.
type Options struct {
	DataDir    string      // empty: DefaultDataDir
	Secrets    string      // "keyring" or "file"; empty: what the data folder was made with, else keyring
	Passphrase core.Secret // for the secrets file
	Log        *slog.Logger
	Ngrok      Ngrok
	Begin      bool         // lets writing go on that was paused
	vault      engine.Vault // open already; nil for where Secrets says
	NgrokToken core.Secret  // used where none was set up; empty for none
}

// App is an opened Usher. It does nothing by itself until Serve.
type App struct {
	Engine *engine.Engine
	dir    string
	store  *store.Store
	log    *slog.Logger
	ngrok  Ngrok
	token  core.Secret
}

// Where secrets can live.
const (
	SecretsKeyring = "keyring"
	SecretsFile    = "file"
)

// sealedName is the sealed file's name within the data folder.
const sealedName = "secrets.age"

// Open opens the data folder, making a new one where there is none. Errors are Problems.
func Open(ctx context.Context, o Options) (*App, error) {
	dir, err := dataDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	if !store.Exists(dir) {
		if o.vault, err = create(ctx, dir, o); err != nil {
			return nil, err
		}
	}
	s, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	if o.Secrets != "" && o.Secrets != s.Secrets() {
		return nil, errors.Join(core.NewProblem("keyring.other_backend", nil).About("--secrets "+s.Secrets()), s.Close())
	}
	vault, err := o.openVault(dir, s.ID(), s.Secrets())
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	e := o.engine(s, vault)
	if o.Begin {
		if err := e.Pause(ctx, "", false); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return &App{Engine: e, dir: dir, store: s, log: o.Log, ngrok: o.Ngrok, token: o.NgrokToken}, nil
}

func (o Options) engine(s *store.Store, vault engine.Vault) *engine.Engine {
	return engine.New(engine.Config{
		Store: s, Vault: vault, Adapters: crm.All(), Sites: sites{}, Log: o.Log.With("part", "engine"),
		CheckAddress: CheckAddress, Caller: outside{transport: o.Ngrok.Outside},
	})
}

// Close closes the data folder.
func (a *App) Close() error { return a.store.Close() }

// create makes a new data folder whose identity is with the secrets before anything is
// sealed to it. It returns what keeps the secrets: opening that again takes its time.
func create(ctx context.Context, dir string, o Options) (engine.Vault, error) {
	kind := o.Secrets
	if kind == "" {
		kind = SecretsKeyring
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, core.NewProblem("store.disk", err)
	}
	id := store.NewID()
	vault, err := o.openVault(dir, id, kind)
	if err != nil {
		return nil, err
	}
	identity, err := seal.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("make identity: %w", err)
	}
	if err := vault.Set(ctx, engine.IdentityName, identity.Text()); err != nil {
		return nil, err
	}
	return vault, store.Create(dir, store.Birth{ID: id, Secrets: kind, Recipient: identity.Recipient()})
}

func (o Options) openVault(dir, id, kind string) (engine.Vault, error) {
	switch {
	case o.vault != nil:
		return o.vault, nil
	case kind == SecretsKeyring:
		return secrets.NewKeyring(id), nil
	case kind == SecretsFile:
		return secrets.OpenFile(filepath.Join(dir, sealedName), o.Passphrase)
	default:
		return nil, core.NewProblem("keyring.unavailable", nil).About("--secrets " + kind)
	}
}

// dataDir returns the folder to use, as an absolute path.
func dataDir(chosen string) (string, error) {
	if chosen == "" {
		var err error
		if chosen, err = DefaultDataDir(); err != nil {
			return "", core.NewProblem("store.disk", err)
		}
	}
	dir, err := filepath.Abs(chosen)
	if err != nil {
		return "", core.NewProblem("store.disk", err)
	}
	return dir, nil
}

// DefaultDataDir is where Usher keeps its state on this system.
func DefaultDataDir() (string, error) {
	switch runtime.GOOS {
	case "windows":
		if local := os.Getenv("LocalAppData"); local != "" {
			return filepath.Join(local, "Usher"), nil
		}
		return "", errors.New("LocalAppData is not set")
	case "darwin":
		dir, err := os.UserConfigDir() // ~/Library/Application Support
		return filepath.Join(dir, "Usher"), err
	default:
		if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
			return filepath.Join(state, "usher"), nil
		}
		home, err := os.UserHomeDir()
		return filepath.Join(home, ".local", "state", "usher"), err
	}
}

// sites makes WordPress clients for the engine.
type sites struct{}

func (sites) Connect(ctx context.Context, address, user string, password core.Secret) (core.Site, error) {
	return wordpress.Connect(ctx, address, user, password)
}

func (sites) Open(site core.Site, password core.Secret) engine.Site {
	return wordpress.New(site, password)
}
