# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy and destroy: what waits in the queues of stacks that are to go.

# Seconds that are waited for queues to drain, where an option says it; and whether what is left in them is given up.
WAIT='' LOSE=''
# Where no option says it, a queue is waited for as long as its fleet takes for it, unless that is longer than this: nobody
# sits before a terminal for a day.
PATIENCE=4200
# So many seconds a queue has to be empty: SQS counts messages up to a minute late.
QUIET=0
# Set while probes still send: what the aggregator has in work is no backlog then, and in a large fleet there always is some.
FLOWING=''

check_wait() {
  [[ -z $WAIT || $WAIT =~ ^[0-9]{1,5}$ ]] || wrong "--wait $WAIT: write seconds, from 0 to 99999"
}

# takes STACK COUNT: seconds after which so many messages in a queue of it are at home, while the fleet runs. A spool is looked
# into by each invocation of its probe, up to a hundred messages, and for five minutes no more once it was found empty; what
# the aggregator gave back to the queue is hidden for its visibility.
takes() {
  local minutes hidden
  case $(jq -r '.StackName // ""' <<<"${1:-null}") in
    "$NAME-hub") hidden=$(parameter "$1" Visibility); echo $((${hidden:-420} + 60)) ;;
    *) minutes=$(parameter "$1" EveryMinutes); echo $((360 + (($2 + 99) / 100) * ${minutes:-3} * 60)) ;;
  esac
}

# ask_sqs WORDS… : as `ask`. Version 1 of the AWS CLI has an address of its own for SQS, and passes AWS_ENDPOINT_URL over.
ask_sqs() {
  local endpoint=${AWS_ENDPOINT_URL_SQS:-${AWS_ENDPOINT_URL:-}}
  ask sqs "$@" ${endpoint:+--endpoint-url "$endpoint"}
}

# waiting REGION STACK: each of its queues that is not empty, a line each: the stack, the queue's name in the template, how
# many messages are there (to be had, in work and delayed), and its URL. What cannot be counted is not taken for empty.
waiting() {
  local found lines queues=() queue counts count answer=$WORK/queue.$BASHPID
  found=$(must "the queues of stack $2" cloudformation describe-stack-resources --region "$1" --stack-name "$2") || return
  lines=$(jq -r '
    .StackResources[] | select(.ResourceType == "AWS::SQS::Queue" and .ResourceStatus != "DELETE_COMPLETE")
    | select(.PhysicalResourceId // "" | contains("/")) | "\(.LogicalResourceId) \(.PhysicalResourceId)"' <<<"$found") ||
    failed "the queues of stack $2 cannot be read from what AWS answers"
  if [ -z "$lines" ]; then return 0; fi
  mapfile -t queues <<<"$lines"
  for queue in "${queues[@]}"; do
    if ! ask_sqs get-queue-attributes --region "$1" --queue-url "${queue#* }" --attribute-names \
      ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible ApproximateNumberOfMessagesDelayed >"$answer"; then
      case $ERROR in
        *NonExistentQueue* | *QueueDoesNotExist* | *"does not exist"*) continue ;;
        *) failed "what waits in the queue ${queue#* } cannot be counted: $ERROR" ;;
      esac
    fi
    counts='.ApproximateNumberOfMessages, .ApproximateNumberOfMessagesDelayed'
    if [ "$FLOWING${queue%% *}" != 1Queue ]; then counts+=', .ApproximateNumberOfMessagesNotVisible'; fi
    count=$(jq "[.Attributes | $counts | tonumber] | add" "$answer") ||
      failed "what waits in the queue ${queue#* } cannot be counted: AWS answers $(<"$answer")"
    if [ "$count" -gt 0 ]; then printf '%s %s %s %s\n' "$2" "${queue%% *}" "$count" "${queue#* }"; fi
  done
}

# left_over REGION FOUND: what stacks of a region have waiting, a line each as `waiting` has it, in words; and what is to be
# done about a spool that is looked into too seldom to be waited for.
left_over() {
  local stack name count url found minutes seconds
  while read -r stack name count url; do
    printf '; %s in %s of %s (%s)' "$count" "$name" "$stack" "$url"
    if [ "$name" != Spool ]; then continue; fi
    found=$(describe "$1" "$stack")
    minutes=$(parameter "$found" EveryMinutes) seconds=$(takes "$found" "$count")
    printf ', which its probe looks into every %s min: --wait %s is long enough' "${minutes:-3}" "$seconds"
    if [ "$seconds" -gt "$PATIENCE" ]; then
      printf ', or let it look now: `aws lambda invoke --region %s --function-name %s /dev/null`' "$1" "$(output "$found" Function)"
    fi
  done <<<"$2"
}

# drained REGION STACK… : waits until their queues are empty; ends with 2, and says which are not, when the time is over.
drained() {
  local region=$1 stack found left limit needs began='' empty='' told=''
  local -A stacks=()
  shift
  if [ -n "$LOSE" ] || [ $# -eq 0 ]; then return 0; fi
  while true; do
    left='' limit=0
    for stack; do
      found=$(waiting "$region" "$stack") || return
      if [ -z "$found" ]; then continue; fi
      left+=$found$'\n'
      if [ -n "$WAIT" ]; then continue; fi
      if [ -z "${stacks[$stack]:-}" ]; then stacks[$stack]=$(describe "$region" "$stack") || return; fi
      needs=$(takes "${stacks[$stack]}" "$(awk '{ sum += $3 } END { print sum }' <<<"$found")")
      if [ "$needs" -le "$PATIENCE" ] && [ "$needs" -gt "$limit" ]; then limit=$needs; fi
    done
    limit=${WAIT:-$limit} began=${began:-$SECONDS}
    if [ -n "$DRY" ]; then
      [ -z "$left" ] || say "would wait for, or stop at:"$'\n'"${left%$'\n'}"
      return 0
    fi
    if [ -z "$left" ]; then
      empty=${empty:-$SECONDS}
      if [ $((SECONDS - empty)) -ge "$QUIET" ]; then return 0; fi
      if [ -z "$told" ]; then say "the queues of $* are empty; looking for $QUIET s more, because SQS counts late"; fi
    else
      empty=''
      # Nothing takes dead letters away while we wait.
      if [ $((SECONDS - began)) -ge "$limit" ] || grep -q ' DeadLetters ' <<<"$left"; then break; fi
      if [ -z "$told" ]; then say "waiting for the queues of $* to drain, for $limit s at most"; fi
    fi
    told=1
    sleep 2
  done
  found=$(left_over "$region" "${left%$'\n'}") || return
  wrong "messages would be lost, and $* is left as it is${found}. What is in a Queue or Spool goes to the archive while the" \
    "fleet runs: try again later, or with a longer --wait. Read DeadLetters, and send them again or purge them." \
    "--lose-waiting gives all of it up"
}
