//! The templates: what AWS would take, what they promise, and what the code and they have to agree on.

mod agreement;
mod bill;
pub mod documented;
pub mod logs;
mod permissions;
mod promises;
mod silence;
mod source;
pub mod template;

use std::process::Command;

use crate::support::ministack::python;

/// CloudFormation takes a template in the request up to this size; StackSets, too.
const BYTES_MAX: u64 = 51_200;

#[test]
fn the_linter_finds_nothing() {
    let Some(linter) = python("the_linter_finds_nothing", "cfn-lint") else { return };
    let folder = template::folder();
    let output = Command::new(linter)
        .current_dir(&folder)
        .args(["--include-checks", "I", "--", "hub.yaml", "probe.yaml"])
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_template_fits_into_a_request() {
    for name in ["hub.yaml", "probe.yaml"] {
        let bytes = template::folder().join(name).metadata().unwrap().len();
        assert!(bytes < BYTES_MAX, "{name} has {bytes} bytes");
    }
}

#[test]
fn no_template_needs_a_macro_which_stack_sets_of_organizations_refuse() {
    let Some(both) = template::both("no_template_needs_a_macro_which_stack_sets_of_organizations_refuse") else {
        return;
    };
    for template in both {
        assert!(template.whole.get("Transform").is_none());
        assert!(!template.whole.to_string().contains("Fn::Transform"));
    }
}
