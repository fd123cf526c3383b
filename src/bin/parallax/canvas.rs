//! What text is printed on.

use parallax::report::terminal::Canvas;

use crate::target_arguments::quantity;

/// As typed.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct CanvasArguments {
    /// Print nothing but ASCII characters
    #[arg(long)]
    ascii: bool,
    /// Print lines of at most this many characters
    // 60 is the least that tables can be printed in, `terminal::WIDTH_LEAST`.
    #[arg(long, value_name = "COLUMNS", default_value_t = 100, value_parser = quantity::whole(60_u16..=1000))]
    width: u16,
}

impl CanvasArguments {
    /// What was typed, as a renderer takes it.
    pub(crate) fn meant(self) -> Canvas {
        Canvas { width: usize::from(self.width), ascii: self.ascii }
    }
}
