package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"usher/core"
	"usher/core/control"
)

func addressCommand() *cli.Command {
	return &cli.Command{
		Name:  "address",
		Usage: "changes how CRMs reach Usher, or shows it; a running Usher follows at once",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "use", Usage: "ngrok (asks for the authtoken, a line on standard input), fixed (a public URL of your own that leads to the local port) or local (this computer only)"},
			&cli.StringFlag{Name: "url", Usage: "the public URL; with ngrok only if the account has several: left out, Usher finds it and keeps it"},
			&cli.StringFlag{Name: "listen", Usage: "the local port, 127.0.0.1:PORT"},
			&cli.Uint64Flag{Name: "monthly-limit", Usage: "with ngrok: how many requests a month your plan allows; 0 for no limit"},
			&cli.BoolFlag{Name: "keep-token", Usage: "with --use ngrok: go on with the authtoken given before"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			change := addressChange(cmd)
			if change == (core.AddressChange{}) {
				return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
					status, err := b.Status(ctx)
					if err != nil {
						return err
					}
					return printJSON(out, status.Address)
				})
			}
			if err := usable(ctx, cmd); err != nil {
				return err
			}
			var token core.Secret
			if change.Kind != nil && *change.Kind == core.NgrokAddress && !cmd.Bool("keep-token") {
				var err error
				if token, err = readToken(ctx, cmd.Root().Reader, cmd.Root().ErrWriter); err != nil {
					return err
				}
			}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				plan, err := b.ChangeAddress(ctx, change, token)
				if err != nil {
					return err
				}
				return printJSON(out, plan)
			})
		},
	}
}

// addressChange is what the flags change.
func addressChange(cmd *cli.Command) (change core.AddressChange) {
	if cmd.IsSet("use") {
		kind := core.AddressKind(cmd.String("use"))
		change.Kind = &kind
	}
	text := func(flag string) *string {
		if !cmd.IsSet(flag) {
			return nil
		}
		value := cmd.String(flag)
		return &value
	}
	change.URL, change.Listen = text("url"), text("listen")
	if cmd.IsSet("monthly-limit") {
		limit := cmd.Uint64("monthly-limit")
		change.MonthlyLimit = &limit
	}
	return change
}

// readToken asks for ngrok's authtoken.
func readToken(ctx context.Context, in io.Reader, say io.Writer) (core.Secret, error) {
	lines := bufio.NewReader(io.LimitReader(in, maxLogin))
	_, _ = fmt.Fprint(say, "Authtoken, from ngrok's dashboard under Your Authtoken: ")
	text, err := interruptibly(ctx, hidden(in, func() (string, error) {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) && line != "" {
			err = nil
		}
		return line, err
	}))
	_, _ = fmt.Fprintln(say)
	if errors.Is(err, io.EOF) {
		return core.Secret{}, core.NewProblem("address.no_token", nil)
	}
	token := core.NewSecret(text)
	if err == nil && token.Empty() {
		err = core.NewProblem("address.no_token", nil)
	}
	return token, err
}
