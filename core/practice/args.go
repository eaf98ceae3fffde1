package practice

// arg is what WordPress knows of one parameter.
type arg struct {
	name     string
	kind     string // string, integer, boolean, array or object
	items    string // kind of an array's items
	enum     []string
	email    bool
	min, max int
	required bool
	initial  any
	// late arguments are checked only when all others have passed, so that their faults are not
	// reported together (measured).
	late  bool
	clean func(any) (any, *refusal) // nil: what check leaves is used as it is
}

func contextArgs() []arg {
	return []arg{{name: "context", kind: "string", enum: []string{"view", "embed", "edit"}, initial: "view"}}
}

func listArgs() []arg {
	return append(contextArgs(), []arg{
		{name: "page", kind: "integer", min: 1, initial: int64(1)},
		{name: "per_page", kind: "integer", min: 1, max: 100, initial: int64(10)},
		{name: "search", kind: "string", clean: cleanText},
		{name: "exclude", kind: "array", items: "integer", late: true},
		{name: "include", kind: "array", items: "integer", late: true},
		{name: "offset", kind: "integer", late: true},
		{name: "order", kind: "string", enum: []string{"asc", "desc"}, initial: "asc", late: true},
		{name: "orderby", kind: "string", enum: []string{
			"id", "include", "name", "registered_date", "slug", "include_slugs", "email", "url",
		}, initial: "name", late: true},
		{name: "slug", kind: "array", items: "string", late: true},
		{name: "roles", kind: "array", items: "string", late: true},
		{name: "capabilities", kind: "array", items: "string", late: true},
		{name: "search_columns", kind: "array", items: "string", enum: []string{
			"email", "name", "id", "username", "slug",
		}, late: true},
	}...)
}

func createArgs() []arg {
	return []arg{
		{name: "username", kind: "string", required: true, clean: cleanLogin},
		{name: "name", kind: "string", clean: cleanText},
		{name: "first_name", kind: "string", clean: cleanText},
		{name: "last_name", kind: "string", clean: cleanText},
		{name: "email", kind: "string", email: true, required: true, clean: cleanNothing},
		{name: "url", kind: "string", clean: cleanURL},
		{name: "description", kind: "string", clean: cleanNothing},
		{name: "locale", kind: "string", enum: []string{"", "en_US"}, clean: cleanNothing},
		{name: "nickname", kind: "string", clean: cleanText},
		{name: "slug", kind: "string", clean: cleanSlug},
		{name: "roles", kind: "array", items: "string", clean: cleanList},
		{name: "password", kind: "string", required: true, clean: cleanPassword},
		{name: "meta", kind: "object"},
	}
}

func updateArgs() []arg {
	args := createArgs()
	for i := range args {
		args[i].required = false
	}
	return args
}

func deleteArgs() []arg {
	return []arg{
		{name: "force", kind: "boolean", initial: false, late: true},
		{name: "reassign", kind: "", required: true, clean: cleanReassign},
	}
}

func (a arg) describe() map[string]any {
	d := map[string]any{"type": a.kind, "required": a.required}
	if a.enum != nil {
		d["enum"] = a.enum
	}
	if a.initial != nil {
		d["default"] = a.initial
	}
	if a.max > 0 {
		d["minimum"], d["maximum"] = a.min, a.max
	}
	return d
}
