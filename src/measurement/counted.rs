//! Numbers of things in a sentence.

use std::fmt::Display;

/// `1 sample`, `2 samples`, `0 sandboxes`: a number with what it counts, which is named in the singular and has a regular
/// plural.
#[must_use]
pub fn counted(count: impl Display, thing: &str) -> String {
    let count = count.to_string();
    let ending = match count.as_str() {
        "1" => "",
        _ if thing.ends_with('x') => "es",
        _ => "s",
    };
    format!("{count} {thing}{ending}")
}

/// `1 sample waits`, `2 samples wait`: with the verb for one of them and for any other number.
#[must_use]
pub fn does(count: impl Display, thing: &str, [one, many]: [&str; 2]) -> String {
    let counted = counted(count, thing);
    let verb = if counted.starts_with("1 ") { one } else { many };
    format!("{counted} {verb}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_thing_is_not_many() {
        assert_eq!([0, 1, 2, 11].map(|count| counted(count, "row")), ["0 rows", "1 row", "2 rows", "11 rows"]);
        assert_eq!([1, 2].map(|count| counted(count, "more sandbox")), ["1 more sandbox", "2 more sandboxes"]);
        let waits = |count: u32| does(count, "sample", ["waits", "wait"]);
        assert_eq!([0, 1, 10].map(waits), ["0 samples wait", "1 sample waits", "10 samples wait"]);
    }
}
