//! The words of a command, said again: nothing that may be a secret, and nothing that belongs to one run.

use crate::explained::quoted;

/// Flags with a value that say how often, in which order, and where the page goes.
const OF_ONE_RUN: [&str; 3] = ["--rounds", "--seed", "--html"];

/// The command whose words these are, the program's name left out. `typed` is the page as it stands among them, `shown` how
/// it may be printed.
pub(super) fn again(words: impl IntoIterator<Item = String>, typed: &str, shown: &str) -> String {
    let mut said = vec!["parallax".to_owned()];
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag.to_owned(), Some(value.to_owned())),
            _ => (word.clone(), None),
        };
        if OF_ONE_RUN.contains(&flag.as_str()) {
            if value.is_none() {
                words.next();
            }
        } else if word == "--json" {
        } else if word == typed {
            said.push(quoted(shown));
        } else if let Some((flag, value)) = header(&flag, value.clone()) {
            let value = value.or_else(|| words.next()).unwrap_or_default();
            said.push(flag);
            said.push(quoted(&format!("{}: VALUE", value.split(':').next().unwrap_or_default())));
        } else if let Some((flag, value)) = proxy(&flag, value) {
            let value = value.or_else(|| words.next()).unwrap_or_default();
            said.push(flag);
            said.push(if value.contains('@') { "http://PROXY:PORT".to_owned() } else { quoted(&value) });
        } else {
            said.push(quoted(&word));
        }
    }
    said.join(" ")
}

/// A header's flag, which may stand behind other short ones, and its value where both are one word.
fn header(flag: &str, value: Option<String>) -> Option<(String, Option<String>)> {
    with_value(flag, value, "--header", 'H')
}

fn proxy(flag: &str, value: Option<String>) -> Option<(String, Option<String>)> {
    with_value(flag, value, "--proxy", 'x')
}

fn with_value(flag: &str, value: Option<String>, long: &str, short: char) -> Option<(String, Option<String>)> {
    if flag == long {
        return Some((flag.to_owned(), value));
    }
    let cluster = flag.strip_prefix('-').filter(|rest| !rest.starts_with('-'))?;
    let at = cluster.find(short)?;
    // The letters before it take no value; of one that does, what follows is that value.
    if !cluster[..at].chars().all(|letter| "LIk46".contains(letter)) {
        return None;
    }
    let after = &cluster[at + short.len_utf8()..];
    let after = value.map_or_else(|| after.to_owned(), |value| format!("{after}={value}"));
    Some((format!("-{}{short}", &cluster[..at]), (!after.is_empty()).then_some(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> String {
        again(words.split('|').map(str::to_owned), "https://u:p@e.net/?k=v", "https://URL/")
    }

    #[test]
    fn every_flag_is_said_again_but_those_of_one_run() {
        let words =
            "compare|https://u:p@e.net/?k=v|-Lk|--cacert|my ca.pem|--rounds|9|--seed=4|--json|--html|x.html|--pause|2";
        assert_eq!(said(words), "parallax compare https://URL/ -Lk --cacert 'my ca.pem' --pause 2");
    }

    #[test]
    fn neither_headers_nor_passwords_are() {
        for (words, expected) in [
            ("compare|-H|Authorization: hunter2", "parallax compare -H 'Authorization: VALUE'"),
            ("compare|-kHA: hunter2", "parallax compare -kH 'A: VALUE'"),
            ("compare|-LH|A: hunter2", "parallax compare -LH 'A: VALUE'"),
            ("compare|--header=A: hunter2", "parallax compare --header 'A: VALUE'"),
            ("compare|-x|u:hunter2@proxy:3128", "parallax compare -x http://PROXY:PORT"),
            ("compare|--proxy=proxy:3128", "parallax compare --proxy proxy:3128"),
        ] {
            assert_eq!(said(words), expected);
        }
    }
}
