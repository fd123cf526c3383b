//! What a page says, whatever it is printed on.

use super::bars::Bars;
use super::stairs::Stairs;

/// What a note begins with that is to be copied as it stands: it is one line on every page.
pub const VERBATIM: &str = "    ";

/// A page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Its first line.
    pub title: String,
    /// What follows, in order.
    pub blocks: Vec<Block>,
}

/// One part of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Opens a section.
    Heading(String),
    /// A sentence or two.
    Text(String),
    /// Sentences that follow a table, one a line.
    Notes(Vec<String>),
    /// Rows and columns.
    Table(Table),
    /// Lengths of time side by side.
    Bars(Bars),
    /// A gap, step by step.
    Stairs(Stairs),
}

/// Rows and columns; a line break in a cell stays one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Column names; the first column is text, the others are figures and stand to the right.
    pub head: Vec<String>,
    /// As many cells as there are names.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(caption: &str, head: &[&str]) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        Self { caption: caption.to_owned(), head, rows: Vec::new() }
    }
}

impl Document {
    /// A page of one title.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// Opens a section.
    pub fn heading(&mut self, text: &str) {
        self.blocks.push(Block::Heading(text.to_owned()));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    /// Adds a table, unless it has no row.
    pub fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    /// Adds notes, unless there are none.
    pub fn notes(&mut self, notes: Vec<String>) {
        if !notes.is_empty() {
            self.blocks.push(Block::Notes(notes));
        }
    }

    /// Adds bars, unless there are none.
    pub fn bars(&mut self, bars: Bars) {
        if !bars.rows.is_empty() {
            self.blocks.push(Block::Bars(bars));
        }
    }

    /// Adds stairs, unless they have no step.
    pub fn stairs(&mut self, stairs: Stairs) {
        if !stairs.steps.is_empty() {
            self.blocks.push(Block::Stairs(stairs));
        }
    }
}
