//! What text is printed on.

use parallax::report::terminal::{Canvas, WIDTH_LEAST};

use crate::target_arguments::quantity;

/// Wider, and lines are hard to follow with the eye.
const WIDEST: usize = 120;

/// As typed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct CanvasArguments {
    /// Print nothing but ASCII characters
    #[arg(long)]
    ascii: bool,
    /// Print lines of at most this many characters [default: as the terminal has, up to 120; 100 where there is none]
    // 60 is the least that tables can be printed in, `terminal::WIDTH_LEAST`.
    #[arg(long, value_name = "COLUMNS", value_parser = quantity::whole(60_u16..=1000), allow_negative_numbers = true)]
    width: Option<u16>,
}

impl CanvasArguments {
    /// What was typed, as a renderer takes it.
    pub(crate) fn meant(self) -> Canvas {
        let width = self.width.map_or_else(|| usual(columns()), usize::from);
        Canvas { width, ascii: self.ascii }
    }
}

/// The width where none was asked for, on a terminal of so many columns, or on none.
fn usual(columns: Option<u16>) -> usize {
    columns.map_or(Canvas::default().width, |columns| usize::from(columns).clamp(WIDTH_LEAST, WIDEST))
}

/// The columns of the terminal that standard output is; `None` where it is none, or does not say.
#[cfg(unix)]
fn columns() -> Option<u16> {
    // SAFETY: the request writes one `winsize`, plain integers for which zero is a value, which outlives the call.
    let (result, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size), size)
    };
    (result == 0 && size.ws_col > 0).then_some(size.ws_col)
}

#[cfg(not(unix))]
fn columns() -> Option<u16> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_as_wide_as_its_terminal_within_reason() {
        for (columns, width) in [(None, 100), (Some(80), 80), (Some(20), 60), (Some(100), 100), (Some(300), 120)] {
            assert_eq!(usual(columns), width, "{columns:?}");
        }
    }
}
