# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy and destroy: what is said, and how a call to AWS that fails is told.

# Progress, to standard error; WHERE names the region in whose job we are.
say() { printf '%s%s\n' "${WHERE:+$WHERE: }" "$*" >&2; }
# 2: what was asked for has to change. 3: it was right, and could not be done.
wrong() { say "$PROGRAM: $*"; exit 2; }
failed() { say "$PROGRAM: $*"; exit 3; }

# prepare: a folder for what is in work, and an AWS CLI that asks nobody at the terminal and tells an error in one line:
# version 2 can tell it in several, by a person's own settings.
prepare() {
  export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off AWS_CLI_ERROR_FORMAT=legacy
  WORK=$(mktemp -d)
  trap 'stop; rm -rf "$WORK"' EXIT
  trap 'say "$PROGRAM: stopped; what AWS was asked for goes on there, and the same command again goes on from it"; exit 130' INT TERM
}

# stop: jobs that run still, each with all that it began: they hear nothing of Ctrl-C.
stop() {
  local jobs
  mapfile -t jobs < <(jobs -p)
  if [ ${#jobs[@]} -gt 0 ]; then kill -- "${jobs[@]/#/-}" 2>/dev/null || true; fi
}

# ask WORDS… : the AWS CLI, with JSON on standard output; on failure ERROR has AWS's words and the result is 1.
ask() {
  local errors
  errors=$(mktemp "$WORK/errors.XXXXXX")
  if aws "$@" --output json 2>"$errors"; then rm -f "$errors"; return 0; fi
  ERROR=$(grep -m 1 'An error occurred' "$errors" || grep -v '^[[:space:]]*$' "$errors" | tail -n 1)
  rm -f "$errors"
  return 1
}

# must WHAT WORDS… : the same, or the end.
must() {
  local what=$1
  shift
  ask "$@" || failed "$what: $ERROR"
}

# The name of a fleet that has none.
USUAL_NAME=parallax

# Whether the name can be one of a fleet, where an option says it; as the templates have it.
check_name() {
  [[ -z $NAME || $NAME =~ ^[a-z][a-z0-9-]{0,19}$ ]] ||
    wrong "--name $NAME: write up to 20 lower-case letters, digits and hyphens, a letter first"
}

# A region to ask in before it is known that those of the fleet exist.
any_region() {
  local region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
  if [ -z "$region" ]; then region=$(aws configure get region 2>/dev/null || true); fi
  printf '%s' "${region:-us-east-1}"
}

NO_CREDENTIALS='no valid credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again'

# The account whose credentials these are.
check_account() {
  local answer
  if ! answer=$(aws sts get-caller-identity --region "$(any_region)" --output json 2>&1); then
    answer=$(grep -v '^[[:space:]]*$' <<<"$answer" | tail -n 1)
    case $answer in
      *"Unable to locate credentials"*) wrong "$NO_CREDENTIALS" ;;
      *[Cc]redential* | *InvalidClientTokenId* | *UnrecognizedClient* | *InvalidAccessKeyId* | *ExpiredToken* | *Signature* | \
        *AuthFailure* | *"could not be found"* | *SSO* | *oken*expired*) wrong "$NO_CREDENTIALS ($answer)" ;;
      *) failed "cannot ask AWS whose credentials these are ($answer)" ;;
    esac
  fi
  ACCOUNT=$(jq -r .Account <<<"$answer")
}

# check_regions REGION… : all exist, and this account uses them.
check_regions() {
  local region state
  KNOWN=$(must "cannot list the regions" ec2 describe-regions --all-regions --region "$(any_region)") || exit
  for region; do
    state=$(jq -r --arg name "$region" '.Regions[] | select(.RegionName == $name) | .OptInStatus' <<<"$KNOWN")
    case $state in
      '') wrong "there is no region $region in AWS; known are $(jq -r '[.Regions[].RegionName] | sort | join(", ")' <<<"$KNOWN")" ;;
      not-opted-in) wrong "this account does not use the region $region; enable it in the account's settings, or take it out" ;;
    esac
  done
}

# each FUNCTION REGION… : runs FUNCTION once a region, all at once; the result is that of the worst.
each() {
  local work=$1 worst=0 code region jobs=()
  shift
  # Each is a group of processes of its own, so that it can be stopped as a whole.
  set -m
  for region; do
    (WHERE=$region; "$work" "$region") &
    jobs+=($!)
  done
  set +m
  for job in "${jobs[@]}"; do
    code=0
    wait "$job" || code=$?
    if [ "$code" -gt "$worst" ]; then worst=$code; fi
  done
  return "$worst"
}

# The parallax program: PARALLAX names one; else it is built from this tree.
find_parallax() {
  if [ -n "${PARALLAX:-}" ]; then
    [ -x "$PARALLAX" ] || wrong "PARALLAX=$PARALLAX is no program; name one built with \`--features aws\`, or unset it"
    return 0
  fi
  needs "$NEEDS_CARGO"
  say "building parallax"
  (cd "$ROOT" && cargo build --quiet --locked --release --features aws --bin parallax) || failed "parallax does not build"
  PARALLAX=$(target_directory)/release/parallax
}

target_directory() {
  (cd "$ROOT" && cargo metadata --locked --no-deps --format-version 1) | jq -r .target_directory
}

# read_fleet FILE: what it asks of AWS, checked; and the fleet's name, where no option says it.
read_fleet() {
  local named
  FLEET=$("$PARALLAX" deployment "$1" --json) || exit
  named=$(jq -r '.name // ""' <<<"$FLEET")
  if [ -n "$NAME" ] && [ -n "$named" ] && [ "$NAME" != "$named" ]; then
    wrong "--name $NAME: $1 has name = \"$named\" in [fleet], by which \`parallax targets\` goes, too; take out one of them"
  fi
  NAME=${NAME:-${named:-$USUAL_NAME}}
  HOME_REGION=$(jq -r .home <<<"$FLEET")
  mapfile -t REGIONS < <(jq -r '.regions[]' <<<"$FLEET")
}
