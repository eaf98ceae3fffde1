package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v3"

	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/engine"
	"usher/tunnel"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "receives webhooks and updates the site until it is told to stop",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "address", Usage: "how CRMs reach Usher, instead of what \"usherd address\" says: local (this computer only), fixed (a public URL of your own in front of --listen) or ngrok"},
			&cli.StringFlag{Name: "listen", Usage: "the local port, 127.0.0.1:PORT (default: " + engine.DefaultListen + ")"},
			&cli.StringFlag{Name: "public-url", Usage: "with fixed: the public URL that leads to --listen; with ngrok: one of several domains of the account"},
		},
		Action: func(ctx context.Context, cmd *cli.Command) (err error) {
			o, err := options(cmd)
			if err != nil {
				return err
			}
			usher, err := app.Open(ctx, o)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, usher.Close()) }()
			plan, err := choosePlan(cmd, usher.Engine.AddressPlan())
			if err != nil {
				return err
			}
			return usher.Serve(ctx, app.ServeOptions{Plan: plan, Ready: func(r tunnel.Report) {
				_ = printJSON(cmd.Root().Writer, readyLine{Ready: true, Local: r.Local, Public: r.URL})
			}})
		},
	}
}

// readyLine is what serve prints once CRMs can reach it.
type readyLine struct {
	Ready  bool   `json:"ready"`
	Local  string `json:"local"`
	Public string `json:"public"`
}

// choosePlan is the plan the flags make of the one that was set up; nil where they say
// nothing.
func choosePlan(cmd *cli.Command, plan core.AddressPlan) (*core.AddressPlan, error) {
	if !cmd.IsSet("address") && !cmd.IsSet("listen") && !cmd.IsSet("public-url") {
		return nil, nil
	}
	if kind := core.AddressKind(cmd.String("address")); cmd.IsSet("address") && kind != plan.Kind {
		plan = core.AddressPlan{Kind: kind, Listen: plan.Listen, MonthlyLimit: plan.MonthlyLimit}
	}
	if cmd.IsSet("listen") {
		plan.Listen = cmd.String("listen")
	}
	if cmd.IsSet("public-url") {
		if plan.Kind == core.LocalAddress {
			return nil, errors.New("--public-url goes with --address fixed or ngrok")
		}
		plan.URL = cmd.String("public-url")
	}
	return &plan, app.CheckAddress(plan)
}
