//! A gap as stairs: from A down or up to B, one step a cause, with what stands behind each.

/// Steps that share one axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stairs {
    /// What they show.
    pub caption: String,
    /// A, the causes, B.
    pub steps: Vec<Step>,
}

/// One line of the stairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is.
    pub name: String,
    /// Where it begins and where it ends, milliseconds; an end stands from the axis to its value.
    pub from: f64,
    /// See `from`.
    pub to: f64,
    /// See [`Kind`].
    pub kind: Kind,
    /// Milliseconds, interval and share, as they are to be printed.
    pub figures: [String; 3],
    /// Between which values it ends, with 95 % confidence; absent where there is no interval.
    pub sure: Option<(f64, f64)>,
    /// What may be claimed; empty for the ends.
    pub claim: &'static str,
    /// What stands behind it, in one line; empty where nothing does.
    pub evidence: String,
}

/// How a step is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The value of A or of B.
    End,
    /// A cause.
    Cause,
    /// What the cause above it consists of, in part.
    Part,
}

/// A stretch of the axis, as shares of it from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub from: f64,
    /// Where it ends; never before `from`.
    pub to: f64,
}

/// What sums of doubles round off, as a share of them, and a wide margin.
const ROUNDING: f64 = 1e-9;

impl Stairs {
    /// The first and the last value on the axis. It begins at zero unless the steps would be too small to be seen.
    #[must_use]
    pub fn axis(&self) -> (f64, f64) {
        let values = || {
            self.steps
                .iter()
                .flat_map(|step| if step.kind == Kind::End { [step.to, step.to] } else { [step.from, step.to] })
        };
        let (least, most) = values()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
        if !(least.is_finite() && most.is_finite()) {
            return (0.0, 1.0);
        }
        let span = most - least;
        // Equal ends differ by what adding up rounds off, and are not to be drawn as if that were a gap.
        let span = if span > ROUNDING * most.abs().max(least.abs()) { span } else { 0.0 };
        let first = if least > 2.0 * span && span > 0.0 { least - span / 8.0 } else { least.min(0.0) };
        (first, if most > first { most } else { first + 1.0 })
    }

    /// Where a step lies on the axis.
    #[must_use]
    pub fn stretch(&self, step: &Step) -> Stretch {
        let from = if step.kind == Kind::End { self.axis().0.max(0.0) } else { step.from };
        self.between(from, step.to)
    }

    /// Where two values lie on the axis, cut at its ends.
    #[must_use]
    pub fn between(&self, x: f64, y: f64) -> Stretch {
        let (first, last) = self.axis();
        let [x, y] = [x, y].map(|value| ((value - first) / (last - first)).clamp(0.0, 1.0));
        Stretch { from: x.min(y), to: x.max(y) }
    }
}

impl Step {
    /// The class in HTML, which says which way it goes.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match (self.kind, self.to >= self.from) {
            (Kind::End, _) => "end",
            (Kind::Cause, true) => "more",
            (Kind::Cause, false) => "less",
            (Kind::Part, _) => "part",
        }
    }

    /// The glyph in a terminal.
    #[must_use]
    pub fn glyph(&self, ascii: bool) -> char {
        match (self.class(), ascii) {
            ("end", false) => '█',
            ("more", false) => '▓',
            ("less", false) => '░',
            (_, false) => '▪',
            ("end", true) => '#',
            ("more", true) => '+',
            ("less", true) => '-',
            (_, true) => '.',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(kind: Kind, from: f64, to: f64) -> Step {
        Step {
            name: String::new(),
            from,
            to,
            kind,
            figures: Default::default(),
            sure: None,
            claim: "",
            evidence: String::new(),
        }
    }

    fn stairs(steps: Vec<Step>) -> Stairs {
        Stairs { caption: String::new(), steps }
    }

    #[test]
    fn the_axis_begins_at_zero_unless_the_steps_could_not_be_seen() {
        let wide =
            stairs(vec![step(Kind::End, 0.0, 60.0), step(Kind::Cause, 60.0, 200.0), step(Kind::End, 0.0, 200.0)]);
        assert_eq!(wide.axis(), (0.0, 200.0));
        let narrow = stairs(vec![step(Kind::End, 0.0, 1000.0), step(Kind::Cause, 1000.0, 1008.0)]);
        assert_eq!(narrow.axis(), (999.0, 1008.0));
        let equal = stairs(vec![step(Kind::End, 0.0, 12.1), step(Kind::End, 0.0, 12.1 + 1e-14)]);
        assert_eq!(equal.axis(), (0.0, 12.1 + 1e-14), "what adding up rounds off is no gap");
        let below = stairs(vec![step(Kind::End, 0.0, 5.0), step(Kind::Cause, 5.0, -5.0)]);
        assert_eq!(below.axis(), (-5.0, 5.0));
    }

    #[test]
    fn no_step_leaves_the_axis_whatever_its_values() {
        for values in [[0.0, 0.0], [f64::MAX, f64::MIN], [f64::NAN, 1.0], [f64::INFINITY, 3.0]] {
            let stairs = stairs(vec![step(Kind::End, 0.0, values[0]), step(Kind::Cause, values[0], values[1])]);
            for step in &stairs.steps {
                let Stretch { from, to } = stairs.stretch(step);
                assert!(from.is_nan() || (0.0 <= from && from <= to && to <= 1.0), "{values:?} {from} {to}");
            }
        }
    }
}
