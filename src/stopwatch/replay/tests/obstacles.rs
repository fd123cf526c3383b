//! What a sample cannot tell of a tool.

use super::*;

#[test]
fn a_redirect_that_was_not_followed_cannot_tell_of_one_that_is() {
    let end = sample(vec![hop([8_000, 12_000, 0, 500, 29_000, 400], 100, 302)]);
    for name in HEADERS.into_iter().chain([BLACKBOX]) {
        assert_eq!(obstacle(name, &end), Obstacle::NotFollowed, "{name}");
    }
    assert_eq!(shown("curl", &end).value_us, Micros(50_000), "curl follows when told");
}

#[test]
fn a_sum_over_a_chain_has_no_hops_to_tell_apart() {
    let sum = summed();
    assert_eq!(sum.elapsed_us, redirected().elapsed_us);
    assert_eq!(shown(BLACKBOX, &sum).value_us, sum.elapsed_us, "the total is known");
    for name in ["zabbix/agent2.web.page.perf", "k6", "smokeping", "gatus"] {
        assert_eq!(obstacle(name, &sum), Obstacle::ChainSummed, "{name}");
    }
    let transfer = "probe_http_duration_seconds{phase=transfer}";
    assert_eq!(phase(BLACKBOX, transfer, &sum), Told::CannotSay(Obstacle::ChainSummed));
    let connect = "probe_http_duration_seconds{phase=connect}";
    assert_eq!(phase(BLACKBOX, connect, &sum), phase(BLACKBOX, connect, &redirected()));
    assert_eq!(phase("curl", "time_redirect", &sum), Told::ValueUs(Micros(50_000)));
}

#[test]
fn a_kept_connection_cannot_tell_of_a_new_one_but_a_new_one_of_a_kept() {
    for name in ["curl", BLACKBOX, "cloudprober", "zabbix/agent2.web.page.perf"] {
        assert_eq!(obstacle(name, &kept()), Obstacle::KeptConnection, "{name}");
    }
    assert_eq!(shown("gatus", &kept()).value_us, Micros(41_000));
    assert_eq!(shown("gatus", &kept()).if_kept_us, None);
    assert_eq!(shown("gatus", &plain()).if_kept_us, Some(Micros(41_600)));
    assert_eq!(shown("otel", &plain()).if_kept_us, Some(Micros(41_000)), "cut to whole milliseconds");
    assert_eq!(shown("curl", &plain()).if_kept_us, None);
}

#[test]
fn a_body_of_another_coding_is_not_the_tools_body() {
    let zabbix = catalogue::find("zabbix/web.test.time").unwrap();
    let same = Assumptions { same_body: true };
    assert_eq!(obstacle(zabbix.name, &plain()), Obstacle::PerhapsCoded);
    let Replay::Shown(assumed) = replay(zabbix, &plain(), same) else { panic!("said so") };
    assert_eq!((assumed.value_us, assumed.caveats.contains(&Caveat::SameBody)), (Micros(106_600), true));
    let mut coded = plain();
    coded.hops[0].response.as_mut().unwrap().content_encoding = Some("gzip".to_owned());
    assert_eq!(shown(zabbix.name, &coded).value_us, Micros(106_600));
    assert_eq!(obstacle(BLACKBOX, &coded), Obstacle::Coded("gzip".to_owned()));
    let blackbox = catalogue::find(BLACKBOX).unwrap();
    assert!(matches!(replay(blackbox, &coded, same), Replay::CannotSay(Obstacle::Coded(_))));
    coded.hops[0].response.as_mut().unwrap().body_bytes = 0;
    assert_eq!(shown(BLACKBOX, &coded).value_us, Micros(106_600), "of no bytes no coding matters");
}

#[test]
fn a_header_asked_for_alone_is_told_by_a_sample_without_a_body_only() {
    assert_eq!(obstacle("globalping", &plain()), Obstacle::HeadNotGet);
    let mut empty = plain();
    empty.hops[0].response.as_mut().unwrap().body_bytes = 0;
    assert_eq!(shown("globalping", &empty).value_us, Micros(106_600));
    assert!(shown("curl", &empty).caveats.contains(&Caveat::NoBody));
}

#[test]
fn a_cut_body_is_no_obstacle_to_a_tool_that_does_not_read_it() {
    let mut cut = plain();
    cut.outcome = Outcome::Answered(Answer { truncated: true, ..Answer::default() });
    assert_eq!(obstacle("curl", &cut), Obstacle::Truncated);
    assert_eq!(shown("cloudprober", &cut).value_us, Micros(101_600));
}

#[test]
fn a_total_says_nothing_but_itself() {
    let mut total = plain();
    total.hops.clear();
    total.stopwatch = Stopwatch::new("zabbix/web.test.time").unwrap();
    for definition in catalogue::all() {
        let said = replay(definition, &total, Assumptions::default());
        match definition.name {
            "zabbix/web.test.time" => {
                assert!(matches!(said, Replay::Shown(shown) if shown.value_us == total.elapsed_us));
            }
            name => assert_eq!(said, Replay::CannotSay(Obstacle::TotalOnly), "{name}"),
        }
    }
}

#[test]
fn the_other_family_and_the_other_protocol_are_obstacles() {
    assert_eq!(obstacle("ripe-atlas", &plain()), Obstacle::Tls);
    let mut six = plain();
    six.hops[0].connection.as_mut().unwrap().family = Some(Family::Ipv6);
    assert_eq!(obstacle("cloudprober", &six), Obstacle::Family);
    let mut fallback = plain();
    fallback.hops[0].connection.as_mut().unwrap().fallback =
        Some(Fallback { from: "[2001:db8::1]:443".to_owned(), after_us: Micros(200_000), reason: "slow".to_owned() });
    assert_eq!(obstacle(BLACKBOX, &fallback), Obstacle::Fallback);
    assert!(shown("gatus", &fallback).caveats.contains(&Caveat::FallbackDelay));
    assert!(!shown("curl", &fallback).caveats.contains(&Caveat::FallbackDelay));
}

#[test]
fn verification_on_one_side_only_is_said() {
    assert!(shown("zabbix/agent2.web.page.perf", &plain()).caveats.contains(&Caveat::Verification));
    assert!(!shown("curl", &plain()).caveats.contains(&Caveat::Verification));
}

#[test]
fn a_lookup_that_was_not_timed_is_not_taken_for_none() {
    let mut pinned = plain();
    (pinned.method, pinned.stopwatch) = (Method::Curl, Method::Curl.stopwatch());
    pinned.curl = Some(CurlRun::default());
    pinned.hops[0].phases.resolve = None;
    assert_eq!(obstacle(BLACKBOX, &pinned), Obstacle::LookupNotTimed);
    pinned.hops[0].url = "https://192.0.2.1/".to_owned();
    assert!(matches!(by(BLACKBOX, &pinned), Replay::Shown(_)), "an address needs no lookup");
}
