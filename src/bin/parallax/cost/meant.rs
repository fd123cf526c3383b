//! What was typed and what a fleet file says, as the bill takes it.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use parallax::cost::deployment::{Arm, Deployment};
use parallax::probe::fleet::{FILE_BYTES_MAX, Fleet, decode, deployment, parse};

use crate::exit::Problem;

/// Samples are kept so long where the file does not say it.
pub(crate) const KEEP: Duration = Duration::from_secs(90 * 86_400);

/// `NAME=NUMBER`
pub(super) fn assumption(text: &str) -> Result<(String, f64), String> {
    const WANTED: &str = "write NAME=NUMBER, such as exchange_seconds=0.4";
    let (name, number) = text.split_once('=').ok_or(WANTED)?;
    let number: f64 = number.trim().parse().map_err(|_| WANTED)?;
    if number.is_finite() { Ok((name.trim().to_owned(), number)) } else { Err(WANTED.to_owned()) }
}

/// A file's bytes; `wanted` says what to name instead of one that cannot be read.
fn bytes(path: &Path, wanted: &str) -> Result<Vec<u8>, Problem> {
    let unreadable = |error| Problem::input(format!("cannot read {}: {error}; name {wanted}", path.display()));
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// A file's text.
pub(super) fn text(path: &Path, wanted: &str) -> Result<String, Problem> {
    let name = path.display();
    let bytes = bytes(path, wanted)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Problem::input(format!("{name} has more than {FILE_BYTES_MAX} bytes; name {wanted}")));
    }
    String::from_utf8(bytes).map_err(|_| Problem::input(format!("{name} is not UTF-8; name {wanted}")))
}

/// What a fleet file would deploy, as the bill takes it. Secrets cost nothing, so none is read.
pub(super) fn deployment(path: &Path) -> Result<Deployment, Problem> {
    Ok(costing(&fleet(path)?))
}

/// The AWS side of a fleet file. No secret is read: every variable counts as set.
pub(crate) fn fleet(path: &Path) -> Result<deployment::Deployment, Problem> {
    let name = path.display().to_string();
    let bytes = bytes(path, "a fleet file")?;
    decode(&bytes)
        .and_then(|text| parse(text, &|_| Some("a value".to_owned())))
        .and_then(Fleet::on_aws)
        .map_err(|error| Problem::input(error.named(&name)))
}

fn costing(fleet: &deployment::Deployment) -> Deployment {
    let aws = &fleet.aws;
    let fastest = fleet.pages.iter().map(|page| page.grid.every()).min().unwrap_or_default();
    let slow = fleet.pages.iter().filter(|page| page.grid.every() > fastest).count();
    let mut arms = Vec::new();
    for region in &aws.regions {
        for memory_mb in &aws.memory_mb {
            for method in &aws.methods {
                let minutes = |every: Duration| u32::try_from(every.as_secs() / 60).unwrap_or(1_440);
                let every = fleet.watched_by(method).map(|page| minutes(page.grid.every())).collect();
                let (region, method) = (region.clone(), method.to_string());
                arms.push(Arm { region, memory_mb: *memory_mb, method, every });
            }
        }
    }
    Deployment {
        home: aws.home.clone(),
        arms,
        targets: u32::try_from(fleet.pages.len()).unwrap_or(u32::MAX),
        slow_targets: u32::try_from(slow).unwrap_or(u32::MAX),
        metrics: aws.metrics.iter().map(|metric| metric.as_str().to_owned()).collect(),
        keep_days: aws.keep.unwrap_or(KEEP).as_secs_f64() / 86_400.0,
        tick_minutes: fleet.tick.minutes(),
    }
}
