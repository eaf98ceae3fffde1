package practice

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxBatch is WordPress's own limit.
const maxBatch = 25

func batchArgs() []arg {
	return []arg{
		{name: "validation", kind: "string", enum: []string{"require-all-validate", "normal"}, initial: "normal"},
		{name: "requests", kind: "array", items: "object", required: true, clean: cleanRequests},
	}
}

// cleanRequests checks what the list holds. The site knows no "require-all-validate": Usher never asks for it.
func cleanRequests(value any) (any, *refusal) {
	list, _ := value.([]any)
	if len(list) > maxBatch {
		return nil, fail("rest_too_many_items", fmt.Sprintf("requests must contain at most %d items.", maxBatch))
	}
	for i, item := range list {
		name := fmt.Sprintf("requests[%d]", i)
		members, _ := item.(map[string]any)
		if members["path"] == nil {
			return nil, fail("rest_property_required", fmt.Sprintf("path is a required property of %s.", name))
		}
		if _, ok := members["path"].(string); !ok {
			return nil, wrongType(name+"[path]", "string")
		}
		if method, sent := members["method"]; sent && !slices.Contains([]any{"POST", "PUT", "PATCH", "DELETE"}, method) {
			return nil, fail("rest_not_in_enum", fmt.Sprintf("%s[method] is not one of POST, PUT, PATCH, and DELETE.", name))
		}
	}
	return list, nil
}

// batchable are the routes that may be in a batch (read in 7.1.4).
var batchable = regexp.MustCompile(`(?i)^/wp/v2/users(/\d+)?$`)

// batch answers several requests one after the other; each stands for itself.
func (c *call) batch() (answer, *refusal) {
	list, _ := c.params["requests"].([]any)
	responses := []any{}
	for _, item := range list {
		a := c.inBatch(item.(map[string]any))
		headers := map[string]string{}
		for _, name := range []string{"Allow", "Location"} {
			if value := a.header.Get(name); value != "" {
				headers[name] = value
			}
		}
		response := map[string]any{"body": a.body, "status": a.status, "headers": headers}
		if len(headers) == 0 {
			response["headers"] = []any{} // PHP knows no empty object
		}
		responses = append(responses, response)
	}
	return answer{status: http.StatusMultiStatus, body: map[string]any{"responses": responses}}, nil
}

func (c *call) inBatch(request map[string]any) answer {
	method, _ := request["method"].(string)
	if method == "" {
		method = http.MethodPost
	}
	path, query, _ := strings.Cut(request["path"].(string), "?")
	values, _ := url.ParseQuery(query) // what cannot be read is left out, as in PHP
	one := &call{
		site: c.site, home: c.home, method: method, route: path, query: values, params: map[string]any{},
		user: c.user, caps: c.caps, with: c.with,
	}
	one.take(values)
	body, _ := request["body"].(map[string]any)
	for name, value := range body {
		one.params[name] = value
	}
	rt := one.find()
	if rt == nil || batchable.MatchString(path) {
		return one.dispatch()
	}
	a := refuse(http.StatusBadRequest, "rest_batch_not_allowed", "The requested route does not support batch requests.").answer()
	a.header.Set("Allow", strings.Join(one.allowed(*rt), ", "))
	return a
}
