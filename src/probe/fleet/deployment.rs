//! What AWS needs of a fleet file: which functions, watching which pages, how often.

use crate::measurement::identity::Method;
use crate::probe::schedule::tick::Tick;

use super::aws::Aws;
use super::finding::{FleetError, Mistake, Position};
use super::{Fleet, Page};

/// The AWS side of a fleet.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Regions, sizes, methods and metrics.
    pub aws: Aws,
    /// At least one page; each is watched by one arm of each region and size at least.
    pub pages: Vec<Page>,
    /// When every probe is invoked: at every slot of every page.
    pub tick: Tick,
}

impl Deployment {
    /// The pages that the arms of a method watch. A page's `methods` say how it is measured, those of `[fleet]` for which
    /// of them there are functions.
    pub fn watched_by(&self, method: &Method) -> impl Iterator<Item = &Page> {
        self.pages.iter().filter(move |page| page.methods.contains(method))
    }
}

pub(super) fn deployment(fleet: Fleet) -> Result<Deployment, FleetError> {
    let start = Position { line: 1, column: 1 };
    let mut mistakes = Vec::new();
    let Some(aws) = fleet.aws else {
        let what = "the file has no [fleet]; add one with a `home` region and its `regions`".to_owned();
        return Err(FleetError { mistakes: vec![Mistake { at: start, what }] });
    };
    for page in &fleet.pages {
        mistakes.extend(unwatched(page, &aws).map(|what| Mistake { at: page.at, what }));
        if let Err(error) = Tick::of([page.grid]) {
            let every = humantime::format_duration(page.grid.every());
            let id = &page.target.id;
            let what = format!("the target `{id}` has its slots every {every}: {error}");
            mistakes.push(Mistake { at: page.at, what });
        }
    }
    let idle = |method: &&Method| !fleet.pages.iter().any(|page| page.methods.contains(method));
    for method in aws.methods.iter().filter(idle) {
        let what = format!(
            "[fleet] has functions that measure by {method}, and no target is measured so; take it out of `methods`, or \
             add it to a target's"
        );
        mistakes.push(Mistake { at: aws.at, what });
    }
    mistakes.sort_by_key(|mistake| mistake.at);
    match Tick::of(fleet.pages.iter().map(|page| page.grid)) {
        Ok(tick) if mistakes.is_empty() => Ok(Deployment { aws, pages: fleet.pages, tick }),
        Err(error) if mistakes.is_empty() => {
            Err(FleetError { mistakes: vec![Mistake { at: start, what: error.to_string() }] })
        }
        _ => Err(FleetError { mistakes }),
    }
}

/// That no function of the fleet measures a page by any of its methods, in words; nothing where one does.
#[must_use]
pub fn unwatched(page: &Page, aws: &Aws) -> Option<String> {
    let is_watched = page.methods.iter().any(|method| aws.methods.contains(method));
    (!is_watched).then(|| {
        format!(
            "the target `{}` is measured by {}, and [fleet] by {}; add a method to either `methods`",
            page.target.id,
            list(&page.methods),
            list(&aws.methods)
        )
    })
}

fn list(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" and ")
}
