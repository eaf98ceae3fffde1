package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/control"
	"usher/core/move"
)

// passphraseEnv holds the passphrase of a move file.
const passphraseEnv = "USHER_MOVE_PASSPHRASE"

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "writes all of Usher into one file, sealed with a passphrase, to move to another computer; Usher may run meanwhile",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "the file to write; it must not exist yet", Required: true, TakesFile: true},
			&cli.BoolFlag{Name: "stop", Usage: "have this Usher take and write nothing any more, so that the one on the other computer can begin at once"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			path, stop := cmd.String("to"), cmd.Bool("stop")
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				passphrase, err := choosePassphrase(ctx, cmd)
				if err != nil {
					return err
				}
				if err := app.Export(ctx, b, path, passphrase, stop); err != nil {
					return err
				}
				_, err = fmt.Fprint(out, path, " is written, with all passwords, sealed with the passphrase.\n", whatNow(stop))
				return err
			})
		},
	}
}

func whatNow(stopped bool) string {
	if !stopped {
		return "As a back-up, keep it in a safe place. To move, it is better made with --stop: two computers must not work at the same time.\n"
	}
	return "This Usher takes and writes nothing any more, and has given its webhook URL up (`usherd resume` takes that back). Stop it for good.\n" +
		"Then, on the other computer: usherd import --from FILE\n"
}

func importCommand() *cli.Command {
	return &cli.Command{
		Name:  "import",
		Usage: "moves an Usher here from the file that export wrote; the data folder must be empty",
		Flags: []cli.Flag{&cli.StringFlag{Name: "from", Usage: "the file that export wrote", Required: true, TakesFile: true}},
		Action: func(ctx context.Context, cmd *cli.Command) (err error) {
			o, err := options(cmd)
			if err != nil {
				return err
			}
			if err := app.Vacant(o); err != nil {
				return err
			}
			passphrase, err := readPassphrase(ctx, cmd, "Passphrase of the file: ")
			if err != nil {
				return err
			}
			arrival, err := app.ReadMove(ctx, o, cmd.String("from"), passphrase)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, arrival.Close()) }()
			if err := arrival.Settle(ctx); err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.Root().Writer, arrived(arrival))
			return err
		},
	}
}

func arrived(a *app.Arrival) string {
	text := fmt.Sprintf("Usher has moved here: %d connections, %d messages waiting. The webhook URLs stay the same.\n", len(a.Connections), a.Waiting)
	if a.Settled {
		return text + "Make sure that Usher is stopped on the old computer. Then: usherd serve\n"
	}
	return text + "It receives messages and writes nothing yet, because the old Usher was not told to stop.\n" +
		"Stop it on the old computer. Then, here: usherd resume, and usherd serve\n"
}

func backupCommand() *cli.Command {
	return &cli.Command{
		Name:  "backup",
		Usage: "writes a back-up of the data, without passwords, for this computer; Usher may run meanwhile",
		Flags: []cli.Flag{&cli.StringFlag{Name: "to", Usage: "the file to write; it must not exist yet", Required: true, TakesFile: true}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			path := cmd.String("to")
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				if err := app.Backup(ctx, b, path); err != nil {
					return err
				}
				_, err := fmt.Fprintf(out, "%s is written and checked. It holds names and e-mail addresses, and no passwords: it is of use\n"+
					"only on this computer, with the passwords kept here. `usherd export` writes everything.\n", path)
				return err
			})
		},
	}
}

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name:  "restore",
		Usage: "puts a back-up back; Usher must not run. The data that was there is kept beside it",
		Flags: []cli.Flag{&cli.StringFlag{Name: "from", Usage: "the file that backup wrote", Required: true, TakesFile: true}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			o, err := options(cmd)
			if err != nil {
				return err
			}
			kept, err := app.Restore(ctx, o, cmd.String("from"))
			if err != nil {
				return err
			}
			text := "The back-up is in place.\n"
			if kept != "" {
				text += "What was there before is kept in " + kept + "\n"
			}
			_, err = io.WriteString(cmd.Root().Writer, text)
			return err
		},
	}
}

func pauseCommand(name, usage string, paused bool) *cli.Command {
	return &cli.Command{
		Name:  name,
		Usage: usage,
		Flags: []cli.Flag{&cli.StringFlag{Name: "connection", Usage: "only for this connection"}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, _ io.Writer) error {
				return b.Pause(ctx, cmd.String("connection"), paused)
			})
		},
	}
}

// choosePassphrase asks for a new passphrase, on a terminal twice: nobody can tell it again.
func choosePassphrase(ctx context.Context, cmd *cli.Command) (core.Secret, error) {
	first, err := readPassphrase(ctx, cmd, "Choose a passphrase for the file: ")
	if err == nil {
		err = move.Check(first)
	}
	if err != nil || !isTerminal(cmd.Root().Reader) || os.Getenv(passphraseEnv) != "" {
		return first, err
	}
	second, err := readPassphrase(ctx, cmd, "The same again: ")
	if err == nil && !first.Equal(second) {
		err = errors.New("the two passphrases are not the same")
	}
	return first, err
}

func isTerminal(in io.Reader) bool {
	file, isFile := in.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

// readPassphrase takes the passphrase from the environment, or asks for it.
func readPassphrase(ctx context.Context, cmd *cli.Command, question string) (core.Secret, error) {
	if given := os.Getenv(passphraseEnv); given != "" {
		return core.NewSecret(given), nil
	}
	in, say := cmd.Root().Reader, cmd.Root().ErrWriter
	lines := bufio.NewReader(io.LimitReader(in, maxLogin))
	_, _ = fmt.Fprint(say, question)
	text, err := interruptibly(ctx, hidden(in, func() (string, error) {
		line, err := lines.ReadString('\n')
		return strings.TrimSpace(line), err
	}))
	_, _ = fmt.Fprintln(say)
	if text == "" && (err == nil || errors.Is(err, io.EOF)) {
		err = errNoPassphrase
	} else if errors.Is(err, io.EOF) {
		err = nil // the last line may lack its end
	}
	return core.NewSecret(text), err
}

var errNoPassphrase = errors.New("a passphrase is needed: a line on standard input, or in " + passphraseEnv)
