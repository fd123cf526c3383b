//! Strings from outside made harmless for a terminal: no escape sequence, no reversal of text, no line of its own.

/// Replaces control and invisible formatting characters; in ASCII, writes known signs out and replaces the rest.
#[must_use]
pub fn clean(text: &str, ascii: bool) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_hidden(c) => clean.push(if ascii { '?' } else { '\u{fffd}' }),
            c if c.is_ascii() || !ascii => clean.push(c),
            '≥' => clean.push_str(">="),
            '–' | '−' => clean.push('-'),
            '…' => clean.push_str("..."),
            '→' => clean.push_str("->"),
            '·' => clean.push('*'),
            _ => clean.push('?'),
        }
    }
    clean
}

/// Moves the cursor, the direction of text, or nothing at all that can be seen.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_turns_text_does_not_pass() {
        let hostile = "a\u{1b}[2J\u{7}\r\nb\u{202e}c\u{9b}31m\u{200b}\0";
        for ascii in [false, true] {
            let clean = clean(hostile, ascii);
            assert!(!clean.chars().any(is_hidden), "{clean:?}");
        }
        assert!(clean(hostile, true).is_ascii());
        assert_eq!(clean("≥ 3 – ü", true), ">= 3 - ?");
        assert_eq!(clean("日本", false), "日本");
    }
}
