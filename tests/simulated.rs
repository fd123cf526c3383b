//! The simulator itself: what it says of a request is where that request's time went.

use super::score::worlds;
use super::simulator::{Quota, Side, sample, shocks};

#[test]
fn what_a_request_spent_is_what_it_took() {
    let (a, b) = worlds::twelve();
    let throttled = Side { throttled: true, shown: false, cpu: 6.0, life: 12, ..Side::default() };
    let kept = Side { reused: 0.5, fallback: 0.3, lost: 0.1, ..a.clone() };
    for side in [a, b, throttled, kept] {
        for one in sample(&side, 3, 60, &shocks(3, 60), true) {
            let spent = side.definition + one.spent.iter().map(|hop| hop.sum()).sum::<f64>();
            // Each part of each phase is rounded to a microsecond.
            assert!((spent - one.reported_ms).abs() < 0.02, "{spent} of {}: {:?}", one.reported_ms, one.spent);
        }
    }
}

#[test]
fn a_whole_processor_is_never_taken_away() {
    let mut whole = Quota::new(1_769, 0.3);
    assert_eq!((0..50).map(|_| whole.work(7.0)).sum::<f64>(), 0.0);
    assert_eq!(Quota::new(3_008, 0.0).work(90.0), 0.0);
}

#[test]
fn a_tenth_of_it_stands_still_nine_tenths_of_each_period() {
    let mut tenth = Quota::new(177, 0.0);
    // Two milliseconds of every twenty: the fifth is in the third period.
    assert!((tenth.work(5.0) - 36.0).abs() < 0.01);
    tenth.wait(20.0);
    assert_eq!(tenth.work(1.9), 0.0, "a period that was waited through is paid for anew");
}
