//! How far a command has come: a bar on stderr, and nothing at all where stderr is no terminal.
//!
//! It is drawn between measurements by the thread that measures: a thread of its own would take the processor while
//! something is being measured.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parallax::measurement::counted::counted;

/// A bar that is wiped when it is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar that counts things to `end`; a thing is named in the singular.
    pub(crate) fn counting(end: u64, thing: &str) -> Self {
        Self::new(end, &format!("{{wide_bar}} {{pos}}/{}  {{msg}}", counted(end, thing)))
    }

    /// A bar that runs for a length of time.
    pub(crate) fn running(length: Duration) -> Self {
        let end = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        Self::new(end, "{wide_bar} {percent:>3} %  {msg}")
    }

    fn new(end: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(end), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self(bar)
    }

    /// Moves the bar, and says where things stand.
    pub(crate) fn at(&self, position: u64, message: String) {
        self.0.set_message(message);
        self.0.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
