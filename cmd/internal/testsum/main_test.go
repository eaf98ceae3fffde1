package main

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		ok     bool
		wanted []string
	}{
		"all well": {`{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":1.5}`, true, []string{"ok  p  1.5s", "1 passed, 0 failed, 0 skipped"}},
		"a failure shows its output": {`{"Action":"output","Package":"p","Test":"TestA","Output":"a_test.go:1: broken\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`, false, []string{"--- FAIL p TestA", "broken", "0 passed, 1 failed"}},
		"a skipped test is named with its reason": {`{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: SKIPPED REAL PART: no php\n"}
{"Action":"skip","Package":"p","Test":"TestA"}`, true, []string{"1 skipped:", "p TestA: SKIPPED REAL PART: no php"}},
		"a package that does not build fails": {`{"Action":"build-output","ImportPath":"p","Output":"p.go:1: undefined\n"}
{"Action":"build-fail","ImportPath":"p"}
{"Action":"pass","Package":"q","Test":"TestA"}
{"Action":"fail","Package":"p"}`, false, []string{"does not build", "undefined"}},
		"a package that crashes outside its tests fails": {`{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"panic: oh\n"}
{"Action":"fail","Package":"p"}`, false, []string{"panic: oh"}},
		"no test at all is not well": {``, false, []string{"0 passed"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			ok, err := summarize(strings.NewReader(c.in), &out)
			if err != nil {
				t.Fatal(err)
			}
			if ok != c.ok {
				t.Errorf("ok = %v, want %v", ok, c.ok)
			}
			for _, want := range c.wanted {
				if !strings.Contains(out.String(), want) {
					t.Errorf("missing %q in:\n%s", want, out.String())
				}
			}
		})
	}
}
