package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"usher/core"
	"usher/core/control"
)

func sendTestCommand() *cli.Command {
	return &cli.Command{
		Name:  "send-test",
		Usage: "sends a message out by the webhook URL and follows it hop by hop; changes nothing",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "connection", Usage: "the connection's name", Required: true},
			&cli.StringFlag{Name: "contact", Usage: "whom to test with, by number or e-mail address in the CRM; left out, the one it told of last"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.SendTest(ctx, cmd.String("connection"), cmd.String("contact"))
				if err != nil {
					return err
				}
				if cmd.Bool("json") {
					err = printJSON(out, done)
				} else {
					err = printTest(out, done)
				}
				if err == nil && !done.OK() {
					err = errors.New("the test did not get through")
				}
				return err
			})
		},
	}
}

func printTest(out io.Writer, done core.TestAnswer) error {
	err := printSteps(out, done.Steps)
	for _, note := range done.Notes {
		_, errNote := fmt.Fprintln(out, core.Visible(note))
		err = errors.Join(err, errNote)
	}
	return err
}
