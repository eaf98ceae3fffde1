package app

import (
	"context"
	"sync"

	"usher/core"
)

// memory keeps secrets until the program ends: those of practice open nothing real.
type memory struct {
	mu      sync.Mutex
	secrets map[string]core.Secret
}

func newMemory() *memory { return &memory{secrets: map[string]core.Secret{}} }

// Get implements engine.Vault.
func (m *memory) Get(_ context.Context, name string) (core.Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	secret, there := m.secrets[name]
	if !there {
		return core.Secret{}, core.NewProblem("keyring.missing", nil)
	}
	return secret, nil
}

// Set implements engine.Vault.
func (m *memory) Set(_ context.Context, name string, secret core.Secret) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets[name] = secret
	return nil
}

// Delete implements engine.Vault.
func (m *memory) Delete(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.secrets, name)
	return nil
}
