//! Names that are most like one that is not there.

/// Names that are shown.
const SHOWN: usize = 3;
/// A name is not shown longer than this.
const LONG: usize = 100;

/// The nearest of these names, as the end of a sentence; that there is none, where there is none.
#[must_use]
pub fn nearest<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let typed = asked.to_lowercase();
    let mut ranked: Vec<(f64, &str)> =
        names.into_iter().map(|name| (strsim::sorensen_dice(&typed, &name.to_lowercase()), name)).collect();
    ranked.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(y.1)));
    ranked.dedup_by(|x, y| x.1 == y.1);
    let near: Vec<String> = ranked.iter().take(SHOWN).map(|(_, name)| shown(name)).collect();
    match near.len() {
        0 => "there is none at all; may the token read it?".to_owned(),
        1 => format!("the only one is {}", near[0]),
        _ => format!("the nearest are {}", near.join(", ")),
    }
}

/// A name from outside, short and clean enough for a terminal.
#[must_use]
pub fn shown(name: &str) -> String {
    let short: String = name.chars().take(LONG).collect();
    let dots = if short.len() < name.len() { "…" } else { "" };
    format!("`{}{dots}`", short.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_each_once() {
        let names = ["Zabbix server", "www", "shop front", "www", "web front"];
        assert_eq!(nearest("shop frnt", names), "the nearest are `shop front`, `web front`, `Zabbix server`");
        assert_eq!(nearest("x", ["www", "www"]), "the only one is `www`");
        assert!(nearest("x", []).contains("may the token read it"));
    }

    #[test]
    fn a_name_from_outside_is_harmless() {
        assert_eq!(shown("web.test.time[\"a b\",x,resp]"), "`web.test.time[\"a b\",x,resp]`");
        assert!(!shown("a\u{1b}[2J").contains('\u{1b}'));
        assert!(shown(&"x".repeat(1_000)).len() < 120);
    }
}
