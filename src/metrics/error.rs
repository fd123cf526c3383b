//! Why something was not published.

/// Why something was not published. Every message names the action and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The role may not.
    #[error(
        "{action} in {region} was denied: {reason}; allow {action} for the namespace `{namespace}` in the role of the \
         aggregator"
    )]
    Denied {
        /// As in a policy: `cloudwatch:PutMetricData`.
        action: String,
        /// The home region.
        region: String,
        /// The namespace published to.
        namespace: String,
        /// The service's words.
        reason: String,
    },
    /// Too many requests at once.
    #[error("{action} in {region} was throttled: {reason}; send it again later")]
    Throttled {
        /// As in a policy.
        action: String,
        /// The home region.
        region: String,
        /// The service's words.
        reason: String,
    },
    /// The service does not accept what is in the request; sending it again does not help.
    #[error("{action} in {region} refused the request: {reason}; nothing of it was published")]
    Refused {
        /// As in a policy.
        action: String,
        /// The home region.
        region: String,
        /// The service's words.
        reason: String,
    },
    /// No answer, or none that says what became of it.
    #[error("{action} in {region} did not answer: {reason}; send it again, and some of it may count twice")]
    Unanswered {
        /// As in a policy.
        action: String,
        /// The home region.
        region: String,
        /// What went wrong.
        reason: String,
    },
}

impl PublishError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unanswered { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_time_can_mend_is_tried_again() {
        let (action, region, reason) =
            ("cloudwatch:PutMetricData".to_owned(), "eu-west-1".to_owned(), "its words".to_owned());
        let all = [
            PublishError::Throttled { action: action.clone(), region: region.clone(), reason: reason.clone() },
            PublishError::Unanswered { action: action.clone(), region: region.clone(), reason: reason.clone() },
            PublishError::Refused { action: action.clone(), region: region.clone(), reason: reason.clone() },
            PublishError::Denied { action, region, reason, namespace: "Parallax".to_owned() },
        ];
        assert_eq!(all.each_ref().map(PublishError::may_pass), [true, true, false, false]);
        for error in all {
            let message = error.to_string();
            assert!(message.contains("cloudwatch:PutMetricData in eu-west-1") && message.contains("its words"));
        }
    }
}
