package practice

import (
	"net/http"
	"strings"
)

// namespaces are those of a stock 7.1; wp-abilities/v1 is how one tells 6.9 and newer.
var namespaces = []string{"oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1", "wp-abilities/v1"}

func (c *call) index() (answer, *refusal) {
	table := map[string]any{}
	for _, rt := range c.site.routes {
		table[rt.pattern] = c.describe(rt)
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"name": c.site.cfg.Title, "description": "",
		"url": string(c.home), "home": string(c.home),
		"gmt_offset": "0", "timezone_string": "",
		"namespaces":     namespaces,
		"authentication": c.authentication(),
		"routes":         table,
		"_links":         map[string]any{},
	}}, nil
}

// authentication is an empty list, not an empty object, where application passwords are off: PHP knows no
// difference (measured).
func (c *call) authentication() any {
	if c.site.cfg.NoAppPasswords {
		return []any{}
	}
	return map[string]any{"application-passwords": map[string]any{"endpoints": map[string]any{
		"authorization": string(c.home) + "/wp-admin/authorize-application.php",
	}}}
}

// describe is what OPTIONS and the index say of a route.
func (c *call) describe(rt route) map[string]any {
	methods := []string{}
	endpoints := []any{}
	for _, e := range rt.endpoints {
		args := map[string]any{}
		for _, a := range e.args {
			args[a.name] = a.describe()
		}
		methods = append(methods, e.methods...)
		endpoints = append(endpoints, map[string]any{"methods": e.methods, "args": args})
	}
	namespace := ""
	if strings.HasPrefix(rt.pattern, "/wp/v2") {
		namespace = "wp/v2"
	}
	return map[string]any{"namespace": namespace, "methods": methods, "endpoints": endpoints}
}

// pick trims a body to the fields the caller asked for.
func (c *call) pick(body any) any {
	wanted := listOf(c.params["_fields"])
	if len(wanted) == 0 {
		return body
	}
	if list, ok := body.([]any); ok {
		picked := make([]any, len(list))
		for i, item := range list {
			picked[i] = pickFields(item, wanted)
		}
		return picked
	}
	return pickFields(body, wanted)
}

// pickFields keeps the wanted members of an object; a.b is member b of a. PHP objects such as capabilities
// cannot be looked into, so they are left out then, while links come whole (measured).
func pickFields(item any, wanted []string) any {
	object, ok := item.(map[string]any)
	if !ok {
		return item
	}
	kept := map[string]any{}
	inner := map[string][]string{}
	for _, field := range wanted {
		outer, rest, nested := strings.Cut(field, ".")
		value, has := object[outer]
		if !has {
			continue
		}
		if !nested || outer == "_links" {
			kept[outer] = value
			continue
		}
		inner[outer] = append(inner[outer], rest)
	}
	for outer, fields := range inner {
		_, whole := kept[outer]
		if sub, ok := object[outer].(map[string]any); ok && !whole {
			kept[outer] = pickFields(sub, fields)
		}
	}
	if len(kept) == 0 {
		return []any{} // PHP knows no empty object
	}
	return kept
}
