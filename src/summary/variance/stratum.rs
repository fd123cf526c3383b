//! One page measured in one way: what is split.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::measurement::identity::{Method, TargetId};
use crate::statistics::interval::Interval;
use crate::statistics::moments::Moments;
use crate::statistics::reml::fit::Estimate;

use super::super::row::Cell as Length;
use super::contrast::{Cell, around};
use super::needs::{Needs, SANDBOXES};
use super::place::{Factor, Place};
use super::scale::Scale;
use super::split::{Grouped, Invocations, Split, split};

/// The spread of one page's response times, measured in one way, from all places.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stratum {
    /// The page.
    pub target: TargetId,
    /// The way.
    pub method: Method,
    /// Samples, good and bad.
    pub samples: u64,
    /// Those without a response time: counted, and in no figure.
    pub failures: u64,
    /// Cold starts with a response time: shown apart, and in no part.
    pub cold: usize,
    /// Warm response times that name no sandbox; they take part only where none names one.
    pub without_sandbox: usize,
    /// Warm response times split.
    pub warm: usize,
    /// All of them were measured on hosts, whose sandbox is the boot.
    pub hosts_only: bool,
    /// Vantages on hosts beside others whose sandboxes are dealt out: they are not asked what lies between sandboxes.
    pub hosts_left_out: Vec<String>,
    /// What there is of sandboxes, and what is missing; of hosts only where there is nothing else.
    pub needs: Needs,
    /// Which of the two below a page shows.
    pub shown: Scale,
    /// The two do not agree on what sandboxes hold: few, very slow samples lead the milliseconds.
    pub heavy_tails: bool,
    /// Absent where there is no warm response time.
    pub milliseconds: Option<Split>,
    /// Absent where there is no warm response time.
    pub logarithms: Option<Split>,
    /// Cold starts against warm times of the same sandboxes, in milliseconds; absent where no sandbox has both.
    pub cold_start_ms: Option<ColdStart>,
}

/// A cold start less the mean of the same sandbox's warm times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ColdStart {
    /// Sandboxes that have both.
    pub sandboxes: usize,
    /// The mean over sandboxes, in milliseconds.
    pub difference: f64,
    /// 95 %; absent with fewer than 20 sandboxes.
    pub interval: Option<Interval>,
}

impl Stratum {
    /// The split that a page shows.
    #[must_use]
    pub fn split(&self) -> Option<&Split> {
        match self.shown {
            Scale::Milliseconds => self.milliseconds.as_ref(),
            Scale::Logarithms => self.logarithms.as_ref(),
        }
    }

    /// At least two parts have a share.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.split().is_some_and(|split| split.parts.iter().filter(|part| part.share.is_some()).count() >= 2)
    }
}

/// One response time: a row of fixed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) sandbox: u32,
    pub(super) latency: Length,
    pub(super) kind: RowKind,
}

/// When in its sandbox's life a row was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Cold,
    Warm(Invocations),
}

/// A stratum being collected.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) samples: u64,
    pub(super) failures: u64,
    pub(super) elsewhere: bool,
    /// A sandbox is one of its place; without a name there is one nameless a place.
    pub(super) sandboxes: BTreeMap<(Place, Option<String>), u32>,
    /// Of each sandbox, in the order in which they were seen.
    pub(super) on_host: Vec<bool>,
    pub(super) rows: Vec<Row>,
}

impl Rows {
    /// The summary of what was added.
    pub(super) fn finish(self, target: TargetId, method: Method) -> Stratum {
        let named = self.named();
        let mut rows = self.ordered(&named);
        let known = |row: &(usize, RowKind, f64)| named[row.0].1.is_some();
        let warm = |row: &(usize, RowKind, f64)| row.1 != RowKind::Cold;
        let cold = rows.iter().filter(|row| !warm(row)).count();
        let cold_start_ms = cold_start(&rows, known);
        let some_known = rows.iter().any(|row| warm(row) && known(row));
        let without_sandbox = rows.iter().filter(|row| warm(row) && !known(row)).count();
        rows.retain(|row| warm(row) && (known(row) || !some_known));
        let all = grouped(&named, &rows, some_known);
        // A host's sandbox is its boot: measuring on adds none, and its times would pass for those of a dealt one.
        let dealt: Vec<_> = rows.iter().copied().filter(|row| !self.on_host[named[row.0].2 as usize]).collect();
        let beside_hosts = some_known && !dealt.is_empty() && dealt.len() < rows.len();
        let apart = beside_hosts.then(|| grouped(&named, &dealt, true));
        let needs = needs(apart.as_ref().unwrap_or(&all), some_known);
        let enough = some_known && needs.met();
        let of_scale = |scale| match &apart {
            Some(apart) if enough => Split { sandbox: split(apart, scale, true).sandbox, ..split(&all, scale, false) },
            _ => split(&all, scale, enough && apart.is_none()),
        };
        let [milliseconds, logarithms] =
            [Scale::Milliseconds, Scale::Logarithms].map(|scale| (!rows.is_empty()).then(|| of_scale(scale)));
        let heavy_tails = disagree(milliseconds.as_ref(), logarithms.as_ref());
        Stratum {
            target,
            method,
            samples: self.samples,
            failures: self.failures,
            cold,
            without_sandbox,
            warm: rows.len(),
            hosts_only: !self.elsewhere,
            hosts_left_out: if beside_hosts { self.hosts(&named) } else { Vec::new() },
            needs,
            shown: if heavy_tails { Scale::Logarithms } else { Scale::Milliseconds },
            heavy_tails,
            milliseconds,
            logarithms,
            cold_start_ms,
        }
    }

    /// Vantages on hosts.
    fn hosts(&self, named: &[Named<'_>]) -> Vec<String> {
        let on_host = named.iter().filter(|(_, _, seen)| self.on_host[*seen as usize]);
        let names: BTreeSet<&str> = on_host.filter_map(|(place, ..)| place.name(Factor::Vantage)).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Sandboxes in the order of their names, which is not the order in which they were seen.
    fn named(&self) -> Vec<(&Place, &Option<String>, u32)> {
        self.sandboxes.iter().map(|((place, name), seen)| (place, name, *seen)).collect()
    }

    /// Rows in an order that does not depend on that of the samples, so that sums do not either.
    fn ordered(&self, named: &[(&Place, &Option<String>, u32)]) -> Vec<(usize, RowKind, f64)> {
        let mut at_of = vec![0; named.len()];
        for (at, (_, _, seen)) in named.iter().enumerate() {
            at_of[*seen as usize] = at;
        }
        let timed =
            self.rows.iter().filter_map(|row| Some((at_of[row.sandbox as usize], row.kind, row.latency.millis()?)));
        let mut rows: Vec<(usize, RowKind, f64)> = timed.collect();
        let level = |kind: RowKind| if let RowKind::Warm(invocations) = kind { invocations as usize } else { 9 };
        rows.sort_unstable_by(|a, b| (a.0, level(a.1)).cmp(&(b.0, level(b.1))).then(a.2.total_cmp(&b.2)));
        rows
    }
}

type Named<'a> = (&'a Place, &'a Option<String>, u32);

/// Rows by sandbox and cell, sandboxes and cells without rows left out.
fn grouped<'a>(named: &[Named<'a>], rows: &[(usize, RowKind, f64)], known: bool) -> Grouped<'a> {
    let mut found =
        Grouped { cells: Vec::<Cell<'a>>::new(), cell_of: Vec::new(), rows: Vec::with_capacity(rows.len()) };
    for of_sandbox in rows.chunk_by(|a, b| a.0 == b.0) {
        let place = named[of_sandbox[0].0].0;
        if found.cells.last().is_none_or(|cell| cell.place != place) {
            found.cells.push(Cell { place, samples: 0, sandboxes: 0 });
        }
        let (sandbox, cell) = (found.cell_of.len(), found.cells.len() - 1);
        found.cells[cell].samples += of_sandbox.len();
        found.cells[cell].sandboxes += usize::from(known);
        found.cell_of.push(cell);
        found.rows.extend(of_sandbox.iter().map(|(_, kind, millis)| {
            let level = if let RowKind::Warm(invocations) = kind { *invocations as usize } else { 0 };
            (sandbox, level, *millis)
        }));
    }
    found
}

fn needs(grouped: &Grouped<'_>, known: bool) -> Needs {
    let counts = grouped.rows.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len);
    let sandbox = |(cell, count): (&usize, usize)| (grouped.cells[*cell].place.region_or_vantage(), *cell, count);
    Needs::of(grouped.cell_of.iter().zip(counts).filter(|_| known).map(sandbox))
}

/// One estimate lies outside the other's interval.
fn disagree(milliseconds: Option<&Split>, logarithms: Option<&Split>) -> bool {
    let sandbox = |split: Option<&Split>| split.and_then(|split| split.sandbox);
    let Some((ms, ln)) = sandbox(milliseconds).zip(sandbox(logarithms)) else { return false };
    let outside = |estimate: f64, interval: Interval| {
        interval.lower.is_some_and(|lower| estimate < lower) || interval.upper.is_some_and(|upper| estimate > upper)
    };
    outside(ms.estimate, ln.interval) || outside(ln.estimate, ms.interval)
}

fn cold_start(rows: &[(usize, RowKind, f64)], known: impl Fn(&(usize, RowKind, f64)) -> bool) -> Option<ColdStart> {
    let mean = |of: &[(usize, RowKind, f64)], cold: bool| {
        let times: Vec<f64> = of.iter().filter(|row| (row.1 == RowKind::Cold) == cold).map(|row| row.2).collect();
        Moments::of(&times).map(|moments| moments.mean)
    };
    let differences: Vec<f64> = rows
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|of| known(&of[0]))
        .filter_map(|of| Some(mean(of, true)? - mean(of, false)?))
        .collect();
    let moments = Moments::of(&differences)?;
    let error = moments.deviation.map(|deviation| deviation / (moments.count as f64).sqrt());
    let interval = error.filter(|_| moments.count >= SANDBOXES);
    let interval = interval.map(|error| around(Estimate { value: moments.mean, error }, moments.count - 1));
    Some(ColdStart { sandboxes: moments.count, difference: moments.mean, interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_rows_stay_below_sixteen_megabytes() {
        assert!(size_of::<Row>() <= 16, "{}", size_of::<Row>());
    }
}
