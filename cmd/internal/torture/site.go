package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"strings"
	"sync"

	"usher/assets"
	"usher/cmd/internal/app"
	"usher/core"
	"usher/core/practice"
	"usher/core/wordpress/realwp"
	"usher/tunnel"
)

const (
	tag      = "VIP"
	tagRole  = "member" // what the tag gives
	doneTag  = "Welcome"
	siteUser = "admin"
)

// site is a WordPress that outlives every kill, seen from its own side.
type site interface {
	// access is how Usher gets in.
	access() (url, appPassword string)
	// look shows the site as it is, and which of these passwords log in.
	look(ctx context.Context, passwords []login) (view, error)
	// secrets are the passwords the site was sent, as far as it can tell.
	secrets() []string
	// mails reports whether Usher has to have the welcome mail sent, for the site does not.
	needsMailer() bool
	close() error
}

// login is a user's e-mail address and a password that ought to be theirs.
type login struct{ Email, Password string }

// view is a site at one moment.
type view struct {
	Users  []user
	Mails  map[string]int // by address
	LogsIn []bool         // in the order asked
}

type user struct {
	Email, First string
	Roles        []string
}

// practiceSite is one in this program, without the helper: users are welcomed by its "lost
// your password?" form.
type practiceSite struct {
	*practice.Site
	url      string
	password string
	stop     func() error

	mu   sync.Mutex
	seen map[string]bool
}

func openPracticeSite(ctx context.Context) (*practiceSite, error) {
	s := &practiceSite{password: "PracticePassword00000001", seen: map[string]bool{}}
	s.Site = practice.NewSite(practice.SiteConfig{Admin: practice.Admin{Login: siteUser, AppPassword: core.NewSecret(s.password)}})
	s.AddRole(tagRole, "Member", "read")
	var err error
	s.url, s.stop, err = serve(ctx, s)
	return s, err
}

// serve listens on this computer until stop is called.
func serve(ctx context.Context, handler http.Handler) (url string, stop func() error, err error) {
	return app.InBackground(ctx, func(ctx context.Context, ready func(tunnel.Report)) error {
		return tunnel.Local{Listen: "127.0.0.1:0"}.Run(ctx, handler, ready)
	})
}

// ServeHTTP notes the passwords that pass.
func (s *practiceSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if practice.Writes(r) {
		const most = 8 << 20
		body, err := io.ReadAll(io.LimitReader(r.Body, most))
		if err != nil {
			return // the caller was killed
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var sent any
		if json.Unmarshal(body, &sent) == nil {
			s.mu.Lock()
			collectPasswords(sent, s.seen)
			s.mu.Unlock()
		}
	}
	s.Site.ServeHTTP(w, r)
}

func collectPasswords(sent any, into map[string]bool) {
	switch sent := sent.(type) {
	case map[string]any:
		for name, value := range sent {
			if text, ok := value.(string); ok && name == "password" {
				into[text] = true
			}
			collectPasswords(value, into)
		}
	case []any:
		for _, value := range sent {
			collectPasswords(value, into)
		}
	}
}

func (s *practiceSite) access() (url, appPassword string) { return s.url, s.password }
func (s *practiceSite) needsMailer() bool                 { return true }
func (s *practiceSite) close() error                      { return s.stop() }

func (s *practiceSite) secrets() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for password := range s.seen {
		list = append(list, password)
	}
	return list
}

func (s *practiceSite) look(_ context.Context, passwords []login) (view, error) {
	v := view{Mails: map[string]int{}}
	for _, u := range s.Users() {
		if u.Login != siteUser {
			v.Users = append(v.Users, user{Email: u.Email, First: u.Fields["first_name"], Roles: u.Roles})
		}
	}
	for _, mail := range s.Mails() {
		v.Mails[mail.To]++
	}
	for _, l := range passwords {
		v.LogsIn = append(v.LogsIn, s.CanLogIn(l.Email, core.NewSecret(l.Password)))
	}
	return v, nil
}

// realSite is a real WordPress with the helper, which sends WordPress's own welcome mail.
type realSite struct{ *realwp.Site }

func openRealSite(ctx context.Context) (realSite, error) {
	wp, err := realwp.Start(ctx, realwp.Options{})
	if err != nil {
		return realSite{}, err
	}
	s := realSite{wp}
	packed, err := assets.HelperZip()
	if err == nil {
		err = wp.InstallPlugin(ctx, packed)
	}
	if err == nil {
		_, err = wp.PHP(ctx, fmt.Sprintf(`add_role( '%s', 'Member', array( 'read' => true ) );`, tagRole))
	}
	if err != nil {
		return realSite{}, errors.Join(err, wp.Close())
	}
	return s, nil
}

func (s realSite) access() (url, appPassword string) { return s.URL, s.AppPassword }
func (s realSite) needsMailer() bool                 { return false }
func (s realSite) secrets() []string                 { return []string{s.AppPassword} }
func (s realSite) close() error                      { return s.Close() }

// lookPHP asks WordPress itself, not its API.
const lookPHP = `
	$view = array( 'Users' => array(), 'LogsIn' => array() );
	foreach ( get_users( array( 'exclude' => array( 1 ) ) ) as $u ) {
		$view['Users'][] = array( 'Email' => $u->user_email, 'First' => $u->first_name, 'Roles' => array_values( $u->roles ) );
	}
	foreach ( json_decode( base64_decode( '%s' ), true ) as $login ) {
		$u = get_user_by( 'email', $login['Email'] );
		$view['LogsIn'][] = $u && wp_check_password( $login['Password'], $u->user_pass, $u->ID );
	}
	echo wp_json_encode( $view );`

func (s realSite) look(ctx context.Context, passwords []login) (v view, err error) {
	if passwords == nil {
		passwords = []login{}
	}
	asked, err := json.Marshal(passwords) //nolint:gosec // for a site of the torture's own
	if err != nil {
		return v, err
	}
	out, err := s.PHP(ctx, fmt.Sprintf(lookPHP, base64.StdEncoding.EncodeToString(asked)))
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		return v, fmt.Errorf("look at WordPress: %w", err)
	}
	v.Mails = map[string]int{}
	mails, err := s.Mails()
	for _, text := range mails {
		message, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			return v, fmt.Errorf("read mail: %w", err)
		}
		v.Mails[message.Header.Get("To")]++
	}
	return v, err
}
