//! The import graph is what `ARCHITECTURE.md` says it is, and what the table calls pure touches nothing outside.

mod purity;
mod source;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use source::Source;
use table::Table;

/// Every way in which `source`, which belongs to `module`, breaks the table: `line: what`.
fn violations(table: &Table, module: &str, depth: usize, source: &Source) -> Vec<String> {
    let foreign = source.crate_paths(depth).into_iter().filter_map(|(line, used)| {
        let allowed = used == module || table.allows(module, &used) || !table.has(&used);
        (!allowed).then(|| format!("{line}: `{module}` uses `{used}`, which its row in ARCHITECTURE.md does not name"))
    });
    let reexported = source
        .reexports()
        .into_iter()
        .map(|line| format!("{line}: a re-export of another module; name the owner where it is used"));
    let impure = purity::forbidden(source).into_iter().filter(|_| table.is_pure(module)).map(|(line, what)| {
        format!("{line}: `{what}` in `{module}`, which its row in ARCHITECTURE.md makes pure; take it as an argument")
    });
    foreign.chain(reexported).chain(impure).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn table() -> Table {
    let path = root().join("ARCHITECTURE.md");
    Table::parse(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))).unwrap()
}

/// A row of the table that is a package of its own, in a folder of its name.
const PACKAGE: &str = "aggregator";

/// Every source file below `src/<module>`, with its path inside the crate.
fn files(module: &str) -> Vec<PathBuf> {
    files_below(root().join("src").join(module))
}

fn files_below(folder: PathBuf) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" => found.push(path),
                _ => (),
            }
        }
    }
    found.sort();
    found
}

/// Levels between a file's own module and the crate's root: 1 for `summary/mod.rs`, 2 for `summary/window.rs`.
fn depth(path: &Path) -> usize {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    inside.components().count() - usize::from(path.ends_with("mod.rs"))
}

#[test]
fn every_module_keeps_to_its_row() {
    let table = table();
    let mut broken = Vec::new();
    let mut read = 0;
    for module in table.modules().filter(|module| *module != PACKAGE) {
        for path in files(module) {
            let source = Source::new(&fs::read_to_string(&path).unwrap());
            let shown = path.strip_prefix(root()).unwrap().display().to_string();
            broken.extend(
                violations(&table, module, depth(&path), &source).into_iter().map(|what| format!("{shown}:{what}")),
            );
            read += 1;
        }
    }
    assert!(read > 20, "only {read} files were read");
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

/// Every way in which a source of the package breaks its row.
fn violations_of_package(table: &Table, source: &Source) -> Vec<String> {
    let foreign = source.paths_from("parallax").into_iter().filter(|(_, used)| !table.allows(PACKAGE, used));
    foreign
        .map(|(line, used)| {
            format!("{line}: `{PACKAGE}` uses `{used}`, which its row in ARCHITECTURE.md does not name")
        })
        .collect()
}

#[test]
fn the_package_beside_keeps_to_its_row() {
    let table = table();
    let files = files_below(root().join(PACKAGE).join("src"));
    assert!(files.len() > 10, "only {} files were read", files.len());
    for path in files {
        let broken = violations_of_package(&table, &Source::new(&fs::read_to_string(&path).unwrap()));
        assert!(broken.is_empty(), "{}: {broken:?}", path.display());
    }
    let source = |text| violations_of_package(&table, &Source::new(text));
    assert_eq!(source("use parallax::report::csv;").len(), 1);
    assert_eq!(source("use parallax::{intake::plan, explain};\nfn f() { parallax::lab::g(); }").len(), 2);
    assert!(source("use parallax::intake::plan;").is_empty());
}

#[test]
fn the_table_names_the_folders_of_src_and_no_others() {
    let mut folders: Vec<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut rows: Vec<String> = table().modules().filter(|row| *row != PACKAGE).map(str::to_owned).collect();
    rows.sort();
    assert_eq!(rows, folders, "rows of the table in ARCHITECTURE.md, and folders of src/");
}

const SMALL: &str = "## What may use what\n\n| module | may use |\n|---|---|\n| low | |\n| high | low |\n";

fn broken(module: &str, text: &str) -> Vec<String> {
    violations(&Table::parse(SMALL).unwrap(), module, 2, &Source::new(text))
}

#[test]
fn an_upward_import_is_found_wherever_it_is_written() {
    let up = |line: usize| vec![format!("{line}: `low` uses `high`, which its row in ARCHITECTURE.md does not name")];
    assert_eq!(broken("low", "use crate::high::Thing;"), up(1));
    assert_eq!(broken("low", "\nuse crate::{low::Other, high::{self, Thing}};"), up(2));
    assert_eq!(broken("low", "fn f() -> crate :: high::Thing {\n}"), up(1));
    assert_eq!(broken("low", "use super::super::high::Thing;"), up(1));
    assert_eq!(broken("low", "use super::super::{high};"), up(1));
    assert_eq!(broken("low", "pub(crate) type T = crate::high::Thing;"), up(1));
    assert!(broken("high", "use crate::low::Thing; use super::part::Other;").is_empty());
}

#[test]
fn what_only_tests_say_is_their_own_affair() {
    assert!(broken("low", "#[cfg(test)]\nmod tests { use crate::high::Thing; fn f() { Instant::now(); } }").is_empty());
    assert!(broken("low", "#[cfg(test)] #[path = \"x\"]\nuse crate::high::Thing;\nfn f() {}").is_empty());
    assert!(
        broken("low", "// use crate::high;\n/* crate::high /* nested */ */ fn f() { \"crate::high\"; }").is_empty()
    );
    assert!(broken("low", "const A: &str = r#\"crate::high \" \"#; const B: char = '\"';").is_empty());
    assert_eq!(broken("low", "#[cfg(test)] mod tests { }\nuse crate::high::Thing;").len(), 1);
    assert_eq!(broken("low", "const B: char = '\"'; fn f<'a>() { crate::high::g(\"\\\"\"); }").len(), 1);
}

#[test]
fn a_reexport_is_found() {
    let found = |line: usize| [format!("{line}: a re-export of another module; name the owner where it is used")];
    assert_eq!(broken("high", "\npub use crate::low::Thing;"), found(2));
    assert_eq!(broken("high", "pub(crate) use super::other::Thing;"), found(1));
    // A choice between parts of its own, by platform say, is no re-export.
    assert!(broken("high", "pub use linux::Thing;").is_empty());
}
