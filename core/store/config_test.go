package store

import (
	"testing"

	"usher/core"
)

func TestASiteIsStoredByItselfAndStaysWhileItIsUsed(t *testing.T) {
	b := newBench(t)
	site := core.Site{ID: "s1", Home: "https://shop.test", API: "https://shop.test/wp-json", User: "ann"}
	if err := b.SaveSite(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	b.reopen()
	if got, ok := b.Config().SiteAt(site.API); !ok || got != site {
		t.Errorf("site %+v", got)
	}
	site.User = "eve"
	for _, conn := range []core.Connection{{ID: "c2", Name: "two", SiteID: "s1"}, {ID: "c1", Name: "one", SiteID: "s1"}, {ID: "c3", Name: "other", SiteID: "s2"}} {
		if err := b.SaveSetup(t.Context(), site, core.Account{ID: "a1"}, conn); err != nil {
			t.Fatal(err)
		}
	}
	err := b.RemoveSite(t.Context(), "s1")
	if p := core.AsProblem(err); p.Code != "site.in_use" || p.Detail != "one, two" {
		t.Errorf("got %v", err)
	}
	if got := b.Config().Sites["s1"]; got.User != "eve" {
		t.Errorf("site %+v", got)
	}
}

func TestASiteNobodyUsesIsRemoved(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{"s1", "s2"} {
		if err := b.SaveSite(t.Context(), core.Site{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time there is nothing to remove
		if err := b.RemoveSite(t.Context(), "s1"); err != nil {
			t.Fatal(err)
		}
		if sites := b.Config().Sites; len(sites) != 1 || sites["s2"].ID != "s2" {
			t.Errorf("left: %+v", sites)
		}
	}
	b.reopen()
	if len(b.Config().Sites) != 1 {
		t.Errorf("after a restart: %+v", b.Config().Sites)
	}
}
