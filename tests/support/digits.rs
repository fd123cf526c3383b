//! Agreement as NIST scores it.

/// Correct significant digits.
pub fn digits(found: f64, certified: f64) -> f64 {
    if found == certified { 15.0 } else { -((found - certified).abs() / certified.abs()).log10() }
}
