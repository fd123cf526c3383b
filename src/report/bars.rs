//! Lengths of time as bars: network apart from local.

use crate::measurement::phase::PhaseTime;

/// Bars that share one scale, which begins at zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// What they show.
    pub caption: String,
    /// From top to bottom.
    pub rows: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Before it.
    pub label: String,
    /// Where it begins, in milliseconds.
    pub offset: f64,
    /// Its parts from left to right, in milliseconds; none for a line that is text only.
    pub parts: Vec<(Part, f64)>,
    /// After it.
    pub figure: String,
}

/// What a stretch of time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Waiting for packets that were on their way.
    Network,
    /// Our own work, and packets that lay unread.
    Local,
    /// It cannot be told which.
    Unsplit,
}

impl Part {
    /// All three, in the order of a legend.
    pub const ALL: [Self; 3] = [Self::Network, Self::Local, Self::Unsplit];

    /// The word in a legend, which is also the class in HTML.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Local => "local",
            Self::Unsplit => "unsplit",
        }
    }

    /// The glyph in a terminal.
    #[must_use]
    pub fn glyph(self, ascii: bool) -> char {
        match (self, ascii) {
            (Self::Network, false) => '█',
            (Self::Local, false) => '▒',
            (Self::Unsplit, false) => '▬',
            (Self::Network, true) => '#',
            (Self::Local, true) => ':',
            (Self::Unsplit, true) => '=',
        }
    }
}

/// The parts of a length, in milliseconds.
#[must_use]
pub fn parts(elapsed: f64, network: Option<f64>) -> Vec<(Part, f64)> {
    match network {
        Some(network) => vec![(Part::Network, network), (Part::Local, (elapsed - network).max(0.0))],
        None => vec![(Part::Unsplit, elapsed)],
    }
}

/// The parts of a phase.
#[must_use]
pub fn phase_parts(time: PhaseTime) -> Vec<(Part, f64)> {
    parts(time.elapsed_us.as_millis(), time.network_us.map(|network| network.as_millis()))
}

impl Bars {
    /// The end of the longest bar, in milliseconds; never zero.
    #[must_use]
    pub fn scale(&self) -> f64 {
        let end = |bar: &Bar| bar.offset + bar.parts.iter().map(|(_, length)| length).sum::<f64>();
        self.rows.iter().map(end).fold(1e-6, f64::max)
    }

    /// The kinds of part that occur.
    pub fn kinds(&self) -> impl Iterator<Item = Part> + '_ {
        let occurs = |part: &Part| self.rows.iter().flat_map(|bar| &bar.parts).any(|(kind, _)| kind == part);
        Part::ALL.into_iter().filter(occurs)
    }
}
