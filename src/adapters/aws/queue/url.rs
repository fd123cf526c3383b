//! What a queue's URL says.

/// The region in a queue's URL, where it names one: a queue is asked in its own region and in no other.
///
/// `https://sqs.eu-west-1.amazonaws.com/123456789012/name`, in any partition, and the forms of former years.
#[must_use]
pub fn region(url: &str) -> Option<String> {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', ':', '?']).next()?;
    let parts: Vec<&str> = host.split('.').collect();
    let region = match parts.as_slice() {
        ["sqs" | "sqs-fips", region, "amazonaws", "com"]
        | ["sqs" | "sqs-fips", region, "amazonaws", "com", "cn"]
        | ["sqs" | "sqs-fips", region, "api", "aws"]
        | ["sqs" | "sqs-fips", region, "api", "amazonwebservices", "com", "cn"]
        | [region, "queue", "amazonaws", "com"]
        | [region, "queue", "amazonaws", "com", "cn"] => region,
        [_, "sqs", region, "vpce", "amazonaws", "com"] => region,
        ["queue", "amazonaws", "com"] => "us-east-1",
        _ => return None,
    };
    let right =
        region.contains('-') && region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    right.then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_aws_names_its_region_and_any_other_none() {
        for (url, expected) in [
            ("https://sqs.eu-west-1.amazonaws.com/123456789012/parallax-queue", Some("eu-west-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", Some("cn-north-1")),
            ("https://sqs.us-gov-west-1.api.aws/1/q", Some("us-gov-west-1")),
            ("https://sqs-fips.us-east-2.amazonaws.com/1/q", Some("us-east-2")),
            ("https://ap-northeast-1.queue.amazonaws.com/1/q", Some("ap-northeast-1")),
            ("https://queue.amazonaws.com/1/q", Some("us-east-1")),
            ("https://vpce-0a1b-xyz.sqs.eu-west-1.vpce.amazonaws.com/1/q", Some("eu-west-1")),
            ("http://127.0.0.1:4566/000000000000/q", None),
            ("http://sqs.eu-west-1.localhost.localstack.cloud:4566/0/q", None),
            ("https://sqs.Nonsense!.amazonaws.com/1/q", None),
            ("", None),
        ] {
            assert_eq!(region(url).as_deref(), expected, "{url}");
        }
    }
}
