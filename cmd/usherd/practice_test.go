//go:build unix

package main

import (
	"net/http/httptest"
	"testing"

	"usher/core"
	"usher/core/practice"
)

const plantedAppPassword = "PlantedAppPassword123456"

// practiceSite serves a practice site until the test ends.
func practiceSite(t *testing.T) (site *practice.Site, url string) {
	t.Helper()
	site = practice.NewSite(practice.SiteConfig{Admin: practice.Admin{AppPassword: core.NewSecret(plantedAppPassword)}})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return site, server.URL
}

func practiceSetup(url string, connection map[string]any) map[string]any {
	if connection == nil {
		connection = map[string]any{}
	}
	connection["access_key"] = plantedKey
	return map[string]any{
		"site":       map[string]any{"url": url, "user": "admin", "application_password": plantedAppPassword},
		"crm":        map[string]any{"kind": "kartra"},
		"connection": connection,
	}
}
