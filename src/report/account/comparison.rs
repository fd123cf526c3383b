//! Two sources side by side, and then why they differ.

use serde::Serialize;

use super::super::comparison::ComparisonReport;
use super::super::document::Document;
use super::super::json;
use super::Explained;

/// A comparison that ends with an account. Its JSON is that of the comparison, and the account under `explained`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainedComparison {
    /// Side by side.
    #[serde(flatten)]
    pub comparison: ComparisonReport,
    /// Why.
    pub explained: Explained,
}

impl ExplainedComparison {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json::pretty(self)
    }

    /// As a page.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut page = self.comparison.document();
        self.explained.onto(&mut page, false);
        page
    }
}
