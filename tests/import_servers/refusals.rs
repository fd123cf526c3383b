//! What no real server can be made to do on demand: tokens that expire midway, answers that are not what was asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::import_export::place::{Place, Ran};
use crate::support::fake_api::{Asked, FakeApi, Reply};
use crate::support::server::closed_port;

const STEP: &str = "web.test.time[shop,home,resp]";
const TOKEN: &str = "5f4dcc3b5aa765d61d8327deb882cf99";
/// 2026-01-01T00:00:00Z, and a value a second from then on.
const FIRST: i64 = 1_767_225_600;

/// What a Zabbix of some version answers that keeps `count` values of the step, all of them good.
fn fake_zabbix(version: &'static str, count: i64) -> impl FnMut(&Asked) -> Result<Value, String> + Send {
    move |asked| {
        let question: Value = serde_json::from_str(&asked.body).map_err(|error| error.to_string())?;
        let method = question["method"].as_str().unwrap_or_default();
        let (in_header, in_body) = (asked.authorization.as_deref(), question["auth"].as_str());
        if method == "apiinfo.version" {
            // As the real ones: a token is an error here.
            return if in_header.or(in_body).is_some() {
                Err("Not authorized.".to_owned())
            } else {
                Ok(version.into())
            };
        }
        let newer = !version.starts_with("6.0");
        let bearer = format!("Bearer {TOKEN}");
        match (newer, in_header, in_body) {
            (true, Some(header), None) if header == bearer => {}
            (true, _, Some(_)) => return Err("Invalid parameter \"/\": unexpected parameter \"auth\".".to_owned()),
            (false, None, Some(auth)) if auth == TOKEN => {}
            _ => return Err("Not authorized.".to_owned()),
        }
        let item = |id: &str, key: &str, value_type: u8, units: &str| {
            json!({ "itemid": id, "key_": key, "name": key, "units": units, "value_type": value_type.to_string(),
                    "type": "9", "history": "30d", "lastvalue": "0" })
        };
        Ok(match method {
            "host.get" => json!([{ "hostid": "7", "host": "web front", "name": "web front" }]),
            "item.get" => json!([
                item("1", STEP, 0, "s"),
                item("2", "web.test.rspcode[shop,home]", 3, ""),
                item("3", "web.test.fail[shop]", 3, ""),
                item("4", "web.test.error[shop]", 1, ""),
                item("5", "slow.page", 0, "s"),
            ]),
            "httptest.get" => json!([{ "httptestid": "1", "name": "shop", "steps": [{ "name": "home", "no": "1" }] }]),
            "history.get" => history(&question["params"], count),
            other => return Err(format!("Incorrect API \"{other}\".")),
        })
    }
}

fn history(asked: &Value, count: i64) -> Value {
    let number = |name: &str| asked[name].as_i64().unwrap();
    let (from, till, limit) =
        (number("time_from").max(FIRST), number("time_till").min(FIRST + count - 1), number("limit"));
    let (ns, value): (i64, fn(i64) -> String) = match asked["itemids"][0].as_str().unwrap() {
        "1" => (5, |clock| format!("0.{:06}", 100_000 + clock % 1_000)),
        "2" => (5, |_| "200".to_owned()),
        "3" => (9, |_| "0".to_owned()),
        "5" => (5, |_| "104.0".to_owned()),
        _ => return json!([]),
    };
    let rows = (from..=till).take(limit as usize);
    rows.map(|clock| json!({ "clock": clock.to_string(), "ns": ns.to_string(), "value": value(clock) })).collect()
}

fn whole(answer: Result<Value, String>) -> Reply {
    let document = match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "result": result, "id": 1 }),
        Err(data) => {
            json!({ "jsonrpc": "2.0", "error": { "code": -32602, "message": "Invalid params.", "data": data }, "id": 1 })
        }
    };
    Reply::Whole(200, document.to_string())
}

fn import(place: &Place, url: &str, words: &[&str]) -> Ran {
    let common = ["import", "zabbix", "--url", url, "--token-env", "TOKEN", "--host", "web front"];
    let whose = ["--target", "daily-news", "--vantage", "zabbix/office"];
    let ran = place.run_in(&[("TOKEN", TOKEN)], &[&common, words, &whose[..]].concat(), b"");
    assert!(!ran.err().contains(TOKEN) && !ran.out().contains(TOKEN), "the token was printed: {}", ran.err());
    ran
}

#[test]
fn the_token_goes_where_each_version_takes_it() {
    for (version, header) in [("6.0.14", false), ("6.4.2", true), ("7.0.3", true), ("7.4.0", true)] {
        let mut zabbix = fake_zabbix(version, 3);
        let fake = FakeApi::start(move |asked| whole(zabbix(asked)));
        let place = Place::new();
        import(&place, &fake.url(), &["--item", STEP]).ended(0);
        let kept = place.kept("parallax.db");
        assert_eq!(kept.len(), 3, "{version}");
        assert_eq!(kept[0].sample.tool_version.as_deref(), Some(version));
        let asked = fake.asked();
        assert!(asked.iter().skip(1).all(|one| one.authorization.is_some() == header), "{version}");
        assert!(asked.iter().all(|one| one.line == "POST /api_jsonrpc.php"));
    }
}

#[test]
fn a_token_that_expires_midway_leaves_what_was_read_and_the_next_run_goes_on() {
    const COUNT: i64 = 25_000;
    let (expires, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let (expired, histories) = (expires.clone(), asked.clone());
    let mut zabbix = fake_zabbix("7.0.3", COUNT);
    let fake = FakeApi::start(move |asked| {
        let is_history = asked.body.contains("history.get");
        // Four items a page: the third page breaks off in its middle.
        let late = is_history && histories.fetch_add(1, Ordering::Relaxed) >= 9;
        if late && expired.load(Ordering::Relaxed) {
            whole(Err("API token expired.".to_owned()))
        } else {
            whole(zabbix(asked))
        }
    });
    let place = Place::new();
    let broken = import(&place, &fake.url(), &["--item", STEP]).ended(2);
    for said in ["token in `TOKEN`", "expired", "are kept in sqlite:parallax.db", "the next run goes on there"] {
        assert!(broken.err().contains(said), "{said}: {}", broken.err());
    }
    let first = place.kept("parallax.db");
    assert_eq!(first.len(), 2 * 9_999, "two whole pages, the last second of each being read again with the next");
    expires.store(false, Ordering::Relaxed);
    let again = import(&place, &fake.url(), &["--item", STEP, "--json"]).ended(0);
    let said: Value = serde_json::from_str(&again.out()).unwrap();
    assert!(!said["resumed_ms"].is_null(), "{said}");
    assert_eq!(said["new"], COUNT - 2 * 9_999);
    assert!(said["repeated"].as_i64().unwrap() <= 3_700, "only the last hour is read again: {said}");
    let all = place.kept("parallax.db");
    assert_eq!(all.len(), COUNT as usize);
    let starts: std::collections::BTreeSet<i64> = all.iter().map(|record| record.sample.started_at_ms.0).collect();
    assert_eq!(starts.len(), COUNT as usize, "nothing is doubled");
    // A third run finds nothing new.
    let third: Value =
        serde_json::from_str(&import(&place, &fake.url(), &["--item", STEP, "--json"]).ended(0).out()).unwrap();
    assert_eq!(third["new"], 0);
}

#[test]
fn the_newest_sample_of_another_item_is_no_place_to_go_on_from() {
    let mut zabbix = fake_zabbix("6.0.14", 10_800);
    let fake = FakeApi::start(move |asked| whole(zabbix(asked)));
    let place = Place::new();
    let late = ["--item", "slow.page", "--stopwatch", "curl/time_total", "--since", "2026-01-01T02:59:00Z"];
    import(&place, &fake.url(), &late).ended(0);
    let kept = place.kept("parallax.db").len();
    assert_eq!(kept, 60);
    let said: Value =
        serde_json::from_str(&import(&place, &fake.url(), &["--item", STEP, "--json"]).ended(0).out()).unwrap();
    assert!(said["resumed_ms"].is_null() && said["new"] == 10_800, "{said}");
}

#[test]
fn answers_that_are_none_are_refused_in_one_line_and_leave_nothing() {
    type Make = fn(&Asked) -> Reply;
    let elsewhere: Make = |_| Reply::Redirect("https://Admin:hunter2@z.example/?sid=hunter3".to_owned());
    let login: Make = |_| Reply::Redirect("/zabbix/?sid=hunter3".to_owned());
    let cases: &[(&str, Make, i32, &[&str])] = &[
        ("html", |_| Reply::Whole(200, "<!DOCTYPE html><html>".to_owned()), 2, &["not JSON", "is --url right?"]),
        ("nothing", |_| Reply::Whole(200, String::new()), 2, &["not JSON: nothing"]),
        ("another", |_| Reply::Whole(200, r#"{"status":"success"}"#.to_owned()), 2, &["no answer of Zabbix"]),
        ("cut JSON", |_| Reply::Whole(200, r#"{"jsonrpc":"2.0","resu"#.to_owned()), 2, &["breaks off after"]),
        ("cut off", |_| Reply::CutOff(r#"{"jsonrpc":"2.0","#.to_owned()), 3, &["broke off"]),
        ("huge", |_| Reply::Huge, 2, &["more than 64 MB"]),
        ("no such page", |_| Reply::Whole(404, "404".to_owned()), 2, &["status 404", "is --url right?"]),
        ("gateway", |_| Reply::Whole(502, "<html>".to_owned()), 3, &["status 502"]),
        ("elsewhere", elsewhere, 2, &["redirects to an address with credentials"]),
        ("login", login, 2, &["redirects to `/zabbix/`"]),
        ("silence", |_| Reply::Silence, 3, &["does not answer", "--max-time"]),
        ("version", |_| whole(Ok("\u{1b}[2J".into())), 2, &["the version"]),
    ];
    for (name, make, code, said) in cases {
        let fake = FakeApi::start(*make);
        for monitor in ["zabbix", "prometheus"] {
            if monitor == "prometheus" && matches!(*name, "version" | "another") {
                continue;
            }
            let place = Place::new();
            let ran = match monitor {
                "zabbix" => import(&place, &fake.url(), &["--item", STEP, "--max-time", "2"]),
                _ => prometheus(&place, &fake.url(), &["--max-time", "2"]),
            };
            let ran = ran.ended(*code);
            for said in *said {
                assert!(ran.err().contains(said), "{name}: {monitor}: {said}: {}", ran.err());
            }
            let printed = format!("{}{}", ran.err(), ran.out());
            assert!(!printed.contains("hunter") && !printed.contains('\u{1b}'), "{printed}");
            assert_eq!(std::fs::read_dir(place.0.path()).unwrap().count(), 0, "{name} left something behind");
        }
    }
    let nobody = format!("http://{}/", closed_port());
    let place = Place::new();
    assert!(import(&place, &nobody, &["--item", STEP]).ended(3).err().contains("does not answer"));
}

fn prometheus(place: &Place, url: &str, words: &[&str]) -> Ran {
    let common = ["import", "prometheus", "--url", url, "--token-env", "TOKEN", "--job", "page"];
    let whose = ["--target", "daily-news", "--vantage", "blackbox/office"];
    place.run_in(&[("TOKEN", TOKEN)], &[&common, words, &whose[..]].concat(), b"")
}

#[test]
fn what_is_typed_is_checked_before_anything_is_asked() {
    let fake = FakeApi::start(|_| Reply::Whole(500, String::new()));
    let (place, url) = (Place::new(), fake.url());
    let with_password = url.replace("http://", "http://Admin:hunter2@");
    let whose = ["--target", "a", "--vantage", "b"];
    let zabbix = ["import", "zabbix", "--host", "x", "--item", STEP];
    let cases: &[(&[&str], &str)] = &[
        (&["--url", &with_password, "--token-env", "TOKEN"], "has credentials in it"),
        (&["--url", "z.example/zabbix", "--token-env", "TOKEN"], "with its scheme"),
        (&["--url", "http://z.example/?sid=hunter2", "--token-env", "TOKEN"], "leave it out"),
        (&["--url", &url], "--token-env"),
        (&["--url", &url, "--token-env", "NOT_SET"], "`NOT_SET` is not set"),
        (&["--url", &url, "--token-env", "EMPTY"], "`EMPTY` is empty"),
        (&["--url", &url, "--token-env", "BROKEN"], "a character that no token has"),
        (&["--url", &url, "--token-env", "TOKEN", "--since", "1h", "--until", "2h"], "--since is not before --until"),
        (&["--url", &url, "--token-env", "TOKEN", "--stopwatch", "a b"], "--stopwatch"),
        (&["--url", &url, "--token-env", "TOKEN", "--cacert", "absent.pem"], "absent.pem"),
    ];
    let environment = [("TOKEN", TOKEN), ("EMPTY", ""), ("BROKEN", "hunter2 hunter3")];
    for (words, said) in cases {
        let ran = place.run_in(&environment, &[&zabbix, *words, &whose[..]].concat(), b"").ended(2);
        assert!(ran.err().contains(said), "{words:?}: {}", ran.err());
        assert!(!ran.err().contains("hunter") && !ran.err().contains(TOKEN), "{words:?}: {}", ran.err());
    }
    for words in [&["--target", "a b", "--vantage", "x"][..], &["--target", "a", "--vantage", ""]] {
        let server = ["--url", &url, "--token-env", "TOKEN"];
        place.run_in(&environment, &[&zabbix[..], &server[..], words].concat(), b"").ended(2);
    }
    assert!(fake.asked().is_empty(), "{:?}", fake.asked());
}

#[test]
fn units_mistaken_are_doubted_before_anything_is_kept() {
    let mut zabbix = fake_zabbix("6.0.14", 50);
    let fake = FakeApi::start(move |asked| {
        let body = match zabbix(asked) {
            // Milliseconds in an item that says seconds.
            Ok(rows) if asked.body.contains("history.get") => {
                let rows = rows.as_array().unwrap().iter().cloned().map(|mut row| {
                    row["value"] = "700.5".into();
                    row
                });
                Ok(rows.collect())
            }
            answer => answer,
        };
        whole(body)
    });
    let place = Place::new();
    let item = ["--item", "slow.page", "--stopwatch", "curl/time_total"];
    let ran = import(&place, &fake.url(), &item).ended(2);
    assert!(ran.err().contains("over 10 minutes") && ran.err().contains("nothing was imported"), "{}", ran.err());
    assert!(!place.path("parallax.db").exists());
    import(&place, &fake.url(), &[&item[..], &["--any-value"]].concat()).ended(0);
    assert_eq!(place.kept("parallax.db").len(), 50);
}

#[test]
fn a_login_of_prometheus_is_refused_by_its_variable() {
    let fake = FakeApi::start(|_| Reply::Whole(401, "Unauthorized".to_owned()));
    let place = Place::new();
    let words = [
        "import",
        "prometheus",
        "--url",
        &fake.url(),
        "--login-env",
        "LOGIN",
        "--job",
        "page",
        "--target",
        "a",
        "--vantage",
        "b",
    ];
    let ran = place.run_in(&[("LOGIN", "me:hunter2")], &words, b"").ended(2);
    assert!(ran.err().contains("refuses the login in `LOGIN`") && !ran.err().contains("hunter2"), "{}", ran.err());
    assert_eq!(fake.asked()[0].authorization.as_deref(), Some("Basic bWU6aHVudGVyMg=="));
}
