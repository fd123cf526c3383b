#!/usr/bin/env bash
# Stands in for version 2 of the AWS CLI: an account with nothing in it, and errors as that version writes them since its
# errors have formats. AWS_CLI_ERROR_FORMAT chooses one, as its documentation says; `enhanced` is the usual one.
# FAKE_AWS_FAILS="SERVICE COMMAND CODE MESSAGE" has one command fail.
set -euo pipefail

# fail CODE OPERATION MESSAGE
fail() {
  local when=''
  if [ -n "$2" ]; then when=" when calling the $2 operation"; fi
  case ${AWS_CLI_ERROR_FORMAT:-enhanced} in
    legacy) printf '\naws: [ERROR]: An error occurred (%s)%s: %s\n' "$1" "$when" "$3" ;;
    enhanced) printf '\naws: [ERROR]: An error occurred (%s)%s: %s\n\nAdditional error details:\nType: User\n' "$1" "$when" "$3" ;;
    json) printf '{\n    "Code": "%s",\n    "Message": "An error occurred: %s",\n    "Type": "User"\n}\n' "$1" "$3" ;;
    yaml) printf 'Code: %s\nMessage: "%s"\nType: User\n' "$1" "$3" ;;
    text) printf '%s\t%s\tUser\n' "$1" "$3" ;;
    *) printf '+------+\n| %s |\n| %s |\n+------+\n' "$1" "$3" ;;
  esac >&2
  exit 254
}

command="$1 $2"
if [[ ${FAKE_AWS_FAILS:-} == "$command "* ]]; then
  read -r _ _ code message <<<"$FAKE_AWS_FAILS"
  # No operation was called where there are no credentials to call it with.
  if [ "$code" = NoCredentials ]; then fail "$code" '' "$message"; fi
  fail "$code" Whatever "$message"
fi
case $command in
  "sts get-caller-identity") echo '{"Account": "123456789012"}' ;;
  "ec2 describe-regions")
    echo '{"Regions": [{"RegionName": "eu-west-1", "OptInStatus": "opt-in-not-required"}]}' ;;
  "s3api list-buckets") echo '{"Buckets": [{"Name": "parallax-artifacts-123456789012-eu-west-1"}]}' ;;
  "s3api head-bucket") fail 404 HeadBucket "Not Found" ;;
  "cloudformation describe-stacks")
    case " $* " in
      *" --stack-name "*) fail ValidationError DescribeStacks "Stack with id parallax-hub does not exist" ;;
      *) echo '{"Stacks": []}' ;;
    esac ;;
  "dynamodb describe-table") fail ResourceNotFoundException DescribeTable "Requested resource not found" ;;
  *) fail NotEmulated '' "the fake has no $command" ;;
esac
