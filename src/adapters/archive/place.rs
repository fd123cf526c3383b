//! What stands after `--archive`.

use std::path::Path;

use crate::archive::error::ArchiveError;

/// The file behind `sqlite:PATH`.
pub(super) fn path(place: &str) -> Result<&Path, ArchiveError> {
    let refused = |reason: String| ArchiveError::Place { place: place.escape_default().to_string(), reason };
    match place.split_once(':') {
        Some(("sqlite", "")) => Err(refused("a path must follow, as in `sqlite:parallax.db`".to_owned())),
        Some(("sqlite", path)) if path.contains('\0') => Err(refused("a path cannot hold a zero byte".to_owned())),
        Some(("sqlite", path)) => Ok(Path::new(path)),
        Some(("dynamodb", _)) if cfg!(feature = "aws") => {
            Err(refused("this command keeps its samples in a file; write `sqlite:PATH`".to_owned()))
        }
        Some(("dynamodb", _)) => Err(refused(
            "this build has no AWS in it; make one that has by `cargo build --release --features aws`, or use \
             `sqlite:PATH`"
                .to_owned(),
        )),
        Some((kind, _)) if !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            Err(refused(format!("`{kind}:` is no kind of archive; the kinds are `sqlite:PATH` and `dynamodb:TABLE`")))
        }
        _ if place.is_empty() => Err(refused("it is empty; write `sqlite:PATH`".to_owned())),
        _ => Err(refused(format!("write `sqlite:{}`", place.escape_default()))),
    }
}

/// The table behind `dynamodb:TABLE`; nothing for places of another kind.
///
/// # Errors
/// No table can have that name.
#[cfg(feature = "aws")]
pub fn table(place: &str) -> Result<Option<&str>, ArchiveError> {
    let Some(name) = place.strip_prefix("dynamodb:") else { return Ok(None) };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if (3..=255).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(Some(name));
    }
    Err(ArchiveError::Place {
        place: place.escape_default().to_string(),
        reason: "a table's name must follow, as in `dynamodb:parallax-archive`: 3 to 255 letters, digits and . _ -"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_its_kind() {
        assert_eq!(path("sqlite:a/b.db").unwrap(), Path::new("a/b.db"));
        assert_eq!(path("sqlite:C:\\b.db").unwrap(), Path::new("C:\\b.db"));
        for (place, said) in [
            ("", "empty"),
            ("parallax.db", "write `sqlite:parallax.db`"),
            ("/var/a:b.db", "write `sqlite:/var/a:b.db`"),
            ("sqlite:", "a path must follow"),
            ("sqlite:a\0b", "zero byte"),
            ("dynamodb:samples", if cfg!(feature = "aws") { "write `sqlite:PATH`" } else { "--features aws`" }),
            ("postgres:x", "no kind of archive"),
        ] {
            let message = path(place).unwrap_err().to_string();
            assert!(message.contains(said), "{place:?}: {message}");
            assert!(!message.contains('\0'));
        }
    }

    #[cfg(feature = "aws")]
    #[test]
    fn a_table_has_a_name_that_a_table_can_have() {
        assert_eq!(table("dynamodb:parallax-archive").unwrap(), Some("parallax-archive"));
        assert_eq!(table("sqlite:a.db").unwrap(), None);
        for place in [
            "dynamodb:",
            "dynamodb:ab",
            "dynamodb:a b c",
            "dynamodb:\u{1b}[2Jxx",
            &format!("dynamodb:{}", "x".repeat(256)),
        ] {
            let message = table(place).unwrap_err().to_string();
            assert!(message.contains("a table's name must follow") && !message.contains('\u{1b}'), "{message}");
        }
    }
}
