//! A file that is there whole or not at all: it is written under another name beside its place, then moved there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file to be.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    written: Written,
}

#[derive(Debug)]
enum Written {
    Beside(NamedTempFile),
    /// A device or a pipe must be written to, not replaced by a file of its name.
    Straight(File),
}

/// How every SQLite file begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

const IS_DATABASE: &str = "it is a database, an archive perhaps; name another file";

impl Draft {
    /// Opens one for a place, and so finds out whether that can be written.
    ///
    /// # Errors
    /// It cannot: why, and what to name instead.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        // Its kind alone: the rest of its words is the draft's own name, which means nothing to the reader.
        let refused = |error: io::Error| {
            format!("it cannot be written: {}; name a file in a directory that can be written", error.kind())
        };
        if path.is_dir() {
            return Err("it is a directory; name a file in it".to_owned());
        }
        if path == Path::new("-") {
            return Err("a file of that name is hardly meant; for standard output name /dev/stdout".to_owned());
        }
        if is_database(path) {
            return Err(IS_DATABASE.to_owned());
        }
        let written = if path.exists() && !path.is_file() {
            Written::Straight(OpenOptions::new().write(true).open(path).map_err(refused)?)
        } else {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !parent.is_dir() {
                return Err(format!("it cannot be written: there is no directory {}; make it first", parent.display()));
            }
            let mut builder = tempfile::Builder::new();
            Written::Beside(as_any_new_file(builder.prefix(".parallax-draft-")).tempfile_in(parent).map_err(refused)?)
        };
        Ok(Self { path: path.to_owned(), written })
    }

    /// Where it will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What to write to.
    pub(crate) fn file(&self) -> &File {
        match &self.written {
            Written::Beside(file) => file.as_file(),
            Written::Straight(file) => file,
        }
    }

    /// Gives it its name, once it survives a power cut.
    pub(crate) fn keep(self) -> io::Result<()> {
        let Written::Beside(file) = self.written else { return Ok(()) };
        // Made since: `demo` has one flag for the page and one for the archive.
        if is_database(&self.path) {
            return Err(io::Error::other(IS_DATABASE));
        }
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

fn is_database(path: &Path) -> bool {
    let mut first = [0; SQLITE.len()];
    path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *SQLITE
}

/// Readable by those whom the umask allows: a temporary file is its owner's alone.
#[cfg(unix)]
fn as_any_new_file<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn as_any_new_file<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    builder
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_pipe_is_written_to_and_stays_a_pipe() {
        use std::os::unix::fs::FileTypeExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let reader = {
            let path = path.clone();
            std::thread::spawn(move || std::fs::read_to_string(path))
        };
        let draft = Draft::of(&path).unwrap();
        draft.file().write_all(b"a page").unwrap();
        draft.keep().unwrap();
        assert!(path.metadata().unwrap().file_type().is_fifo(), "replaced by a file");
        assert_eq!(reader.join().unwrap().unwrap(), "a page");
    }

    #[test]
    fn nothing_goes_over_a_database_not_even_one_made_meanwhile() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("samples.db");
        let draft = Draft::of(&path).unwrap();
        draft.file().write_all(b"a page").unwrap();
        let database = [SQLITE, b"and more"].concat();
        std::fs::write(&path, &database).unwrap();
        assert!(draft.keep().is_err());
        assert!(Draft::of(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), database);
    }

    #[test]
    fn a_place_that_is_none_is_refused_in_words_of_the_reader() {
        for (place, said) in [("-", "/dev/stdout"), ("no/such/place/page.html", "there is no directory no/such/place")]
        {
            let reason = Draft::of(Path::new(place)).unwrap_err();
            assert!(reason.contains(said) && !reason.contains(".parallax-draft"), "{place}: {reason}");
        }
    }
}
