//go:build !windows && !darwin

package autostart

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// path is after the Desktop Application Autostart Specification 0.5.
func (e Entry) path() (string, error) {
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find what starts at log-in: %w", err)
	}
	return filepath.Join(config, "autostart", e.ID+".desktop"), nil
}

func (e Entry) content() []byte {
	command := []string{quote(e.Program)}
	for _, arg := range e.Args {
		command = append(command, quote(arg))
	}
	return []byte("[Desktop Entry]\nType=Application\nName=" + e.Name + "\nExec=" + strings.Join(command, " ") +
		"\nTerminal=false\nX-GNOME-Autostart-enabled=true\n")
}

// quote writes an argument as the Desktop Entry Specification 1.5 wants it in Exec: quoted,
// with the shell's characters escaped, then escaped once more as any value is, and % doubled.
func quote(arg string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`).Replace(arg)
	quoted = strings.NewReplacer(`\`, `\\`, "%", "%%", "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(quoted)
	return `"` + quoted + `"`
}
