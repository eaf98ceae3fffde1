package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v3"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/control"
)

// ask runs do with the running Usher, or with the opened data folder.
func ask(ctx context.Context, cmd *cli.Command, do func(control.Backend, io.Writer) error) (err error) {
	o, err := options(cmd)
	if err != nil {
		return err
	}
	backend, closeBackend, err := app.Backend(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeBackend()) }()
	return do(backend, cmd.Root().Writer)
}

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "says how many messages came and where they stand",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				status, err := b.Status(ctx)
				if err != nil {
					return err
				}
				if cmd.Bool("json") {
					status.Address.Plan, status.Address.Local = core.AddressPlan{}, "" // `usherd address` tells them
					return printJSON(out, status)
				}
				return printStatus(out, status)
			})
		},
	}
}

func printStatus(out io.Writer, s core.Status) error {
	address := "Usher is not running."
	if s.Address.State != "off" {
		address = strings.TrimSpace("The webhook address is " + s.Address.State + ". " + s.Address.URL)
	}
	_, err := fmt.Fprintf(out, "%d messages accepted: %d done, %d done with a newer message, %d waiting, %d need you, %d didn't work\n%s\n",
		s.Accepted, s.Applied, s.Merged, s.Queued, s.Held, s.Failed, address)
	for _, p := range s.Problems {
		_, errP := fmt.Fprintf(out, "%s: %s\n  %s\n", core.Visible(p.About), core.Visible(p.Title), core.Visible(p.Fix))
		err = errors.Join(err, errP)
	}
	return err
}

func deliveriesCommand() *cli.Command {
	return &cli.Command{
		Name:  "deliveries",
		Usage: "lists the newest messages and what became of them",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print a line of JSON each"},
			&cli.IntFlag{Name: "limit", Value: 100, Usage: "list at most this many"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			limit := cmd.Int("limit")
			if limit < 0 {
				return errors.New("--limit must not be negative")
			}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				lines, err := b.Deliveries(ctx, limit)
				if err != nil {
					return err
				}
				if !cmd.Bool("json") {
					return printLines(out, lines)
				}
				for _, line := range lines {
					if err := printJSON(out, line); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func printLines(out io.Writer, lines []core.Line) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tRECEIVED\tCONNECTION\tACTION\tPERSON\tSTATE\tOUTCOME\tWHY")
	for _, l := range lines {
		why := strings.Join(l.Notes, " ")
		if l.Problem != nil {
			why = l.Problem.Title
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Received.Local().Format("2006-01-02 15:04:05"),
			core.Visible(l.Connection), core.Visible(string(l.Action)), core.Visible(l.Contact), l.State, l.Outcome, core.Visible(why))
	}
	return table.Flush() // reports the first failed write
}

func retryCommand() *cli.Command {
	return &cli.Command{
		Name:      "retry",
		Usage:     "tries messages again that are held, failed or put off",
		ArgsUsage: "ID",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "try all of them"}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			id := cmd.Args().First()
			if (id == "") != cmd.Bool("all") || cmd.Args().Len() > 1 {
				return errors.New("name one message, or use --all")
			}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				n, err := b.Retry(ctx, id)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "%d to be tried again\n", n)
				return err
			})
		},
	}
}

func declineCommand() *cli.Command {
	return &cli.Command{
		Name:      "decline",
		Usage:     "says no to what a message is held for: a role, an e-mail change, a new user",
		ArgsUsage: "ID",
		Action: func(ctx context.Context, cmd *cli.Command) error {
			id := cmd.Args().First()
			if id == "" || cmd.Args().Len() > 1 {
				return errors.New("name one message")
			}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				if err := b.Decline(ctx, id); err != nil {
					return err
				}
				_, err := fmt.Fprintln(out, "answered with no")
				return err
			})
		},
	}
}
