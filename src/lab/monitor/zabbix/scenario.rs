//! Web scenarios of a page: as it is wanted, and with one option switched.

use serde_json::{Value, json};

use crate::lab::site::ASIDE;
use crate::measurement::identity::Method;

/// Zabbix checks no more often.
const EVERY: &str = "1s";

/// How a page is watched.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The page.
    pub url: &'a str,
    /// The peer's certificate and name are checked; which authorities are read is a matter of the machine.
    pub verify: bool,
    /// It is watched in two more ways, each with one option switched.
    pub switches: bool,
}

/// One way of watching it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Watch {
    /// What it is called, and after what is switched.
    name: &'static str,
    verify: bool,
    follow: bool,
}

impl Wanted<'_> {
    /// The usual way comes first.
    pub(super) fn watches(&self) -> Vec<Watch> {
        let usual = Watch { name: "page", verify: self.verify, follow: true };
        let switched =
            [Watch { name: "verify", verify: !self.verify, ..usual }, Watch { name: "follow", follow: false, ..usual }];
        std::iter::once(usual).chain(switched.into_iter().filter(|_| self.switches)).collect()
    }
}

impl Watch {
    fn is_usual(self) -> bool {
        self.name == "page"
    }

    /// The item that its step fills.
    pub(super) fn item(self) -> String {
        format!("web.test.time[{},home,resp]", self.name)
    }

    /// What its samples are called.
    pub(super) fn method(self) -> Method {
        Method::Imported(if self.is_usual() { "zabbix".to_owned() } else { format!("zabbix-{}", self.name) })
    }

    /// As its API takes it. Who does not follow is content with being sent on.
    pub(super) fn web_scenario(self, url: &str, host: &Value) -> Value {
        let verify = u8::from(self.verify);
        let step = json!({
            "name": "home", "url": url, "no": 1, "timeout": "15s", "follow_redirects": u8::from(self.follow),
            "status_codes": if self.follow { "200" } else { "200,302" },
        });
        let mut scenario = json!({
            "name": self.name, "hostid": host, "delay": EVERY, "verify_peer": verify, "verify_host": verify,
            "steps": [step],
        });
        if !self.is_usual() {
            scenario["agent"] = ASIDE.into();
        }
        scenario
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_way_differs_in_one_option() {
        let wanted = Wanted { url: "https://x/", verify: false, switches: true };
        let made: Vec<Value> =
            wanted.watches().iter().map(|watch| watch.web_scenario(wanted.url, &json!("7"))).collect();
        let options = |made: &Value| {
            let verify = (made["verify_peer"].as_u64().unwrap(), made["verify_host"].as_u64().unwrap());
            (verify, made["steps"][0]["follow_redirects"].as_u64().unwrap(), made.get("agent").is_some())
        };
        let found: Vec<_> = made.iter().map(options).collect();
        assert_eq!(found, [((0, 0), 1, false), ((1, 1), 1, true), ((0, 0), 0, true)]);
        assert_eq!(made[2]["steps"][0]["status_codes"], "200,302");
        let names: Vec<_> = wanted.watches().iter().map(|watch| watch.method().to_string()).collect();
        assert_eq!(names, ["zabbix", "zabbix-verify", "zabbix-follow"]);
        assert_eq!(Wanted { switches: false, ..wanted }.watches().len(), 1);
    }
}
