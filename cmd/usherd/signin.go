package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"usher/core"
	"usher/core/authorise"
	"usher/core/control"
)

func signInCommand() *cli.Command {
	return &cli.Command{
		Name:  "sign-in",
		Usage: "lets Usher into a CRM that wants you to sign in (PulseTechnologyCRM): prints a page to allow it on, and waits",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "account", Usage: "the account's name: crm.name of its set-up file, or crm.kind", Required: true},
			&cli.StringFlag{Name: "redirect", Usage: "the redirect URL Usher's client in the CRM was made with, if it is not the one setup shows"},
			&cli.BoolFlag{Name: "paste", Usage: "for a browser on another computer: read the address it ends at from standard input"},
			&cli.BoolFlag{Name: "open", Usage: "open the page in the browser"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			account := cmd.String("account")
			var in core.SignIn
			err := ask(ctx, cmd, func(b control.Backend, _ io.Writer) (err error) {
				in, err = b.BeginSignIn(ctx, account, cmd.String("redirect"))
				return err
			})
			if err != nil {
				return err
			}
			var done core.SignInAnswer
			finish := func(ctx context.Context, code core.Secret) error {
				return ask(ctx, cmd, func(b control.Backend, _ io.Writer) (err error) {
					done, err = b.FinishSignIn(ctx, account, in.Redirect, code)
					return err
				})
			}
			if err := signIn(ctx, cmd, in, finish); err != nil {
				return err
			}
			if done.Held {
				done.Notes = append(done.Notes, "To try them again: usherd retry --all")
			}
			return printJSON(cmd.Root().Writer, done)
		},
	}
}

// signIn shows the page and hands the code it leads to to finish.
func signIn(ctx context.Context, cmd *cli.Command, in core.SignIn, finish func(context.Context, core.Secret) error) error {
	say := cmd.Root().ErrWriter
	if cmd.Bool("paste") {
		_, _ = fmt.Fprintln(say, "Open this page in a browser, log in to "+in.CRM+" and allow Usher in:")
		if err := showPage(ctx, cmd, in.Page); err != nil {
			return err
		}
		code, err := readCode(ctx, cmd, in)
		if err != nil {
			return err
		}
		return finish(ctx, code)
	}
	asked, err := authorise.BeginSignIn(ctx, in)
	if err != nil {
		return err
	}
	defer asked.Close()
	_, _ = fmt.Fprintln(say, "Open this page in a browser on this computer, log in to "+in.CRM+" and allow Usher in:")
	if err := showPage(ctx, cmd, in.Page); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(say, "Waiting up to ten minutes for the browser to come back to "+in.Redirect)
	_, _ = fmt.Fprintln(say, "If the page shows an error, check that Usher's client in "+in.CRM+" was made with exactly this redirect URL.")
	return asked.Wait(ctx, finish)
}

// maxPasted bounds the address of a page, in bytes.
const maxPasted = 8 << 10

// readCode asks for the address the browser ended at.
func readCode(ctx context.Context, cmd *cli.Command, in core.SignIn) (core.Secret, error) {
	_, _ = fmt.Fprintln(cmd.Root().ErrWriter, "The browser then goes to "+in.Redirect+", where it may show an error. Paste the whole address from its address bar:")
	text, err := interruptibly(ctx, func() (string, error) {
		line, err := bufio.NewReader(io.LimitReader(cmd.Root().Reader, maxPasted)).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil // the last line may lack its end
		}
		return line, err
	})
	if err != nil {
		return core.Secret{}, fmt.Errorf("read the address: %w", err)
	}
	return authorise.PastedCode(text, in)
}
