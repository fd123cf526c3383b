//! The table as it lies in the file.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::fault::{Fault, TableFault, shown};
use super::mapping::Column;
use crate::measurement::counted::counted;

/// The longest row, in bytes.
const ROW_MAX: u64 = 1_048_576;

/// How cells are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Between cells.
    pub delimiter: u8,
    /// The first row names the columns.
    pub header: bool,
}

/// A table, read row by row.
#[derive(Debug)]
pub struct Table<R> {
    reader: Reader<Bounded<R>>,
    passed: Rc<Passed>,
    header: Vec<String>,
    header_bytes: Vec<u8>,
    /// Where the last row read lies in the file.
    span: Range<u64>,
    named: bool,
    first: Option<ByteRecord>,
}

/// A column that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    index: usize,
    name: String,
}

impl Place {
    /// As messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    line: u64,
    width: usize,
    /// Its cells as bytes.
    pub cells: ByteRecord,
}

impl<R: Read> Table<R> {
    /// Reads the header, or the first row where there is none.
    ///
    /// # Errors
    /// See [`TableFault`].
    pub fn new(input: R, layout: Layout) -> Result<Self, TableFault> {
        let passed = Rc::new(Passed::default());
        let bounded = Bounded::new(input, Rc::clone(&passed));
        let reader =
            ReaderBuilder::new().delimiter(layout.delimiter).has_headers(false).flexible(true).from_reader(bounded);
        let (header, header_bytes, named) = (Vec::new(), Vec::new(), layout.header);
        let mut table = Self { reader, passed, header, header_bytes, span: 0..0, named, first: None };
        let first = table.read()?.ok_or(TableFault::Empty)?;
        if first.get(0).is_some_and(|cell| cell.starts_with(b"\xff\xfe") || cell.starts_with(b"\xfe\xff")) {
            return Err(TableFault::Utf16);
        }
        if layout.header {
            table.header = first.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
            table.header_bytes = table.as_it_stood()?;
        } else {
            table.header = (1..=first.len()).map(|number| format!("#{number}")).collect();
            table.first = Some(first);
        }
        Ok(table)
    }

    /// The column of that name or number.
    ///
    /// # Errors
    /// There is none, or there are two.
    pub fn find(&self, column: &Column) -> Result<Place, TableFault> {
        let asked = column.0.as_str();
        let bearing: Vec<usize> =
            (0..self.header.len()).filter(|index| self.named && self.header[*index] == asked).collect();
        let number = asked.strip_prefix('#').or((!self.named).then_some(asked));
        let index = match bearing[..] {
            [index] => index,
            [] => number
                .and_then(|number| number.parse::<usize>().ok())
                .and_then(|number| number.checked_sub(1))
                .filter(|index| *index < self.header.len())
                .ok_or_else(|| self.no(asked))?,
            _ => return Err(TableFault::Ambiguous { asked: asked.escape_debug().to_string(), count: bearing.len() }),
        };
        Ok(Place { index, name: format!("column {}", shown(&self.header[index])) })
    }

    fn no(&self, asked: &str) -> TableFault {
        let names: Vec<String> = self.header.iter().take(40).map(|name| shown(name)).collect();
        let more = if self.header.len() > 40 { " and more; is --delimiter right?" } else { "" };
        let one = if self.header.len() == 1 { "; is --delimiter right?" } else { "" };
        TableFault::NoColumn {
            asked: asked.escape_debug().to_string(),
            columns: format!("{}{more}{one}", names.join(", ")),
        }
    }

    /// The header as it stands in the file, with its end; nothing where columns have numbers only.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8] {
        &self.header_bytes
    }

    /// The last row read as it stands in the file, byte for byte, with its end.
    ///
    /// # Errors
    /// The file broke off.
    pub fn as_it_stood(&mut self) -> Result<Vec<u8>, TableFault> {
        let (Range { start, end }, bounded) = (self.span.clone(), self.reader.get_mut());
        let mut bytes = bounded.held(start..end).to_vec();
        // To the reader, the second half of `\r\n` and empty lines belong to the row that follows.
        let after = if bytes.ends_with(b"\r") { bounded.byte_at(end) } else { Ok(None) };
        if after.map_err(|error| TableFault::Unreadable(error.to_string()))? == Some(b'\n') {
            bytes.push(b'\n');
        }
        let begins = bytes.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(bytes.len());
        Ok(bytes.split_off(begins))
    }

    /// The next row.
    ///
    /// # Errors
    /// The file broke off, or a row does not end.
    pub fn next_row(&mut self) -> Result<Option<Row>, TableFault> {
        let cells = match self.first.take() {
            Some(first) => Some(first),
            None => self.read()?,
        };
        let width = self.header.len();
        Ok(cells.map(|cells| Row { line: cells.position().map_or(0, csv::Position::line), width, cells }))
    }

    /// Whether the last byte read ends a line: a file that was cut off does not end so.
    #[must_use]
    pub fn ends_with_a_line(&self) -> bool {
        self.passed.last.get() == b'\n'
    }

    fn read(&mut self) -> Result<Option<ByteRecord>, TableFault> {
        let mut cells = ByteRecord::new();
        self.passed.bytes.set(0);
        let (line, start) = (self.reader.position().line(), self.reader.position().byte());
        self.reader.get_mut().needed_from = start;
        match self.reader.read_byte_record(&mut cells) {
            Ok(true) => {
                self.span = start..self.reader.position().byte();
                Ok(Some(cells))
            }
            Ok(false) => Ok(None),
            Err(_) if self.passed.bytes.get() > ROW_MAX => Err(TableFault::Endless { line, most: ROW_MAX }),
            Err(error) => Err(TableFault::Unreadable(error.to_string())),
        }
    }
}

impl Row {
    /// Checks that it has as many cells as the first line.
    ///
    /// # Errors
    /// It has more or fewer.
    pub fn whole(&self) -> Result<(), Fault> {
        if self.cells.len() == self.width {
            return Ok(());
        }
        Err(Fault {
            line: self.line,
            column: counted(self.cells.len(), "cell"),
            reason: format!("the first line has {}; is a cell missing, or a quote?", self.width),
        })
    }

    /// A cell as text without surrounding blanks.
    ///
    /// # Errors
    /// It is not UTF-8, has a zero byte, or spans lines.
    pub fn text(&self, place: &Place) -> Result<&str, Fault> {
        let fault = |reason: String| Fault { line: self.line, column: place.name.clone(), reason };
        let bytes = self.cells.get(place.index).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            fault(format!("byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"))
        })?;
        if text.contains('\0') {
            return Err(fault("it holds a zero byte; is this a text file?".to_owned()));
        }
        if text.contains('\n') {
            return Err(fault("it goes on over the end of the line; is a quote not closed?".to_owned()));
        }
        Ok(text.trim())
    }

    /// What is wrong with a cell.
    #[must_use]
    pub fn fault(&self, place: &Place, reason: String) -> Fault {
        Fault { line: self.line, column: place.name.clone(), reason }
    }
}

#[derive(Debug, Default)]
struct Passed {
    bytes: Cell<u64>,
    last: Cell<u8>,
}

/// Stops a row that never ends before it fills the memory, and holds what was read since the last row began.
#[derive(Debug)]
struct Bounded<R> {
    input: R,
    passed: Rc<Passed>,
    held: Vec<u8>,
    held_from: u64,
    needed_from: u64,
    /// Looked at, and not yet read by anybody.
    ahead: Option<u8>,
}

impl<R: Read> Bounded<R> {
    fn new(input: R, passed: Rc<Passed>) -> Self {
        Self { input, passed, held: Vec::new(), held_from: 0, needed_from: 0, ahead: None }
    }

    /// Where in what is held an offset lies.
    fn index(&self, offset: u64) -> usize {
        usize::try_from(offset.saturating_sub(self.held_from)).unwrap_or(usize::MAX).min(self.held.len())
    }

    fn held(&self, span: Range<u64>) -> &[u8] {
        &self.held[self.index(span.start)..self.index(span.end)]
    }

    /// The byte at an offset that is no further than the next one to be read.
    fn byte_at(&mut self, offset: u64) -> io::Result<Option<u8>> {
        if let Some(held) = self.held.get(self.index(offset)) {
            return Ok(Some(*held));
        }
        if self.ahead.is_none() {
            let mut one = Vec::new();
            self.input.by_ref().take(1).read_to_end(&mut one)?;
            self.ahead = one.first().copied();
        }
        Ok(self.ahead)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.passed.bytes.get() > ROW_MAX {
            return Err(io::Error::other("the row does not end"));
        }
        let count = match (self.ahead.take(), buffer.first_mut()) {
            (Some(byte), Some(first)) => {
                *first = byte;
                1
            }
            _ => self.input.read(buffer)?,
        };
        let past = self.index(self.needed_from);
        self.held.drain(..past);
        self.held_from += past as u64;
        self.held.extend_from_slice(buffer.get(..count).unwrap_or_default());
        if let Some(last) = buffer.get(..count).and_then(<[u8]>::last) {
            self.passed.last.set(*last);
        }
        self.passed.bytes.set(self.passed.bytes.get() + count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, so that every border within a file is one between two reads.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let some = self.0.len().min(1);
            self.0.take(some as u64).read(buffer).inspect(|count| self.0 = &self.0[*count..])
        }
    }

    fn rows(input: impl Read) -> Vec<Vec<u8>> {
        let mut table = Table::new(input, Layout { delimiter: b';', header: true }).unwrap();
        let mut rows = vec![table.header_bytes().to_vec()];
        while table.next_row().unwrap().is_some() {
            rows.push(table.as_it_stood().unwrap());
        }
        rows
    }

    #[test]
    fn rows_stand_as_they_stood_whatever_ends_them() {
        let long = [b"2;\"".to_vec(), vec![b'x'; 100_000], b"\"\n".to_vec()].concat();
        let lines: [&[u8]; 8] = [
            b" t ;\"v\"\r\n",
            b"1; \"a;\"\"b\" \n",
            b"\"c\r\n\nd\";2\r\n",
            b"\"\";\r",
            b"caf\xe9;4\n",
            &long,
            b";\n",
            b"5;6",
        ];
        let file = lines.concat();
        assert_eq!(rows(&file[..]), lines);
        assert_eq!(rows(Drip(&file)), lines);
        assert_eq!(rows(&b"\n\na;b\n\r\n\n1;2\n\n"[..]), [&b"a;b\n"[..], b"1;2\n"], "empty lines are no rows");
    }

    #[test]
    fn the_first_row_stands_whole_with_the_mark_of_its_encoding() {
        let mut table =
            Table::new(&b"\xef\xbb\xbf1;2\r\n3;4\r\n"[..], Layout { delimiter: b';', header: false }).unwrap();
        table.next_row().unwrap();
        assert_eq!(table.as_it_stood().unwrap(), b"\xef\xbb\xbf1;2\r\n");
        assert_eq!(table.header_bytes(), b"");
    }
}
