//! A file that is there whole or not at all: it is written under another name beside its place, then moved there.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
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

/// Files of one name beside each other, at most.
const NUMBERS: u32 = 10_000;

impl Draft {
    /// Gives it its name or, where another file has it, the first free one of `NAME.2`, `NAME.3` and so on; says which. A
    /// file with the very same bytes is left as it is, and takes this one's place.
    pub(crate) fn keep_beside_others(self) -> io::Result<PathBuf> {
        let Written::Beside(mut file) = self.written else { return Ok(self.path) };
        file.as_file().sync_all()?;
        for number in 1..NUMBERS {
            let mut name = self.path.clone().into_os_string();
            if number > 1 {
                name.push(format!(".{number}"));
            }
            let path = PathBuf::from(name);
            match file.persist_noclobber(&path) {
                Ok(_) => return Ok(path),
                Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
                Err(failed) => return Err(failed.error),
            }
            if alike(file.path(), &path).unwrap_or(false) {
                return Ok(path);
            }
        }
        Err(io::Error::other("too many files of that name; remove some"))
    }
}

/// Whether two files hold the same bytes.
fn alike(one: &Path, other: &Path) -> io::Result<bool> {
    if !other.is_file() || one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if length == 0 {
            return Ok(left.len() == right.len());
        }
        if left[..length] != right[..length] {
            return Ok(false);
        }
        one.consume(length);
        other.consume(length);
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
    fn others_of_the_name_stay_and_the_same_bytes_are_kept_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.rejected");
        let keep = |content: &[u8]| {
            let draft = Draft::of(&path).unwrap();
            draft.file().write_all(content).unwrap();
            draft.keep_beside_others().unwrap()
        };
        let large = vec![b'x'; 100_000];
        for (content, name) in [
            (&b"one"[..], "a.rejected"),
            (b"two", "a.rejected.2"),
            (b"one", "a.rejected"),
            (b"two", "a.rejected.2"),
            (&large, "a.rejected.3"),
            (&large, "a.rejected.3"),
        ] {
            assert_eq!(keep(content), directory.path().join(name));
            assert_eq!(std::fs::read(directory.path().join(name)).unwrap(), content);
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3, "no draft is left behind");
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
