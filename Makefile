# `make` shows what there is. Everything is kept inside this folder: .venv (the project), .tools (uv and SAM CLI).
PYTHON ?= python3
STAGE ?= dev
STACK ?= order-engine-$(STAGE)
SAMCONFIG := samconfig.$(STAGE).toml
UV_VERSION := 0.13.8
SAM_VERSION := 1.170.0

TOOLS := $(CURDIR)/.tools
BIN := .venv/bin
export UV := $(TOOLS)/bin/uv
SAM := $(TOOLS)/bin/sam
# SAM CLI pins older versions of boto3 and pydantic than the project uses, hence an environment of its own.
export UV_TOOL_DIR := $(TOOLS)/share
export UV_TOOL_BIN_DIR := $(TOOLS)/bin
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export __SAM_CLI_APP_DIR := $(TOOLS)/sam
export SAM_CLI_TELEMETRY := 0
ifeq ($(shell test -w "$$HOME" && echo yes),)
export UV_CACHE_DIR := $(TOOLS)/cache
export npm_config_cache := $(TOOLS)/npm
endif

# The layers with third-party packages, each with what `uv export` takes for it.
LAYERS := layers/dependencies layers/token_verification
EXPORTED_layers/dependencies := --no-default-groups
EXPORTED_layers/token_verification := --only-group tokens
EXPORT = $(UV) export --quiet --frozen $(EXPORTED_$(1)) --no-emit-project --no-header --no-annotate

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# --- Environments -----------------------------------------------------------------------------------------------------

.PHONY: venv
venv: .venv/.synced ## Prepare .venv (every target that needs it does so by itself)

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@echo "Preparing .venv ..."
	@$(UV) sync --quiet --frozen
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This project needs Python 3.11 or newer, and '$(PYTHON)' is not that. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Preparing .tools ..."
	@$(PYTHON) -m venv $(TOOLS) || { \
		echo "Python cannot make virtual environments here. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(SAM): | $(UV)
	@echo "Preparing SAM CLI ..."
	@$(UV) tool install --quiet --python $(TOOLS)/bin/python aws-sam-cli==$(SAM_VERSION)

# --- Local cloud ------------------------------------------------------------------------------------------------------

.PHONY: run redeploy logs psql clean-local
run: .venv/.synced ## Start the local cloud with everything on it: http://localhost:3000; AUTH=1 to have people sign in
	@$(BIN)/python -m local up $(ARGS)

redeploy: .venv/.synced ## Bring edited code and template to the running local cloud
	@$(BIN)/python -m local redeploy $(ARGS)

logs: .venv/.synced ## Follow what the functions on the local cloud write
	@$(BIN)/python -m local logs --follow $(ARGS)

psql: .venv/.synced ## Look at the order history in the local Postgres
	@$(BIN)/python -m local psql $(ARGS)

clean-local: .venv/.synced ## Forget the orders, the history and the logs of the local cloud
	@$(BIN)/python -m local clean

# --- Operation --------------------------------------------------------------------------------------------------------

.PHONY: redrive rebuild-history
redrive: .venv/.synced ## Show the dead letters and why they are there; put them back (ARGS: see `orders-admin redrive --help`)
	@$(BIN)/orders-admin redrive $(ARGS)

rebuild-history: .venv/.synced ## Fill the history in Postgres again from the order table
	@$(BIN)/orders-admin rebuild-history $(ARGS)

# --- Tests and checks -------------------------------------------------------------------------------------------------

# On a local cloud where everybody may do everything, then on one where callers sign in. MODE=none or MODE=cognito: on one.
# The browser tests start a cloud for signing in by themselves.
MODE ?= none cognito
E2E_none := tests/e2e tests/browser
E2E_cognito := tests/e2e
OFFLINE := $(wildcard tests/unit tests/infrastructure tests/simulation)

.PHONY: test test-unit test-mutants test-integration test-e2e
test: test-unit test-integration ## All tests

test-unit: .venv/.synced ## Tests without any network: units, template, a minute of simulation
	$(BIN)/pytest $(OFFLINE) --ignore tests/simulation/test_mutants.py --disable-socket --allow-unix-socket $(ARGS)

test-mutants: .venv/.synced ## The simulator's own test: each of many wrong variants of the code must be caught
	$(BIN)/pytest tests/simulation/test_mutants.py --disable-socket --allow-unix-socket $(ARGS)

test-integration: .venv/.synced ## Tests on local clouds of their own, with IAM enforcement; MODE=none or MODE=cognito: only one mode
	$(foreach mode,$(MODE),$(BIN)/pytest tests/integration --auth-mode $(mode) $(ARGS) &&) true

test-e2e: .venv/.synced postman/node_modules/.installed ## From outside: Postman collection, made-up requests, Chromium
	@command -v chromium || command -v chromium-browser || command -v google-chrome || { \
		echo "The dashboard is tested in Chromium, which is not here. On Debian: apt-get install chromium"; exit 1; }
	$(foreach mode,$(MODE),$(BIN)/pytest $(E2E_$(mode)) --auth-mode $(mode) $(ARGS) &&) true

postman/node_modules/.installed: postman/package-lock.json
	@command -v npm > /dev/null || { \
		echo "The Postman collection needs Node.js, 18 or newer, and npm. On Debian: apt-get install npm"; exit 1; }
	@echo "Preparing postman/node_modules ..."
	@cd postman && npm ci --silent --ignore-scripts --no-fund --no-audit
	@touch $@

.PHONY: check check-code check-layers check-docs check-template docs format
check: check-code check-layers check-docs check-template ## Format, lint, types, imports, locked layers, API documents, template

# All of functions/ have modules of the same names, as Lambda imports them, so mypy has to see each folder by itself.
check-code: .venv/.synced
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --package local --package docs.generate --package benchmarks --package tests
	@for folder in $(dir $(wildcard functions/*/app.py)); do echo "mypy $$folder"; \
		MYPYPATH=layers/order_engine:$$folder $(BIN)/mypy $$(find $$folder -name '*.py') || failed=1; \
	done; exit $${failed:-0}
	$(BIN)/lint-imports

check-layers: .venv/.synced
	$(UV) lock --check --quiet
	@$(foreach layer,$(LAYERS),$(call EXPORT,$(layer)) | diff -u $(layer)/requirements.txt - \
		|| { echo "$(layer)/requirements.txt is not what uv.lock says: make layers"; exit 1; };)

check-docs: .venv/.synced
	$(BIN)/python -m docs.generate --check

check-template: $(SAM)
	$(SAM) validate --lint --region us-east-1

docs: .venv/.synced ## Write docs/openapi.json and docs/asyncapi.yaml from the contracts
	$(BIN)/python -m docs.generate

format: .venv/.synced ## Format the code and apply the safe fixes of the linter
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Accepted: keys of AWS instead of own ones (27 119 158 173), no reserved concurrency (115), no queue behind scheduled
# functions, as the next minute does the same (116), no VPC where nothing is in one (117), no backup of what is
# temporary or can be rebuilt (28).
ACCEPTED := CKV_AWS_27,CKV_AWS_28,CKV_AWS_115,CKV_AWS_116,CKV_AWS_117,CKV_AWS_119,CKV_AWS_158,CKV_AWS_173

.PHONY: audit
audit: $(UV) ## Look for known weaknesses in the template (checkov) and the locked packages (pip-audit)
	$(UV) tool run checkov --quiet --compact --skip-download --framework cloudformation --file template.yaml --skip-check $(ACCEPTED)
	$(UV) tool run pip-audit --disable-pip $(LAYERS:%=--requirement %/requirements.txt)

.PHONY: bench bench-burst bench-fanout
bench: .venv/.synced ## Benchmark: CPU of a POST inside the handler, cold starts of all functions
	$(BIN)/python -m benchmarks.handler $(ARGS)

bench-burst: .venv/.synced ## Benchmark: bursts of orders on a local cloud, end to end
	$(BIN)/python -m benchmarks.burst $(ARGS)

bench-fanout: .venv/.synced ## Benchmark: one burst of orders to 200 WebSockets
	$(BIN)/python -m benchmarks.fanout $(ARGS)

.PHONY: simulate
simulate: .venv/.synced ## Simulate the whole engine with faults for a minute; SEEDS=100000 for long, SEED=292 to see one run
	@$(BIN)/python -m tests.simulation $(addprefix --seed=,$(SEED)) $(addprefix --seeds=,$(SEEDS)) $(ARGS)

.PHONY: chaos
chaos: .venv/.synced ## Break the running stack under load in every way at once: four minutes, then whether all promises were kept
	@$(BIN)/python -m tests.chaos $(ARGS)

# --- AWS --------------------------------------------------------------------------------------------------------------

.PHONY: layers build deploy
layers: .venv/.synced ## Export the locked dependencies to the layers' requirements.txt
	$(foreach layer,$(LAYERS),$(call EXPORT,$(layer)) --output-file $(layer)/requirements.txt > /dev/null;)

build: $(SAM) ## sam build; needs neither Docker nor Lambda's Python
	@find functions -name __pycache__ -prune -exec rm -rf {} +
	$(SAM) build

# Said before a deployment, where the settings are known, and after it, as the first one asks for them.
define WARN_IF_OPEN
@! grep -Eq 'AuthMode=[\"]*none' $(SAMCONFIG) || printf '\033[1;31m%s\033[0m\n' \
	"AuthMode=none: nobody has to sign in. Everybody who knows the address may place orders in any user's name, and read," \
	"watch and cancel everybody's. To change that: AuthMode=cognito (or jwt) in parameter_overrides of $(SAMCONFIG)."
endef

deploy: build ## Deploy to AWS (STAGE=dev), asking for the settings the first time; then migrate Postgres
	@test -f $(SAMCONFIG) || cp samconfig.toml $(SAMCONFIG)
	$(WARN_IF_OPEN)
	@grep -q stack_name $(SAMCONFIG) || guided="--guided --stack-name $(STACK) --parameter-overrides Stage=$(STAGE)"; \
		$(SAM) deploy --config-file $(CURDIR)/$(SAMCONFIG) $$guided
	@echo "Migrating Postgres ..."
	@stack=$$(sed -n 's/^stack_name = "\(.*\)"/\1/p' $(SAMCONFIG)); \
		answer=$$($(SAM) remote invoke MigrateDatabase --output json --config-file $(CURDIR)/$(SAMCONFIG) \
			--stack-name "$$stack") && \
		echo "$$answer" | grep '"Payload"' && ! echo "$$answer" | grep -q '"FunctionError"'
	$(WARN_IF_OPEN)

.PHONY: clean
clean: clean-local ## Remove everything that was made here
	rm -rf postman/node_modules .local .venv .tools .aws-sam .*_cache .hypothesis
