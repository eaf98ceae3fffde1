package practice

import "slices"

// Mail is a mail the site sent.
type Mail struct {
	To      string
	Subject string
}

// Mails lists what the site has sent so far, oldest first. WordPress mails people whose password or e-mail
// address changed, always at the old address, and nobody at creation by REST (measured).
func (s *Site) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

func (s *Site) mail(to, subject string) {
	if to != "" {
		s.mails = append(s.mails, Mail{To: to, Subject: "[" + s.cfg.Title + "] " + subject})
	}
}
