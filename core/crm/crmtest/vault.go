package crmtest

import (
	"context"

	"usher/core"
)

// Vault is a core.AccountVault for one test's goroutine at a time.
type Vault map[string]core.Secret

// NewVault holds secrets by their Credential's key.
func NewVault(secrets map[string]string) Vault {
	vault := Vault{}
	for key, value := range secrets {
		vault[key] = core.NewSecret(value)
	}
	return vault
}

// Get implements core.AccountVault.
func (v Vault) Get(_ context.Context, key string) (core.Secret, error) {
	if secret, ok := v[key]; ok {
		return secret, nil
	}
	return core.Secret{}, core.NewProblem("keyring.missing", nil)
}

// Set implements core.AccountVault.
func (v Vault) Set(_ context.Context, key string, value core.Secret) error {
	v[key] = value
	return nil
}
