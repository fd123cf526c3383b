//! Words of a command as a shell takes them.

/// As a shell reads it: one word. A tilde is quoted, for some shells take it for a home also after `=` and `:`.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=,@%+".contains(c);
    if word.chars().all(plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// As a shell would split it.
#[cfg(test)]
pub(super) fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut within) = (Vec::new(), String::new(), false);
    let mut characters = command.chars();
    while let Some(c) = characters.next() {
        match c {
            '\'' => within = !within,
            '\\' if !within => word.extend(characters.next()),
            ' ' if !within => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        for word in
            ["it's", "a b", "~/x", "a=~/x", "$HOME", "`id`", "a;b", "a&b", "(a)", "*?", "#", "a\\b", "!1", "\u{fc}", ""]
        {
            let quoted = quoted(word);
            assert!(quoted.starts_with('\''), "{quoted}");
            assert_eq!(words(&quoted), [word]);
        }
        assert_eq!(quoted("https://e.net:8443/a_b?x=1"), "'https://e.net:8443/a_b?x=1'");
        assert_eq!(quoted("vantage=host/tokyo-office,method=fresh"), "vantage=host/tokyo-office,method=fresh");
    }
}
