# shellcheck shell=sh disable=SC2034 # what is set here is read in the files that source this one
# Sourced first by deploy, destroy and build: whether what they need is here. Nothing in this file is newer than POSIX, so
# that an older bash, such as the 3.2 of macOS, can say that it is too old.

PROGRAM=${0##*/}

case ${BASH_VERSION:-} in
  '' | [0-3].* | 4.[0-3].*)
    echo "$PROGRAM: needs bash 4.4 or newer, and this is ${BASH_VERSION:+bash }${BASH_VERSION:-another shell}; install it (on" \
      "macOS: \`brew install bash\`), put it first on PATH, and run $0 by its name" >&2
    exit 2 ;;
esac

# needs PROGRAM:WHERE_TO_GET_IT… : all that are missing, in one message.
needs() {
  missing=
  for need; do
    command -v "${need%%:*}" >/dev/null 2>&1 || missing="$missing; \`${need%%:*}\`, from ${need#*:}"
  done
  if [ -n "$missing" ]; then
    echo "$PROGRAM: programs are missing; install ${missing#; }" >&2
    exit 2
  fi
}

NEEDS_AWS='aws:https://docs.aws.amazon.com/cli/'
NEEDS_JQ='jq:the package jq'
NEEDS_CARGO='cargo:https://rustup.rs'
NEEDS_ZIP='zip:the package zip'
NEEDS_READELF='readelf:the package binutils'
NEEDS_SHA256SUM='sha256sum:the package coreutils'
