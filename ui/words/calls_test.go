package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"usher/assets"
)

// call is one T(key, name, value, …) or N(key, n, name, value, …) in the code.
type call struct {
	key    string
	names  []string // of the placeholders it fills
	plural bool
	where  string
	wrong  string // why it cannot be compared with the texts
}

func TestCodeAndTextsFitTogether(t *testing.T) {
	used := map[string]bool{}
	for _, c := range callsBelow(t, "../..", "ui", "cmd") {
		used[c.key] = true
		if wrong := c.misfit(texts); wrong != "" {
			t.Errorf("%s: %s", c.where, wrong)
		}
	}
	for key := range texts {
		if !used[key] {
			t.Errorf("no code says %q", key)
		}
	}
}

func TestMisfitsAreFound(t *testing.T) {
	written := map[string]text{
		"plain":  {other: "Done"},
		"filled": {other: "From {{.CRM}}"},
		"many":   {one: "{{.N}} user on {{.Site}}", other: "{{.N}} users on {{.Site}}"},
		"uneven": {one: "One user", other: "{{.N}} users of {{.CRM}}"},
	}
	for source, want := range map[string]string{
		`words.T("plain")`:                   "",
		`words.T("filled", "CRM", crm)`:      "",
		`words.N("many", n, "Site", s)`:      "",
		`words.N("uneven", n, "CRM", s)`:     "",
		`words.T("missing")`:                 `no text for "missing"`,
		`words.T("plain", "CRM", crm)`:       `"plain" is given [CRM], its text has []`,
		`words.T("filled")`:                  `"filled" is given [], its text has [CRM]`,
		`words.T("filled", "crm", crm)`:      `"filled" is given [crm], its text has [CRM]`,
		`words.N("many", n)`:                 `"many" is given [N], its text has [N Site]`,
		`words.T("many", "N", n, "Site", s)`: `"many" has a plural: use N`,
		`words.N("plain", n)`:                `"plain" has no plural: use T`,
		`words.T(key)`:                       "the key is not a literal",
		`words.T("filled", name, crm)`:       "a placeholder's name is not a literal",
		`words.T("filled", "CRM")`:           "a placeholder has no value",
		`other.T("missing")`:                 "",
	} {
		calls := callsIn(t, "x.go", "package x\nvar _ = "+source)
		got := ""
		for _, c := range calls {
			got = c.misfit(written)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}

func TestTranslationsHaveEnglishKeysAndPlaceholders(t *testing.T) {
	files, err := fs.Glob(assets.Translations, "translations/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("translations: %v, %v", files, err)
	}
	for _, file := range files {
		content, err := fs.ReadFile(assets.Translations, file)
		if err != nil {
			t.Fatal(err)
		}
		translated, err := parse(content)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for key, text := range translated {
			if english, known := texts[key]; !known {
				t.Errorf("%s: %q is not an English key", file, key)
			} else if got, want := text.placeholders(), english.placeholders(); !slices.Equal(got, want) {
				t.Errorf("%s: %q has the placeholders %v, English %v", file, key, got, want)
			}
		}
	}
}

func TestTranslationsThatCannotBeReadAreRefused(t *testing.T) {
	for _, content := range []string{`{`, `{"a": 1}`, `{"a": "{{.Unclosed"}`} {
		if _, err := parse([]byte(content)); err == nil {
			t.Errorf("%s was accepted", content)
		}
	}
}

func (c call) misfit(written map[string]text) string {
	text, known := written[c.key]
	given, has := c.names, text.placeholders()
	slices.Sort(given)
	switch {
	case c.wrong != "":
		return c.wrong
	case !known:
		return "no text for " + strconv.Quote(c.key)
	case text.one != "" && !c.plural:
		return strconv.Quote(c.key) + " has a plural: use N"
	case text.one == "" && c.plural:
		return strconv.Quote(c.key) + " has no plural: use T"
	case !slices.Equal(given, has):
		return strconv.Quote(c.key) + " is given [" + strings.Join(given, " ") + "], its text has [" + strings.Join(has, " ") + "]"
	}
	return ""
}

var named = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// placeholders lists the names a text wants, sorted.
func (t text) placeholders() []string {
	names := map[string]bool{}
	for _, form := range t.forms() {
		for _, match := range named.FindAllStringSubmatch(form, -1) {
			names[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// callsBelow lists the calls in the code of the folders, tests left out.
func callsBelow(t *testing.T, root string, folders ...string) (calls []call) {
	t.Helper()
	for _, folder := range folders {
		err := fs.WalkDir(os.DirFS(root), folder, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(os.DirFS(root), file)
			if err == nil {
				calls = append(calls, callsIn(t, file, string(source))...)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return calls
}

// callsIn lists the calls in one file: words.T and words.N, and T and N in this package.
func callsIn(t *testing.T, file, source string) (calls []call) {
	t.Helper()
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	home := path.Dir(file) == "ui/words"
	ast.Inspect(parsed, func(n ast.Node) bool {
		expression, isCall := n.(*ast.CallExpr)
		if !isCall {
			return true
		}
		name := ""
		switch f := expression.Fun.(type) {
		case *ast.SelectorExpr:
			if pkg, isName := f.X.(*ast.Ident); isName && pkg.Name == "words" {
				name = f.Sel.Name
			}
		case *ast.Ident:
			if home {
				name = f.Name
			}
		}
		if name == "T" || name == "N" {
			c := readCall(expression.Args, name == "N")
			c.where = positions.Position(expression.Pos()).String()
			calls = append(calls, c)
		}
		return true
	})
	return calls
}

func readCall(args []ast.Expr, plural bool) call {
	c := call{plural: plural}
	literal := false
	if c.key, literal = stringLiteral(args[0]); !literal {
		c.wrong = "the key is not a literal"
		return c
	}
	pairs := args[1:]
	if plural {
		c.names, pairs = []string{"N"}, args[2:]
	}
	for i := 0; i < len(pairs); i += 2 {
		name, literal := stringLiteral(pairs[i])
		switch {
		case !literal:
			c.wrong = "a placeholder's name is not a literal"
		case i+1 == len(pairs):
			c.wrong = "a placeholder has no value"
		}
		c.names = append(c.names, name)
	}
	return c
}

func stringLiteral(e ast.Expr) (string, bool) {
	literal, isLiteral := e.(*ast.BasicLit)
	if !isLiteral || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}
