//! Formulas as the price file writes them: numbers, names, `+ - * /`, parentheses, `ceil`, `min` and `max`.

/// A formula that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula(Part);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Number(f64),
    Name(String),
    Ceil(Box<Part>),
    Two(Operation, Box<Part>, Box<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Least,
    Greatest,
}

/// A formula with more parts than this is refused: it would be evaluated by as many calls within calls.
pub const PARTS_MAX: usize = 200;

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// What is wrong with it, and at which character.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text, parts: 0, text };
        let formula = reader.sum()?;
        reader.skip_spaces();
        if reader.rest.is_empty() { Ok(Self(formula)) } else { Err(reader.wrong("an operator or the end")) }
    }

    /// Its value, where `known` gives those of its names.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn value<'a>(&'a self, known: &dyn Fn(&str) -> Option<f64>) -> Result<f64, &'a str> {
        self.0.value(known)
    }

    /// The names in it, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let (mut names, mut parts) = (Vec::new(), vec![&self.0]);
        while let Some(part) = parts.pop() {
            match part {
                Part::Number(_) => (),
                Part::Name(name) => names.push(name.as_str()),
                Part::Ceil(inner) => parts.push(inner),
                Part::Two(_, a, b) => parts.extend([b.as_ref(), a.as_ref()]),
            }
        }
        names
    }
}

impl Part {
    fn value<'a>(&'a self, known: &dyn Fn(&str) -> Option<f64>) -> Result<f64, &'a str> {
        Ok(match self {
            Self::Number(number) => *number,
            Self::Name(name) => known(name).ok_or(name.as_str())?,
            Self::Ceil(inner) => inner.value(known)?.ceil(),
            Self::Two(operation, a, b) => {
                let (a, b) = (a.value(known)?, b.value(known)?);
                match operation {
                    Operation::Add => a + b,
                    Operation::Subtract => a - b,
                    Operation::Multiply => a * b,
                    Operation::Divide => a / b,
                    Operation::Least => a.min(b),
                    Operation::Greatest => a.max(b),
                }
            }
        })
    }
}

struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
    parts: usize,
}

impl<'t> Reader<'t> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn wrong(&self, wanted: &str) -> String {
        let at = self.text[..self.text.len() - self.rest.len()].chars().count() + 1;
        format!("character {at} is not {wanted}")
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip_spaces();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn count(&mut self) -> Result<(), String> {
        self.parts += 1;
        if self.parts > PARTS_MAX { Err(format!("it has more than {PARTS_MAX} parts; divide it")) } else { Ok(()) }
    }

    fn sum(&mut self) -> Result<Part, String> {
        let mut sum = self.product()?;
        loop {
            let operation = match () {
                () if self.takes('+') => Operation::Add,
                () if self.takes('-') => Operation::Subtract,
                () => return Ok(sum),
            };
            sum = Part::Two(operation, Box::new(sum), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Part, String> {
        let mut product = self.factor()?;
        loop {
            let operation = match () {
                () if self.takes('*') => Operation::Multiply,
                () if self.takes('/') => Operation::Divide,
                () => return Ok(product),
            };
            product = Part::Two(operation, Box::new(product), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Result<Part, String> {
        self.count()?;
        if self.takes('(') {
            let inner = self.sum()?;
            return if self.takes(')') { Ok(inner) } else { Err(self.wrong("`)`")) };
        }
        let word = self.word();
        if let Some(first) = word.chars().next() {
            if first.is_ascii_digit() || first == '.' {
                return word.parse().map(Part::Number).map_err(|_| format!("`{word}` is no number"));
            }
            if self.takes('(') {
                return self.call(word);
            }
            return Ok(Part::Name(word.to_owned()));
        }
        Err(self.wrong("a number, a name or `(`"))
    }

    fn word(&mut self) -> &'t str {
        self.skip_spaces();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn call(&mut self, name: &str) -> Result<Part, String> {
        let first = Box::new(self.sum()?);
        let part = match name {
            "ceil" => Part::Ceil(first),
            "min" | "max" => {
                if !self.takes(',') {
                    return Err(self.wrong("`,`"));
                }
                let operation = if name == "min" { Operation::Least } else { Operation::Greatest };
                Part::Two(operation, first, Box::new(self.sum()?))
            }
            _ => return Err(format!("there is no function `{}`; there are ceil, min and max", name.escape_default())),
        };
        if self.takes(')') { Ok(part) } else { Err(self.wrong("`)`")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> f64 {
        let known = |name: &str| (name == "x").then_some(3.0);
        Formula::parse(text).unwrap().value(&known).unwrap()
    }

    #[test]
    fn operators_bind_as_in_arithmetic() {
        assert_eq!(value("1 + 2 * x"), 7.0);
        assert_eq!(value("(1 + 2) * x"), 9.0);
        assert_eq!(value("12 / 2 / x"), 2.0);
        assert_eq!(value("10 - 4 - x"), 3.0);
        assert_eq!(value("max(1, x / 2) + min(x, .5) + ceil(x / 2)"), 4.0);
    }

    #[test]
    fn what_is_no_formula_is_refused_with_the_place() {
        for (text, said) in [
            ("", "character 1 is not a number"),
            ("1 +", "character 4 is not a number"),
            ("1 x", "character 3 is not an operator"),
            ("(1", "character 3 is not `)`"),
            ("min(1)", "character 6 is not `,`"),
            ("floor(1)", "no function `floor`"),
            ("1.2.3", "`1.2.3` is no number"),
            ("é", "character 1 is not"),
        ] {
            let error = Formula::parse(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!(Formula::parse("x + y").unwrap().value(&|name| (name == "x").then_some(1.0)), Err("y"));
    }

    #[test]
    fn a_deep_formula_is_a_message_and_no_crash() {
        for deep in ["(".repeat(100_000), "ceil(".repeat(100_000), "1+".repeat(100_000)] {
            assert!(Formula::parse(&deep).unwrap_err().contains("parts"));
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_crash(text in "[a-c0-9+*/(). ,é-]{0,40}") {
            if let Ok(formula) = Formula::parse(&text) {
                prop_assert!(formula.value(&|_| Some(1.0)).is_ok());
                prop_assert_eq!(formula.value(&|_| None).is_err(), !formula.names().is_empty());
            }
        }
    }
}
