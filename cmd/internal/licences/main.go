// Command licences lists what others wrote and the programs have built in, with its
// licences; with -texts it prints these whole. It fails for a licence it does not know, and
// for one that would ask more of Usher than to be printed (copyleft).
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	texts := flag.Bool("texts", false, "print the licences whole")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *texts); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, texts bool) error {
	parts, err := builtIn(ctx)
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for _, part := range parts {
		line, err := part.line()
		if err != nil {
			return err
		}
		if !texts {
			fmt.Fprintln(&all, line)
			continue
		}
		for _, file := range part.files {
			text, err := os.ReadFile(filepath.Join(part.dir, file)) //nolint:gosec // of a module the programs are made of
			if err != nil {
				return fmt.Errorf("read licence: %w", err)
			}
			fmt.Fprintf(&all, "==== %s: %s\n\n%s\n", part.name, file, text)
		}
	}
	_, err = all.WriteTo(out)
	return err
}
