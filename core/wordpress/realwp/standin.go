package realwp

import (
	"embed"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:embed standins
var standInFiles embed.FS

// StandIn is something that keeps programs from a WordPress, played as it was seen or is
// documented: a plugin on the site, or a server in front of it.
type StandIn string

// Plugins and settings of the site itself: files of PHP in standins/plugins.
const (
	NoneInTheWay            StandIn = "none"
	LoginRequired           StandIn = "login-required" // guests are refused, users are not
	RESTRefused             StandIn = "rest-refused"   // everyone is
	EarlyLook               StandIn = "early-look"     // WordPress tells unknown users from wrong passwords
	UsersHidden             StandIn = "users-hidden"
	AppPasswordsOff         StandIn = "app-passwords-off"        // by https
	AppPasswordsOffHidden   StandIn = "app-passwords-off-hidden" // by https; the index says nothing of it
	AppPasswordsOffForUser  StandIn = "app-passwords-off-for-user"
	HTTPSNeeded             StandIn = "https-needed"
	HTTPSNotSeen            StandIn = "https-not-seen"         // by https; WordPress thinks http
	HTTPSNotSeenThoughAsked StandIn = "https-not-seen-but-set" // the same, with https in its settings
	ByHTTPS                 StandIn = "by-https"
	Maintenance             StandIn = "maintenance"
)

// What stands in front of the site.
const (
	Wordfence              StandIn = "wordfence"
	CloudflareChallenge    StandIn = "cloudflare-challenge" // of the API only
	CloudflareEverywhere   StandIn = "cloudflare-everywhere"
	CloudflareBlock        StandIn = "cloudflare-block"
	ModSecurity            StandIn = "modsecurity"
	ModSecurityForbids     StandIn = "modsecurity-forbids"
	SiteGround             StandIn = "siteground"
	Sucuri                 StandIn = "sucuri"
	ServerPassword         StandIn = "server-password"
	CaptiveNetwork         StandIn = "captive"
	UnknownFirewall        StandIn = "firewall"
	TooManyRequests        StandIn = "too-many-requests"
	Parked                 StandIn = "parked"
	OtherSite              StandIn = "other-site"
	HeaderStripped         StandIn = "header-stripped"
	HeaderStrippedNoXMLRPC StandIn = "header-stripped-no-xmlrpc"
	RewriteRulesBroken     StandIn = "rewrite-rules-broken" // permalinks are pretty, and /wp-json is the front page
	APIRedirected          StandIn = "api-redirected"       // to another host
	UsersRedirected        StandIn = "users-redirected"     // to another host, once signed in
	RedirectLoop           StandIn = "redirect-loop"
	RedirectToFolder       StandIn = "redirect-to-folder" // the server's root leads to the site's
)

// Front is a server in front of a site, with a stand-in.
type Front struct {
	URL    string       // of the site as visitors see it, no slash at the end
	Client *http.Client // trusts its certificate, where it has one

	foreign *httptest.Server
	mu      sync.Mutex
	strayed []string
	trouble func(http.ResponseWriter, *http.Request, http.Handler)
	met     chan struct{}
}

// Fail answers the next request that writes over the API by trouble, which may let the
// site do its work. The channel is closed when it was met.
func (f *Front) Fail(trouble func(w http.ResponseWriter, r *http.Request, site http.Handler)) (met <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble, f.met = trouble, make(chan struct{})
	return f.met
}

// Foreign is the address of another server; Strayed tells who came there.
func (f *Front) Foreign() string { return f.foreign.URL }

func (f *Front) meet(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		trouble := f.trouble
		if trouble == nil || r.Method != http.MethodPost || !isAPI(r) {
			f.mu.Unlock()
			site.ServeHTTP(w, r)
			return
		}
		f.trouble = nil
		close(f.met)
		f.mu.Unlock()
		trouble(w, r, site)
	})
}

// StandIn puts a stand-in in front of the site until the test ends. Others stay as they
// are: each front is an address of its own, and the site itself goes on without one.
func (s *Site) StandIn(t testing.TB, in StandIn) *Front {
	t.Helper()
	s.layStandIns(t)
	f := &Front{}
	f.foreign = httptest.NewServer(http.HandlerFunc(f.stray))
	t.Cleanup(f.foreign.Close)
	site, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = site.Scheme, site.Host // the Host header stays the visitor's
		r.Out.Header.Set("X-Stand-In", string(in))
		r.Out.Header.Set("X-Stand-In-Home", f.URL)
		if in.byHTTPS() && in != HTTPSNotSeen && in != HTTPSNotSeenThoughAsked {
			r.Out.Header.Set("X-Stand-In-Https", "1")
		}
	}}
	server := httptest.NewUnstartedServer(f.meet(f.inFront(in, site.Path, proxy)))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // visitors may refuse its certificate
	if in.byHTTPS() {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	f.URL, f.Client = server.URL+site.Path, server.Client()
	return f
}

func (in StandIn) byHTTPS() bool {
	return slices.Contains([]StandIn{HTTPSNotSeen, HTTPSNotSeenThoughAsked, ByHTTPS, AppPasswordsOff, AppPasswordsOffHidden}, in)
}

// layStandIns puts the plugins onto the site, where they do nothing unless a front asks.
func (s *Site) layStandIns(t testing.TB) {
	t.Helper()
	to := filepath.Join(s.ContentDir, "mu-plugins")
	if _, err := os.Stat(filepath.Join(to, "stand-ins.php")); err == nil {
		return
	}
	plugins, err := fs.Sub(standInFiles, "standins/plugins")
	if err == nil {
		err = os.CopyFS(filepath.Join(to, "stand-ins"), plugins)
	}
	if err != nil {
		t.Fatal(err)
	}
	loader, err := standInFiles.ReadFile("standins/stand-ins.php")
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "stand-ins.php"), loader, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Strayed are the requests that came to another host, each with all it carried.
func (f *Front) Strayed() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.strayed)
}

func (f *Front) stray(w http.ResponseWriter, r *http.Request) {
	request, _ := httputil.DumpRequest(r, true)
	f.mu.Lock()
	f.strayed = append(f.strayed, string(request))
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json") // it plays along
	_, _ = io.WriteString(w, `{"name":"Trap","home":"`+f.foreign.URL+`","namespaces":["wp/v2"],"authentication":{"application-passwords":{}}}`)
}

// page is an answer given instead of the site's.
type page struct {
	status     int
	headers    map[string]string
	file       string
	everywhere bool // else for the API only
}

var pages = map[StandIn]page{
	Wordfence:            {503, map[string]string{"Retry-After": "3600"}, "wordfence", false},
	CloudflareChallenge:  {403, map[string]string{"Server": "cloudflare", "Cf-Mitigated": "challenge"}, "cloudflare-challenge", false},
	CloudflareEverywhere: {503, map[string]string{"Server": "cloudflare"}, "cloudflare-challenge", true},
	CloudflareBlock:      {403, map[string]string{"Server": "cloudflare"}, "cloudflare-block", false},
	ModSecurity:          {406, nil, "modsecurity", false},
	ModSecurityForbids:   {403, map[string]string{"Server": "Apache"}, "modsecurity", false},
	SiteGround:           {202, map[string]string{"Sg-Captcha": "challenge"}, "siteground", true},
	Sucuri:               {403, map[string]string{"Server": "Sucuri/Cloudproxy"}, "sucuri", false},
	ServerPassword:       {401, map[string]string{"WWW-Authenticate": `Basic realm="Staging"`}, "server-password", true},
	CaptiveNetwork:       {511, nil, "captive", true},
	UnknownFirewall:      {403, nil, "error-page", false},
	TooManyRequests:      {429, map[string]string{"Retry-After": "120"}, "error-page", false},
	Parked:               {200, nil, "parked", true},
	OtherSite:            {200, nil, "other-site", true},
}

// inFront is what visitors meet before the site.
func (f *Front) inFront(in StandIn, folder string, site http.Handler) http.Handler {
	if p, ok := pages[in]; ok {
		return p.instead(site)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signedIn := r.Header.Get("Authorization") != ""
		switch {
		case in == HeaderStripped, in == HeaderStrippedNoXMLRPC:
			r.Header.Del("Authorization")
			if in == HeaderStrippedNoXMLRPC && strings.HasSuffix(r.URL.Path, "/xmlrpc.php") {
				http.Error(w, "Forbidden", http.StatusForbidden)
				return
			}
		case in == RewriteRulesBroken && strings.Contains(r.URL.Path, "/wp-json"):
			r.URL.Path, r.URL.RawQuery = folder+"/", ""
		case in == APIRedirected && isAPI(r), in == UsersRedirected && isAPI(r) && signedIn:
			http.Redirect(w, r, f.foreign.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
			return
		case in == RedirectLoop && !isAPI(r):
			http.Redirect(w, r, r.URL.String(), http.StatusFound)
			return
		case in == RedirectToFolder && r.URL.Path == "/":
			http.Redirect(w, r, folder+"/", http.StatusMovedPermanently)
			return
		}
		site.ServeHTTP(w, r)
	})
}

func (p page) instead(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.everywhere && !isAPI(r) {
			site.ServeHTTP(w, r)
			return
		}
		body, err := standInFiles.ReadFile("standins/pages/" + p.file + ".html")
		if err != nil {
			panic(err) // a mistake in the table above
		}
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		for name, value := range p.headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(p.status)
		_, _ = w.Write(body)
	})
}

func isAPI(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/wp-json") || r.URL.Query().Has("rest_route")
}
