package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	usher "usher/cmd/internal/app"
	"usher/cmd/internal/logfile"
	"usher/core"
)

// flags are what the program was started with.
type flags struct {
	data, secrets             string
	hidden, practice, version bool
	log                       *slog.Logger
}

func parse(args []string, errOut io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("usher", flag.ContinueOnError)
	set.SetOutput(errOut)
	set.StringVar(&f.data, "data", "", "the `folder` Usher keeps its data in")
	set.StringVar(&f.secrets, "secrets", "", "where passwords are kept: keyring, or file (sealed with a passphrase that is asked for)")
	set.BoolVar(&f.hidden, "hidden", false, "start in the tray, without the window")
	set.BoolVar(&f.practice, "practice", false, "practise with a site and a CRM inside the program")
	set.BoolVar(&f.version, "version", false, "print the version")
	if err := set.Parse(args); err != nil {
		return flags{}, err
	}
	if set.NArg() > 0 {
		return flags{}, refuse(errOut, fmt.Sprintf("usher takes no %q", set.Arg(0)))
	}
	switch f.secrets {
	case "", usher.SecretsKeyring, usher.SecretsFile:
		f.log = f.logger(errOut)
		return f, nil
	}
	return flags{}, refuse(errOut, "--secrets "+f.secrets+" is not known; use keyring or file")
}

// logName is the log's name within the data folder, and mostLog its size in bytes.
const (
	logName = "usher.log"
	mostLog = 2 << 20
)

// logFile is where the log is kept; empty for nowhere.
func (f flags) logFile() string {
	folder, err := usher.Options{DataDir: f.data}.Folder()
	if err != nil || f.practice {
		return ""
	}
	return filepath.Join(folder, logName)
}

// logger writes what is wrong to standard error, and what is done to the log, which stays open
// to the end of the program.
func (f flags) logger(errOut io.Writer) *slog.Logger {
	loud := slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelWarn})
	path := f.logFile()
	if path == "" {
		return slog.New(loud)
	}
	return slog.New(slog.NewMultiHandler(loud, slog.NewTextHandler(logfile.New(path, mostLog), nil)))
}

func refuse(errOut io.Writer, why string) error {
	_, _ = fmt.Fprintln(errOut, "usher: "+why)
	return errors.New(why)
}

func (f flags) options() usher.Options {
	return usher.Options{
		DataDir: f.data, Secrets: f.secrets, Log: f.log,
		Passphrase: core.NewSecret(os.Getenv("USHER_PASSPHRASE")),
		NgrokToken: core.NewSecret(os.Getenv("NGROK_AUTHTOKEN")),
		Ngrok:      ngrok(),
	}
}
