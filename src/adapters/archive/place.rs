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
        Some(("dynamodb", _)) => Err(refused(
            "this build has no AWS adapter; build parallax with `--features aws`, or use `sqlite:PATH`".to_owned(),
        )),
        Some((kind, _)) if !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            Err(refused(format!("`{kind}:` is no kind of archive; the kinds are `sqlite:PATH` and `dynamodb:TABLE`")))
        }
        _ if place.is_empty() => Err(refused("it is empty; write `sqlite:PATH`".to_owned())),
        _ => Err(refused(format!("write `sqlite:{}`", place.escape_default()))),
    }
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
            ("dynamodb:samples", "--features aws"),
            ("postgres:x", "no kind of archive"),
        ] {
            let message = path(place).unwrap_err().to_string();
            assert!(message.contains(said), "{place:?}: {message}");
            assert!(!message.contains('\0'));
        }
    }
}
