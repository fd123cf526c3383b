//! The source of what runs on AWS, without its tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file below a folder of the repository, by its path there.
pub fn below(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut files, mut folders) = (Vec::new(), vec![root.join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path: PathBuf = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|extension| extension == "rs") => {
                    let text = fs::read_to_string(&path).unwrap();
                    let shipped = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                    files.push((path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), shipped));
                }
                false => (),
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no source");
    files.sort();
    files
}

/// What stands between quotation marks, line by line, comments left out.
pub fn quoted(text: &str) -> Vec<String> {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(code).flat_map(|line| line.split('"').skip(1).step_by(2)).map(str::to_owned).collect()
}
