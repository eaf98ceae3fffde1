package assets_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"usher/assets"
)

func TestHelperZip(t *testing.T) {
	packed := packHelper(t)
	t.Run("is the same each time", func(t *testing.T) {
		if !bytes.Equal(packed, packHelper(t)) {
			t.Error("two zips differ")
		}
	})
	files := unpack(t, packed)
	t.Run("holds one folder with the plugin", func(t *testing.T) {
		var names []string
		for name := range files {
			names = append(names, name)
		}
		slices.Sort(names)
		want := []string{"usher-helper/readme.txt", "usher-helper/uninstall.php", "usher-helper/usher-helper.php"}
		if !slices.Equal(names, want) {
			t.Errorf("got %q, want %q", names, want)
		}
	})
	t.Run("is of the version the program says", func(t *testing.T) {
		for _, place := range []struct{ file, line string }{
			{"usher-helper/usher-helper.php", `(?m)^ \* Version: +(.+)$`},
			{"usher-helper/usher-helper.php", `const USHER_VERSION += '(.+)';`},
			{"usher-helper/readme.txt", `(?m)^Stable tag: (.+)$`},
		} {
			found := regexp.MustCompile(place.line).FindSubmatch(files[place.file])
			if found == nil || string(found[1]) != assets.HelperVersion {
				t.Errorf("%s: %s gives %q, want %q", place.file, place.line, found, assets.HelperVersion)
			}
		}
	})
	t.Run("each PHP file refuses direct access", func(t *testing.T) {
		guard := regexp.MustCompile(`(?m)^defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;$`)
		for name, content := range files {
			if filepath.Ext(name) == ".php" && !guard.Match(content) {
				t.Errorf("%s has no guard", name)
			}
		}
	})
	t.Run("each global name has the prefix", func(t *testing.T) {
		global := regexp.MustCompile(`(?m)^(?:function|const|class|final class) (\w+)`)
		for _, found := range global.FindAllSubmatch(files["usher-helper/usher-helper.php"], -1) {
			if !regexp.MustCompile(`(?i)^usher_`).Match(found[1]) {
				t.Errorf("%s has no prefix", found[1])
			}
		}
	})
}

func TestHelperIsValidPHP(t *testing.T) {
	php, err := exec.LookPath("php")
	if err != nil {
		t.Skip("SKIPPED REAL PART: PHP is not installed here; .ci/install fetches it")
	}
	files, err := filepath.Glob("usher-helper/*.php")
	if err != nil || len(files) == 0 {
		t.Fatalf("no PHP files: %v", err)
	}
	for _, file := range files {
		if out, err := lint(t.Context(), php, file); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

func lint(ctx context.Context, php, file string) ([]byte, error) {
	return exec.CommandContext(ctx, php, "-l", file).CombinedOutput()
}

func packHelper(t *testing.T) []byte {
	t.Helper()
	packed, err := assets.HelperZip()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func unpack(t *testing.T, packed []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range r.File {
		file, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		files[entry.Name] = content
	}
	return files
}
