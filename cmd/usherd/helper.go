package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"usher/assets"
)

func helperCommand() *cli.Command {
	return &cli.Command{
		Name:  "helper",
		Usage: "writes the Usher helper, a small plugin for WordPress, as a zip file to upload",
		Flags: []cli.Flag{&cli.StringFlag{Name: "out", Value: "usher-helper.zip", Usage: "the file to write; it must not exist yet", TakesFile: true}},
		Action: func(_ context.Context, cmd *cli.Command) error {
			packed, err := assets.HelperZip()
			if err != nil {
				return err
			}
			if err := writeNew(cmd.String("out"), packed); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.Root().Writer, "%s is written. In WordPress open Plugins › Add New › Upload Plugin, choose it, install and activate it.\n"+
				"Usher uses it from then on.\n", cmd.String("out"))
			return err
		},
	}
}

// writeNew writes a file that does not exist yet, whole or not at all.
func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a public plugin, to be uploaded
	if err != nil {
		return fmt.Errorf("write the helper: %w", err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the helper: %w", err), os.Remove(path))
	}
	return nil
}
