# shellcheck shell=bash disable=SC2034,SC2153 # what is set here is read in the files that source this one, and the other way round
# Sourced by deploy, destroy and build: the zips, and the buckets they lie in.

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
  wrong "the bucket name $(bucket_of "$1") is taken by another account, or these credentials lack s3:ListBucket on it; choose" \
    "another fleet name with --name, or grant that"
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

# The glibc of Amazon Linux 2023, on which Lambda runs functions.
GLIBC=2.34
FUNCTIONS=(probe aggregator)

# build: both functions in one run, so that what they share is compiled once; leaves "$WORK/NAME.zip", and its key in
# "$WORK/NAME.key". Cargo builds for this machine's own processor, unless its glibc is too new for Lambda, and cargo-lambda
# for all others; BUILDER is what builder_of said.
build() {
  say "building the functions for $ARCH by $BUILDER; the first time takes minutes"
  if [ "$BUILDER" = cargo ]; then
    build_by_cargo
    if [ -z "$NEWER" ]; then return 0; fi
    say "built by cargo, they need $NEWER, and Lambda has glibc $GLIBC: building them again by cargo-lambda"
  fi
  build_by_cargo_lambda
}

has_cargo_lambda() { cargo lambda --version >/dev/null 2>&1; }
# In a folder of its own: a system's Python may take no packages.
INSTALL_CARGO_LAMBDA='install cargo-lambda (`python3 -m venv lambda && . lambda/bin/activate && pip install cargo-lambda`)'

# builder_of: cargo or cargo-lambda, on standard output; PARALLAX_BUILDER names one of them.
builder_of() {
  local own=''
  if [ "$(uname -s)" = Linux ] && [ "$ARCH" = "$(uname -m | sed s/aarch64/arm64/)" ]; then own=1; fi
  case ${PARALLAX_BUILDER:-} in
    '')
      if [ -n "$own" ]; then echo cargo; return 0; fi
      has_cargo_lambda || wrong "this machine builds no $ARCH functions for Linux by itself; $INSTALL_CARGO_LAMBDA"
      echo cargo-lambda ;;
    cargo)
      [ -n "$own" ] || wrong "PARALLAX_BUILDER=cargo: this machine builds no $ARCH functions for Linux by itself; unset it"
      echo cargo ;;
    cargo-lambda)
      has_cargo_lambda || wrong "PARALLAX_BUILDER=cargo-lambda: it is not here; $INSTALL_CARGO_LAMBDA, or unset it"
      echo cargo-lambda ;;
    *) wrong "PARALLAX_BUILDER=$PARALLAX_BUILDER: write cargo or cargo-lambda, or unset it" ;;
  esac
}

# The words of both builders, but for the target.
words_of_build() {
  WORDS=(--locked --profile lambda -p parallax -p parallax-aggregator --no-default-features --features parallax/lambda)
  local name
  for name in "${FUNCTIONS[@]}"; do WORDS+=(--bin "$name"); done
}

# build_by_cargo: in NEWER, the symbols for which cargo-lambda has to build them; nothing where they are packed.
build_by_cargo() {
  local name folder WORDS
  words_of_build
  (cd "$ROOT" && cargo build "${WORDS[@]}") || failed "the functions do not build"
  folder=$(target_directory)/lambda
  for name in "${FUNCTIONS[@]}"; do
    NEWER=$(newer_symbols "$folder/$name")
    if [ -n "$NEWER" ]; then
      if [ -z "${PARALLAX_BUILDER:-}" ] && has_cargo_lambda; then return 0; fi
      wrong "the functions that this machine builds need $NEWER, because its glibc is newer than the $GLIBC of Amazon Linux" \
        "2023, on which Lambda runs them; $INSTALL_CARGO_LAMBDA${PARALLAX_BUILDER:+, unset PARALLAX_BUILDER}, and run this" \
        "again: it builds them for $GLIBC"
    fi
  done
  for name in "${FUNCTIONS[@]}"; do pack "$name" "$folder/$name"; done
}

build_by_cargo_lambda() {
  local name folder WORDS
  words_of_build
  folder=$(mktemp -d "$WORK/built.XXXXXX")
  (cd "$ROOT" && cargo lambda build --target "${ARCH/arm64/aarch64}-unknown-linux-gnu.$GLIBC" --lambda-dir "$folder" \
    "${WORDS[@]}") || failed "the functions do not build"
  for name in "${FUNCTIONS[@]}"; do pack "$name" "$folder/$name/bootstrap"; done
  rm -r "$folder"
}

# newer_symbols FILE: those that Lambda lacks, in words; nothing where there are none, or where the file is no program:
# `pack` says that.
newer_symbols() {
  local said
  said=$("$ROOT/infra/check-glibc" "$1" "$GLIBC" 2>&1) || true
  sed -n 's/^  //p' <<<"$said" | sort -u | head -n 5 | paste -sd, - | sed 's/,/, /g'
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
  "$ROOT/infra/check-glibc" "$1" "$GLIBC" >/dev/null || failed "$1 does not run on Amazon Linux 2023; see above"
}
