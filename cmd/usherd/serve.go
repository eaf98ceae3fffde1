package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"usher/cmd/internal/app"
	"usher/core/engine"
	"usher/tunnel"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "receives webhooks and updates the site until it is told to stop",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "address", Value: "local", Usage: "how CRMs reach Usher: local (this computer only) or fixed (a public URL of your own in front of --listen)"},
			&cli.StringFlag{Name: "listen", Value: engine.DefaultListen, Usage: "the local address to listen on"},
			&cli.StringFlag{Name: "public-url", Usage: "with --address fixed: the public URL that leads to --listen"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) (err error) {
			address, err := chooseAddress(cmd)
			if err != nil {
				return err
			}
			o, err := options(cmd)
			if err != nil {
				return err
			}
			usher, err := app.Open(ctx, o)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, usher.Close()) }()
			return usher.Serve(ctx, address, func(r tunnel.Report) {
				_ = printJSON(cmd.Root().Writer, readyLine{Ready: true, Local: r.Local, Public: r.URL})
			})
		},
	}
}

// readyLine is what serve prints once CRMs can reach it.
type readyLine struct {
	Ready  bool   `json:"ready"`
	Local  string `json:"local"`
	Public string `json:"public"`
}

func chooseAddress(cmd *cli.Command) (tunnel.Address, error) {
	listen, public := cmd.String("listen"), cmd.String("public-url")
	switch kind := cmd.String("address"); kind {
	case "local":
		if public != "" {
			return nil, errors.New("--public-url goes with --address fixed")
		}
		return tunnel.Local{Listen: listen}, nil
	case "fixed":
		return tunnel.Fixed{Listen: listen, PublicURL: public}, nil
	default:
		return nil, fmt.Errorf("--address %s is not known; use local or fixed", kind)
	}
}
