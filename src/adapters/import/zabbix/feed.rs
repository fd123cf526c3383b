//! Pages of values: where one ends and the next begins, though several items are read side by side.

use super::answer::Kept;

/// Values of one item that are asked for at once.
pub const LIMIT: usize = 10_000;

/// A stretch of whole seconds, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds {
    /// The first.
    pub from: i64,
    /// The last.
    pub till: i64,
}

/// How far the values of an answer are whole: a full answer may have cut its last second in two.
///
/// # Errors
/// More values lie in one second than are asked for at once.
pub fn whole_until(asked: Seconds, values: &[Kept], limit: usize) -> Result<i64, String> {
    if values.len() < limit {
        return Ok(asked.till);
    }
    match values.last() {
        Some(last) if last.clock > asked.from => Ok(last.clock - 1),
        _ => Err(format!("Zabbix keeps over {limit} values of this item in one second, at {}", asked.from)),
    }
}

/// Leaves those that lie no later than this second.
pub fn keep_until(values: &mut Vec<Kept>, until: i64) {
    values.retain(|value| value.clock <= until);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(clocks: &[i64]) -> Vec<Kept> {
        clocks.iter().map(|clock| Kept { clock: *clock, ns: 0, value: "0".into() }).collect()
    }

    const ASKED: Seconds = Seconds { from: 10, till: 99 };

    #[test]
    fn the_last_second_of_a_full_answer_is_asked_for_again() {
        assert_eq!(whole_until(ASKED, &values(&[10, 11, 12]), 4), Ok(99));
        assert_eq!(whole_until(ASKED, &values(&[10, 11, 12, 12]), 4), Ok(11));
        assert_eq!(whole_until(ASKED, &values(&[]), 4), Ok(99));
        let mut kept = values(&[10, 11, 12, 12]);
        keep_until(&mut kept, 11);
        assert_eq!(kept, values(&[10, 11]));
    }

    #[test]
    fn a_second_that_is_too_full_is_an_end_and_no_circle() {
        assert!(whole_until(ASKED, &values(&[10, 10, 10, 10]), 4).unwrap_err().contains("in one second"));
    }

    /// Whatever a server keeps, pages have each value once and in order.
    #[test]
    fn pages_leave_nothing_out_and_double_nothing() {
        let kept: Vec<i64> = (10..60).flat_map(|clock| std::iter::repeat_n(clock, (clock % 4) as usize)).collect();
        for limit in 4..9 {
            let (mut read, mut from) = (Vec::new(), 10);
            while from <= 99 {
                let asked = Seconds { from, till: 99 };
                let mut answer =
                    values(&kept.iter().copied().filter(|clock| *clock >= from).take(limit).collect::<Vec<_>>());
                let until = whole_until(asked, &answer, limit).unwrap();
                keep_until(&mut answer, until);
                read.extend(answer.into_iter().map(|value| value.clock));
                from = until + 1;
            }
            assert_eq!(read, kept, "{limit}");
        }
    }
}
