package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"usher/core"
	"usher/core/seal"
)

// File keeps secrets in one file sealed with a passphrase, for machines without a
// keyring. The passphrase seals an identity and the identity opens the entries, so that
// the second of work a passphrase costs is spent once, by OpenFile. Names are sealed as
// well as values.
//
// Each call reads the file anew and a change writes it whole: aside, synced, renamed. A
// file that is damaged, newer or sealed with another passphrase is never written to.
// Between two processes the last writer wins; the store's lock keeps a second Usher out.
type File struct {
	path     string
	identity seal.Identity
	locked   []byte // the identity under the passphrase, as it stands in the file

	mu sync.Mutex // a change is a read and a write
}

// OpenFile opens the file at path, or prepares a new one that the first Set writes. It
// takes about a second. Its Problems: keyring.no_passphrase, keyring.passphrase (the
// wrong one), keyring.damaged, keyring.newer, keyring.unreadable.
func OpenFile(path string, passphrase core.Secret) (*File, error) {
	return openFile(path, passphrase, seal.WrapPassphrase)
}

// openFile takes what seals a new file's identity, because tests have no second to spend.
func openFile(path string, passphrase core.Secret, wrap wrapper) (*File, error) {
	if passphrase.Empty() {
		return nil, core.NewProblem("keyring.no_passphrase", nil)
	}
	content, err := readContent(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newFile(path, passphrase, wrap)
	}
	if err != nil {
		return nil, err
	}
	text, err := seal.UnwrapPassphrase(passphrase, content.Identity)
	if err != nil {
		return nil, unsealProblem(err)
	}
	identity, err := seal.ParseIdentity(core.NewSecret(string(text)))
	if err != nil {
		return nil, core.NewProblem("keyring.damaged", err)
	}
	f := &File{path: path, identity: identity, locked: content.Identity}
	if _, err := f.open(content); err != nil {
		return nil, err
	}
	return f, nil
}

type wrapper func(passphrase core.Secret, plain []byte) ([]byte, error)

func newFile(path string, passphrase core.Secret, wrap wrapper) (*File, error) {
	identity, err := seal.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("make secrets file: %w", err)
	}
	locked, err := wrap(passphrase, []byte(identity.Text().Reveal()))
	if err != nil {
		return nil, fmt.Errorf("make secrets file: %w", err)
	}
	return &File{path: path, identity: identity, locked: locked}, nil
}

// Kind is "file".
func (f *File) Kind() string { return "file" }

// Get returns the secret last set under name.
func (f *File) Get(ctx context.Context, name string) (core.Secret, error) {
	if err := ctx.Err(); err != nil {
		return core.Secret{}, fmt.Errorf("read secrets file: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := f.read()
	if err != nil {
		return core.Secret{}, err
	}
	text, ok := entries[name]
	if !ok {
		return core.Secret{}, core.NewProblem("keyring.missing", nil)
	}
	return core.NewSecret(string(text)), nil
}

// Set keeps s under name, instead of what was there. When it returns nil, the file is on
// disk.
func (f *File) Set(ctx context.Context, name string, s core.Secret) error {
	if err := check(s); err != nil {
		return err
	}
	return f.change(ctx, func(entries entries) bool {
		entries[name] = []byte(s.Reveal())
		return true
	})
}

// Delete forgets name, if it is there.
func (f *File) Delete(ctx context.Context, name string) error {
	return f.change(ctx, func(entries entries) bool {
		_, there := entries[name]
		delete(entries, name)
		return there
	})
}

// change writes what edit made of the entries, if it says that it changed them.
func (f *File) change(ctx context.Context, edit func(entries) bool) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("change secrets file: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := f.read()
	if err != nil {
		return err
	}
	if !edit(entries) {
		return nil
	}
	plain, err := json.Marshal(entries)
	if err != nil {
		return fmt.Errorf("change secrets file: %w", err)
	}
	sealed, err := seal.Wrap(f.identity.Recipient(), plain)
	if err != nil {
		return fmt.Errorf("change secrets file: %w", err)
	}
	return writeContent(f.path, content{Identity: f.locked, Entries: sealed})
}

// entries are the secrets by name, as bytes because JSON would mend text that is not
// UTF-8.
type entries map[string][]byte

func (f *File) read() (entries, error) {
	content, err := readContent(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return entries{}, nil
	}
	if err != nil {
		return nil, err
	}
	return f.open(content)
}

func (f *File) open(c content) (entries, error) {
	plain, err := f.identity.Unwrap(c.Entries)
	if err != nil {
		return nil, unsealProblem(err)
	}
	found := entries{}
	if err := json.Unmarshal(plain, &found); err != nil || found == nil {
		return nil, core.NewProblem("keyring.damaged", err)
	}
	return found, nil
}

// unsealProblem may take another key for the wrong passphrase, because the checksum has
// already told damage apart.
func unsealProblem(err error) error {
	if errors.Is(err, seal.ErrWrongKey) {
		return core.NewProblem("keyring.passphrase", err)
	}
	return core.NewProblem("keyring.damaged", err)
}
