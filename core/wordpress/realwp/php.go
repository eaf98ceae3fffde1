package realwp

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// PHP runs code with WordPress loaded, as "wp eval" would, and returns what it prints. The code has no
// "<?php" in front. It works while the site is stopped too. A PHP error comes back as an error with its text.
func (s *Site) PHP(ctx context.Context, code string) (string, error) {
	return s.runPHP(ctx, "run.php", code)
}

// Mails returns the mails the site sent, oldest first, headers and all.
func (s *Site) Mails() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(s.MailDir, "*.eml"))
	if err != nil {
		return nil, err
	}
	mails := make([]string, 0, len(names))
	for _, name := range names { // in order: the names begin with the time
		mail, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read mail: %w", err)
		}
		mails = append(mails, string(mail))
	}
	return mails, nil
}

// runPHP runs one of the site's scripts to its end.
func (s *Site) runPHP(ctx context.Context, script, input string) (string, error) {
	cmd := exec.CommandContext(ctx, s.made.php, append(s.phpSettings(), filepath.Join(s.dir, script))...)
	var out, complaints bytes.Buffer
	cmd.Dir, cmd.Env = s.dir, s.env()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("run %s: %w: %s", script, err, bytes.TrimSpace(complaints.Bytes()))
	}
	return out.String(), nil
}

// phpSettings are those that differ from PHP's defaults. Errors go to standard error, unless error_log is set.
func (s *Site) phpSettings() []string {
	return []string{
		"-d", "display_errors=0", "-d", "log_errors=1", "-d", "memory_limit=256M",
		"-d", `sendmail_path="sh '` + filepath.Join(s.dir, "sendmail.sh") + `'"`,
	}
}

func (s *Site) env() []string {
	return append(os.Environ(),
		"USHER_WP_CONFIG="+filepath.Join(s.dir, "wp-config.php"),
		"TMPDIR="+filepath.Join(s.dir, "tmp"), // so that nothing stays behind elsewhere
		"LC_ALL=C")
}
