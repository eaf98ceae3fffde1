package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"

	"usher/core"
	"usher/core/control"
)

// maxSetupFile bounds a set-up file, in bytes.
const maxSetupFile = 1 << 20

func setupCommand() *cli.Command {
	return &cli.Command{
		Name:  "setup",
		Usage: "makes or changes a connection and prints its webhook URLs",
		Flags: []cli.Flag{&cli.StringFlag{Name: "file", Usage: "the set-up file, JSON; - reads standard input", Required: true, TakesFile: true}},
		Action: func(ctx context.Context, cmd *cli.Command) error {
			file, err := readSetupFile(cmd.String("file"), cmd.Root().Reader)
			if err != nil {
				return err
			}
			return ask(ctx, cmd, func(b control.Backend, out io.Writer) error {
				done, err := b.Setup(ctx, file)
				if err != nil {
					return err
				}
				if done.SignIn != "" {
					done.Notes = append(done.Notes, "To sign in: usherd sign-in --account "+done.SignIn)
				}
				return printJSON(out, done)
			})
		},
	}
}

// readSetupFile reads the file and puts the values of environment variables in the place
// of {"env":"NAME"}, because the running Usher has another environment.
func readSetupFile(path string, stdin io.Reader) ([]byte, error) {
	if path != "-" {
		f, err := os.Open(path) //nolint:gosec // the file its owner named
		if err != nil {
			return nil, core.NewProblem("setup.invalid", err).About("the file cannot be read")
		}
		defer func() { _ = f.Close() }()
		stdin = f
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxSetupFile+1))
	if err != nil || len(data) > maxSetupFile {
		return nil, core.NewProblem("setup.invalid", err).About("the file is too large or cannot be read")
	}
	return fillSecrets(data)
}

// fillSecrets replaces {"env":"NAME"} where a set-up file holds secrets.
func fillSecrets(data []byte) ([]byte, error) {
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, core.NewProblem("setup.invalid", err).About("not valid JSON")
	}
	part := func(name string) map[string]any {
		m, _ := file[name].(map[string]any)
		return m
	}
	if err := fill(part("site"), "application_password"); err != nil {
		return nil, err
	}
	if err := fill(part("connection"), "access_key"); err != nil {
		return nil, err
	}
	fields, _ := part("crm")["fields"].(map[string]any)
	for name := range fields {
		if err := fill(fields, name); err != nil {
			return nil, err
		}
	}
	filled, err := json.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("fill in secrets: %w", err)
	}
	return filled, nil
}

func fill(m map[string]any, key string) error {
	reference, ok := m[key].(map[string]any)
	if !ok {
		return nil
	}
	name, ok := reference["env"].(string)
	if !ok || len(reference) != 1 {
		return core.NewProblem("setup.invalid", nil).About(key + ` is neither text nor {"env":"NAME"}`)
	}
	value, ok := os.LookupEnv(name)
	if !ok || value == "" {
		return core.NewProblem("setup.invalid", nil).About("the environment variable " + name + " is not set")
	}
	m[key] = value
	return nil
}
