package pulse_test

import (
	"testing"

	"usher/core/crm/crmtest"
	"usher/core/crm/pulse"
	"usher/core/practice"
)

func TestAdapter(t *testing.T) { crmtest.Run(t, pulse.Adapter{}) }

func FuzzParse(f *testing.F) { crmtest.Fuzz(f, pulse.Adapter{}) }

func FuzzClient(f *testing.F) {
	crmtest.FuzzClient(f, pulse.Adapter{}, practice.NewPulse(practice.PulseConfig{}))
}

func TestClient(t *testing.T) {
	crmtest.RunClient(t, pulse.Adapter{}, practice.NewPulse(practice.PulseConfig{}))
}

func TestClientOfNestedAddresses(t *testing.T) {
	crmtest.RunClient(t, pulse.Adapter{}, practice.NewPulse(practice.PulseConfig{Nested: true}))
}
