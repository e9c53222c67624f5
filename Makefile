# The two commands that matter: `make run` and `make test`. Everything else is for those who change the code.
.DEFAULT_GOAL := help
.PHONY: help run fleet test faults check bench image

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build, start everything with demo data, print a scorecard and where to look; Ctrl-C stops
	@scripts/run.sh

fleet: ## The same as a fleet: PostgreSQL, Redis, two processes of each service; Ctrl-C stops
	@scripts/fleet.sh

test: ## Every test; installs missing tools when it may
	@scripts/tools.sh
	@PATH="$$(scripts/tools.sh --bin):$$PATH" scripts/test.sh

faults: ## Every fault with full counts against real servers; prints a table, about 25 minutes
	@scripts/tools.sh
	@PATH="$$(scripts/tools.sh --bin):$$PATH" scripts/faults.sh

check: ## Format, lints, contract, house rules, documentation, dependencies
	@scripts/tools.sh --deny
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	scripts/proto.sh
	cargo test --locked --package bellwether-tests --lib --test tidy
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	scripts/deny.sh

bench: ## Measure in release mode; one JSON line a row
	@scripts/bench.sh

image: ## Build the container image (buildah): localhost/bellwether:VERSION
	@scripts/tools.sh
	@scripts/image.sh
