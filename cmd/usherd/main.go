// Command usherd is Usher without a window: the same engine for servers, scripts and
// tests. `usherd help` lists its commands.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v3"

	"usher/cmd/internal/app"
	"usher/core"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// version is set when a release is built.
var version = "0.1.0"

// run runs one command and returns its exit code: 0 when it did what was asked.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	if err := commandLine(in, out, errOut).Run(ctx, args); err != nil {
		tell(errOut, err)
		return 1
	}
	return 0
}

// commandLine is all that usherd can be told.
func commandLine(in io.Reader, out, errOut io.Writer) *cli.Command {
	return &cli.Command{
		Name:    "usherd",
		Usage:   "turns webhooks from a CRM into users of a WordPress site",
		Version: version,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "data", Usage: "the folder Usher keeps its data in", TakesFile: true},
			&cli.StringFlag{Name: "secrets", Usage: "where passwords are kept: keyring, or file (sealed with the passphrase in USHER_PASSPHRASE)"},
			&cli.StringFlag{Name: "log-level", Value: "info", Usage: "how much is logged: debug, info, warn or error"},
		},
		Commands: []*cli.Command{
			bare(demoCommand()),
			bare(setupCommand()), bare(connectCommand()), bare(removeCommand()), bare(disconnectCommand()),
			bare(signInCommand()), bare(registerCommand()), bare(unregisterCommand()),
			bare(checkCommand()), bare(helperCommand()), bare(addressCommand()),
			bare(serveCommand()), bare(sendTestCommand()), bare(statusCommand()), bare(deliveriesCommand()),
			retryCommand(), declineCommand(), bare(keepCommand()), forgetCommand(),
			bare(pauseCommand("pause", "stops all writing to sites; messages are received all the same", true)),
			bare(pauseCommand("resume", "lets writing go on", false)),
			bare(exportCommand()), bare(importCommand()),
			bare(backupCommand()), bare(restoreCommand()), bare(setAsideCommand()),
		},
		Reader:         in,
		Writer:         out,
		ErrWriter:      errOut,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // run tells
	}
}

// bare makes a command refuse arguments, which would be a flag mistyped.
func bare(c *cli.Command) *cli.Command {
	action := c.Action
	c.Action = func(ctx context.Context, cmd *cli.Command) error {
		if cmd.Args().Present() {
			return fmt.Errorf("%s takes no %q", c.Name, cmd.Args().First())
		}
		return action(ctx, cmd)
	}
	return c
}

// tell explains an error: for a Problem what is wrong and what to do.
func tell(w io.Writer, err error) {
	var problem *core.Problem
	if !errors.As(err, &problem) || problem.Code == "app.internal" {
		_, _ = fmt.Fprintf(w, "usherd: %s\n", core.Visible(err.Error()))
		return
	}
	_, _ = fmt.Fprintf(w, "usherd: %s\n%s\n(%s)\n", core.Visible(problem.Sentence()), core.Visible(problem.Fix), problem.Code)
}

// options reads the flags every command has.
func options(cmd *cli.Command) (app.Options, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cmd.String("log-level"))); err != nil {
		return app.Options{}, fmt.Errorf("--log-level: %w", err)
	}
	switch kind := cmd.String("secrets"); kind {
	case "", app.SecretsKeyring, app.SecretsFile:
	default:
		return app.Options{}, fmt.Errorf("--secrets %s is not known; use keyring or file", kind)
	}
	return app.Options{
		DataDir:    cmd.String("data"),
		Secrets:    cmd.String("secrets"),
		Passphrase: core.NewSecret(os.Getenv("USHER_PASSPHRASE")),
		NgrokToken: core.NewSecret(os.Getenv("NGROK_AUTHTOKEN")),
		Log:        slog.New(slog.NewTextHandler(cmd.Root().ErrWriter, &slog.HandlerOptions{Level: level})),
	}, nil
}

// printJSON writes v as one line.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // URLs are read by people
	return enc.Encode(v)
}
