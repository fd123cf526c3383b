//! What a benchmark holds its figures to.

/// Prints whether a bound holds, and says so.
pub fn bound(what: &str, value: Option<f64>, most: f64, unit: &str) -> bool {
    let holds = value.is_some_and(|value| value <= most);
    let shown = value.map_or_else(|| "nothing was measured".to_owned(), |value| format!("{value:.3}{unit}"));
    println!("{}  {what}: {shown}, at most {most}{unit}", if holds { "kept  " } else { "BROKEN" });
    holds
}
