# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy and destroy: what waits in the queues of stacks that are to go.

# Seconds that are waited for queues to drain, and whether what is left in them is given up. A probe that found its spool empty
# looks into it again after five minutes.
WAIT=420 LOSE=''
# So many seconds a queue has to be empty: SQS counts messages up to a minute late.
QUIET=0
# Set while probes still send: what the aggregator has in work is no backlog then, and in a large fleet there always is some.
FLOWING=''

check_wait() {
  [[ $WAIT =~ ^[0-9]{1,5}$ ]] || wrong "--wait $WAIT: write seconds, from 0 to 99999"
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

# drained REGION STACK… : waits until their queues are empty; ends with 2, and says which are not, when WAIT is over.
drained() {
  local region=$1 stack found left began=$SECONDS empty='' told=''
  shift
  if [ -n "$LOSE" ] || [ $# -eq 0 ]; then return 0; fi
  while true; do
    left=''
    for stack; do
      found=$(waiting "$region" "$stack") || return
      left+=${found:+$found$'\n'}
    done
    if [ -n "$DRY" ]; then
      [ -z "$left" ] || say "would wait for, or stop at:"$'\n'"${left%$'\n'}"
      return 0
    fi
    if [ -z "$left" ]; then
      empty=${empty:-$SECONDS}
      if [ $((SECONDS - empty)) -ge "$QUIET" ]; then return 0; fi
    else
      empty=''
      # Nothing takes dead letters away while we wait.
      if [ $((SECONDS - began)) -ge "$WAIT" ] || grep -q ' DeadLetters ' <<<"$left"; then break; fi
    fi
    if [ -z "$told" ]; then say "waiting for the queues of $* to drain"; told=1; fi
    sleep 2
  done
  found=$(while read -r stack name count url; do
    printf '; %s in %s of %s (%s)' "$count" "$name" "$stack" "$url"
  done <<<"${left%$'\n'}")
  wrong "messages would be lost, and $* is left as it is${found}. What is in a Queue or Spool goes to the archive while the" \
    "fleet runs: try again later, or with a longer --wait. Read DeadLetters, and send them again or purge them." \
    "--lose-waiting gives all of it up"
}
