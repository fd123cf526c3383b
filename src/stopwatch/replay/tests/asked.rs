//! A sample that says what it asked for tells of more tools.

use super::*;
use crate::measurement::asked::Asked;

fn asking(method: &str, codings: Option<&[&str]>) -> Asked {
    Asked {
        method: method.to_owned(),
        accept_encoding: codings.map(|codings| codings.iter().map(|&coding| coding.to_owned()).collect()),
        http: vec!["1.1".to_owned()],
        verify: true,
        follow_redirects: false,
    }
}

/// The page of [`plain`] as it came to whoever asked for these codings.
fn came(coding: Option<&str>, asked: Option<&[&str]>) -> Sample {
    let mut came = plain();
    came.asked = Some(asking("GET", asked));
    came.hops[0].response.as_mut().unwrap().content_encoding = coding.map(str::to_owned);
    came
}

const ALL: &[&str] = &["gzip", "br", "zstd"];

#[test]
fn a_plain_body_from_a_server_that_was_offered_codings_is_what_tools_get_that_offer_no_more() {
    for name in ["zabbix/web.test.time", "uptime-kuma", "cloudprober"] {
        let shown = shown(name, &came(None, Some(ALL)));
        assert!(!shown.caveats.contains(&Caveat::SameBody) && !shown.caveats.contains(&Caveat::OtherCoding), "{name}");
    }
    for asked in [Some([].as_slice()), Some(&["gzip"]), None] {
        assert_eq!(obstacle("uptime-kuma", &came(None, asked)), Obstacle::PerhapsCoded, "{asked:?}");
    }
    let gzip = came(None, Some(&["GZIP"]));
    assert!(!shown("cloudprober", &gzip).caveats.contains(&Caveat::OtherCoding));
    assert_eq!(obstacle("upptime", &came(None, Some(ALL))), Obstacle::CodingUnknown);
}

#[test]
fn a_coded_body_is_that_of_a_tool_that_offers_more_only_where_the_sample_offered_that_too() {
    assert_eq!(obstacle("zabbix/web.test.time", &came(Some("gzip"), Some(&["gzip"]))), Obstacle::PerhapsOtherwiseCoded);
    assert_eq!(shown("zabbix/web.test.time", &came(Some("gzip"), Some(ALL))).value_us, Micros(106_600));
    assert_eq!(
        shown("zabbix/web.test.time", &came(Some("gzip"), None)).value_us,
        Micros(106_600),
        "as before it was kept"
    );
    assert_eq!(obstacle(BLACKBOX, &came(Some("gzip"), Some(ALL))), Obstacle::Coded("gzip".to_owned()));
    assert_eq!(shown("curl", &came(Some("br"), Some(&["br"]))).value_us, Micros(106_600), "curl is asked the same");
}

#[test]
fn a_header_alone_tells_nothing_of_a_body() {
    let mut head = plain();
    head.asked = Some(asking("HEAD", Some(&[])));
    head.hops[0].response.as_mut().unwrap().body_bytes = 0;
    assert_eq!(obstacle("curl", &head), Obstacle::GetNotHead);
    assert!(shown("cloudprober", &head).caveats.contains(&Caveat::NoBody), "it stops at the header, and asks with GET");
    assert_eq!(shown("globalping", &head).value_us, Micros(106_600));
    head.asked = Some(asking("GET", Some(&[])));
    assert!(!shown("curl", &head).caveats.contains(&Caveat::NoBody), "the page is empty");
}

#[test]
fn what_was_to_be_checked_is_known_also_where_the_handshake_failed() {
    let mut broken = failed(Phase::Tls, Cause::TlsHandshake);
    broken.hops[0].connection.as_mut().unwrap().tls = None;
    assert!(!shown("curl", &broken).caveats.contains(&Caveat::Verification));
    broken.asked = Some(Asked { verify: false, ..asking("GET", Some(&[])) });
    assert!(shown("curl", &broken).caveats.contains(&Caveat::Verification));
}
