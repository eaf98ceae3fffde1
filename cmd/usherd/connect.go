package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/term"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/control"
)

func connectCommand() *cli.Command {
	return &cli.Command{
		Name:  "connect",
		Usage: "lets Usher into a WordPress site: prints a page to approve it on, and waits",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "url", Usage: "the site's address", Required: true},
			&cli.BoolFlag{Name: "paste", Usage: "read the user name and the application password, a line each, from standard input"},
			&cli.BoolFlag{Name: "open", Usage: "open the page in the browser"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			var done core.SiteAnswer
			connect := func(ctx context.Context, user string, password core.Secret) error {
				return ask(ctx, cmd, func(b control.Backend, _ io.Writer) (err error) {
					done, err = b.ConnectSite(ctx, cmd.String("url"), user, password)
					return err
				})
			}
			if err := usable(ctx, cmd); err != nil {
				return err
			}
			if err := permission(ctx, cmd, connect); err != nil {
				return err
			}
			return printJSON(cmd.Root().Writer, done)
		},
	}
}

// usable finds out that a password could be stored before a person goes and makes one.
func usable(ctx context.Context, cmd *cli.Command) error {
	return ask(ctx, cmd, func(b control.Backend, _ io.Writer) error {
		_, err := b.Status(ctx)
		return err
	})
}

// permission shows the page and hands the password it leads to to connect.
func permission(ctx context.Context, cmd *cli.Command, connect func(context.Context, string, core.Secret) error) error {
	asked, err := app.AskPermission(ctx, cmd.String("url"), cmd.Bool("paste"))
	if err != nil {
		return err
	}
	defer asked.Close()
	say := cmd.Root().ErrWriter
	_, _ = fmt.Fprintln(say, "Open this page in a browser on this computer, log in as an administrator and approve:")
	if err := showPage(ctx, cmd, asked.URL); err != nil {
		return err
	}
	if asked.ComesBack() {
		_, _ = fmt.Fprintln(say, "Waiting up to ten minutes. If the page shows an error, press Ctrl-C and add --paste.")
		return asked.Wait(ctx, connect)
	}
	user, password, err := readLogin(ctx, cmd.Root().Reader, say)
	if err != nil {
		return err
	}
	return connect(ctx, user, password)
}

// showPage prints the address of a page and, with --open, opens it.
func showPage(ctx context.Context, cmd *cli.Command, page string) error {
	if _, err := fmt.Fprintln(cmd.Root().Writer, page); err != nil {
		return fmt.Errorf("print the page's address: %w", err)
	}
	if cmd.Bool("open") {
		if err := openBrowser(ctx, page); err != nil {
			_, _ = fmt.Fprintln(cmd.Root().ErrWriter, "No browser could be opened; please do it yourself.")
		}
	}
	return nil
}

// openBrowser hands the page to whatever the person browses with.
func openBrowser(ctx context.Context, page string) error {
	opener := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		opener = []string{"open"}
	case "windows":
		opener = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	// It may be the browser itself, which outlives this command.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), opener[0], append(opener[1:], page)...) //nolint:gosec // an http address, no shell
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	return cmd.Process.Release()
}

// readLogin asks for the user name and the application password, a line each.
func readLogin(ctx context.Context, in io.Reader, say io.Writer) (user string, password core.Secret, err error) {
	lines := bufio.NewReader(io.LimitReader(in, maxLogin))
	_, _ = fmt.Fprint(say, "User name on the site: ")
	if user, err = interruptibly(ctx, func() (string, error) { return readLine(lines) }); err != nil {
		return "", core.Secret{}, err
	}
	_, _ = fmt.Fprint(say, "Application password, as the page shows it: ")
	text, err := interruptibly(ctx, hidden(in, func() (string, error) { return readLine(lines) }))
	_, _ = fmt.Fprintln(say)
	return user, core.NewSecret(text), err
}

const maxLogin = 4 << 10 // bytes

// hidden reads from a terminal without showing what is typed; from anything else it is read.
func hidden(in io.Reader, read func() (string, error)) func() (string, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return read
	}
	return func() (string, error) {
		typed, err := term.ReadPassword(int(file.Fd()))
		return strings.TrimSpace(string(typed)), err
	}
}

func readLine(lines *bufio.Reader) (string, error) {
	line, err := lines.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil // the last line may lack its end
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("a user name and an application password are needed, a line each")
	}
	return strings.TrimSpace(line), err
}

// interruptibly gives up waiting for read when ctx ends. Reading cannot be stopped, but
// the program then ends.
func interruptibly(ctx context.Context, read func() (string, error)) (string, error) {
	restore := keepTerminal()
	type line struct {
		text string
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := read()
		lines <- line{text, err}
	}()
	select {
	case l := <-lines:
		return l.text, l.err
	case <-ctx.Done():
		restore()
		return "", ctx.Err()
	}
}

// keepTerminal returns what makes a terminal show again what is typed.
func keepTerminal() (restore func()) {
	fd := int(os.Stdin.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return func() {} // no terminal
	}
	return func() { _ = term.Restore(fd, state) }
}

func removeCommand() *cli.Command {
	return &cli.Command{
		Name:  "remove",
		Usage: "forgets a connection: its webhook URLs stop working, its users stay",
		Flags: []cli.Flag{&cli.StringFlag{Name: "connection", Usage: "the connection's name", Required: true}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.RemoveConnection(ctx, cmd.String("connection"))
				if err != nil {
					return err
				}
				if done.UnusedSite != "" {
					done.Notes = append(done.Notes, "To revoke it: usherd disconnect --url "+done.UnusedSite)
				}
				return printJSON(out, done)
			})
		},
	}
}

func disconnectCommand() *cli.Command {
	return &cli.Command{
		Name:  "disconnect",
		Usage: "revokes Usher's application password on a site and forgets the site",
		Flags: []cli.Flag{&cli.StringFlag{Name: "url", Usage: "the site's address", Required: true}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.DisconnectSite(ctx, cmd.String("url"))
				if err != nil {
					return err
				}
				return printJSON(out, done)
			})
		},
	}
}
