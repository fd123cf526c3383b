//! Errors of the AWS CLI are told alike, whatever its version writes and however a person has set it.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::command::{Run, finished};
use crate::support::needs;

/// `infra/destroy` with version 2's stand-in, for somebody who has errors written in this format.
fn destroy(format: Option<&str>, fails: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let root = env!("CARGO_MANIFEST_DIR");
    symlink(format!("{root}/tests/support/fake_aws.sh"), folder.path().join("aws")).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [folder.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
    let mut command = Command::new(format!("{root}/infra/destroy"));
    command.args(["--name", "parallax", "--regions", "eu-west-1"]);
    command.env("PATH", std::env::join_paths(path).unwrap()).env("FAKE_AWS_FAILS", fails);
    match format {
        Some(format) => command.env("AWS_CLI_ERROR_FORMAT", format),
        None => command.env_remove("AWS_CLI_ERROR_FORMAT"),
    };
    finished(command.output().unwrap())
}

#[test]
fn what_version_2_of_the_cli_cannot_do_is_told_in_one_line_and_known_for_what_it_is() {
    let test = "what_version_2_of_the_cli_cannot_do_is_told_in_one_line_and_known_for_what_it_is";
    for tool in ["bash", "jq"] {
        if needs::program(test, &[tool]).is_none() {
            return;
        }
    }
    for format in [None, Some("legacy"), Some("enhanced"), Some("json"), Some("yaml"), Some("text"), Some("table")] {
        // No stack, no table, no bucket: each is an error that is none.
        let run = destroy(format, "");
        let said = "nothing is left of the fleet parallax in eu-west-1\n";
        assert_eq!((run.code, run.err.as_str()), (0, said), "{format:?}");

        let run =
            destroy(format, "s3api list-buckets AccessDenied no identity-based policy allows s3:ListAllMyBuckets");
        let said = "destroy: cannot list the buckets: aws: [ERROR]: An error occurred (AccessDenied) when calling the \
                    Whatever operation: no identity-based policy allows s3:ListAllMyBuckets\n";
        assert_eq!((run.code, run.err.as_str()), (3, said), "{format:?}");

        let run = destroy(format, "s3api head-bucket 403 Forbidden");
        assert_eq!(run.code, 0, "a bucket of somebody else is not removed, {format:?}: {}", run.err);

        let run = destroy(
            format,
            "sts get-caller-identity NoCredentials Unable to locate credentials. You can configure \
                                   credentials by running \"aws configure\".",
        );
        let said = "destroy: no valid credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign \
                    in again\n";
        assert_eq!((run.code, run.err.as_str()), (2, said), "{format:?}");
    }
}
