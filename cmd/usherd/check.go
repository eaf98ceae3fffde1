package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"usher/core"
	"usher/core/wordpress"
)

// applicationPassword names the environment variable check reads; arguments are seen by
// every user of the computer.
const applicationPassword = "USHER_APPLICATION_PASSWORD" //nolint:gosec // a name, not a password

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "goes every step to a WordPress site and says which are in order; it changes and keeps nothing",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "url", Usage: "the site's address", Required: true},
			&cli.StringFlag{Name: "user", Usage: "the account Usher is to use; its application password is read from " + applicationPassword},
			&cli.BoolFlag{Name: "json", Usage: "print a line of JSON for each step"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			user, password := cmd.String("user"), core.NewSecret(os.Getenv(applicationPassword))
			if user != "" && password.Empty() {
				return errors.New("the environment variable " + applicationPassword + " is not set")
			}
			if user == "" {
				password = core.Secret{} // nobody to sign in as
			}
			_, steps := wordpress.Diagnose(ctx, cmd.String("url"), user, password)
			print := printSteps
			if cmd.Bool("json") {
				print = printStepsAsJSON
			}
			if err := print(cmd.Root().Writer, steps); err != nil {
				return err
			}
			return verdict(steps)
		},
	}
}

var stepMarks = map[core.StepState]string{core.StepOK: "✓", core.StepProblem: "✗", core.StepSkipped: "–"}

func printSteps(out io.Writer, steps []core.Step) error {
	for _, step := range steps {
		line := stepMarks[step.State] + " " + core.Visible(step.Title)
		switch {
		case step.Problem != nil:
			line += "\n  " + core.Visible(step.Problem.Title) + "\n  Fix: " + core.Visible(step.Problem.Fix)
		case step.State == core.StepSkipped:
			line += " (not checked)"
		case step.Detail != "":
			line += ": " + core.Visible(step.Detail)
		}
		if step.Took > 0 {
			line += " (" + time.Duration(step.Took).Round(time.Millisecond).String() + ")"
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return fmt.Errorf("print steps: %w", err)
		}
	}
	return nil
}

func printStepsAsJSON(out io.Writer, steps []core.Step) error {
	for _, step := range steps {
		if err := printJSON(out, step); err != nil {
			return err
		}
	}
	return nil
}

// verdict is an error unless every step is in order.
func verdict(steps []core.Step) error {
	has := func(state core.StepState) bool {
		return slices.ContainsFunc(steps, func(s core.Step) bool { return s.State == state })
	}
	switch {
	case has(core.StepProblem):
		return errors.New("the site is not ready for Usher")
	case has(core.StepSkipped):
		return errors.New("not everything was checked: give --user, and its application password in " + applicationPassword)
	default:
		return nil
	}
}
