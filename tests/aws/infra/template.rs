//! A CloudFormation template as the linter reads it: YAML's short forms written out.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use parallax::metrics::catalogue::NAMESPACE;
use serde_json::{Map, Value, json};

use crate::support::ministack::python;

/// Where templates and scripts are.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/infra"))
}

/// A template.
#[derive(Clone)]
pub struct Template {
    /// All of it.
    pub whole: Value,
}

/// The hub and the probe, read once for all tests; `None` where the tests' Python is not here and `CI` is not set.
pub fn both(test: &str) -> Option<[Template; 2]> {
    const READ: &str = "import json,sys;from cfnlint.decode import cfn_yaml
for name in sys.argv[1:]: print(json.dumps(cfn_yaml.load(name)))";
    static FOUND: OnceLock<[Template; 2]> = OnceLock::new();
    let python = python(test, "python")?;
    let read = || {
        let files = ["hub.yaml", "probe.yaml"].map(|name| folder().join(name));
        let output = Command::new(&python).args(["-c", READ]).args(files).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let mut lines = said.lines().map(|line| Template { whole: serde_json::from_str(line).unwrap() });
        std::array::from_fn(|_| lines.next().unwrap())
    };
    Some(FOUND.get_or_init(read).clone())
}

impl Template {
    /// The resources of a kind, such as `AWS::SQS::Queue`, by name.
    pub fn all(&self, kind: &str) -> Vec<(&str, &Value)> {
        let resources = self.whole["Resources"].as_object().unwrap();
        let found: Vec<_> =
            resources.iter().filter(|(_, it)| it["Type"] == kind).map(|(name, it)| (name.as_str(), it)).collect();
        found
    }

    /// The properties of a resource.
    pub fn properties(&self, name: &str) -> &Map<String, Value> {
        self.whole["Resources"][name]["Properties"].as_object().unwrap_or_else(|| panic!("no resource {name}"))
    }

    /// A number, or the default of the parameter that stands for it; of a choice the last.
    pub fn number(&self, value: &Value) -> u64 {
        let value = value["Fn::If"].get(2).unwrap_or(value);
        let parameter = value["Ref"].as_str().map(|name| &self.whole["Parameters"][name]["Default"]);
        parameter.unwrap_or(value).as_u64().unwrap_or_else(|| panic!("{value} is no number and has no default"))
    }

    /// What the role of a function may do: each statement of its policies.
    pub fn allowed(&self, role: &str) -> Vec<Value> {
        let policies = self.properties(role)["Policies"].as_array().unwrap();
        let statements = policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
        // A statement behind a condition stands in its first arm.
        statements.map(|statement| statement["Fn::If"].get(1).unwrap_or(statement).clone()).collect()
    }

    /// The actions of all of them.
    pub fn actions(&self, role: &str) -> Vec<String> {
        self.allowed(role).iter().flat_map(|statement| texts(&statement["Action"])).collect()
    }
}

/// Where a fleet's series are: what the usual name is for the code, and the name behind it for any other.
pub fn namespace() -> Value {
    json!({ "Fn::If": ["UsualName", NAMESPACE, { "Fn::Sub": format!("{NAMESPACE}/${{Name}}") }] })
}

/// One text or several.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(several) => several.iter().flat_map(texts).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}
