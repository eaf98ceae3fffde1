package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v3"

	"usher/core"
	"usher/core/control"
)

func registerCommand() *cli.Command {
	return &cli.Command{
		Name:  "register",
		Usage: "makes the webhook in the CRM by itself (Ontraport), called by the tags named as webhook_tags in the set-up file",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "connection", Usage: "the connection's name", Required: true},
			&cli.StringFlag{Name: "action", Value: string(core.Add), Usage: "what the webhook asks for: add (when a tag is put on), update or update_tags (also when it is taken off)"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.RegisterWebhook(ctx, cmd.String("connection"), core.Action(cmd.String("action")))
				if err != nil {
					return err
				}
				return printJSON(out, done)
			})
		},
	}
}

func unregisterCommand() *cli.Command {
	return &cli.Command{
		Name:  "unregister",
		Usage: "ends the webhooks that register made in the CRM",
		Flags: []cli.Flag{&cli.StringFlag{Name: "connection", Usage: "the connection's name", Required: true}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.UnregisterWebhook(ctx, cmd.String("connection"))
				if err != nil {
					return err
				}
				return printJSON(out, done)
			})
		},
	}
}
