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

func keepCommand() *cli.Command {
	return &cli.Command{
		Name:  "keep",
		Usage: "says how long messages are kept, or changes it; 0 is no limit",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "sent-days", Usage: "erase what a message said this many days after it is done"},
			&cli.IntFlag{Name: "messages", Usage: "list no more than this many messages, the newest"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			var change core.KeepingChange
			if cmd.IsSet("sent-days") {
				days := cmd.Int("sent-days")
				change.SentDays = &days
			}
			if cmd.IsSet("messages") {
				messages := cmd.Int("messages")
				change.Messages = &messages
			}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				keeping, err := b.ChangeKeeping(ctx, change)
				if err != nil {
					return err
				}
				if cmd.Bool("json") {
					return printJSON(out, keeping)
				}
				return printKeeping(out, keeping)
			})
		},
	}
}

func printKeeping(out io.Writer, k core.Keeping) error {
	sent, messages := "for ever", "All messages stay listed."
	if k.SentDays != 0 {
		sent = fmt.Sprintf("for %d days after it is done", k.SentDays)
	}
	if k.Messages != 0 {
		messages = fmt.Sprintf("The newest %d messages stay listed, and those that wait.", k.Messages)
	}
	_, err := fmt.Fprintf(out, "What a message said is kept %s.\n%s\n", sent, messages)
	return err
}

func forgetCommand() *cli.Command {
	return &cli.Command{
		Name:      "forget",
		Usage:     "erases what Usher knows of a person; the user on the site and the entry in the CRM stay",
		ArgsUsage: "EMAIL-or-number",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "crm", Usage: "the CRM account a number is of"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			if cmd.Args().Len() != 1 {
				return errors.New("name one person, by e-mail address or by number in the CRM")
			}
			who := core.PersonRef{CRM: cmd.String("crm"), Contact: cmd.Args().First()}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.Forget(ctx, who)
				if err != nil {
					return err
				}
				if cmd.Bool("json") {
					return printJSON(out, done)
				}
				_, err = fmt.Fprintf(out, "Forgotten, in %d messages. The user on the site and the entry in the CRM stay; a new message about them makes Usher know them again.\n", done.Messages)
				for _, note := range done.Notes {
					_, errN := fmt.Fprintln(out, note)
					err = errors.Join(err, errN)
				}
				return err
			})
		},
	}
}
