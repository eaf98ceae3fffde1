// Package realwp starts a real WordPress for tests: MariaDB, PHP's own web server and a freshly installed
// site, all in a temporary folder, all gone when the site is closed or the program ends, however it ends.
//
// What it runs on is installed by .ci/install; where that is missing, [Run] skips its test and says so.
// It knows nothing of Usher, so that it can contradict it. Start reading at [Start].
//
// Why MariaDB and not the SQLite drop-in: collation and races are the real ones, and the drop-in does not
// run on 6.1 (measured). Why no wp-cli: Debian has none and two function calls do its work.
package realwp

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	host  = "127.0.0.1" // not localhost: WordPress sends no mail from there (measured on 6.1.9 and 7.1.4)
	admin = "admin"
)

//go:embed site content
var files embed.FS

// Options say what kind of site to start. The zero value is the newest WordPress with pretty permalinks.
type Options struct {
	Version string // such as "6.1" or "7.1.4", [Oldest], or [Newest], which is also the default
	Plain   bool   // plain permalinks: the API answers at ?rest_route= only
	Folder  string // the site lives in this folder of its server, such as "blog"
	Port    int    // on 127.0.0.1; 0 takes a free one
	Network bool   // a network of two sites (multisite): this one and another at /two, both with one administrator, who runs the network
}

// Site is a running WordPress with one administrator. Its methods are for one goroutine,
// except PHP and Mails, which any may call.
type Site struct {
	URL         string // no slash at the end
	Version     string // as WordPress itself says it
	User        string // the administrator
	AppPassword string // the administrator's application password, without spaces
	Password    string // the administrator's own, for the log-in form; REST refuses it
	ContentDir  string // the site's wp-content, with empty plugins and mu-plugins to put some into
	MailDir     string // every mail sent is a file here
	PHPLog      string // what PHP complained about; no file as long as it did not

	made     installation
	dir      string
	keeper   *keeper
	reserved *reservation
	database *process
	web      *process // nil while the site is down
}

// Start installs and starts a site, in half a second to two. ctx governs the starting only: the site runs
// until Close. On a machine without the needed version or programs the error names what is missing.
func Start(ctx context.Context, o Options) (*Site, error) {
	made, err := find(o.Version)
	if err != nil {
		return nil, err
	}
	s := &Site{Version: made.version, User: admin, Password: rand.Text(), made: made}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("start WordPress %s: %w", s.Version, err), s.Close())
	}
	return s, nil
}

func (s *Site) open(ctx context.Context, o Options) (err error) {
	if s.dir, err = os.MkdirTemp("", "usher-realwp-"); err != nil {
		return err
	}
	s.MailDir, s.PHPLog = filepath.Join(s.dir, "mails"), filepath.Join(s.dir, "php.log")
	if err := s.lay("site", s.dir); err != nil {
		return err
	}
	for _, folder := range []string{"pids", "tmp", "mails"} {
		if err := os.Mkdir(filepath.Join(s.dir, folder), 0o700); err != nil {
			return err
		}
	}
	if s.keeper, err = startKeeper(ctx, s.dir); err != nil {
		return err
	}
	if s.reserved, err = reservePort(o.Port); err != nil {
		return err
	}
	folder := strings.Trim(o.Folder, "/")
	s.URL = strings.TrimSuffix(fmt.Sprintf("http://%s:%d/%s", host, s.reserved.port, folder), "/")
	if err := s.layDocroot(folder); err != nil {
		return err
	}
	if err := s.writeSettings(o); err != nil {
		return err
	}
	if err := s.startDatabase(ctx); err != nil {
		return err
	}
	if s.AppPassword, err = s.runPHP(ctx, "install.php", ""); err != nil {
		return err
	}
	if o.Network {
		if _, err := s.runPHP(ctx, "network.php", ""); err != nil {
			return err
		}
	}
	return s.startWeb(ctx)
}

// lay copies one of the embedded folders.
func (s *Site) lay(name, dir string) error {
	folder, err := fs.Sub(files, name)
	if err != nil {
		return err
	}
	return os.CopyFS(dir, folder)
}

// layDocroot makes what the web server sees: WordPress's own files by link, wp-content for real.
func (s *Site) layDocroot(folder string) error {
	root := filepath.Join(s.dir, "docroot", filepath.FromSlash(folder))
	s.ContentDir = filepath.Join(root, "wp-content")
	for _, plugins := range []string{"plugins", "mu-plugins"} {
		if err := os.MkdirAll(filepath.Join(s.ContentDir, plugins), 0o700); err != nil {
			return err
		}
	}
	if err := s.lay("content", s.ContentDir); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.made.tree)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Symlink(filepath.Join(s.made.tree, entry.Name()), filepath.Join(root, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// writeSettings tells the PHP files of this site what they cannot know.
func (s *Site) writeSettings(o Options) error {
	settings, err := json.Marshal(map[string]any{
		"url": s.URL, "plain": o.Plain, "network": o.Network, "user": s.User, "password": s.Password,
		"tree": s.made.tree, "content_dir": s.ContentDir,
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "settings.json"), settings, 0o600)
}

// Stop takes the web server down, as when WordPress is not reachable: callers are refused. The database
// and the port stay, for Start. Requests under way may still finish.
func (s *Site) Stop() error {
	if s.web == nil {
		return nil
	}
	err := s.web.stop(os.Interrupt) // its master then waits for its workers; on SIGTERM it does not
	s.web = nil
	return err
}

// Start brings a stopped site back at the same URL with all its data.
func (s *Site) Start(ctx context.Context) error {
	if s.web != nil {
		return errors.New("the site is running")
	}
	return s.startWeb(ctx)
}

// Close ends all processes of the site and removes its files. Closing twice is harmless.
func (s *Site) Close() error {
	errs := []error{s.Stop()}
	if s.database != nil {
		errs = append(errs, s.database.stop(os.Kill)) // nothing of it is kept
	}
	if s.keeper != nil {
		errs = append(errs, s.keeper.release())
	}
	if s.reserved != nil {
		errs = append(errs, s.reserved.release())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	s.database, s.keeper, s.reserved, s.dir = nil, nil, nil, ""
	return errors.Join(errs...)
}
