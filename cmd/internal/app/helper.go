package app

import (
	"context"

	"usher/core"
	"usher/core/wordpress"
)

// HelperActive reports whether the Usher helper answers on the site at an address.
func HelperActive(ctx context.Context, address string) (bool, error) {
	site, err := wordpress.Discover(ctx, address)
	if err != nil {
		return false, err
	}
	return wordpress.HelperListed(ctx, site)
}

// Diagnose goes the steps to the site a person typed the address of, and signs nobody in.
func Diagnose(ctx context.Context, address string) []core.Step {
	_, steps := wordpress.Diagnose(ctx, address, "", core.Secret{})
	return steps
}
