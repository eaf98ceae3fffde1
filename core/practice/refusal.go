package practice

import "net/http"

// refusal is WordPress saying no: a stable code and a sentence.
type refusal struct {
	status  int
	code    string
	message string
	data    map[string]any // nil for errors that come from below the REST layer
	fatal   bool           // PHP died; what usually follows did not happen
}

// refuse is an error of the REST layer: it knows its own status.
func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message, data: map[string]any{"status": status}}
}

// fail is an error from below the REST layer, which WordPress reports as 500 whatever it is (measured).
func fail(code, message string) *refusal {
	return &refusal{status: http.StatusInternalServerError, code: code, message: message}
}

func (r *refusal) with(key string, value any) *refusal {
	r.data[key] = value
	return r
}

// Error is the code and the sentence.
func (r *refusal) Error() string { return r.code + ": " + r.message }

func (r *refusal) answer() answer {
	body := map[string]any{"code": r.code, "message": r.message, "data": nil}
	if r.data != nil {
		body["data"] = r.data
	}
	return answer{r.status, http.Header{}, body}
}

func noRoute() *refusal {
	return refuse(http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
}

func noSuchUser() *refusal {
	return refuse(http.StatusNotFound, "rest_user_invalid_id", "Invalid user ID.")
}

// crashed is what a fatal PHP error on the way looks like.
func crashed() *refusal {
	no := refuse(http.StatusInternalServerError, "internal_server_error",
		"<p>There has been a critical error on this website.</p>")
	no.fatal = true
	return no
}
