package realwp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

const (
	startWait = 30 * time.Second // for a server to answer, also on a busy machine
	pollEvery = 10 * time.Millisecond
)

// startDatabase starts a MariaDB that is reachable through its socket in the site's private folder alone.
// Without privilege tables there is nothing to prepare: it answers after 0.1 s (measured on 10.11),
// so each site has its own and sites cannot disturb each other.
func (s *Site) startDatabase(ctx context.Context) error {
	data := filepath.Join(s.dir, "database")
	if err := os.MkdirAll(filepath.Join(data, "mysql"), 0o700); err != nil {
		return err
	}
	socket := filepath.Join(s.dir, "db.sock")
	args := []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + socket, "--skip-networking", "--skip-grant-tables",
		// Test data: nothing waits for the disk, and the files stay small.
		"--loose-innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
		"--innodb-stats-persistent=0", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M",
		"--innodb-data-file-path=ibdata1:5M:autoextend", "--innodb-autoextend-increment=1", "--performance-schema=0",
	}
	if os.Getuid() == 0 {
		args = append(args, "--user=root") // else it refuses to run
	}
	var err error
	s.database, err = s.startServer(ctx, "database", "unix", socket, s.env(), s.made.mariadbd, args...)
	return err
}

// startWeb starts PHP's own server with four workers, so that requests do race.
func (s *Site) startWeb(ctx context.Context) error {
	address := net.JoinHostPort(host, strconv.Itoa(s.reserved.port))
	args := append(s.phpSettings(),
		"-d", "error_log="+s.PHPLog,
		"-d", "opcache.enable_cli=1", "-d", "opcache.revalidate_freq=0", // a changed plugin counts at once
		"-S", address, "-t", filepath.Join(s.dir, "docroot"), filepath.Join(s.dir, "router.php"))
	env := append(s.env(), "PHP_CLI_SERVER_WORKERS=4")
	var err error
	s.web, err = s.startServer(ctx, "web", "tcp", address, env, s.made.php, args...)
	return err
}

// startServer starts a server and returns once it takes connections.
func (s *Site) startServer(ctx context.Context, name, network, address string, env []string, path string, args ...string) (*process, error) {
	p, err := startProcess(ctx, s.dir, name, env, path, args...)
	if err != nil {
		return nil, err
	}
	if err := await(ctx, p, network, address); err != nil {
		said, _ := os.ReadFile(filepath.Join(s.dir, name+".log"))
		return nil, errors.Join(fmt.Errorf("start %s: %w: %s", name, err, said), p.stop(os.Kill))
	}
	return p, nil
}

var errEnded = errors.New("it ended at once")

func await(ctx context.Context, p *process, network, address string) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.ended:
			return errEnded
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}
