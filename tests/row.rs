//! A page survives its row, and a row goes through the checks of a fleet file.

use std::time::Duration;

use parallax::measurement::identity::{Method, TargetId};
use parallax::probe::fleet::finding::Position;
use parallax::probe::fleet::headers::Parameter;
use parallax::probe::fleet::row::{BYTES_MAX, Row, rows};
use parallax::probe::fleet::{Page, parse};
use parallax::probe::schedule::grid::Grid;
use parallax::probe::target::{
    AddressFamily, Coding, Expectations, HttpMethod, HttpVersions, Resolver, Secret, Target, Timeouts, TlsSettings,
    TlsVersions, TrustStore,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value;
use url::Url;

const NOWHERE: Position = Position { line: 1, column: 1 };

/// Everything that `Debug` shows of it, and the values that it hides.
fn told(page: &Page) -> String {
    let values: Vec<_> = page.target.headers.iter().map(|(name, value)| (name, value.expose())).collect();
    let parameters: Vec<_> = page.parameters.iter().map(|parameter| (&parameter.header, &parameter.name)).collect();
    format!("{:?} {values:?} {:?} {:?} {parameters:?}", page.target, page.grid, page.methods)
}

fn lengths() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (1_u64..60_000).prop_map(Duration::from_millis),
        (1_000_000_u64..u64::MAX / 4).prop_map(Duration::from_nanos)
    ]
}

fn limits() -> impl Strategy<Value = Timeouts> {
    let part = || (1_u64..=30_000).prop_map(Duration::from_millis);
    (part(), part(), part(), part(), part(), Just(Duration::from_secs(30)), any::<bool>()).prop_map(
        |(resolve, connect, tls, wait, receive, total, plain)| match plain {
            true => Timeouts::total(resolve),
            false => Timeouts { total, resolve, connect, tls, wait, receive },
        },
    )
}

/// What TOML can say: JSON without a null.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has finite numbers", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..3)
                .prop_map(|keys| Value::Object(keys.into_iter().collect())),
        ]
    })
}

fn expectations() -> impl Strategy<Value = Expectations> {
    let text = || proptest::option::of(any::<String>().prop_filter("empty expects nothing", |text| !text.is_empty()));
    let pointer = any::<String>().prop_map(|text| format!("/{}", text.replace('~', "~0")));
    let pointers = proptest::collection::hash_map(prop_oneof![pointer, Just(String::new())], values(), 0..3);
    (
        proptest::collection::btree_set(100_u16..600, 0..5),
        any::<bool>(),
        text(),
        proptest::option::of(select(vec!["n[aeiou]ws", "^\\s*\"ü\\\\$", "a|\u{1}"])),
        pointers,
        proptest::collection::hash_map("[A-Za-z][A-Za-z-]{0,8}", any::<String>(), 0..3),
        proptest::option::of(0..36_500),
        proptest::option::of(lengths()),
    )
        .prop_map(|(mut status, whole, contains, pattern, json, headers, certificate_days_left, max_time)| {
            if whole {
                status.extend(200..300);
            }
            Expectations {
                status: status.into_iter().collect(),
                body_contains: contains,
                body_matches: pattern.map(|pattern| regex_lite::Regex::new(pattern).unwrap()),
                json: json.into_iter().collect(),
                headers: headers.into_iter().collect(),
                certificate_days_left,
                max_time,
            }
        })
}

fn ways() -> impl Strategy<Value = (HttpMethod, HttpVersions, AddressFamily, Resolver, TlsSettings)> {
    let trust = prop_oneof![
        Just(TrustStore::Mozilla),
        Just(TrustStore::System),
        "[ -~]{0,9}/ü[ -~]{0,9}".prop_map(|path| TrustStore::File(path.into())),
    ];
    let versions = select(vec![TlsVersions::Both, TlsVersions::Tls12, TlsVersions::Tls13]);
    (
        select(vec![HttpMethod::Get, HttpMethod::Head]),
        select(vec![HttpVersions::Best, HttpVersions::Http1, HttpVersions::Http2]),
        select(vec![AddressFamily::Both, AddressFamily::Ipv4, AddressFamily::Ipv6]),
        select(vec![Resolver::Own, Resolver::System]),
        (any::<bool>(), trust, versions).prop_map(|(verify, trust, versions)| TlsSettings { verify, trust, versions }),
    )
}

type Pairs = Vec<(String, String)>;

/// Headers with values, and headers with the names of parameters.
fn headers() -> impl Strategy<Value = (Pairs, Pairs)> {
    // Names in no order, so that an order of their own would be noticed.
    let names = Just(["X-Zeta", "User-Agent", "accept", "Authorization", "x_1"].map(str::to_owned).to_vec());
    let value = "([!-~]([ -~]{0,9}[!-~])?)?";
    (names.prop_shuffle(), 0..4_usize, proptest::collection::vec((value, "/[a-zA-Z0-9/._-]{1,9}"), 5)).prop_map(
        |(names, plain, values)| {
            let mut known: Vec<_> = names.into_iter().zip(values).collect();
            let named = known.split_off(plain);
            let known = known.into_iter().map(|(name, (value, _))| (name, value)).collect();
            (known, named.into_iter().map(|(name, (_, parameter))| (name, parameter)).collect())
        },
    )
}

fn pages() -> impl Strategy<Value = Page> {
    let addresses = vec![
        "https://www.example.com/dna",
        "http://[2001:db8::1]:8080/a%20b?q=1&r=\"#f",
        "https://bücher.example/ü?x='",
    ];
    let proxy = proptest::option::of(Just("http://proxy.example:3128/"));
    (
        ("[a-zA-Z0-9._/:~+-]{1,128}", select(addresses), proxy),
        select((1..=1_440_u64).filter(|minutes| 1_440 % minutes == 0).collect::<Vec<_>>()),
        subsequence(vec![Method::Curl, Method::Fresh, Method::Pooled], 1..=3).prop_shuffle(),
        (limits(), headers(), ways(), expectations()),
        (any::<bool>(), 1..=50_u32, 0..=(1_u64 << 40), any::<bool>()),
        subsequence(vec![Coding::Zstd, Coding::Gzip, Coding::Brotli], 0..=3).prop_shuffle(),
    )
        .prop_map(|((id, url, proxy), minutes, methods, (timeouts, headers, ways, expect), choices, codings)| {
            let mut target = Target::new(TargetId::new(&id).unwrap(), Url::parse(url).unwrap());
            target.proxy = proxy.map(|proxy| Url::parse(proxy).unwrap());
            target.timeouts = timeouts;
            target.headers = headers.0.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
            (target.http_method, target.http, target.family, target.resolver, target.tls) = ways;
            (target.follow_redirects, target.redirects_max, target.body_max, target.allow_private) = choices;
            target.accept_encoding = codings;
            target.expect = expect;
            // A longer one could never fail, and is refused.
            target.expect.max_time = target.expect.max_time.map(|most| most.min(timeouts.total));
            let parameter = |(header, name)| Parameter { header, name, at: NOWHERE };
            Page {
                target,
                grid: Grid::new(Duration::from_secs(minutes * 60)).unwrap(),
                methods,
                parameters: headers.1.into_iter().map(parameter).collect(),
                variables: Vec::new(),
                at: NOWHERE,
            }
        })
}

proptest! {
    #[test]
    fn any_page_survives(page in pages()) {
        let row = Row::of(&page).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let read = row.page().unwrap();
        prop_assert_eq!(told(&read), told(&page));
        prop_assert_eq!(Row::of(&read).unwrap(), row);
    }

    #[test]
    fn no_text_makes_reading_fail_otherwise_than_by_saying_so(text in any::<String>(), at in any::<prop::sample::Index>()) {
        let row = |text: String| Row { id: "news".to_owned(), text };
        prop_assert!(row(text).page().is_err());
        let whole = good();
        let cut = whole.floor_char_boundary(at.index(whole.len()));
        prop_assert!(row(whole[..cut].to_owned()).page().is_err());
    }
}

fn good() -> String {
    r#"{"schema":1,"id":"news","url":"https://www.example.com/","every":"3m","methods":["fresh"],"timeout":"10s"}"#
        .to_owned()
}

#[test]
fn a_row_is_what_a_person_would_write() {
    let text = r#"
        schema = 1
        every = "3m"
        [[target]]
        id = "news"
        url = "https://www.example.com/"
        [[target]]
        id = "all"
        url = "https://www.example.com/"
        every = "90m"
        timeout = { total = "5s", connect = "1s 500ms" }
        headers = { User-Agent = "x", Authorization = { env = "TOKEN", ssm = "/token" }, Accept = "*/*" }
        expect = { status = ["2xx", 404], json = { "/a" = 1.0 } }
    "#;
    let fleet = parse(text, &|_| Some("hunter2".to_owned())).unwrap();
    let rows = rows(&fleet.pages).unwrap();
    assert_eq!(rows[0], Row { id: "news".to_owned(), text: good() });
    assert_eq!(
        rows[1].text,
        r#"{"schema":1,"id":"all","url":"https://www.example.com/","every":"1h 30m","methods":["fresh"],"#.to_owned()
            + r#""timeout":{"total":"5s","connect":"1s 500ms"},"#
            + r#""headers":{"User-Agent":"x","Accept":"*/*","Authorization":{"ssm":"/token"}},"#
            + r#""expect":{"status":["2xx",404],"json":{"/a":1.0}}}"#
    );
}

#[test]
fn a_bad_row_says_what_to_change() {
    let with = |key: &str, value: &str| {
        let mut keys: Value = serde_json::from_str(&good()).unwrap();
        keys[key] = serde_json::from_str(value).unwrap();
        keys.to_string()
    };
    let deep = format!("{{\"json\":{{\"\":{}{}}}}}", "[".repeat(70), "]".repeat(70));
    for (text, said) in [
        (String::new(), "no JSON"),
        ("[]".to_owned(), "no object"),
        ("{}".to_owned(), "no `schema`"),
        (with("schema", "2"), "schema 2 is newer than the newest this program reads (1); update parallax"),
        (with("schema", "\"1\""), "no `schema` number"),
        (with("schema", "-1"), "not the number of a version"),
        (with("id", "\"other\""), "under the key `news` and says `\"id\": \"other\"`"),
        (with("id", "7"), "no `id` as text"),
        (with("every", "\"90s\""), "whole minutes"),
        (with("every", "\"7m\""), "every"),
        (with("url", "\"ftp://x\""), "scheme"),
        (with("url", "\"https://user:hunter2@x/\""), "user name or password"),
        (with("evrey", "\"3m\""), "did you mean `every`?"),
        (with("timeout", "\"4m\""), "longer than `every`"),
        (with("methods", "[\"zabbix\"]"), "methods"),
        (with("expect", "{\"json\":{\"/a\":null}}"), "null"),
        (with("expect", "{\"json\":{\"/a\":18446744073709551615}}"), "write"),
        (with("expect", &deep), "nested"),
        (with("headers", "{\"X\":{\"env\":\"T\"}}"), "{ \"ssm\": \"/path\" }"),
        (with("headers", "{\"X\":\"hunter2\\r\\nHost: evil\"}"), "line break"),
        (with("headers", &format!("{{\"X\":\"{}\"}}", "x".repeat(BYTES_MAX))), "at most 390000"),
        (good().replace("\"id\"", "\"url\":\"https://a/\",\"id\""), "stands twice"),
        (good().replace(",\"every\":\"3m\"", ""), "no `every`; write `\"every\": \"3m\"`"),
    ] {
        let error = Row { id: "news".to_owned(), text: text.clone() }.page().unwrap_err().to_string();
        assert!(error.contains(said), "{text:.200}: {error}");
        assert!(!error.contains("hunter2") && !error.chars().any(char::is_control), "{error}");
    }
}

#[test]
fn a_value_from_the_environment_is_refused_at_its_place_and_never_written() {
    let text = "schema = 1\nevery = \"3m\"\n[[target]]\nid = \"news\"\nurl = \"https://www.example.com/\"\n\
                headers = { Authorization = { env = \"TOKEN\" } }\n";
    let fleet = parse(text, &|_| Some("hunter2".to_owned())).unwrap();
    let error = rows(&fleet.pages).unwrap_err().named("fleet.toml").to_string();
    assert!(
        error.starts_with("fleet.toml:6:37: the header `Authorization` comes from the environment variable"),
        "{error}"
    );
    assert!(error.contains("ssm = \"/path\"") && !error.contains("hunter2"), "{error}");
    assert!(Row::of(&fleet.pages[0]).is_err());
}
