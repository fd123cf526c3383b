#!/usr/bin/env bash
# Stands in for cargo, and for cargo-lambda behind it: it builds nothing, and leaves a program that is given to it as each
# function, where the real ones would.
# FAKE_CARGO_BUILDS is the program of `cargo build`, which lies below FAKE_CARGO_TARGET then.
# FAKE_CARGO_LAMBDA_BUILDS is that of `cargo lambda build`; without it, cargo-lambda is not installed.
# What was asked is in the file FAKE_CARGO_ASKED, a line each.
set -euo pipefail

printf '%s\n' "$*" >>"$FAKE_CARGO_ASKED"
case "$1 ${2:-}" in
  "metadata "*) printf '{"target_directory": "%s"}\n' "$FAKE_CARGO_TARGET" ;;
  "build "*)
    mkdir -p "$FAKE_CARGO_TARGET/lambda"
    for name in probe aggregator; do cp "$FAKE_CARGO_BUILDS" "$FAKE_CARGO_TARGET/lambda/$name"; done ;;
  "lambda "*)
    if [ -z "${FAKE_CARGO_LAMBDA_BUILDS:-}" ]; then
      echo "error: no such command: \`lambda\`" >&2
      exit 101
    fi
    if [ "$2" = --version ]; then exit 0; fi
    folder=
    while [ $# -gt 1 ]; do
      if [ "$1" = --lambda-dir ]; then folder=$2; fi
      shift
    done
    for name in probe aggregator; do
      mkdir -p "$folder/$name"
      cp "$FAKE_CARGO_LAMBDA_BUILDS" "$folder/$name/bootstrap"
    done ;;
  *) echo "error: the fake has no $*" >&2; exit 101 ;;
esac
