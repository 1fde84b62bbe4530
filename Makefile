# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The Roost authors

PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help build run test test-callers seeds test-rest test-vm test-all fuzz check bench bench-network install clean format
.NOTPARALLEL:

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

build:  ## Build bin/roost and bin/roost-runtime: static, stripped
	Scripts/build.sh roost roost-runtime

run:  ## Build, and start a shell in a container made from this machine's programs
	Scripts/build.sh roost roost-runtime
	Scripts/run.sh

test:  ## Check, and run the unit and integration tests (as root)
	ROOST="$(CURDIR)/bin/debug/roost" Scripts/test.sh --first build-tests check unit+integration+engine+networks+debian

test-rest:  ## What test-all has beyond test, without what takes long (faults, races)
	Scripts/test.sh build shipped-engine+shipped-networks demo install seeds callers vm

test-all:  ## Every test there is
	Scripts/test.sh --first build build-tests check unit+integration+engine+networks+debian demo install seeds vm callers faults races

test-vm:  ## The tests of Tests/vm in virtual machines: cgroup v2, and systemd
	Scripts/test.sh --first build vm

test-callers:  ## Run podman, containerd, Docker and Swarm on roost-runtime (as root)
	Scripts/test.sh --first build callers

seeds:  ## The five systems of docs/seeds, end to end (as root); ROOST_UPDATE_SEEDS=1 renews the pages' output
	Scripts/test.sh --first build seeds

fuzz:  ## Fuzz each target of Tests/fuzz for SECONDS (60), or those in TARGETS
	Scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

check:  ## Format, import rules, lint, shell scripts, what the binary needs
	Scripts/build.sh roost-runtime
	Scripts/check.sh

bench:  ## Measure against crun, runc and a floor in C (as root)
	Scripts/bench.sh

bench-network:  ## Measure networks against podman (as root)
	Scripts/bench.sh --network

install:  ## Copy the programs, their manual pages and completions to PREFIX (default /usr/local), below DESTDIR
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 bin/roost bin/roost-runtime "$(DESTDIR)$(PREFIX)/bin"
	Scripts/install-documents.sh "$(DESTDIR)$(PREFIX)/share"

clean:  ## Remove everything that was built
	rm -rf .build .build-static .build-embedded .build-fuzz bin

format:  ## Format the Swift sources
	Scripts/format.sh
