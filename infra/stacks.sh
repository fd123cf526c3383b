# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy and destroy: CloudFormation stacks of a fleet.

# describe REGION STACK: the stack as JSON, or nothing where there is none.
describe() {
  if ! ask cloudformation describe-stacks --region "$1" --stack-name "$2" >"$WORK/stack.$BASHPID"; then
    case $ERROR in
      *"does not exist"*) return 0 ;;
      *) failed "stack $2: $ERROR" ;;
    esac
  fi
  jq '.Stacks[0]' "$WORK/stack.$BASHPID"
}

# settled REGION STACK: the same, once nobody is changing it.
settled() {
  local found state began=$SECONDS told=
  while true; do
    found=$(describe "$1" "$2") || return
    state=$(jq -r .StackStatus <<<"${found:-null}")
    case $state in
      REVIEW_IN_PROGRESS) break ;;
      *_IN_PROGRESS) ;;
      *) break ;;
    esac
    if [ $((SECONDS - began)) -gt 3600 ]; then failed "stack $2 is in $state for an hour; look at its events, and try again"; fi
    if [ -z "$told" ] && [ $((SECONDS - began)) -gt 60 ]; then say "stack $2 is in $state; waiting"; told=1; fi
    sleep 2
  done
  printf '%s' "$found"
}

# fleet_stacks REGION: this fleet's stacks there, as a list in JSON; a fleet whose name begins alike has others.
fleet_stacks() {
  must "cannot list the stacks" cloudformation describe-stacks --region "$1" |
    jq --arg hub "$NAME-hub" --arg probe "^$NAME-probe(-(fresh|pooled|curl)-[0-9]+)?$" --arg region "$1" \
      '[.Stacks[] | select(.StackName == $hub or (.StackName | test($probe))) | .Region = $region]'
}

# stacks_of REGION: their names.
stacks_of() { fleet_stacks "$1" | jq -r '.[].StackName'; }

# before REGION STACK: the stack as it was when the run began; nothing where there was none, or no more than a plan of one.
before() {
  jq -c --arg name "$2" '.[] | select(.StackName == $name and .StackStatus != "REVIEW_IN_PROGRESS")' "$WORK/before.$1"
}

# never_was STACK: it failed before it came to be, and has to go before one of its name can be made.
never_was() {
  case $(jq -r .StackStatus <<<"${1:-null}") in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | CREATE_FAILED | DELETE_FAILED) return 0 ;;
    *) return 1 ;;
  esac
}

output() { jq -r --arg key "$2" '.Outputs[]? | select(.OutputKey == $key) | .OutputValue' <<<"${1:-null}"; }
parameter() { jq -r --arg key "$2" '.Parameters[]? | select(.ParameterKey == $key) | .ParameterValue' <<<"${1:-null}"; }

# The names of a template's parameters.
parameters_of() { sed -n '/^Parameters:/,/^[A-Z].*s:$/ s/^  \([A-Za-z]*\):$/\1/p' "$1"; }

# remove REGION STACK: and waits until it is gone. Whoever removes it, it goes with empty queues.
remove() {
  local found state
  drained "$1" "$2" || return
  must "stack $2 cannot be removed" cloudformation delete-stack --region "$1" --stack-name "$2" >/dev/null
  found=$(settled "$1" "$2") || return
  state=$(jq -r .StackStatus <<<"${found:-null}")
  case $state in
    null | '' | DELETE_COMPLETE) say "stack $2 is removed" ;;
    *) reasons "$1" "$2"; failed "stack $2 is in $state, not removed; what holds it is above; then run this again" ;;
  esac
}

# reasons REGION STACK: what failed in it, newest first.
reasons() {
  ask cloudformation describe-stack-events --region "$1" --stack-name "$2" --max-items 60 | jq -r '
    .StackEvents[] | select(.ResourceStatus | endswith("_FAILED")) | select(.ResourceStatusReason // "" | contains("cancelled") | not)
    | "  \(.LogicalResourceId) \(.ResourceStatus): \(.ResourceStatusReason // "no reason given")"' | head -n 12 >&2 || true
}

# way REGION STACK: CREATE or UPDATE, on standard output; a stack that never came to be is removed first. FOUND is in
# the file "$WORK/found.STACK.REGION".
way() {
  local found state
  found=$(settled "$1" "$2") || return
  state=$(jq -r .StackStatus <<<"${found:-null}")
  case $state in
    null | '' | REVIEW_IN_PROGRESS) found=; echo CREATE ;;
    UPDATE_ROLLBACK_FAILED)
      failed "stack $2 is in $state; run \`aws cloudformation continue-update-rollback --region $1 --stack-name $2\`, then this again" ;;
    *)
      if ! never_was "$found"; then
        echo UPDATE
      else
        if [ -n "${DRY:-}" ]; then
          # Asked a second time, it is not said again.
          [ -e "$WORK/found.$2.$1" ] || say "would remove stack $2, which is in $state"
        else
          say "stack $2 is in $state, left by a run that failed; removing it and going on"
          remove "$1" "$2" || return
        fi
        found=
        echo CREATE
      fi ;;
  esac
  printf '%s' "$found" >"$WORK/found.$2.$1"
}

# put REGION STACK TEMPLATE KEY=VALUE… : makes or changes the stack; says so where there is nothing to change. Of a key that
# is there twice the last one counts; what the stack has of parameters that are not named stays.
put() {
  local region=$1 stack=$2 template=$3 kind change answer state reason
  shift 3
  kind=$(way "$region" "$stack") || return
  if [ -n "${DRY:-}" ]; then
    say "would ${kind,,} stack $stack with: $*"
    return 0
  fi
  change=deploy-$(date -u +%Y%m%dT%H%M%SZ)-$$
  jq -n --rawfile keys <(parameters_of "$template") --slurpfile found "$WORK/found.$stack.$region" '
    ($ARGS.positional | map(capture("^(?<key>[^=]+)=(?<value>.*)$"; "s")) | from_entries) as $named
    | ($named | keys) as $new
    | ($named | to_entries | map({ParameterKey: .key, ParameterValue: .value}))
      + [$found[]?.Parameters[]?.ParameterKey | select(. as $key | $keys | split("\n") | index($key))
         | select(. as $key | $new | index($key) | not) | {ParameterKey: ., UsePreviousValue: true}]' \
    --args -- "$@" >"$WORK/parameters.$stack.$region"
  must "stack $stack" cloudformation create-change-set --region "$region" --stack-name "$stack" --change-set-name "$change" \
    --change-set-type "$kind" --template-body "file://$template" --capabilities CAPABILITY_IAM \
    --parameters "file://$WORK/parameters.$stack.$region" --tags "Key=parallax:fleet,Value=$NAME" >/dev/null
  while true; do
    answer=$(must "stack $stack" cloudformation describe-change-set --region "$region" --stack-name "$stack" \
      --change-set-name "$change") || return
    state=$(jq -r .Status <<<"$answer")
    case $state in CREATE_COMPLETE | FAILED) break ;; esac
    sleep 1
  done
  if [ "$state" = FAILED ]; then
    reason=$(jq -r '.StatusReason // "no reason given"' <<<"$answer")
    ask cloudformation delete-change-set --region "$region" --stack-name "$stack" --change-set-name "$change" >/dev/null || true
    case $reason in
      *"didn't contain changes"* | *"No updates are to be performed"*) say "stack $stack: no change"; return 0 ;;
      *) failed "stack $stack cannot be changed: $reason" ;;
    esac
  fi
  must "stack $stack" cloudformation execute-change-set --region "$region" --stack-name "$stack" --change-set-name "$change" >/dev/null
  answer=$(settled "$region" "$stack") || return
  state=$(jq -r .StackStatus <<<"${answer:-null}")
  case $state in
    CREATE_COMPLETE | UPDATE_COMPLETE) say "stack $stack: ${state%_COMPLETE}D" ;;
    *) reasons "$region" "$stack"; failed "stack $stack is in $state; the reasons are above; mend them and run this again" ;;
  esac
}
