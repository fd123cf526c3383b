# `make test` is the whole of it: sets up what the tests need, then everything that must hold, quickest first.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

.PHONY: test check format lint core docs set_up bench bench_explain bench_replay bench_coldstart score

test: set_up check
	@tests/run

check: format lint core docs

format:
	cargo fmt --check

lint:
	cargo clippy --quiet --workspace --all-targets --features aws,lambda -- -D warnings

# The pure core stands alone: no sockets, no database, no async runtime. What one machine needs stands without AWS.
core:
	cargo check --quiet --no-default-features --lib
	cargo check --quiet

docs:
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps --lib --workspace --features aws,lambda

set_up:
	@tests/set_up

# The probe against the wire; as root, with tcpdump, tshark and iproute2. See docs/instrument.md.
bench:
	cargo bench --bench instrument

# How long accounts take, and how much memory; on a quiet machine. See docs/speed.md.
bench_explain:
	cargo bench --no-default-features --bench explain
	cargo bench --bench million

# Replays of our samples against the real curl. See docs/replay.md.
bench_replay:
	cargo bench --bench replay

# The probe as a function: its start, its processor time and its size, as root. See docs/coldstart.md.
bench_coldstart: set_up
	cargo bench --profile dev --features aws,lambda --bench coldstart

# The explainer against worlds whose causes are known, on all processors; writes its tables into docs/score.md.
score:
	cargo bench --no-default-features --bench score -- --write docs/score.md
