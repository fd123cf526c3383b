//! What the site says.

use std::fmt::Write;

const SENTENCES: [&str; 6] = [
    "The ferry to the northern islands sails again after a week of wind.",
    "Two observers of one star report two places for it, and both are right.",
    "The town council has voted to keep the clock on the market square ten minutes fast.",
    "Tea prices held steady in the morning and slipped a little after noon.",
    "A bridge was measured twice, by tape and by shadow, and the shadow won.",
    "Visitors are asked to note the time on arrival with a watch of their own.",
];

/// A front page of at least this many bytes; the same bytes for the same size.
pub(in crate::lab) fn html(bytes_min: usize) -> String {
    let mut page = String::with_capacity(bytes_min + 512);
    page.push_str("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>The Daily Parallax</title>\n");
    page.push_str("<h1>The Daily Parallax</h1>\n");
    let mut line = 0_usize;
    while page.len() < bytes_min {
        let sentence = SENTENCES[(line * 5 + line / SENTENCES.len()) % SENTENCES.len()];
        // Writing to a string cannot fail.
        let _ = writeln!(page, "<p id=\"news-{line}\">{sentence} ({line}, {:08x})</p>", fingerprint(line));
        line += 1;
    }
    page.push_str("</html>\n");
    page
}

/// Numbers without a pattern, so that the page compresses about as well as a real one.
fn fingerprint(line: usize) -> u32 {
    (line as u32).wrapping_mul(0x9e37_79b9).rotate_left(13).wrapping_mul(0x85eb_ca6b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_size_asked_for_and_the_same_bytes_each_time() {
        let page = html(60 * 1024);
        assert!((60 * 1024..62 * 1024).contains(&page.len()), "{}", page.len());
        assert_eq!(page, html(60 * 1024));
        assert!(html(0).ends_with("</html>\n"));
    }
}
