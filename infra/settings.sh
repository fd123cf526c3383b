# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy: parameters that people set, and what a stack that is new, or made anew, takes over of them.

# What the fleet file decides, of either template.
DECIDED='Name|CodeBucket|CodeKey|Architecture|Regions|EveryMinutes|Metrics|KeepDays|HomeRegion|QueueUrl|QueueArn|Method|MemoryMb|Schedule|TargetsTable'
# Lambda ends an invocation after so many seconds, at most: `parallax deployment` makes a timeout of a fleet's slots by it.
TIMEOUT_MAX=900

# check_settings OPTION TEMPLATE KEY=VALUE… : each is a parameter that the fleet file does not decide, with a value that
# CloudFormation would take. It would say so itself, but only once the functions are built.
check_settings() {
  local option=$1 template=$2 setting free
  shift 2
  free=$(parameters_of "$template" | grep -vxE "$DECIDED")
  for setting; do
    if [[ $setting != *=* ]] || ! grep -qx -- "${setting%%=*}" <<<"$free"; then
      wrong "$option $setting: write KEY=VALUE, where KEY is one of $(tr '\n' ' ' <<<"$free")"
    fi
    check_value "$option" "$template" "${setting%%=*}" "${setting#*=}"
  done
}

# check_value OPTION TEMPLATE KEY VALUE
check_value() {
  local value=$4 wrote="$1 $3=$4" least most words pattern
  words=$(rule_of "$2" "$3" AllowedValues) pattern=$(rule_of "$2" "$3" AllowedPattern)
  if [ -n "$words" ]; then
    [[ $value != *,* && ", ${words:1:-1}, " == *", $value, "* ]] || wrong "$wrote: write one of ${words:1:-1}"
  elif [ "$(rule_of "$2" "$3" Type)" = Number ]; then
    least=$(rule_of "$2" "$3" MinValue) most=$(rule_of "$2" "$3" MaxValue)
    [[ $value =~ ^-?(0|[1-9][0-9]{0,8})$ ]] && [ "$value" -ge "$least" ] && [ "$value" -le "${most:-$value}" ] ||
      wrong "$wrote: write a whole number from $least${most:+ to $most}"
  elif [ -n "$pattern" ]; then
    [[ $value =~ ^($pattern)$ ]] || wrong "$wrote: $(rule_of "$2" "$3" Description) Its pattern is $pattern"
  fi
}

# rule_of TEMPLATE KEY RULE: what the template says of a parameter, in one line; nothing where it does not.
rule_of() {
  awk -v key="  $2:" -v rule="    $3: " '
    /^[A-Z]/ { on = ($0 == "Parameters:") }
    /^  [A-Za-z]+:$/ { mine = on && $0 == key }
    mine && index($0, rule) == 1 { value = substr($0, length(rule) + 1); gsub(/^"|"$/, "", value); print value }' "$1"
}

# has WORD SETTINGS… : whether a parameter is among them.
has() {
  local word=$1 setting
  shift
  for setting; do if [ "${setting%%=*}" = "$word" ]; then return 0; fi; done
  return 1
}

# value_of WORD SETTINGS… : what it is set to; the last one counts.
value_of() {
  local word=$1 setting value=''
  shift
  for setting; do if [ "${setting%%=*}" = "$word" ]; then value=${setting#*=}; fi; done
  printf '%s' "$value"
}

# defaults_of TEMPLATE: KEY=DEFAULT of each parameter that has one, a line each.
defaults_of() {
  awk '
    /^[A-Z]/ { on = ($0 == "Parameters:") }
    on && /^  [A-Za-z]+:$/ { key = substr($1, 1, length($1) - 1) }
    on && /^    Default: / { sub(/^    Default: /, ""); gsub(/^"|"$/, ""); print key "=" $0 }' "$1"
}

# set_by_hand STACK TEMPLATE OPTIONS… : KEY=VALUE of what a stack has that the file does not decide, the template does not
# have by itself and no option says anew, a line each. Timeout and Quorum are not among them: they follow the file.
set_by_hand() {
  local stack=$1 template=$2 setting
  shift 2
  jq -r --rawfile keys <(parameters_of "$template") --rawfile usual <(defaults_of "$template") \
    --arg decided "^($DECIDED|Timeout|Quorum)$" '
    ($keys | split("\n")) as $keys | ($usual | split("\n")) as $usual
    | .Parameters[]? | select(.ParameterKey as $key | $keys | index($key)) | select(.ParameterKey | test($decided) | not)
    | "\(.ParameterKey)=\(.ParameterValue)" | select(. as $set | $usual | index($set) | not)' <<<"${stack:-null}" |
    while read -r setting; do has "${setting%%=*}" "$@" || printf '%s\n' "$setting"; done
}

# timeout_by_hand STACK: its Timeout, where its own slots do not make it so.
timeout_by_hand() {
  local timeout minutes usual
  timeout=$(parameter "$1" Timeout) minutes=$(parameter "$1" EveryMinutes)
  usual=$((${minutes:-0} * 60))
  if [ -n "$timeout" ] && [ "$timeout" != $((usual < TIMEOUT_MAX ? usual : TIMEOUT_MAX)) ]; then printf '%s' "$timeout"; fi
}

# model REGION: the probe stack whose settings a new one there takes over: of the same region, else of the first that has
# one; rather one that came to be. Nothing in a new fleet.
model() {
  local region found
  for region in "$1" "${REGIONS[@]}" "${DROPPED[@]}"; do
    if [ ! -e "$WORK/before.$region" ]; then continue; fi
    found=$(jq -c --arg hub "$NAME-hub" '
      [.[] | select(.StackName != $hub and .StackStatus != "REVIEW_IN_PROGRESS")]
      | sort_by(.StackStatus | test("ROLLBACK_COMPLETE|FAILED")) | first // empty' \
      "$WORK/before.$region")
    if [ -n "$found" ]; then printf '%s' "$found"; return 0; fi
  done
}

# settings_of_probe REGION STACK: in SETTINGS, what a probe stack is told besides what the file decides and the options say;
# says what it takes over. The path of its secrets is in the file "$WORK/path.STACK.REGION".
settings_of_probe() {
  local there from chosen need path
  there=$(before "$1" "$2")
  from=$there SETTINGS=()
  if [ -z "$there" ]; then from=$(model "$1"); fi
  if [ -z "$there" ] || never_was "$there"; then
    mapfile -t SETTINGS < <(set_by_hand "$from" "$INFRA/probe.yaml" "${PROBE[@]}")
  fi
  need=$(fleet .timeout_s) chosen=''
  if ! has Timeout "${PROBE[@]}"; then
    chosen=$(timeout_by_hand "$from")
    if [ -n "$chosen" ]; then SETTINGS+=("Timeout=$chosen"); fi
  fi
  if [ ${#SETTINGS[@]} -gt 0 ]; then
    if [ -z "$there" ]; then
      say "stack $2 is new, and takes over from $(jq -r '"\(.StackName) in \(.Region)"' <<<"$from"): ${SETTINGS[*]}"
    elif never_was "$there"; then
      say "stack $2 is made with what it was to have: ${SETTINGS[*]}"
    fi
  fi
  if [ -n "$chosen" ] && [ "$chosen" -lt "$need" ]; then
    say "note: stack $2 has Timeout=$chosen, because somebody set it; the slots of $FILE have $need s"
  elif [ -z "$chosen" ] && ! has Timeout "${PROBE[@]}"; then
    SETTINGS+=("Timeout=$need")
  fi
  path=$(value_of SecretsPath "${SETTINGS[@]}" "${PROBE[@]}")
  path=${path:-$(parameter "$there" SecretsPath)}
  printf '%s %s\n' "${path:-parallax}" "$1" >"$WORK/path.$2.$1"
}

# value_of_hub KEY: what a parameter of the hub will be: as an option says, else as the stack has it, else the template.
value_of_hub() {
  local value
  value=$(value_of "$1" "${HUB[@]}")
  value=${value:-$(parameter "$HUB_BEFORE" "$1")}
  printf '%s' "${value:-$(value_of "$1" $(defaults_of "$INFRA/hub.yaml" | grep "^$1="))}"
}

# check_visibility: a message comes again while it is in work, where it is hidden for less than Lambda may take for it; Lambda
# refuses a queue that hides messages for less than one try.
check_visibility() {
  local visibility timeout window needs
  visibility=$(value_of_hub Visibility) timeout=$(value_of_hub AggregatorTimeout) window=$(value_of_hub BatchWindow)
  needs=$((6 * timeout + window))
  [ "$visibility" -ge "$needs" ] ||
    wrong "--hub Visibility=$visibility: six times AggregatorTimeout, which is $timeout s, and BatchWindow are $needs s; set" \
      "--hub Visibility=$needs, or a lower AggregatorTimeout"
}

# settings_of_hub REGION KIND: in SETTINGS, the same of the hub, which is as HUB_BEFORE says and is made anew where KIND is
# CREATE.
settings_of_hub() {
  SETTINGS=()
  if never_was "$HUB_BEFORE"; then
    mapfile -t SETTINGS < <(set_by_hand "$HUB_BEFORE" "$INFRA/hub.yaml" "${HUB[@]}")
    if [ ${#SETTINGS[@]} -gt 0 ]; then say "stack $NAME-hub is made with what it was to have: ${SETTINGS[*]}"; fi
  fi
  # Only where a hub is to be made: a hub that is there knows its archive.
  if [ "$2" = CREATE ] && ! has ArchiveTable "${SETTINGS[@]}" "${HUB[@]}" &&
    ask dynamodb describe-table --region "$1" --table-name "$NAME-archive" >/dev/null; then
    say "table $NAME-archive is here from an earlier hub, and is used again"
    SETTINGS+=("ArchiveTable=$NAME-archive")
  fi
  settings_of_quorum "$2"
}

# quorum_of COUNT: the usual one in a fleet of so many regions; one place alone can be down, too.
quorum_of() { if [ "$1" -gt 1 ]; then echo 2; else echo 1; fi; }

# settings_of_quorum KIND: adds Quorum to SETTINGS, where it is not what the hub has by itself. It follows the file until
# somebody sets another one; hosts are places, too, so that it may be of more of them than there are regions.
settings_of_quorum() {
  local quorum usual former
  quorum=$(value_of Quorum "${HUB[@]}") usual=$(quorum_of ${#REGIONS[@]})
  if [ -z "$quorum" ]; then
    quorum=$(parameter "$HUB_BEFORE" Quorum)
    former=$(parameter "$HUB_BEFORE" Regions)
    former=$(quorum_of "$(tr , '\n' <<<"$former" | grep -c .)") || true
    if [ -z "$quorum" ]; then
      quorum=$usual
      SETTINGS+=("Quorum=$usual")
    elif [ "$quorum" = "$former" ] && [ "$quorum" != "$usual" ]; then
      say "Quorum goes from $quorum to $usual: $FILE has $(counted ${#REGIONS[@]} region) now; --hub Quorum=$quorum keeps it"
      quorum=$usual
      SETTINGS+=("Quorum=$usual")
    elif [ "$1" = CREATE ]; then
      SETTINGS+=("Quorum=$quorum")
    fi
  fi
  if [[ $quorum =~ ^[0-9]+$ ]] && [ "$quorum" -gt ${#REGIONS[@]} ]; then
    say "note: Quorum=$quorum, and $FILE has $(counted ${#REGIONS[@]} region): a target counts as down, or slower, only with" \
      "hosts (\`parallax agent --queue\`) that say so, too; --hub Quorum=$usual is the usual one"
  fi
}

# counted COUNT NOUN
counted() { if [ "$1" -eq 1 ]; then printf '1 %s' "$2"; else printf '%s %ss' "$1" "$2"; fi; }

# note_secrets: names the parameters that probes are to read and may not; their roles may read below one path only.
note_secrets() {
  local paths one path where
  paths=$(cat "$WORK"/path.* | sort -u)
  fleet '.parameters[]' | while read -r one; do
    for path in $(cut -d' ' -f1 <<<"$paths" | sort -u); do
      if [[ /${one#/} == "/$path/"* ]]; then continue; fi
      where=$(awk -v path="$path" '$1 == path { print $2 }' <<<"$paths" | paste -sd' ' -)
      say "note: the probes of ${where// /, } may not read the parameter $one; name one below /$path/, or set --probe" \
        "SecretsPath=PATH"
    done
  done
}
