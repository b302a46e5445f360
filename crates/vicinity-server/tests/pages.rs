//! Signing in over real sockets, and every page as nobody and as somebody.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};

use support::{PASSWORD, Site, Visitor};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_server::routes::Route;
use vicinity_server::{hub, national};

/// A path with something instead of its names.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| {
            if part.starts_with('{') {
                "00000000-0000-4000-8000-000000000000"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn pages(routes: Vec<Route>, actor: Actor) -> Vec<Route> {
    let of = |route: &Route| {
        access::decide(actor, route.action, Resource::Server).is_ok()
            && !["/health", "/metrics"].contains(&route.path)
    };
    routes.into_iter().filter(of).collect()
}

/// A cookie's name.
fn name_of(cookie: Option<&String>) -> &str {
    cookie.unwrap().split('=').next().unwrap()
}

fn walk(site: &Site, pages: &[Route]) {
    let mut somebody = site.signed_in("amina");
    for route in pages.iter().filter(|route| route.action != Action::SignIn) {
        let mut nobody = Visitor::new(&site.address);
        let answer = nobody.ask(route.method, &filled(route.path), &[], "");
        let location = if route.method == "POST" {
            "/sign-in?done=not-sent"
        } else {
            "/sign-in"
        };
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(location)),
            "{route:?}"
        );
        nobody.cookie = Some(format!(
            "{}={}",
            name_of(somebody.cookie.as_ref()),
            "0".repeat(64)
        ));
        assert_eq!(
            nobody
                .ask(route.method, &filled(route.path), &[], "")
                .status,
            303,
            "{route:?}"
        );
        // Where "back" leads from what went wrong.
        assert!(
            pages
                .iter()
                .any(|page| page.method == "GET" && page.path == route.page),
            "{route:?}"
        );
        if route.method == "POST" {
            let csrf = std::mem::take(&mut somebody.csrf);
            assert_eq!(
                somebody.post(&filled(route.path), &[]).status,
                400,
                "without the mark of its own pages: {route:?}"
            );
            assert_eq!(
                somebody.post(&filled(route.path), &[("csrf", "00")]).status,
                400,
                "{route:?}"
            );
            somebody.csrf = csrf;
        } else if route.path != "/live" {
            let answer = somebody.get(&filled(route.path));
            let expected: &[u16] = match route.path {
                // Nobody has published a month here.
                "/exports/counts" => &[422],
                path if path.contains('{') => &[200, 404],
                _ => &[200],
            };
            assert!(
                expected.contains(&answer.status),
                "{route:?} {}",
                answer.status
            );
            let policy = answer.header("content-security-policy").unwrap();
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
                "{route:?}"
            );
            assert_eq!(
                answer.header("cache-control"),
                Some("no-store"),
                "{route:?}"
            );
        }
    }
}

#[test]
fn every_page_of_a_hub_is_for_who_is_signed_in_and_forms_carry_their_mark() {
    walk(&Site::hub(), &pages(hub::routes(), Actor::Board));
}

#[test]
fn every_page_of_national_is_for_who_is_signed_in_and_forms_carry_their_mark() {
    walk(
        &Site::national(),
        &pages(national::routes(), Actor::Coordinator),
    );
}

#[test]
fn a_link_sets_up_password_and_codes_and_works_once() {
    let site = Site::hub();
    let path = site.invite("amina");
    let mut visitor = Visitor::new(&site.address);
    let page = visitor.get(&path);
    let key = page.between("<span class=\"mono\">", "</span>").to_owned();
    assert_eq!(
        visitor
            .post(&path, &[("password", "short"), ("code", &site.code(&key))])
            .status,
        422
    );
    assert_eq!(
        visitor
            .post(&path, &[("password", PASSWORD), ("code", "000000")])
            .status,
        422
    );
    assert_eq!(
        visitor
            .post(&path, &[("password", PASSWORD), ("code", &site.code(&key))])
            .status,
        303
    );
    assert_eq!(visitor.get(&path).status, 404);
    let cookie = visitor.get("/settings");
    assert_eq!(cookie.status, 200);
    site.wait(24 * 3600);
    let late = site.invite("dara");
    site.wait(24 * 3600 + 1);
    assert_eq!(Visitor::new(&site.address).get(&late).status, 404);
}

#[test]
fn signing_in_takes_name_password_and_a_code_that_was_not_used() {
    let site = Site::hub();
    let key = site.signed_in("amina").key;
    let mut visitor = Visitor::new(&site.address);
    let mut sign_in = |password: &str, handle: &str, code: &str| {
        let answer = visitor.post(
            "/sign-in",
            &[("handle", handle), ("password", password), ("code", code)],
        );
        (
            answer.status,
            answer.header("set-cookie").map(str::to_owned),
        )
    };
    assert_eq!(
        sign_in(PASSWORD, "amina", &site.code(&key)).0,
        401,
        "the link's code was used"
    );
    site.wait(60);
    assert_eq!(
        sign_in("another long sentence", "amina", &site.code(&key)).0,
        401
    );
    assert_eq!(sign_in(PASSWORD, "nobody", &site.code(&key)).0, 401);
    assert_eq!(sign_in(PASSWORD, "amina", "123456").0, 401);
    let (status, cookie) = sign_in(PASSWORD, "amina", &site.code(&key));
    assert_eq!(status, 303);
    let cookie = cookie.unwrap();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict")
            && cookie.contains("Path=/"),
        "{cookie}"
    );
}

/// Wrong tries until one more may not be: what each was answered.
fn wrong_until_told_to_wait(
    visitor: &mut Visitor,
    handle: &str,
) -> Vec<(u16, Option<String>, String)> {
    let mut answers: Vec<(u16, Option<String>, String)> = Vec::new();
    while answers.last().is_none_or(|(status, ..)| *status == 401) {
        let answer = visitor.post(
            "/sign-in",
            &[("handle", handle), ("password", "wrong"), ("code", "1")],
        );
        answers.push((
            answer.status,
            answer.header("retry-after").map(str::to_owned),
            answer.body,
        ));
    }
    answers
}

#[test]
fn wrong_tries_keep_out_nobody_who_comes_from_elsewhere_or_has_signed_in_before() {
    let site = Site::hub_behind_proxy();
    let mut own = site.signed_in("amina");
    let key = own.key.clone();
    let mut attacker = Visitor::new_from(&site.address, "192.0.2.66");
    let answers = wrong_until_told_to_wait(&mut attacker, "amina");
    assert_eq!(
        (answers.len(), answers[6].0, answers[6].1.as_deref()),
        (7, 429, Some("180"))
    );
    let (begin, last) = own
        .known
        .as_ref()
        .map(|known| known.split_at(known.len() - 1))
        .unwrap();
    attacker.known = Some(format!("{begin}{}", if last == "0" { "1" } else { "0" }));
    assert_eq!(
        attacker
            .post(
                "/sign-in",
                &[("handle", "amina"), ("password", "wrong"), ("code", "1")]
            )
            .status,
        429,
        "a forged one makes nobody known"
    );
    assert_eq!(
        site.sign_in_again(&mut own, "amina"),
        "/",
        "in the browser that knows her, from wherever"
    );
    own.from = Some("192.0.2.66".to_owned());
    assert_eq!(
        site.sign_in_again(&mut own, "amina"),
        "/",
        "also from the attacker's address"
    );
    let mut elsewhere = Visitor::new_from(&site.address, "192.0.2.7");
    elsewhere.key = key;
    assert_eq!(site.sign_in_again(&mut elsewhere, "amina"), "/");
}

#[test]
fn a_name_that_nobody_has_is_answered_as_any_other() {
    let site = Site::hub_behind_proxy();
    site.signed_in("amina");
    site.invite("dara");
    let answers = |handle: &str, from: &str| {
        wrong_until_told_to_wait(&mut Visitor::new_from(&site.address, from), handle)
    };
    let somebody = answers("amina", "192.0.2.1");
    assert!(
        somebody == answers("nobody", "192.0.2.2"),
        "who is not there"
    );
    assert!(
        somebody == answers("dara", "192.0.2.3"),
        "who has not used her link"
    );
}

#[test]
fn what_a_browser_says_of_where_it_comes_from_counts_only_from_a_proxy_that_is_trusted() {
    let site = Site::hub();
    let tries: usize = (0..30)
        .filter(|number| {
            let mut visitor = Visitor::new_from(&site.address, &format!("192.0.2.{number}"));
            visitor
                .post(
                    "/sign-in",
                    &[
                        ("handle", &format!("somebody{number}")),
                        ("password", "wrong"),
                        ("code", "1"),
                    ],
                )
                .status
                == 401
        })
        .count();
    assert_eq!(tries, 20, "one address, whatever it says");
}

#[test]
fn twenty_wrong_tries_behind_a_proxy_keep_nobody_out_who_has_signed_in_before() {
    let site = Site::hub();
    let mut own = site.signed_in("amina");
    let mut attacker = Visitor::new(&site.address);
    let wrong = |visitor: &mut Visitor, handle: &str| {
        visitor
            .post(
                "/sign-in",
                &[("handle", handle), ("password", "wrong"), ("code", "1")],
            )
            .status
    };
    assert_eq!(
        (0..30)
            .filter(|number| wrong(&mut attacker, &format!("somebody{number}")) == 401)
            .count(),
        20
    );
    assert_eq!(wrong(&mut attacker, "amina"), 429);
    assert_eq!(site.sign_in_again(&mut own, "amina"), "/");
}

/// Answers to that many wrong sign-ins that come at the same moment, by status.
fn wrong_at_once(site: &Site, handle: impl Fn(usize) -> String) -> BTreeMap<u16, usize> {
    const AT_ONCE: usize = 100;
    let together = Arc::new(Barrier::new(AT_ONCE));
    let trying: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let (mut visitor, handle, together) = (
                Visitor::new(&site.address),
                handle(number),
                Arc::clone(&together),
            );
            std::thread::spawn(move || {
                together.wait();
                visitor
                    .post(
                        "/sign-in",
                        &[("handle", &handle), ("password", "wrong"), ("code", "1")],
                    )
                    .status
            })
        })
        .collect();
    let mut answers = BTreeMap::new();
    for one in trying {
        *answers.entry(one.join().unwrap()).or_default() += 1;
    }
    answers
}

#[test]
fn wrong_tries_at_once_are_no_more_than_one_after_the_other_and_keep_nobody_out_for_longer() {
    let site = Site::hub();
    let mut own = site.signed_in("amina");
    let answers = wrong_at_once(&site, |_| "amina".to_owned());
    assert_eq!(answers.get(&401), Some(&6), "{answers:?}");
    assert!(
        answers
            .keys()
            .all(|status| [401, 429, 503].contains(status)),
        "{answers:?}"
    );
    site.sign_in_again(&mut own, "amina");
    let mut stranger = Visitor::new(&site.address);
    stranger.key = own.key;
    site.wait(180);
    site.sign_in_again(&mut stranger, "amina");
}

#[test]
fn an_address_has_its_tries_and_no_more_however_many_come_at_once() {
    let site = Site::hub();
    let answers = wrong_at_once(&site, |number| format!("somebody{number}"));
    assert_eq!(answers.get(&401), Some(&20), "{answers:?}");
    assert!(
        answers
            .keys()
            .all(|status| [401, 429, 503].contains(status)),
        "{answers:?}"
    );
}

#[test]
fn a_session_ends_when_nobody_sits_there_whatever_the_page_asks_by_itself() {
    let site = Site::hub();
    let mut visitor = site.signed_in("amina");
    site.wait(20 * 60);
    assert_eq!(
        visitor
            .ask("GET", "/settings", &["vicinity-by-itself: 1"], "")
            .status,
        200
    );
    site.wait(20 * 60);
    assert_eq!(visitor.get("/settings").status, 303);
}

#[test]
fn signing_out_ends_the_session_for_every_copy_of_the_cookie() {
    let site = Site::hub();
    let mut visitor = site.signed_in("amina");
    let mut copy = visitor.clone();
    assert_eq!(copy.get("/settings").status, 200);
    assert_eq!(visitor.post("/sign-out", &[]).status, 303);
    assert_eq!(visitor.cookie, None);
    assert_eq!(copy.get("/settings").status, 303);
}

#[test]
fn a_reader_chooses_language_and_light() {
    let site = Site::national();
    let mut visitor = site.signed_in("amina");
    assert!(
        visitor
            .ask("GET", "/settings", &["accept-language: fr-SN"], "")
            .body
            .contains("lang=\"fr\"")
    );
    assert_eq!(
        visitor
            .post("/settings", &[("language", "km"), ("theme", "dark")])
            .header("location"),
        Some("/settings?done=saved")
    );
    let page = visitor.get("/settings").body;
    assert!(page.contains("lang=\"km\"") && page.contains("data-theme=\"dark\""));
    assert_eq!(
        visitor
            .post("/settings", &[("language", "xx"), ("theme", "dark")])
            .status,
        400
    );
}

#[test]
fn what_pages_are_made_with_may_be_kept_for_ever_and_needs_no_signing_in() {
    let site = Site::hub();
    let mut visitor = Visitor::new(&site.address);
    let page = visitor.get("/sign-in");
    for asset in page
        .body
        .split("/assets/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
    {
        let answer = visitor.get(&format!("/assets/{asset}"));
        assert_eq!(answer.status, 200, "{asset}");
        assert!(
            answer
                .header("cache-control")
                .unwrap()
                .contains("immutable")
        );
    }
    assert_eq!(visitor.get("/assets/style.css").status, 404);
}

/// The lines of a stream that stays open.
fn listening(site: &Site, visitor: &Visitor) -> Lines<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(&site.address).unwrap();
    let head = format!(
        "GET /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {}\r\n\r\n",
        visitor.cookie.as_ref().unwrap()
    );
    stream.write_all(head.as_bytes()).unwrap();
    BufReader::new(stream).lines()
}

#[test]
fn who_has_signed_out_hears_of_nothing_that_comes_in_after_it() {
    let site = Site::national();
    let (mut gone, mut stays) = (site.signed_in("amina"), site.signed_in("dara"));
    let (mut deaf, mut hearing) = (listening(&site, &gone), listening(&site, &stays));
    for lines in [&mut deaf, &mut hearing] {
        assert_eq!(lines.next().unwrap().unwrap(), "HTTP/1.1 200 OK");
    }
    gone.post("/sign-out", &[]);
    let answer = stays.post(
        "/advocacy",
        &[
            ("day", "2027-01-10"),
            ("action", "training"),
            ("outcome", "awaited"),
        ],
    );
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(hearing.any(|line| line.unwrap() == "event: changed"));
    assert!(
        deaf.all(|line| line.unwrap() != "event: changed"),
        "it ends without a word"
    );
}

#[test]
fn a_session_has_eight_open_lines_and_no_more() {
    let site = Site::hub();
    let visitor = site.signed_in("amina");
    let mut lines: Vec<_> = (0..8).map(|_| listening(&site, &visitor)).collect();
    assert!(
        lines
            .iter_mut()
            .all(|lines| lines.next().unwrap().unwrap() == "HTTP/1.1 200 OK")
    );
    assert_eq!(
        listening(&site, &visitor).next().unwrap().unwrap(),
        "HTTP/1.1 503 Service Unavailable"
    );
    assert_eq!(
        listening(&site, &site.signed_in("dara"))
            .next()
            .unwrap()
            .unwrap(),
        "HTTP/1.1 200 OK"
    );
}

#[test]
fn an_open_line_does_not_keep_a_server_from_stopping() {
    let site = Site::hub();
    let visitor = site.signed_in("amina");
    assert_eq!(
        listening(&site, &visitor).next().unwrap().unwrap(),
        "HTTP/1.1 200 OK"
    );
    site.stop();
}

#[test]
fn whoever_asked_for_a_page_comes_to_it_after_signing_in() {
    let site = Site::hub();
    let key = site.signed_in("amina").key;
    let sign_in = |visitor: &mut Visitor| {
        site.wait(60);
        let answer = visitor.post(
            "/sign-in",
            &[
                ("handle", "amina"),
                ("password", PASSWORD),
                ("code", &site.code(&key)),
            ],
        );
        assert_eq!(answer.status, 303);
        answer.header("location").unwrap().to_owned()
    };
    let incident = "/incident/0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11";
    let mut visitor = Visitor::new(&site.address);
    let answer = visitor.get(incident);
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/sign-in")),
        "the address of an incident stands in no other"
    );
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict")
            && cookie.contains("Max-Age=600"),
        "{cookie}"
    );
    assert_eq!(
        (sign_in(&mut visitor), &visitor.asked),
        (incident.to_owned(), &None),
        "and only once"
    );

    let mut visitor = Visitor::new(&site.address);
    let answer = visitor.post(&format!("{incident}/assign"), &[("device", "1")]);
    assert_eq!(answer.header("location"), Some("/sign-in?done=not-sent"));
    assert!(
        visitor
            .get("/sign-in?done=not-sent")
            .body
            .contains("was not kept")
    );
    assert_eq!(
        sign_in(&mut visitor),
        incident,
        "the page that the form stood on"
    );

    for elsewhere in [
        "//elsewhere.example",
        "https://elsewhere.example",
        "/\\elsewhere.example",
        "elsewhere",
    ] {
        let mut visitor = Visitor::new(&site.address);
        visitor.get(incident);
        visitor.asked = Some(format!("{}={elsewhere}", name_of(visitor.asked.as_ref())));
        assert_eq!(sign_in(&mut visitor), "/", "{elsewhere}");
    }
    let mut visitor = Visitor::new(&site.address);
    visitor.get("/live");
    visitor.ask("GET", "/settings", &["vicinity-by-itself: 1"], "");
    assert_eq!(visitor.asked, None, "nobody asked for these by hand");
}

#[test]
fn what_is_larger_than_a_form_is_said_to_be_so_on_a_page_of_ones_own() {
    let site = Site::national();
    let mut visitor = site.signed_in("dara");
    let answer = visitor.post(
        "/report",
        &[("quarter", "2027-Q1"), ("asks", &"x".repeat(300_000))],
    );
    assert_eq!(answer.status, 413);
    assert!(
        answer.body.contains("more than a form holds") && answer.body.contains("Signed in as dara"),
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("<a href=\"/report\">Back</a>"),
        "{}",
        answer.body
    );
}
