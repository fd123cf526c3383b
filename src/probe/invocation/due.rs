//! Which pages an invocation measures.

use crate::measurement::identity::Method;
use crate::measurement::units::UnixMillis;
use crate::probe::fleet::Page;

/// The pages of this method whose own grid has this slot, by name: in the same order at every vantage.
#[must_use]
pub fn due<'a>(pages: &'a [Page], slot: UnixMillis, method: &Method) -> Vec<&'a Page> {
    let is_due = |page: &&Page| page.grid.slot_of(slot) == slot && page.methods.contains(method);
    let mut due: Vec<&Page> = pages.iter().filter(is_due).collect();
    due.sort_by(|a, b| a.target.id.cmp(&b.target.id));
    due
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::fleet;

    fn names(slot_minutes: i64, method: &Method) -> Vec<String> {
        let text = r#"
            schema = 1
            every = "3m"
            [[target]]
            id = "c"
            url = "https://c.example/"
            [[target]]
            id = "b"
            url = "https://b.example/"
            every = "2m"
            methods = ["curl", "fresh"]
            [[target]]
            id = "a"
            url = "https://a.example/"
            methods = ["curl"]
        "#;
        let pages = fleet::parse(text, &|_| None).unwrap().pages;
        due(&pages, UnixMillis(slot_minutes * 60_000), method).iter().map(|page| page.target.id.to_string()).collect()
    }

    #[test]
    fn each_page_has_its_own_grid_and_an_arm_its_own_method() {
        assert_eq!(names(6, &Method::Fresh), ["b", "c"]);
        assert_eq!(names(6, &Method::Curl), ["a", "b"]);
        assert_eq!(names(4, &Method::Fresh), ["b"]);
        assert_eq!(names(3, &Method::Fresh), ["c"]);
        assert!(names(5, &Method::Fresh).is_empty() && names(6, &Method::Pooled).is_empty());
    }
}
