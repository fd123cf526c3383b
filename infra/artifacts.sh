# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy and destroy: the zips, and the buckets they lie in.

bucket_of() { printf '%s-artifacts-%s-%s' "$NAME" "$ACCOUNT" "$1"; }

# bucket_state REGION: ours, none or taken.
bucket_state() {
  local bucket
  bucket=$(bucket_of "$1")
  if ask s3api head-bucket --region "$1" --bucket "$bucket" --expected-bucket-owner "$ACCOUNT" >/dev/null; then
    echo ours
  else
    case $ERROR in
      *404* | *NoSuchBucket* | *"Not Found"*) echo none ;;
      *403* | *301* | *Forbidden* | *AccessDenied*) echo taken ;;
      *) failed "bucket $bucket: $ERROR" ;;
    esac
  fi
}

# bucket_regions: where the fleet has one, and so has or had stacks, whatever a file says now.
bucket_regions() {
  must "cannot list the buckets" s3api list-buckets --region "$(any_region)" |
    jq -r --arg prefix "$NAME-artifacts-$ACCOUNT-" --argjson known "$KNOWN" '
      ($known.Regions | map(select(.OptInStatus != "not-opted-in") | .RegionName)) as $usable
      | .Buckets[]?.Name | select(startswith($prefix)) | .[($prefix | length):]
      | select(. as $region | $usable | index($region))'
}

taken() {
  wrong "the bucket name $(bucket_of "$1") is taken by another account, or these credentials may not use it; choose" \
    "another fleet name with --name"
}

# make_bucket REGION
make_bucket() {
  local bucket state place=()
  bucket=$(bucket_of "$1")
  state=$(bucket_state "$1") || return
  case $state in
    ours) return 0 ;;
    taken) taken "$1" ;;
  esac
  if [ "$1" != us-east-1 ]; then place=(--create-bucket-configuration "LocationConstraint=$1"); fi
  if ! ask s3api create-bucket --region "$1" --bucket "$bucket" "${place[@]}" >/dev/null; then
    case $ERROR in
      *BucketAlreadyOwnedByYou*) ;;
      *BucketAlreadyExists*) taken "$1" ;;
      *) failed "bucket $bucket cannot be made: $ERROR" ;;
    esac
  else
    say "bucket $bucket is made"
  fi
}

# upload REGION ZIP KEY: once; a key stands for one content.
upload() {
  local bucket
  bucket=$(bucket_of "$1")
  if ask s3api head-object --region "$1" --bucket "$bucket" --key "$3" >/dev/null; then return 0; fi
  must "upload of $3 to $bucket" s3api put-object --region "$1" --bucket "$bucket" --key "$3" --body "$2" >/dev/null
  say "$3 is uploaded"
}

# remove_bucket REGION: with what is in it.
remove_bucket() {
  local bucket state
  bucket=$(bucket_of "$1")
  state=$(bucket_state "$1") || return
  if [ "$state" != ours ]; then return 0; fi
  aws s3 rm "s3://$bucket" --recursive --region "$1" --only-show-errors || failed "bucket $bucket cannot be emptied"
  must "bucket $bucket cannot be removed" s3api delete-bucket --region "$1" --bucket "$bucket" >/dev/null
  say "bucket $bucket is removed"
}

check_architecture() {
  case $ARCH in x86_64 | arm64) ;; *) wrong "there is no architecture $ARCH; write x86_64 or arm64" ;; esac
}

# build: both functions in one run, so that what they share is compiled once; leaves "$WORK/NAME.zip", and its key in
# "$WORK/NAME.key".
build() {
  local name folder
  local words=(--locked --profile lambda -p parallax -p parallax-aggregator --no-default-features
    --features parallax/lambda --bin probe --bin aggregator)
  say "building the functions for $ARCH; the first time takes minutes"
  if [ "$ARCH" = "$(uname -m | sed s/aarch64/arm64/)" ] && [ "$(uname -s)" = Linux ]; then
    (cd "$ROOT" && cargo build "${words[@]}") || failed "the functions do not build"
    folder=$(target_directory)/lambda
    for name in probe aggregator; do pack "$name" "$folder/$name"; done
  else
    cargo lambda --version >/dev/null 2>&1 ||
      wrong "this machine builds no $ARCH functions for Linux by itself; install cargo-lambda (\`pip3 install cargo-lambda\`)"
    (cd "$ROOT" && cargo lambda build "--${ARCH/_/-}" --lambda-dir "$WORK/built" "${words[@]}") || failed "the functions do not build"
    for name in probe aggregator; do pack "$name" "$WORK/built/$name/bootstrap"; done
  fi
}

# pack NAME PROGRAM
pack() {
  check_program "$2"
  mkdir -p "$WORK/$1"
  cp "$2" "$WORK/$1/bootstrap"
  chmod 755 "$WORK/$1/bootstrap"
  # Anew: zip would add to what is there.
  rm -f "$WORK/$1.zip"
  (cd "$WORK/$1" && zip -q -X "$WORK/$1.zip" bootstrap)
  rm -r "${WORK:?}/$1"
  printf '%s-%s-%s.zip' "$1" "$ARCH" "$(sha256sum "$2" | cut -c1-16)" >"$WORK/$1.key"
}

# check_program FILE: is of the architecture asked for, and asks for nothing that Amazon Linux 2023 lacks.
check_program() {
  local machine
  machine=$(readelf -h "$1" | sed -n 's/^ *Machine: *//p')
  case $ARCH:$machine in
    x86_64:*X86-64* | arm64:AArch64*) ;;
    *) failed "$1 is for $machine, not for $ARCH" ;;
  esac
  "$ROOT/infra/check-glibc" "$1" >/dev/null || failed "$1 does not run on Amazon Linux 2023; see above"
}
