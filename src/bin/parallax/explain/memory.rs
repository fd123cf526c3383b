//! The same function at another memory size, where the archive has one: what decides between network and stolen.

use parallax::archive::port::SourceLine;
use parallax::archive::selection;
use parallax::archive::selection::Window;
use parallax::explain::account::ONE_PROCESSOR_MB;
use parallax::explain::contrast::Contrast;
use parallax::explain::source::Source;

use super::parties::Found;
use super::read;
use crate::exit::Problem;

/// Where other sizes may be.
pub(super) struct Sizes<'a> {
    pub(super) place: &'a str,
    pub(super) lines: &'a [SourceLine],
    pub(super) window: Window,
    pub(super) seed: u64,
}

impl Sizes<'_> {
    /// What the largest size beside a small function of one side says of it; absent where there is none.
    pub(super) fn beside(
        &self,
        side: usize,
        found: &Found,
        read_already: &Source,
    ) -> Result<Option<Contrast>, Problem> {
        let small = |mb: u32| mb > 0 && mb < ONE_PROCESSOR_MB;
        let [name] = &found.names[..] else { return Ok(None) };
        if !read_already.rows.iter().any(|row| small(row.memory_mb)) {
            return Ok(None);
        }
        let sized = |vantage: &str| {
            let (function, size) = vantage.rsplit_once('/')?;
            Some((function.to_owned(), size.parse::<u32>().ok()?))
        };
        let Some((function, size)) = sized(name.vantage.as_str()) else { return Ok(None) };
        let others = self.lines.iter().filter(|line| {
            line.samples > 0 && line.target == name.target && line.method == name.method && line.vantage != name.vantage
        });
        let larger = others.filter_map(|line| Some((sized(line.vantage.as_str())?, line)));
        let larger = larger.filter(|((other, mb), _)| *other == function && *mb > size);
        let Some((_, line)) = larger.max_by_key(|((_, mb), _)| *mb) else { return Ok(None) };
        let beside = selection::Source {
            target: Some(line.target.clone()),
            vantage: Some(line.vantage.clone()),
            method: Some(line.method.clone()),
            ..Default::default()
        };
        let larger = read(self.place, &beside, self.window)?;
        let named = format!("vantage={}", line.vantage);
        Ok(Contrast::of(side, &read_already.rows, &larger.rows, named, self.seed))
    }
}
