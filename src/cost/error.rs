//! Why there is no bill.

/// What is wrong with the prices or with what was set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CostError {
    /// Not the TOML that prices are written in.
    #[error("the prices cannot be read: {0}; start from the built-in ones (`parallax cost --print-prices`)")]
    Unreadable(String),
    /// A version of another program.
    #[error("the prices have schema {0}; this program reads schema 1")]
    Schema(u32),
    /// A formula that is none.
    #[error("the formula of `{of}` is wrong: {what}")]
    Formula {
        /// The definition or item.
        of: String,
        /// What, and where in it.
        what: String,
    },
    /// An item names a meter that has no price.
    #[error("the item `{item}` has the meter `{meter}`, which has no price; add [meter.{meter}]")]
    Meter {
        /// The item.
        item: String,
        /// The missing meter.
        meter: String,
    },
    /// Two names for one thing, or one for two.
    #[error("`{0}` is defined twice; give each definition and assumption a name of its own")]
    Twice(String),
    /// What the program itself counts with is not in the file.
    #[error("the prices have no assumption `{0}`; add [assume.{0}] with a `value` and a `why`")]
    Missing(&'static str),
    /// A number that cannot be counted with.
    #[error("`{name}` is {value}; write a number {wanted}")]
    Number {
        /// The assumption, price or item.
        name: String,
        /// Its value.
        value: f64,
        /// What would do.
        wanted: &'static str,
    },
    /// An assumption that does not exist was to be changed.
    #[error("there is no assumption `{name}`; those there are: {known}")]
    NoAssumption {
        /// As asked.
        name: String,
        /// All of them.
        known: String,
    },
}
