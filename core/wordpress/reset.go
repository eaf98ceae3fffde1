package wordpress

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// SendReset has WordPress mail a user a link to choose a password, by posting the "lost
// your password?" form as the user could. Repeating it sends another mail.
//
// A site that took it answers with a redirect to checkemail=confirm; anything else is
// mail.form_refused: a user it does not know, a captcha, a log-in page that was moved
// (measured on 6.1.9 and 7.1.4). The form says that somebody asked for a new password.
func (c *Client) SendReset(ctx context.Context, login string) error {
	page, err := c.loginPage(ctx)
	if err != nil {
		return err
	}
	form := url.Values{"user_login": {login}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, page+"?action=lostpassword", strings.NewReader(form))
	if err != nil {
		return core.NewProblem("mail.form_refused", nil) // the cause quotes the URL
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.http.Do(req)
	var redirect *rest.RedirectError
	switch {
	case errors.As(err, &redirect):
		if redirect.Location != nil && redirect.Location.Query().Get("checkemail") == "confirm" {
			return nil
		}
		return core.NewProblem("mail.form_refused", nil)
	case err != nil:
		return problemOf(err)
	default:
		return core.NewProblem("mail.form_refused", nil).About(pageDetail(answer, true))
	}
}

// loginPage is the address of wp-login.php, which is where WordPress's own files are.
func (c *Client) loginPage(ctx context.Context) (string, error) {
	answer, err := c.do(ctx, call{method: http.MethodGet, route: "/", query: fieldsOnly("url")})
	if err != nil {
		return "", err
	}
	var index struct {
		URL string `json:"url"`
	}
	if err := decode(answer, '{', &index); err != nil {
		return "", err
	}
	api, err := url.Parse(c.api)
	if err != nil {
		return "", brokenAnswer(errors.New("an API that is no URL"))
	}
	files, err := url.Parse(index.URL)
	if err != nil || asSecure(files, api).Host != api.Host || asSecure(files, api).Scheme != api.Scheme {
		return "", brokenAnswer(errors.New("the log-in page is elsewhere"))
	}
	return strings.TrimRight(asSecure(files, api).String(), "/") + "/wp-login.php", nil
}
