//! The files that come with the program.

macro_rules! book {
    ($($name:literal),* $(,)?) => {
        /// Their names, in order.
        pub const NAMES: &[&str] = &[$($name),*];
        /// The text of one.
        #[must_use]
        pub(super) fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!($name, ".toml"))),)*
                _ => None,
            }
        }
    };
}

book![
    "all-at-once",
    "blackbox",
    "cdn",
    "closed",
    "cold",
    "cpu",
    "definition",
    "dependence",
    "distance",
    "dns",
    "dns-lost",
    "dns-search",
    "fallback",
    "founding-case",
    "founding-case-1769",
    "founding-case-all-authorities",
    "founding-case-kept",
    "founding-case-one-authority",
    "founding-case-probe",
    "founding-case-tls12",
    "hidden",
    "loss-from",
    "loss-to",
    "nginx",
    "null",
    "null-busy",
    "on-premises",
    "points-of-presence",
    "queueing",
    "redirect",
    "reuse",
    "scheduling",
    "scheduling-unseen",
    "server",
    "server-lying",
    "server-silent",
    "small-function",
    "throttle-unseen",
    "timeouts",
    "timing",
    "tls-version",
    "transfer-rate",
    "transfer-size",
];
