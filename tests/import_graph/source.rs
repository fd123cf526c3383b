//! Rust source as a row of tokens: enough of the language to read paths, nothing more.

/// Identifiers and single signs (`::` is one), without comments, literals and items marked `#[cfg(test)]`.
#[derive(Debug)]
pub struct Source {
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    text: String,
}

impl Source {
    /// Reads a file's text.
    pub fn new(text: &str) -> Self {
        Self { tokens: without_tests(&tokens(text)) }
    }

    /// Top-level modules of the crate that are named, with the line: `crate::x`, or `super::` as often as `depth` says.
    pub fn crate_paths(&self, depth: usize) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for start in 0..self.tokens.len() {
            if self.is(start, "crate") && self.is(start + 1, "::") {
                self.heads(start + 2, &mut found);
            }
            let climbs =
                (0..depth).all(|step| self.is(start + 2 * step, "super") && self.is(start + 2 * step + 1, "::"));
            let first = start == 0 || !self.is(start - 1, "::");
            if climbs && first && depth > 0 && !self.is(start + 2 * depth, "super") {
                self.heads(start + 2 * depth, &mut found);
            }
        }
        found
    }

    /// Top-level modules of another crate that are named, with the line.
    pub fn paths_from(&self, crate_name: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for start in (0..self.tokens.len()).filter(|&at| self.is(at, crate_name) && self.is(at + 1, "::")) {
            self.heads(start + 2, &mut found);
        }
        found
    }

    /// Lines with a `pub use` of what another module owns.
    pub fn reexports(&self) -> Vec<usize> {
        let uses = (0..self.tokens.len())
            .filter(|&at| self.is(at, "use") && (self.is(at + 1, "crate") || self.is(at + 1, "super")));
        let shown = uses.filter(|&at| {
            let before = &self.tokens[..at];
            let open = before.iter().rposition(|token| token.text == "(");
            match before.last().map(|token| token.text.as_str()) {
                Some("pub") => true,
                Some(")") => open.is_some_and(|open| open > 0 && self.is(open - 1, "pub")),
                _ => false,
            }
        });
        shown.map(|at| self.tokens[at].line).collect()
    }

    /// Lines on which a path starts with the crate `name`, or a `use` names it alone.
    pub fn crate_uses(&self, name: &str) -> Vec<usize> {
        let starts = (0..self.tokens.len()).filter(|&at| {
            let alone = at > 0 && ["use", "{", ","].iter().any(|sign| self.is(at - 1, sign)) && self.in_use(at);
            let path = self.is(at + 1, "::") && (at == 0 || !self.is(at - 1, "::") && !self.is(at - 1, "."));
            self.is(at, name) && (path || alone)
        });
        starts.map(|at| self.tokens[at].line).collect()
    }

    /// Lines on which these last words of a path stand, also where a `use` spreads them over braces.
    pub fn mentions(&self, path: &str) -> Vec<usize> {
        let words: Vec<&str> = path.split("::").collect();
        let (last, before) = (words[words.len() - 1], &words[..words.len() - 1]);
        let found = (0..self.tokens.len()).filter(|&at| {
            let direct = before.iter().rev().enumerate().all(|(step, word)| {
                let back = 2 * (step + 1);
                at >= back && self.is(at - back, word) && self.is(at - back + 1, "::")
            });
            self.is(at, last) && (direct || self.parent_of(at).is_some_and(|parent| before == [parent]))
        });
        found.map(|at| self.tokens[at].line).collect()
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    /// The first name after a `crate::`, or of each branch where braces follow.
    fn heads(&self, at: usize, found: &mut Vec<(usize, String)>) {
        if !self.is(at, "{") {
            found.extend(self.tokens.get(at).map(|token| (token.line, token.text.clone())));
            return;
        }
        let mut level = 0_usize;
        for place in at..self.tokens.len() {
            match self.tokens[place].text.as_str() {
                "{" => level += 1,
                "}" => level -= 1,
                _ if level == 1 && (self.is(place - 1, "{") || self.is(place - 1, ",")) => self.heads(place, found),
                _ => (),
            }
            if level == 0 {
                return;
            }
        }
    }

    /// The word before the innermost `::{` around a place in a `use`.
    fn parent_of(&self, at: usize) -> Option<&str> {
        let mut level = 0_usize;
        for place in (0..at).rev() {
            match self.tokens[place].text.as_str() {
                ";" => return None,
                "}" => level += 1,
                "{" if level > 0 => level -= 1,
                "{" => return (place >= 2 && self.is(place - 1, "::")).then(|| self.tokens[place - 2].text.as_str()),
                _ => (),
            }
        }
        None
    }

    fn in_use(&self, at: usize) -> bool {
        let start = self.tokens[..at].iter().rposition(|token| token.text == ";").map_or(0, |end| end + 1);
        self.tokens[start..at].iter().any(|token| token.text == "use")
    }
}

fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let marked =
        |at: usize| mark.iter().enumerate().all(|(step, sign)| tokens.get(at + step).is_some_and(|t| t.text == *sign));
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if marked(at) {
            at = end_of_item(tokens, at + mark.len());
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Past the item that starts at `at`: its closing brace, or the semicolon or comma that ends it.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut level = 0_i32;
    while let Some(token) = tokens.get(at) {
        let closes = matches!(token.text.as_str(), "}" | ")" | "]");
        level += i32::from(matches!(token.text.as_str(), "{" | "(" | "[")) - i32::from(closes);
        at += 1;
        let ends = matches!(token.text.as_str(), "}" | ";" | ",");
        if level <= 0 && ends {
            // `use a::{b};` goes on past its brace.
            return at + usize::from(token.text == "}" && tokens.get(at).is_some_and(|next| next.text == ";"));
        }
    }
    at
}

fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < letters.len() {
        let start = at;
        let rest = &letters[at..];
        at += match rest {
            ['/', '/', ..] => rest.iter().position(|&letter| letter == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => quoted(rest),
            ['b' | 'c', '"', ..] => 1 + quoted(&rest[1..]),
            ['r', '"' | '#', ..] if raw(rest).is_some() => raw(rest).unwrap_or(1),
            ['b' | 'c', 'r', '"' | '#', ..] if raw(&rest[1..]).is_some() => 1 + raw(&rest[1..]).unwrap_or(1),
            ['\'', '\\', ..] => 3 + rest[3..].iter().position(|&letter| letter == '\'').map_or(0, |end| end + 1),
            ['\'', _, '\'', ..] => 3,
            [':', ':', ..] => 2,
            [first, ..] if is_word(*first) => rest.iter().position(|&letter| !is_word(letter)).unwrap_or(rest.len()),
            _ => 1,
        };
        at = at.min(letters.len());
        let first = letters[start];
        let literal = at - start > 1 && !is_word(letters[at - 1]) && first != ':';
        let comment = first == '/' && at - start > 1;
        if !literal && !comment && !first.is_whitespace() {
            found.push(Token { line, text: letters[start..at].iter().collect() });
        }
        line += letters[start..at].iter().filter(|&&letter| letter == '\n').count();
    }
    found
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn block_comment(rest: &[char]) -> usize {
    let (mut level, mut at) = (0, 0);
    loop {
        match rest.get(at..) {
            Some(['/', '*', ..]) => (level, at) = (level + 1, at + 2),
            Some(['*', '/', ..]) => (level, at) = (level - 1, at + 2),
            Some([_, ..]) => at += 1,
            _ => return rest.len(),
        }
        if level == 0 {
            return at;
        }
    }
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while let Some(letter) = rest.get(at) {
        at += match letter {
            '\\' => 2,
            '"' => return at + 1,
            _ => 1,
        };
    }
    rest.len()
}

/// The length of `r"…"` or `r#"…"#`; nothing for a raw identifier.
fn raw(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|&&letter| letter == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let closes = |at: &usize| {
        rest[*at] == '"' && rest.get(at + 1..at + 1 + hashes).is_some_and(|end| end.iter().all(|&letter| letter == '#'))
    };
    Some((body..rest.len()).find(closes).map_or(rest.len(), |end| end + 1 + hashes))
}
