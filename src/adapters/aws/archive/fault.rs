//! What went wrong, in words that say what to change.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::adapters::aws::failure::{self, Failure, Kind};
use crate::archive::error::ArchiveError;

use super::Archive;
use super::codec::Unreadable;
use super::key::Key;

/// The archive as errors name it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub table: String,
}

impl Archive {
    pub(super) fn named(&self) -> Named {
        Named { table: self.table.clone() }
    }
}

impl Named {
    fn place(&self) -> String {
        format!("dynamodb:{}", self.table)
    }

    /// A call that AWS did not do.
    pub(super) fn failed<E>(&self, action: &'static str, error: &SdkError<E, HttpResponse>) -> ArchiveError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.service(&failure::of(action, format!("table {}", self.table), error))
    }

    /// Asked again and again, and each time told to come back later.
    pub(super) fn throttled(&self, action: &'static str) -> ArchiveError {
        let (resource, detail) = (format!("table {}", self.table), String::new());
        self.service(&Failure { action, resource, kind: Kind::Throttled, detail })
    }

    fn service(&self, failure: &Failure) -> ArchiveError {
        ArchiveError::Service { place: self.place(), reason: failure.to_string(), may_pass: failure.kind.may_pass() }
    }

    /// An item that is there and says nothing we can use.
    pub(super) fn unreadable(&self, key: &Key, fault: &Unreadable) -> ArchiveError {
        match fault {
            Unreadable::Newer(_) => ArchiveError::Service {
                place: self.place(),
                reason: format!("the item {key} {fault}"),
                may_pass: false,
            },
            Unreadable::Damaged(_) => self.damaged(key, &fault.to_string()),
        }
    }

    /// The same, with what is wrong in other words.
    pub(super) fn damaged(&self, key: &Key, reason: &str) -> ArchiveError {
        ArchiveError::Unusable { verb: "read", place: self.place(), reason: format!("the item {key} {reason}") }
    }

    /// Something that cannot be kept there.
    pub(super) fn refused(&self, reason: String) -> ArchiveError {
        ArchiveError::Unusable { verb: "write", place: self.place(), reason }
    }

    pub(super) fn foreign(&self, reason: String) -> ArchiveError {
        ArchiveError::Foreign { place: self.place(), reason }
    }

    pub(super) fn newer(&self, found: i64, known: i64) -> ArchiveError {
        ArchiveError::Newer { place: self.place(), found, known }
    }
}
