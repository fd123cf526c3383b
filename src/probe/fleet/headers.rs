//! Request headers: their values are secrets from the moment they are read.

use crate::probe::target::Secret;

use super::finding::{Findings, Position, shown};
use super::section::Entry;

/// A header whose value AWS Systems Manager keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The header's name.
    pub header: String,
    /// The parameter's name.
    pub name: String,
    /// Where the file says so.
    pub at: Position,
}

/// A header whose value a variable of the environment had when the file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The header's name.
    pub header: String,
    /// The variable's name.
    pub name: String,
    /// Where the file says so.
    pub at: Position,
}

/// All headers of a page.
#[derive(Default)]
pub(super) struct Headers {
    pub(super) known: Vec<(String, Secret)>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) variables: Vec<Variable>,
}

/// What the probe itself writes into every request.
const OURS: [(&str, &str); 6] = [
    ("accept-encoding", "write `accept_encoding = [\"gzip\"]` instead"),
    ("connection", "leave it out: the probe decides it by `methods`"),
    ("content-length", "leave it out: a probe sends no body"),
    ("transfer-encoding", "leave it out: a probe sends no body"),
    ("upgrade", "leave it out: a probe does not change the protocol"),
    ("te", "leave it out: the probe does not read trailers"),
];

const WANTED: &str = "a text, { env = \"VARIABLE\" } or, on AWS, { ssm = \"/path\" }";
/// The longest name of a parameter, as AWS has it.
const PARAMETER_MAX: usize = 2_048;

pub(super) fn headers(
    entry: Entry<'_>,
    variable: &dyn Fn(&str) -> Option<String>,
    findings: &mut Findings<'_>,
) -> Headers {
    let mut headers = Headers::default();
    let Some(section) = entry.table("a table such as { User-Agent = \"parallax\" }", findings) else { return headers };
    let mut seen = std::collections::HashSet::new();
    for entry in section.into_entries() {
        let name = entry.key.clone();
        if !named(&entry, findings) {
            continue;
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            findings.note(entry.key_at, format!("the header `{name}` stands twice; name it once"));
        }
        let at = entry.at;
        if entry.is_text() {
            let value = entry.text(WANTED, findings).unwrap_or_default();
            if sendable(&value, &name, "its value", at, findings) {
                headers.known.push((name, Secret::new(value)));
            }
        } else if let Some(section) = entry.table(WANTED, findings) {
            elsewhere(section, name, variable, &mut headers, findings);
        }
    }
    headers
}

/// The name is one HTTP has, and ours to let the user set.
fn named(entry: &Entry<'_>, findings: &mut Findings<'_>) -> bool {
    let name = entry.key.as_str();
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        let what = format!("`{}` is no header name; letters, digits and - are allowed", shown(name));
        findings.note(entry.key_at, what);
        return false;
    }
    if let Some((_, instead)) = OURS.iter().find(|(ours, _)| name.eq_ignore_ascii_case(ours)) {
        findings.note(entry.key_at, format!("the header `{name}` is the probe's own; {instead}"));
        return false;
    }
    true
}

fn elsewhere(
    mut section: super::section::Section<'_>,
    header: String,
    variable: &dyn Fn(&str) -> Option<String>,
    headers: &mut Headers,
    findings: &mut Findings<'_>,
) {
    section.name = format!("the header `{header}`");
    let place = section.at;
    let (env, ssm) = (section.take("env"), section.take("ssm"));
    section.finish(findings);
    if env.is_none() && ssm.is_none() {
        findings.note(place, format!("the header `{header}` has no value; write {WANTED}"));
    }
    // Both: one file then serves an agent, which has the variable, and AWS, which has the parameter.
    if let Some(env) = env {
        from_environment(env, &header, variable, headers, findings);
    }
    if let Some(ssm) = ssm {
        from_parameter(ssm, header, headers, findings);
    }
}

fn from_environment(
    env: Entry<'_>,
    header: &str,
    variable: &dyn Fn(&str) -> Option<String>,
    headers: &mut Headers,
    findings: &mut Findings<'_>,
) {
    let at = env.at;
    let Some(name) = env.text("a variable's name as text", findings) else { return };
    match (!name.is_empty() && !name.contains(['=', '\0'])).then(|| variable(&name)).flatten() {
        Some(value) if !value.is_empty() => {
            if sendable(&value, header, &format!("the value of {}", shown(&name)), at, findings) {
                headers.known.push((header.to_owned(), Secret::new(value)));
                headers.variables.push(Variable { header: header.to_owned(), name, at: findings.position(at) });
            }
        }
        _ => findings.note(
            at,
            format!(
                "the environment variable `{}` is not set, and the header `{header}` needs it; \
                 set it, or take the header out",
                shown(&name)
            ),
        ),
    }
}

fn from_parameter(ssm: Entry<'_>, header: String, headers: &mut Headers, findings: &mut Findings<'_>) {
    let at = ssm.at;
    let Some(name) = ssm.text("a parameter's name as text", findings) else { return };
    let has = |c: char| c.is_ascii_alphanumeric() || "/._-:".contains(c);
    if name.is_empty() || name.len() > PARAMETER_MAX || !name.chars().all(has) {
        let what = format!("`{}` is no parameter of SSM; write its name, such as \"/parallax/token\"", shown(&name));
        findings.note(at, what);
        return;
    }
    headers.parameters.push(Parameter { header, name, at: findings.position(at) });
}

/// A line break in a value would smuggle in another header.
fn sendable(value: &str, header: &str, whose: &str, at: usize, findings: &mut Findings<'_>) -> bool {
    let wrong = value.chars().find(|c| c.is_control() && *c != '\t' || !c.is_ascii());
    if let Some(wrong) = wrong {
        let wrong = match wrong {
            '\r' | '\n' => "a line break",
            c if c.is_control() => "a control character",
            _ => "a character that is not ASCII",
        };
        findings.note(at, format!("the header `{header}` cannot be sent: {whose} has {wrong}; take it out"));
        return false;
    }
    if value.trim() != value {
        findings.note(
            at,
            format!("the header `{header}` cannot be sent: {whose} begins or ends with a space; take it out"),
        );
        return false;
    }
    true
}
