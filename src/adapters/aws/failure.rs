//! Why AWS did not do as asked, in the words of whoever has to mend it.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action} on {resource}: {kind}{}", said(detail))]
pub struct Failure {
    /// As IAM writes it: `dynamodb:PutItem`. It is the permission that is missing where the call was denied.
    pub action: &'static str,
    /// What it was to act on: a table's name, a queue's URL.
    pub resource: String,
    /// What kind of failure.
    pub kind: Kind,
    /// AWS's own words, or the network's.
    pub detail: String,
}

/// What kind of failure it was, and so what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The credentials may not do this.
    Denied,
    /// There are no credentials, or they are not valid (any more).
    Unauthenticated,
    /// Too many calls: the same later.
    Throttled,
    /// What it was to act on does not exist.
    Missing,
    /// No answer: no connection, none in time, or an error of AWS's own. Whether it was done is not known.
    Unanswered,
    /// AWS refuses this very request; the same again does not help.
    Refused,
}

impl Kind {
    /// Whether the same call may succeed later without anyone's doing.
    #[must_use]
    pub fn may_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::Unanswered)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "access denied; the role needs this action on this resource",
            Self::Unauthenticated => {
                "no valid credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in again"
            }
            Self::Throttled => "throttled; try again later, or raise the limit",
            Self::Missing => "it does not exist in this account and region; look at its name and at AWS_REGION",
            Self::Unanswered => "no answer",
            Self::Refused => "refused",
        })
    }
}

fn said(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}

/// Codes that mean that the same call may not be made by this caller, whatever the service.
const DENIED: [&str; 5] =
    ["AccessDenied", "AccessDeniedException", "AuthorizationError", "NotAuthorized", "UnauthorizedOperation"];
/// Codes that mean that AWS does not know who calls.
const UNAUTHENTICATED: [&str; 10] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];
/// Codes that mean that there were too many calls; the SDK knows the same ones.
const THROTTLED: [&str; 14] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
    "RequestThrottled.Sender",
];
/// Codes that mean that there is no such thing.
const MISSING: [&str; 5] = [
    "AWS.SimpleQueueService.NonExistentQueue",
    "NonExistentQueue",
    "ParameterNotFound",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
];

/// What became of a call.
pub fn of<E>(action: &'static str, resource: impl Into<String>, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (kind, detail) = match error {
        SdkError::ServiceError(context) => {
            let (code, message) = (context.err().code().unwrap_or_default(), context.err().message());
            let kind = kind(code, context.raw().status().as_u16());
            (
                kind,
                [code, message.unwrap_or_default()]
                    .iter()
                    .filter(|text| !text.is_empty())
                    .copied()
                    .collect::<Vec<_>>()
                    .join(": "),
            )
        }
        other => match causes(other).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
            Some(error) => (Kind::Unauthenticated, of_credentials(error)),
            None => (Kind::Unanswered, chain(other)),
        },
    };
    Failure { action, resource: resource.into(), kind, detail }
}

/// What kind of failure a code of AWS means.
pub(super) fn kind(code: &str, status: u16) -> Kind {
    let name = code.rsplit('#').next().unwrap_or(code);
    let is = |codes: &[&str]| codes.contains(&name);
    if is(&DENIED) {
        Kind::Denied
    } else if is(&UNAUTHENTICATED) {
        Kind::Unauthenticated
    } else if is(&THROTTLED) || status == 429 {
        Kind::Throttled
    } else if is(&MISSING) {
        Kind::Missing
    } else if status >= 500 {
        Kind::Unanswered
    } else {
        Kind::Refused
    }
}

/// Why there are no credentials, in a line: nothing where none were found anywhere, else the last cause.
fn of_credentials(error: &CredentialsError) -> String {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => String::new(),
        error => causes(error).last().map(ToString::to_string).unwrap_or_default(),
    }
}

/// An error and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| <dyn Error>::source(*error))
}

/// The words of an error and of its causes, each once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    for text in causes(error).map(ToString::to_string) {
        if !words.iter().any(|said| said.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_helps() {
        for (code, status, expected) in [
            ("AccessDeniedException", 400, Kind::Denied),
            ("com.amazonaws.dynamodb.v20120810#AccessDeniedException", 400, Kind::Denied),
            ("UnrecognizedClientException", 400, Kind::Unauthenticated),
            ("ProvisionedThroughputExceededException", 400, Kind::Throttled),
            ("SomethingNew", 429, Kind::Throttled),
            ("ResourceNotFoundException", 400, Kind::Missing),
            ("InternalServerError", 500, Kind::Unanswered),
            ("ValidationException", 400, Kind::Refused),
        ] {
            assert_eq!(kind(code, status), expected, "{code}");
        }
    }

    #[test]
    fn no_credentials_at_all_need_no_more_words_and_bad_ones_one_cause() {
        assert_eq!(of_credentials(&CredentialsError::not_loaded("a list of all places that were looked at")), "");
        let error = CredentialsError::invalid_configuration("the profile `x` goes round in a circle");
        assert_eq!(of_credentials(&error), "the profile `x` goes round in a circle");
    }

    #[test]
    fn a_message_names_the_action_the_resource_and_what_is_missing() {
        let failure = Failure {
            action: "dynamodb:PutItem",
            resource: "table parallax-archive".to_owned(),
            kind: Kind::Denied,
            detail: String::new(),
        };
        assert_eq!(
            failure.to_string(),
            "dynamodb:PutItem on table parallax-archive: access denied; the role needs this action on this resource"
        );
        assert!(!failure.kind.may_pass() && Kind::Throttled.may_pass());
    }
}
