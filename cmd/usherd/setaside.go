package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"
)

func setAsideCommand() *cli.Command {
	return &cli.Command{
		Name:  "set-aside",
		Usage: "puts a damaged data file aside, so that Usher can begin anew; deletes nothing",
		Action: func(_ context.Context, cmd *cli.Command) error {
			o, err := options(cmd)
			if err != nil {
				return err
			}
			aside, err := o.SetAside()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.Root().Writer, "The data file is now %s.\nUsher begins anew: set up your sites and connections again.\n", aside)
			return err
		},
	}
}
