//! What curl says of a transfer: `-w '%{json}'` (curl 7.70 and later), read into our units.

use serde::Deserialize;

use crate::measurement::units::Micros;

/// curl's own account of one run. What an older curl does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Account {
    pub(super) errormsg: Option<String>,
    pub(super) http_code: u16,
    pub(super) http_version: String,
    pub(super) local_ip: String,
    pub(super) local_port: u32,
    pub(super) num_redirects: u32,
    pub(super) redirect_url: Option<String>,
    pub(super) remote_ip: String,
    pub(super) remote_port: u32,
    pub(super) size_download: u64,
    pub(super) ssl_verify_result: i64,
    pub(super) url_effective: Option<String>,
    /// The chain of certificates as PEM among other text (7.88 and later).
    pub(super) certs: String,
    time_namelookup: f64,
    time_connect: f64,
    time_appconnect: f64,
    time_pretransfer: f64,
    time_posttransfer: Option<f64>,
    time_starttransfer: f64,
    time_redirect: f64,
    time_total: f64,
}

/// curl's counters, each from the start of the transfer; zero where it did not get so far. With `-L` each is the sum of
/// the chain's, but for `redirect` and `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) namelookup: Micros,
    pub(super) connect: Micros,
    pub(super) appconnect: Micros,
    pub(super) pretransfer: Micros,
    /// curl 8.10 and later.
    pub(super) posttransfer: Option<Micros>,
    pub(super) starttransfer: Micros,
    pub(super) redirect: Micros,
    pub(super) total: Micros,
}

/// curl prints seconds with six decimals: the nearest microsecond is the one it meant.
fn micros(seconds: f64) -> Micros {
    Micros((seconds * 1e6).round() as u64)
}

impl Account {
    /// Finds the account in what curl wrote to its standard error, where messages may stand before and after it.
    pub(super) fn find(stderr: &str) -> Option<Self> {
        stderr.lines().rev().filter(|line| line.starts_with('{')).find_map(|line| serde_json::from_str(line).ok())
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            namelookup: micros(self.time_namelookup),
            connect: micros(self.time_connect),
            appconnect: micros(self.time_appconnect),
            pretransfer: micros(self.time_pretransfer),
            posttransfer: self.time_posttransfer.map(micros),
            starttransfer: micros(self.time_starttransfer),
            redirect: micros(self.time_redirect),
            total: micros(self.time_total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_microsecond_curl_prints_is_read_exactly() {
        for n in (0..3_000_000).step_by(7).chain([86_400_000_001, 999_999_999_999]) {
            let printed: f64 = format!("{}.{:06}", n / 1_000_000, n % 1_000_000).parse().unwrap();
            assert_eq!(micros(printed), Micros(n));
        }
    }

    #[test]
    fn the_account_is_found_among_messages_and_absent_fields_stay_absent() {
        let account = Account::find("curl: (7) Failed {\n{\"time_total\":0.000342,\"exitcode\":7}\nNote: bye").unwrap();
        assert_eq!(account.counters().total, Micros(342));
        assert_eq!(account.counters().posttransfer, None);
        for text in ["", "curl: (2) no", "{", "{\"time_total\":", "[]"] {
            assert_eq!(Account::find(text), None, "{text}");
        }
    }
}
