//! Where a probe runs: all that it can see of its own surroundings.

use serde::{Deserialize, Serialize};

use super::units::Micros;

/// The surroundings, constant for the life of a sandbox (Lambda) or of the agent's process (host).
///
/// Host identity is not claimed: nothing visible from inside a Lambda sandbox tells one host from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Environment {
    /// `lambda` or `host`.
    pub platform: String,
    /// `AWS_REGION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Availability zone id, such as `use1-az1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub az_id: Option<String>,
    /// Lambda: the log stream, one per execution environment. Host: the boot id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`: `on-demand`, `provisioned-concurrency`, `snap-start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_type: Option<String>,
    /// From process start to ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_duration_us: Option<Micros>,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MB: 1769 MB is one processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    /// `AWS_LAMBDA_FUNCTION_NAME` and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The CPU quota of the control group, in thousandths of one processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_quota_milli: Option<u32>,
    /// Processors the process may run on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// `x86_64`, `aarch64`.
    pub architecture: String,
    /// As the processor names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_model: Option<String>,
    /// Kernel name and release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Name servers asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolvers: Vec<String>,
    /// This program's version.
    pub probe_version: String,
}

/// What the probe knew of its own start when it made a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Whether anything had run here before.
    pub init: Init,
    /// 1 for the first invocation of a sandbox (Lambda) or the first measurement by a process (host).
    pub number: u64,
    /// Time since the sandbox or process started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox_age_us: Option<Micros>,
}

/// How the sandbox came to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// Started for this very invocation.
    Cold,
    /// It had served before.
    Warm,
    /// Started ahead of need, and first used now.
    Proactive,
}
