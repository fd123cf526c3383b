//! The table as it stands in the document.

/// Rows in order: a module and the words of its right-hand cell.
#[derive(Debug)]
pub struct Table {
    rows: Vec<(String, String)>,
}

impl Table {
    /// Reads the first table below the heading "What may use what".
    pub fn parse(document: &str) -> Result<Self, String> {
        let heading = |line: &&str| line.starts_with('#') && line.contains("What may use what");
        let rows: Vec<(String, String)> = document
            .lines()
            .skip_while(|line| !heading(line))
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'))
            .skip(2)
            .map(|line| match line.trim_matches('|').split_once('|') {
                Some((module, used)) => Ok((module.trim().trim_matches('`').to_owned(), used.trim().to_owned())),
                None => Err(format!("not a row of two cells: {line}")),
            })
            .collect::<Result<_, _>>()?;
        if rows.is_empty() {
            Err("no table below a heading \"What may use what\"".to_owned())
        } else {
            Ok(Self { rows })
        }
    }

    /// The modules, in the order of the table.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(module, _)| module.as_str())
    }

    /// Whether the table has a row for it.
    pub fn has(&self, module: &str) -> bool {
        self.modules().any(|row| row == module)
    }

    /// Whether `module` may name `used`.
    pub fn allows(&self, module: &str, used: &str) -> bool {
        self.rows.iter().any(|(row, cell)| row == module && words(cell).any(|word| word == used))
    }

    /// Whether the module stands above `adapters`, and so touches nothing outside.
    pub fn is_pure(&self, module: &str) -> bool {
        self.modules().take_while(|row| *row != "adapters").any(|row| row == module)
    }
}

fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[test]
fn rows_mean_what_they_say() {
    let table = Table::parse(
        "# Other\n| a | b |\n|---|---|\n| no | x |\n## What may use what\ntext\n\n| module | may use |\n|---|---|\n\
         | low | |\n| `high` | low |\n| adapters | low, higher |\n| bin | adapters |\n\nEnd\n",
    )
    .unwrap();
    assert_eq!(table.modules().collect::<Vec<_>>(), ["low", "high", "adapters", "bin"]);
    assert!(table.allows("high", "low") && !table.allows("low", "high") && !table.allows("adapters", "high"));
    assert!(!table.allows("no", "x"));
    assert!(table.is_pure("low") && table.is_pure("high") && !table.is_pure("adapters") && !table.is_pure("bin"));
}

#[test]
fn a_document_without_the_table_is_refused() {
    assert!(Table::parse("# What may use what\n\nNothing.\n").is_err());
    assert!(Table::parse("").is_err());
}
