//! What the function is told by its environment: read once, checked at the door.

use std::fmt;
use std::time::Duration;

use parallax::metrics::catalogue::NAMESPACE_LENGTH_MAX;
use parallax::metrics::wanted::Wanted;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `PARALLAX_ARCHIVE_TABLE`: the DynamoDB table of samples and summaries.
    pub archive_table: String,
    /// `PARALLAX_TARGETS_TABLE`: the home region's table of pages.
    pub targets_table: String,
    /// `PARALLAX_DEAD_LETTERS_URL`: the queue of messages that cannot be taken in.
    pub dead_letters_url: String,
    /// `PARALLAX_NAMESPACE`: what the fleet's series are in, in CloudWatch.
    pub namespace: String,
    /// `PARALLAX_METRICS`: what is published of each source.
    pub metrics: Wanted,
    /// `PARALLAX_KEEP_DAYS`: how long a sample is kept.
    pub keep: Duration,
    /// `PARALLAX_REGIONS`: the regions with probes, from which something has to come.
    pub regions: Vec<String>,
    /// `PARALLAX_QUORUM`: places from which a target has to be down, or slower.
    pub quorum: usize,
    /// `PARALLAX_EVERY_MINUTES`: the probes' tick.
    pub every: Duration,
}

/// Every variable that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the function's environment: {}", self.0.join("; "))
    }
}

impl std::error::Error for SettingsError {}

/// The longest time that a sample can be kept, in days: ten years.
const KEEP_DAYS_MAX: u64 = 3_660;
/// The longest tick, in minutes: a day.
const EVERY_MINUTES_MAX: u64 = 1_440;

impl Settings {
    /// Asks for each variable by its name.
    ///
    /// # Errors
    /// Names all variables that are missing or wrong, and what to write.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader { variable, wrong: Vec::new() };
        let archive_table = reader.text("PARALLAX_ARCHIVE_TABLE", "the name of the archive's table");
        let targets_table = reader.text("PARALLAX_TARGETS_TABLE", "the name of the table of pages");
        let dead_letters_url = reader.url("PARALLAX_DEAD_LETTERS_URL");
        let namespace = reader.namespace("PARALLAX_NAMESPACE");
        let metrics = reader.metrics("PARALLAX_METRICS");
        let days = reader.whole("PARALLAX_KEEP_DAYS", "days", KEEP_DAYS_MAX);
        let regions = reader.regions("PARALLAX_REGIONS");
        let quorum = reader.whole("PARALLAX_QUORUM", "places", u64::from(u16::MAX));
        let minutes = reader.whole("PARALLAX_EVERY_MINUTES", "minutes", EVERY_MINUTES_MAX);
        if !reader.wrong.is_empty() {
            return Err(SettingsError(reader.wrong));
        }
        let quorum = usize::try_from(quorum).unwrap_or(usize::MAX);
        let (keep, every) = (Duration::from_secs(days * 86_400), Duration::from_secs(minutes * 60));
        Ok(Self { archive_table, targets_table, dead_letters_url, namespace, metrics, keep, regions, quorum, every })
    }
}

/// Reads on where something is wrong, so that one deployment mends all of it.
struct Reader<F> {
    variable: F,
    wrong: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    fn text(&mut self, name: &str, meaning: &str) -> String {
        let text = (self.variable)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        text.unwrap_or_else(|| {
            self.wrong.push(format!("{name} is not set; set it to {meaning}"));
            String::new()
        })
    }

    fn whole(&mut self, name: &str, unit: &str, most: u64) -> u64 {
        let wanted = format!("a whole number of {unit} from 1 to {most}");
        let known = self.wrong.len();
        let text = self.text(name, &wanted);
        match text.parse().ok().filter(|number| (1..=most).contains(number)) {
            Some(number) => number,
            None => {
                if self.wrong.len() == known {
                    self.wrong.push(format!("{name} is `{}`; set it to {wanted}", shown(&text)));
                }
                0
            }
        }
    }

    fn url(&mut self, name: &str) -> String {
        let text = self.text(name, "the URL of the queue of dead letters");
        let right = |scheme: &&str| text.starts_with(scheme);
        if !text.is_empty() && !["https://", "http://"].iter().any(right) {
            self.wrong.push(format!("{name} is `{}`; set it to a queue's URL", shown(&text)));
        }
        text
    }

    fn namespace(&mut self, name: &str) -> String {
        const WANTED: &str = "Parallax, or Parallax/NAME for a fleet of another name";
        let text = self.text(name, WANTED);
        let right = |c: char| c.is_ascii_alphanumeric() || "._-/#:".contains(c);
        let known = text.len() <= NAMESPACE_LENGTH_MAX && text.chars().all(right);
        // Those of AWS are its own.
        if !text.is_empty() && (!known || text.starts_with("AWS/") || text.starts_with(':')) {
            self.wrong.push(format!("{name} is `{}`; set it to {WANTED}", shown(&text)));
        }
        text
    }

    fn metrics(&mut self, name: &str) -> Wanted {
        match (self.variable)(name).map(|words| words.parse::<Wanted>()) {
            Some(Ok(wanted)) => wanted,
            Some(Err(error)) => {
                self.wrong.push(format!("{name}: {error}"));
                Wanted::default()
            }
            None => {
                self.wrong.push(format!("{name} is not set; set it to latency, availability, or both with a comma"));
                Wanted::default()
            }
        }
    }

    fn regions(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name, "the regions with probes, such as ap-northeast-1,us-east-1");
        let mut regions: Vec<String> = Vec::new();
        for region in text.split(',').map(str::trim).filter(|_| !text.is_empty()) {
            let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if region.is_empty() || !region.chars().all(right) {
                self.wrong.push(format!("{name} names `{}`; set it to regions with commas between", shown(region)));
            } else if !regions.iter().any(|known| known == region) {
                regions.push(region.to_owned());
            }
        }
        regions
    }
}

/// Short, and nothing that a terminal would obey.
fn shown(text: &str) -> String {
    text.chars().take(60).flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: [(&str, &str); 9] = [
        ("PARALLAX_ARCHIVE_TABLE", "parallax-archive"),
        ("PARALLAX_TARGETS_TABLE", "parallax-targets"),
        ("PARALLAX_DEAD_LETTERS_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/parallax-dead"),
        ("PARALLAX_NAMESPACE", "Parallax/team-a"),
        ("PARALLAX_METRICS", "latency,availability"),
        ("PARALLAX_KEEP_DAYS", "90"),
        ("PARALLAX_REGIONS", "eu-west-1, us-east-1,eu-west-1"),
        ("PARALLAX_QUORUM", "2"),
        ("PARALLAX_EVERY_MINUTES", "3"),
    ];

    fn read(but: &str, value: Option<&str>) -> Result<Settings, SettingsError> {
        let of = |name: &str| RIGHT.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Settings::read(|name| if name == but { value.map(str::to_owned) } else { of(name) })
    }

    #[test]
    fn what_is_right_is_taken() {
        let settings = read("", None).unwrap();
        assert_eq!(settings.regions, ["eu-west-1", "us-east-1"]);
        assert_eq!((settings.keep, settings.every), (Duration::from_secs(90 * 86_400), Duration::from_secs(180)));
        assert_eq!((settings.metrics, settings.quorum), (Wanted::ALL, 2));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (name, _) in RIGHT {
            for value in [None, Some(""), Some("\u{1b}[2J, 0")] {
                // Any text can be a table's name, as far as this program knows.
                if name.ends_with("_TABLE") && value.is_some_and(|value| !value.is_empty()) {
                    continue;
                }
                let message = read(name, value).unwrap_err().to_string();
                assert!(message.contains(name) && message.contains("set it to") || message.contains("write latency"));
                assert!(!message.contains('\u{1b}'), "{message}");
            }
        }
        for wrong in ["AWS/SQS", ":", "Parallax/\u{e4}", &"p".repeat(256)] {
            assert!(read("PARALLAX_NAMESPACE", Some(wrong)).is_err(), "{wrong}");
        }
        for wrong in ["0", "-1", "1.5", "99999999999999999999"] {
            assert!(read("PARALLAX_KEEP_DAYS", Some(wrong)).is_err(), "{wrong}");
        }
        let message = Settings::read(|_| None).unwrap_err().to_string();
        assert!(RIGHT.iter().all(|(name, _)| message.contains(name)), "{message}");
    }
}
