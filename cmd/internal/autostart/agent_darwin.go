package autostart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
)

// path is after launchd.plist(5): an agent of this person alone.
func (e Entry) path() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find what starts at log-in: %w", err)
	}
	return filepath.Join(home, "Library", "LaunchAgents", e.ID+".plist"), nil
}

func (e Entry) content() []byte {
	var plist bytes.Buffer
	plist.WriteString(xml.Header + `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key>`)
	text(&plist, e.ID)
	plist.WriteString("\n<key>RunAtLoad</key><true/>\n<key>ProgramArguments</key><array>")
	for _, arg := range append([]string{e.Program}, e.Args...) {
		text(&plist, arg)
	}
	plist.WriteString("</array>\n</dict></plist>\n")
	return plist.Bytes()
}

func text(plist *bytes.Buffer, value string) {
	plist.WriteString("<string>")
	_ = xml.EscapeText(plist, []byte(value)) // a buffer takes all
	plist.WriteString("</string>")
}
