//! The page as a fleet file has it, for programs of ours that read one.

use toml::{Table, Value};

use super::Orders;
use super::work::TARGET;

/// A fleet file with this page alone, which asks as all other ways of the lab do.
pub(in crate::lab) fn fleet(orders: &Orders, every: &str) -> Table {
    let text = |text: &str| Value::String(text.to_owned());
    let mut page = Table::new();
    page.insert("id".to_owned(), text(TARGET));
    page.insert("url".to_owned(), text(&orders.url));
    page.insert("every".to_owned(), text(every));
    page.insert("http".to_owned(), text("1.1"));
    page.insert("follow_redirects".to_owned(), true.into());
    page.insert("allow_private".to_owned(), true.into());
    page.insert("trust".to_owned(), text(&orders.authority.to_string_lossy()));
    page.insert("verify".to_owned(), orders.verify.into());
    if orders.accept_gzip {
        page.insert("accept_encoding".to_owned(), vec!["gzip"].into());
    }
    if let Some(ms) = orders.timeout_ms {
        page.insert("timeout".to_owned(), text(&format!("{:.0}us", ms * 1_000.0)));
    }
    let mut file = Table::new();
    file.insert("schema".to_owned(), 1.into());
    file.insert("target".to_owned(), vec![page].into());
    file
}
