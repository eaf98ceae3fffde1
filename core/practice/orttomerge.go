package practice

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// maxOrttoMerge is how many people one merge may hold.
const maxOrttoMerge = 100

type orttoMerge struct {
	People []struct {
		Fields    map[string]any `json:"fields"`
		Tags      []string       `json:"tags"`
		UnsetTags []string       `json:"unset_tags"`
	} `json:"people"`
	MergeBy         []string `json:"merge_by"`
	Strategy        int      `json:"merge_strategy"` // 1 adds what is missing, 2 overwrites, 3 leaves people who exist alone
	SkipNonExisting bool     `json:"skip_non_existing"`
	Async           bool     `json:"async"`
}

type orttoMerged struct {
	PersonID string `json:"person_id,omitempty"`
	Status   string `json:"status"`
}

// mergePeople changes nobody unless all of the request is right.
func (o *Ortto) mergePeople(body []byte) any {
	var ask orttoMerge
	if err := json.Unmarshal(body, &ask); err != nil {
		return orttoRefuse(http.StatusBadRequest, "Failed to parse request")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if refusal := o.checkMerge(ask); refusal != nil {
		return refusal
	}
	var done []orttoMerged // null when everybody was skipped
	for _, wanted := range ask.People {
		person := o.find(ask.MergeBy, wanted.Fields)
		switch {
		case person == nil && ask.SkipNonExisting:
			continue
		case person == nil:
			return orttoRefuse(http.StatusNotImplemented, "this practice account makes nobody by its API")
		}
		for id, value := range wanted.Fields {
			o.mergeField(person, id, value, ask.Strategy)
		}
		tags := slices.DeleteFunc(slices.Clone(person.tags), func(name string) bool { return slices.Contains(wanted.UnsetTags, name) })
		for _, name := range wanted.Tags {
			if !slices.Contains(tags, name) {
				tags = append(tags, name)
			}
		}
		o.setTags(person, tags)
		done = append(done, orttoMerged{person.id, "merged"})
	}
	return map[string]any{"people": done}
}

func (o *Ortto) mergeField(person *orttoPerson, id string, value any, strategy int) {
	_, there := person.values[id]
	switch {
	case id == "str::person_id", strategy == 3, strategy == 1 && there:
	case value == nil, value == "":
		delete(person.values, id)
	default:
		person.values[id] = value
	}
}

func (o *Ortto) checkMerge(ask orttoMerge) *orttoRefusal {
	switch {
	case len(ask.People) < 1 || len(ask.People) > maxOrttoMerge:
		return orttoRefuse(http.StatusBadRequest, "people must contain between 1 and %d items", maxOrttoMerge)
	case len(ask.MergeBy) < 1 || len(ask.MergeBy) > 3:
		return orttoRefuse(http.StatusBadRequest, "merge_by must contain between 1 and 3 items")
	case ask.Strategy < 1 || ask.Strategy > 3:
		return orttoRefuse(http.StatusBadRequest, "merge_strategy must be 1, 2 or 3")
	}
	for _, wanted := range ask.People {
		for id, value := range wanted.Fields {
			field := o.field(id)
			if id == "str::person_id" || field.Name != "" && (value == nil || field.fits(value)) {
				continue
			}
			why := fmt.Sprintf("failed to validate field %[1]s in schema: %[1]s: Object not found", id)
			refusal := orttoRefuse(http.StatusBadRequest, "No valid contacts provided (%s)", why)
			refusal.Details = []orttoDetail{{"invalid", why}}
			return refusal
		}
	}
	return nil
}

// find returns who has the first value named that somebody has.
func (o *Ortto) find(by []string, fields map[string]any) *orttoPerson {
	for _, id := range by {
		wanted, _ := fields[id].(string)
		for _, person := range o.people {
			text, _ := person.values[id].(string)
			if id == "str::person_id" {
				text = person.id
			}
			if wanted != "" && text == wanted {
				return person
			}
		}
	}
	return nil
}
