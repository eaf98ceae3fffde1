package main

import (
	"errors"
	"strings"
)

// patents is a promise not to sue, beside a licence.
const patents = "patent grant"

// phrases tell licences apart; the first that is found counts. All of them ask for their
// text to be handed on with the program, and for nothing else.
var phrases = []struct{ phrase, kind string }{
	{"provided under the terms of the unlicense or the bsd license", "BSD-3-Clause or Unlicense"},
	{"apache license version 2.0", "Apache-2.0"},
	{"sil open font license version 1.1", "OFL-1.1"},
	{"bitstream vera fonts copyright", "Bitstream-Vera"},
	{"neither the name of", "BSD-3-Clause"},
	{"redistribution and use in source and binary forms, with or without modification, are permitted", "BSD-2-Clause"},
	{"permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files", "MIT"},
	{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted", "ISC"},
	{"altered source versions must be plainly marked as such", "Zlib"},
	{"additional ip rights grant (patents)", patents},
}

// copyleft are licences under which what has the part in it must be given away too, or the
// part be replaceable.
var copyleft = []string{
	"gnu general public license", "gnu lesser general public license", "gnu affero general public license",
	"mozilla public license", "eclipse public license", "common development and distribution license", "european union public licence",
	"server side public license", "attribution-sharealike",
}

// kindOf names a licence by its SPDX identifier.
func kindOf(text string) (string, error) {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	for _, phrase := range copyleft {
		if strings.Contains(text, phrase) {
			return "", errors.New("copyleft: " + phrase)
		}
	}
	for _, p := range phrases {
		if strings.Contains(text, p.phrase) {
			return p.kind, nil
		}
	}
	return "", errors.New("a licence nobody has looked at yet")
}
