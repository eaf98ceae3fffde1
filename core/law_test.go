package core

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// law says, for every package of Usher, which packages of ours it may import and which
// third-party modules have their one home there. Test files are exempt; build tags are
// ignored, so the law holds on every system.
var law = map[string]struct {
	ours []string // "x/..." allows everything below x
	home []string // module path prefixes
}{
	"ui":                              {ours: []string{"core", "assets", "ui/..."}},
	"ui/look":                         {ours: []string{"core", "assets", "ui/words"}},
	"ui/look/looktest":                {ours: []string{"ui/look"}},
	"ui/words":                        {ours: []string{"core", "assets"}, home: []string{"golang.org/x/text/language", "golang.org/x/text/message"}},
	"ui/stage":                        {ours: []string{"core", "ui/words"}},
	"ui/opening":                      {ours: screen},
	"ui/needs":                        {ours: screen},
	"ui/activity":                     {ours: screen},
	"ui/people":                       {ours: screen},
	"ui/connections":                  {ours: screen},
	"ui/settings":                     {ours: screen},
	"ui/wizard":                       {ours: screen},
	"ui/tray":                         {ours: screen},
	"ui/news":                         {ours: screen},
	"assets":                          {},
	"tunnel":                          {home: []string{"golang.ngrok.com/ngrok/v2", "golang.org/x/net"}},
	"tunnel/ngroktest":                {home: []string{"golang.ngrok.com/muxado/v2"}},
	"core":                            {},
	"core/seal":                       {ours: []string{"core"}, home: []string{"filippo.io/age"}},
	"core/secrets":                    {ours: []string{"core", "core/seal"}, home: []string{"github.com/zalando/go-keyring"}},
	"core/secrets/realkeyring":        {},
	"core/store":                      {ours: []string{"core", "core/seal"}, home: []string{"go.etcd.io/bbolt"}},
	"core/receiver":                   {ours: []string{"core"}},
	"core/rest":                       {ours: []string{"core"}, home: []string{"golang.org/x/time"}},
	"core/crm":                        {ours: []string{"core", "core/crm/kartra", "core/crm/ontraport", "core/crm/ortto", "core/crm/pulse"}},
	"core/crm/crmtest":                {ours: []string{"core", "core/practice"}, home: []string{"go.uber.org/goleak"}},
	"core/crm/kartra":                 {ours: []string{"core", "core/rest"}},
	"core/crm/ontraport":              {ours: []string{"core", "core/rest"}},
	"core/crm/ortto":                  {ours: []string{"core", "core/rest"}},
	"core/crm/pulse":                  {ours: []string{"core", "core/rest"}, home: []string{"golang.org/x/oauth2"}},
	"core/usersync":                   {ours: []string{"core"}},
	"core/wordpress":                  {ours: []string{"core", "core/rest"}, home: []string{"golang.org/x/text"}},
	"core/wordpress/wptest":           {ours: []string{"core", "core/rest", "core/wordpress"}},
	"core/wordpress/realwp":           {},
	"core/authorise":                  {ours: []string{"core"}},
	"core/practice":                   {ours: []string{"core"}},
	"core/move":                       {ours: []string{"core", "core/seal"}},
	"core/engine":                     {ours: []string{"core", "core/move", "core/seal", "core/store", "core/usersync"}},
	"core/control":                    {ours: []string{"core"}},
	"cmd/internal/app":                {ours: []string{"core/...", "core", "tunnel"}},
	"cmd/internal/autostart":          {home: []string{"golang.org/x/sys"}},
	"cmd/internal/logfile":            {},
	"cmd/internal/realdesktop":        {ours: []string{"cmd/internal/realdesktop/finder", "core/secrets/realkeyring"}},
	"cmd/internal/realdesktop/finder": {},
	"cmd/internal/bench":              {ours: []string{"core", "core/receiver", "core/seal", "core/store", "tunnel"}},
	"cmd/internal/licences":           {},
	"cmd/internal/realwp":             {ours: []string{"core/wordpress/realwp"}},
	"cmd/internal/testsum":            {},
	"cmd/internal/leaks":              {},
	"cmd/internal/torture":            {ours: []string{"core/...", "core", "assets", "tunnel", "cmd/internal/app", "cmd/internal/leaks"}},
	"cmd/usher":                       {ours: []string{"core/...", "core", "assets", "ui", "ui/...", "cmd/internal/app", "cmd/internal/autostart", "cmd/internal/logfile", "cmd/internal/realdesktop/finder"}},
	"cmd/usherd": {
		ours: []string{"core/...", "core", "assets", "tunnel", "cmd/internal/app"},
		home: []string{"github.com/urfave/cli/v3", "golang.org/x/term"},
	},
}

// screen is what each screen of the window may import of ours.
var screen = []string{"core", "assets", "ui/look", "ui/stage", "ui/words"}

// shared are the libraries that have a whole part of the house for a home. Under ui nothing
// imports fyne.io/fyne/v2/app, so that its tests need neither gcc nor a display.
var shared = map[string][]string{
	"fyne.io/fyne/v2/app":       {"cmd/usher"},
	"fyne.io/fyne/v2":           {"ui", "ui/...", "cmd/usher", "cmd/internal/realdesktop/finder"},
	"fyne.io/systray":           {"cmd/usher"},
	"github.com/godbus/dbus/v5": {"core/secrets", "core/secrets/realkeyring", "cmd/internal/realdesktop", "cmd/usher"},
}

// isShared reports whether a library is in shared, and at home in pkg.
func isShared(imported, pkg string) (shares, home bool) {
	longest := ""
	for library := range shared {
		if (imported == library || strings.HasPrefix(imported, library+"/")) && len(library) > len(longest) {
			longest = library
		}
	}
	return longest != "", allowed(shared[longest], pkg)
}

// testOnly are packages that must not reach a program people run.
var testOnly = []string{
	"core/crm/crmtest", "core/wordpress/wptest", "core/wordpress/realwp", "tunnel/ngroktest", "core/secrets/realkeyring",
	"ui/look/looktest", "cmd/internal/realdesktop", "cmd/internal/realdesktop/finder", "cmd/internal/leaks", "cmd/internal/torture",
}

func TestImportLaw(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(pkg, file string, imports []string) {
		rule, known := law[pkg]
		if !known {
			t.Errorf("%s: package %s has no entry in the law", file, pkg)
			return
		}
		seen[pkg] = true
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, imported := range imports {
			switch own, isOwn := strings.CutPrefix(imported, "usher/"); {
			case isOwn:
				if !allowed(rule.ours, own) {
					t.Errorf("%s: %s must not import %s", file, pkg, own)
				}
				if slices.Contains(testOnly, own) && !slices.Contains(testOnly, pkg) && pkg != "cmd/internal/realwp" && path.Base(file) != "finder_on.go" {
					t.Errorf("%s: %s is for tests only", file, own)
				}
			case strings.Contains(strings.Split(imported, "/")[0], "."):
				if shares, home := isShared(imported, pkg); shares {
					if !home {
						t.Errorf("%s: %s is no home of %s", file, pkg, imported)
					}
					continue
				}
				if !slices.ContainsFunc(rule.home, func(home string) bool {
					return imported == home || strings.HasPrefix(imported, home+"/")
				}) {
					t.Errorf("%s: %s is not the home of %s", file, pkg, imported)
				}
			}
		}
	})
	for pkg := range law {
		if !seen[pkg] {
			t.Errorf("the law has an entry for %s, which does not exist", pkg)
		}
	}
}

func TestEachLibraryHasOneHome(t *testing.T) {
	homes := map[string]string{}
	for pkg, rule := range law {
		if slices.Contains(testOnly, pkg) {
			continue // tests speak to the real thing too
		}
		for _, module := range rule.home {
			if other, taken := homes[module]; taken {
				t.Errorf("%s has two homes: %s and %s", module, other, pkg)
			}
			homes[module] = pkg
		}
	}
}

// Concurrency is owned: goroutines start only where something waits for their end.
func TestGoroutinesStartOnlyWhereTheyAreOwned(t *testing.T) {
	owners := []string{
		"core/store", "core/engine", "core/control", "core/secrets", "core/practice",
		"core/authorise", "core/wordpress/realwp", "core/wordpress/wptest", "tunnel", "tunnel/ngroktest", "ui", "cmd/internal/realdesktop/finder", "cmd/usher", "cmd/internal/app", "cmd/usherd", "cmd/internal/bench", "cmd/internal/realwp",
	}
	root := filepath.Join("..")
	eachGoFile(t, func(pkg, file string, _ []string) {
		if strings.HasSuffix(file, "_test.go") || slices.Contains(owners, pkg) {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine; %s owns none", file, pkg)
			}
			return true
		})
	})
}

func TestReadmeMapNamesEveryPackage(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range law {
		if n := strings.Count(string(readme), "| `"+pkg+"` |"); n != 1 {
			t.Errorf("the README's map names %s %d times, want once", pkg, n)
		}
	}
}

func allowed(rules []string, pkg string) bool {
	return slices.ContainsFunc(rules, func(rule string) bool {
		below, all := strings.CutSuffix(rule, "/...")
		return rule == pkg || (all && strings.HasPrefix(pkg, below+"/"))
	})
}

// eachGoFile visits every Go file of the project with its imports.
func eachGoFile(t *testing.T, visit func(pkg, file string, imports []string)) {
	t.Helper()
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && name != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		source, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			imports = append(imports, strings.Trim(spec.Path.Value, `"`))
		}
		visit(path.Dir(file), file, imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
