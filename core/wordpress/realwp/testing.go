package realwp

import (
	"errors"
	"os"
	"strconv"
	"testing"
)

// Run starts a site of the version for a test and closes it when the test ends. Where it is not installed
// the test is skipped with a line that begins "SKIPPED REAL PART", or fails if the environment says CI=true.
func Run(t testing.TB, version string) *Site {
	t.Helper()
	return RunWith(t, Options{Version: version})
}

// RunWith is [Run] for any kind of site.
func RunWith(t testing.TB, o Options) *Site {
	t.Helper()
	if testing.Short() {
		t.Skip("a real part, left out by -short")
	}
	s, err := Start(t.Context(), o)
	skipIfMissing(t, err)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if complaints, _ := os.ReadFile(s.PHPLog); t.Failed() && len(complaints) > 0 {
			t.Logf("PHP's log of WordPress %s:\n%s", s.Version, complaints)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close WordPress: %v", err)
		}
	})
	return s
}

func skipIfMissing(t testing.TB, err error) {
	t.Helper()
	var missing errMissing
	if !errors.As(err, &missing) {
		return
	}
	if ci, _ := strconv.ParseBool(os.Getenv("CI")); ci {
		t.Fatalf("REAL PART MISSING: %v", missing)
	}
	t.Skipf("SKIPPED REAL PART: %v", missing)
}
