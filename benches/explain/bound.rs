//! What an account may cost, and whether it kept to that.

/// What the help of both benchmarks says first.
pub const QUIET: &str = "On a quiet machine only: on a busy one a bound may break through no fault of the code. Exit code 1 where \
    a bound is not kept.";

/// The most that something may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    pub what: &'static str,
    /// Seconds, on one processor.
    pub seconds: f64,
    /// Absent where memory is not looked at.
    pub mib: Option<f64>,
}

/// 10 000 samples a side.
pub const POINTS: Bound = Bound { what: "points of the mean and of three percentiles", seconds: 0.5, mib: None };

/// The same with every interval.
pub const WHOLE: Bound = Bound { what: "points and all intervals", seconds: 5.0, mib: None };

/// A million samples.
pub const MILLION: Bound = Bound { what: "an account of a million samples", seconds: 30.0, mib: Some(1_024.0) };

impl Bound {
    /// The line of a run that took so much, and whether it kept to it.
    pub fn judge(&self, seconds: f64, mib: Option<f64>) -> (String, bool) {
        // What was not measured was not kept.
        let memory = self.mib.is_none_or(|most| mib.is_some_and(|mib| mib <= most));
        let kept = seconds <= self.seconds && memory;
        let verdict = if kept { "kept  " } else { "BROKEN" };
        let beside = |mib: Option<f64>| mib.map_or_else(String::new, |mib| format!(" and {mib:.0} MiB"));
        let (found, most) = (beside(mib), beside(self.mib));
        (format!("{verdict}  {}: {seconds:.2} s{found}, at most {} s{most}", self.what, self.seconds), kept)
    }
}
