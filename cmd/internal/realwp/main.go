// Command realwp runs a real WordPress for trying things by hand, until Ctrl-C:
//
//	go run ./cmd/internal/realwp [-version 6.1] [-plain] [-folder blog] [-listen 8080]
//
// Once the site answers, it prints where it is and how to get in, as one JSON object.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"usher/core/wordpress/realwp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) { // which has been printed
			fmt.Fprintln(os.Stderr, "realwp:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o realwp.Options
	flags := flag.NewFlagSet("realwp", flag.ContinueOnError)
	flags.StringVar(&o.Version, "version", realwp.Newest, "WordPress version, such as 6.1")
	flags.BoolVar(&o.Plain, "plain", false, "plain permalinks")
	flags.StringVar(&o.Folder, "folder", "", "put the site in this folder of its server")
	flags.IntVar(&o.Port, "listen", 0, "port on 127.0.0.1 (default: any free one)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}

	site, err := realwp.Start(ctx, o)
	if err != nil {
		return err
	}
	err = describe(out, site)
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, site.Close())
}

func describe(out io.Writer, site *realwp.Site) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		URL                 string `json:"url"`
		Version             string `json:"version"`
		User                string `json:"user"`
		ApplicationPassword string `json:"application_password"`
		Password            string `json:"password"`
		MailDir             string `json:"mail_dir"`
		ContentDir          string `json:"content_dir"`
		PHPLog              string `json:"php_log"`
	}{
		site.URL, site.Version, site.User, site.AppPassword, site.Password,
		site.MailDir, site.ContentDir, site.PHPLog,
	})
}
