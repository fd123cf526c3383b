//! The benchmarks of accounts end with a failure where an account takes longer, or more memory, than it may.

#[path = "../benches/explain/bound.rs"]
mod bound;

use bound::{MILLION, POINTS, QUIET, WHOLE};

#[test]
fn an_account_that_takes_too_much_breaks_its_bound() {
    assert_eq!((POINTS.seconds, WHOLE.seconds), (0.5, 5.0));
    assert_eq!((MILLION.seconds, MILLION.mib), (30.0, Some(1_024.0)));
    let (line, kept) = POINTS.judge(0.49, None);
    assert!(kept && line.starts_with("kept"), "{line}");
    let (line, kept) = POINTS.judge(0.51, None);
    assert!(!kept && line.starts_with("BROKEN"), "{line}");
    assert!(MILLION.judge(29.0, Some(1_000.0)).1);
    assert!(!MILLION.judge(31.0, Some(1_000.0)).1);
    assert!(!MILLION.judge(29.0, Some(1_025.0)).1);
    assert!(!MILLION.judge(29.0, None).1, "memory that nobody looked at was not kept within a bound");
    assert!(QUIET.contains("quiet machine"));
}
