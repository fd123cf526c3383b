//! What is said of several tools at once.

/// Of a connection that the tool would have kept.
pub(super) const KEPT: &str = "ms on a connection kept from an earlier check, by the same marks";

/// Of what the tool counts as failed.
pub(super) const NO_VALUE: &str = "no value is kept of what the tool counts as failed";

/// Remarks in the order in which they came up, each with the tools it is about.
#[derive(Debug, Default)]
pub(super) struct Remarks(Vec<(String, Vec<String>)>);

impl Remarks {
    pub(super) fn add(&mut self, said: String, of: String) {
        match self.0.iter_mut().find(|(known, _)| *known == said) {
            Some((_, tools)) => tools.push(of),
            None => self.0.push((said, vec![of])),
        }
    }

    /// One line a remark.
    pub(super) fn lines(self) -> Vec<String> {
        self.0.into_iter().map(|(said, tools)| format!("  - {said}: {}", tools.join(", "))).collect()
    }
}
