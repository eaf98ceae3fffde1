# Usher. `make` lists what can be made.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TOOLS := .ci/tools/go.mod
FUZZTIME ?= 20s
N ?= 1000

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

demo: ## see the main job: sample webhooks make users on a practice site
	@go run ./cmd/usherd demo

build: ## build bin/usherd, without cgo
	CGO_ENABLED=0 go build -trimpath -o bin/usherd ./cmd/usherd

app: ## install what the desktop program is built with, and build bin/usher
	@.ci/install
	go build -trimpath -tags no_emoji -o bin/usher ./cmd/usher

screenshots: ## take a picture of every screen into assets/screenshots
	@.ci/screenshots

test: ## install what the tests need, then run them all, real WordPress included
	@.ci/test

test-fast: ## run the tests without real parts: nothing to install
	go test -short -tags ci ./...

lint: ## check style, that go.mod is tidy, and known vulnerabilities where the network allows
	go mod tidy -diff
	go vet -tags ci ./...
	go tool -modfile=$(TOOLS) golangci-lint run
	@.ci/vuln || [ $$? = 3 ] # which says that it could not look

fmt: ## format the code
	go tool -modfile=$(TOOLS) golangci-lint fmt

bench: ## measure the door, side by side in one run
	@go run ./cmd/internal/bench

torture: ## kill Usher N times and look whether anything was lost
	@.ci/install && go run ./cmd/internal/torture -n $(N)

fuzz: ## fuzz every parser for FUZZTIME each
	@.ci/fuzz $(FUZZTIME)

vuln: ## look for known holes in what is built in; VULNDB=DIR is a copy of github.com/golang/vulndb
	@.ci/vuln $(VULNDB)

licences: ## list what is built in, with its licences; fails for one that will not do
	go run ./cmd/internal/licences >cmd/internal/licences/built-in.txt

wordpress: ## run a real WordPress until Ctrl-C and print how to log in
	@.ci/install && go run ./cmd/internal/realwp

package: ## build into dist/: a .deb, a tar.xz for Linux, programs for Windows
	@.ci/package

clean: ## remove what was built
	rm -rf bin dist

.PHONY: help demo build app screenshots test test-fast lint fmt bench torture fuzz vuln licences wordpress package clean
