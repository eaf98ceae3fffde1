package practice

import "net/http"

// loginPath is where WordPress's own forms are.
const loginPath = "/wp-login.php"

// serveReset is the "lost your password?" form. It sends people it knows, by user name or
// e-mail address, a mail, and then their browser to checkemail=confirm (measured).
func (s *Site) serveReset(w http.ResponseWriter, r *http.Request) {
	const mostForm = 64 << 10
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if !s.mailReset(r.PostFormValue("user_login")) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Lost Password</title><p>There is no account with that username or email address.</p>\n"))
		return
	}
	http.Redirect(w, r, string(siteURL(r, s.cfg.Folder))+loginPath+"?checkemail=confirm", http.StatusFound) //nolint:gosec // to itself
}

func (s *Site) mailReset(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byName(name)
	if u == nil {
		return false
	}
	s.mail(u.email, "Password Reset")
	return true
}
