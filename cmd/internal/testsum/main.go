// Command testsum reads `go test -json` and prints what a person wants to know: failures
// with their output, every skipped test by name, and the sums.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

func main() {
	ok, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// summarize reports whether all went well. No test at all is not well.
func summarize(in io.Reader, out io.Writer) (ok bool, err error) {
	w := bufio.NewWriter(out)
	var passed, failed, packagesFailed int
	var skipped []string
	output := map[string]*strings.Builder{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			_, _ = fmt.Fprintln(w, lines.Text()) // what go itself says
			continue
		}
		name := strings.TrimSpace(e.Package + e.ImportPath + " " + e.Test)
		switch e.Action {
		case "output", "build-output":
			if output[name] == nil {
				output[name] = &strings.Builder{}
			}
			output[name].WriteString(e.Output)
			continue
		case "build-fail":
			_, _ = fmt.Fprintf(w, "--- %s does not build\n%s", name, output[name])
		case "fail":
			if e.Test == "" {
				packagesFailed++
			} else {
				failed++
			}
			_, _ = fmt.Fprintf(w, "--- FAIL %s\n%s", name, text(output[name]))
		case "skip":
			if e.Test != "" {
				skipped = append(skipped, name+": "+reason(text(output[name])))
			}
		case "pass":
			if e.Test != "" {
				passed++
			} else {
				_, _ = fmt.Fprintf(w, "ok  %s  %.1fs\n", e.Package, e.Elapsed)
			}
		default:
			continue
		}
		delete(output, name)
		_ = w.Flush()
	}
	if len(skipped) > 0 {
		_, _ = fmt.Fprintf(w, "\n%d skipped:\n  %s\n", len(skipped), strings.Join(skipped, "\n  "))
	}
	_, _ = fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", passed, failed, len(skipped))
	if err := w.Flush(); err != nil {
		return false, err
	}
	return failed+packagesFailed == 0 && passed > 0, lines.Err()
}

func text(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	return b.String()
}

// reason finds why a test was skipped in its output.
func reason(output string) string {
	for _, line := range strings.Split(output, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		if _, said, ok := strings.Cut(line, ".go:"); ok { // "file_test.go:12: why"
			if _, why, ok := strings.Cut(said, ": "); ok {
				return why
			}
		}
		return line
	}
	return "no reason given"
}
