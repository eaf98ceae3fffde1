package realdesktop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"usher/core/secrets/realkeyring"
)

// headers are those a program with a window is built with, each with Debian's package.
var headers = map[string]string{
	"GL/gl.h":                    "libgl-dev",
	"X11/Xlib.h":                 "libx11-dev",
	"X11/Xcursor/Xcursor.h":      "libxcursor-dev",
	"X11/extensions/Xrandr.h":    "libxrandr-dev",
	"X11/extensions/Xinerama.h":  "libxinerama-dev",
	"X11/extensions/XInput2.h":   "libxi-dev",
	"X11/extensions/xf86vmode.h": "libxxf86vm-dev",
}

// Build builds a program with a window and returns where it is until the test ends: without
// the emoji font, as releases are, but with the race detector, and with OpenGL ES, whose
// bindings compile in 35 s instead of three minutes. All programs for tests are built with
// these flags, so that this happens once. Tags come on top. Where it cannot be built the test
// is skipped, or fails under CI=true.
func Build(tb testing.TB, pkg string, tags ...string) string {
	tb.Helper()
	realkeyring.Need(tb, "gcc libc6-dev", "gcc")
	for header, of := range headers {
		if _, err := os.Stat(filepath.Join("/usr/include", header)); err != nil {
			realkeyring.Missing(tb, header+" is not installed; on Debian and Ubuntu: apt-get install "+of)
		}
	}
	program := filepath.Join(tb.TempDir(), filepath.Base(pkg))
	tags = append([]string{"gles", "no_emoji"}, tags...)
	build := exec.CommandContext(tb.Context(), "go", "build", "-race", "-tags", strings.Join(tags, ","), "-o", program, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return program
}
