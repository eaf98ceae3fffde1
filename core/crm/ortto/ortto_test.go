package ortto_test

import (
	"testing"

	"usher/core/crm/crmtest"
	"usher/core/crm/ortto"
	"usher/core/practice"
)

func TestAdapter(t *testing.T) { crmtest.Run(t, ortto.Adapter{}) }

func FuzzParse(f *testing.F) { crmtest.Fuzz(f, ortto.Adapter{}) }

func FuzzClient(f *testing.F) {
	crmtest.FuzzClient(f, ortto.Adapter{}, practice.NewOrtto(practice.OrttoConfig{}))
}

func TestClient(t *testing.T) {
	crmtest.RunClient(t, ortto.Adapter{}, practice.NewOrtto(practice.OrttoConfig{}))
}
