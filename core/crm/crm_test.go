package crm_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"usher/core"
	"usher/core/crm"
)

func TestEveryFolderIsAnAdapterThatIsListedAndTested(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == "crmtest" {
			continue
		}
		folders++
		t.Run(entry.Name(), func(t *testing.T) {
			adapter, ok := byKind(entry.Name())
			if !ok {
				t.Error("no adapter in All is of the kind the folder is called")
			}
			suites := []string{"Run", "Fuzz"}
			if _, opens := adapter.(core.Opener); opens {
				suites = append(suites, "RunClient")
			}
			called := suiteCalls(t, entry.Name())
			for _, name := range suites {
				if !called[name] {
					t.Errorf("its tests do not call crmtest.%s", name)
				}
			}
		})
	}
	if folders != len(crm.All()) {
		t.Errorf("%d folders, %d adapters", folders, len(crm.All()))
	}
}

// suiteCalls returns the functions of crmtest that the tests in a folder call.
func suiteCalls(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if fun, ok := call.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := fun.X.(*ast.Ident); ok && pkg.Name == "crmtest" {
					called[fun.Sel.Name] = true
				}
			}
			return true
		})
	}
	return called
}

func TestKindsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, adapter := range crm.All() {
		kind := adapter.Describe().Kind
		if seen[kind] {
			t.Errorf("two adapters are of the kind %q", kind)
		}
		seen[kind] = true
	}
}

func byKind(kind string) (core.Adapter, bool) {
	all := crm.All()
	i := slices.IndexFunc(all, func(a core.Adapter) bool { return a.Describe().Kind == kind })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// The message the README shows is one the tests read.
func TestTheReadmeShowsASample(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	adapter, _ := byKind("ontraport")
	for _, sample := range adapter.Describe().Samples {
		if bytes.Contains(readme, append([]byte("```\n"), bytes.TrimSpace(sample.Body)...)) {
			return
		}
	}
	t.Error("the README shows none of Ontraport's samples")
}
