//! How the program finds its servers: proxies of the environment, names, several addresses; and what wrong sign-ins cost a server.

use std::net::TcpListener;

use serde_json::json;
use vicinity_tests::program;
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, redirected};

/// A proxy that is not there, in every variable that programs read.
fn proxied(address: &str) -> [(&'static str, String); 6] {
    [
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ]
    .map(|name| (name, format!("http://{address}")))
}

/// An address at which nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

#[test]
fn a_proxy_of_the_environment_stands_neither_before_the_hub_nor_before_national() {
    let (site, nowhere) = (Site::new(), nowhere());
    let variables = proxied(&nowhere);
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let _national = site.national();
    let hub = Server::start_where(
        &variables,
        "hub",
        &site.path("hub"),
        &["--upstream", &site.invite_hub()],
    );
    let phone = site.device("phone");
    program::run_where(
        &variables,
        phone.arguments(&["enrol", &site.invite("educator")]),
    )
    .done();
    phone.log(&[json!({"reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response", "national_deid"]})]);
    program::run_where(&variables, phone.arguments(&["sync", "--json"])).done();
    hub.told_national();
    assert_eq!(site.national_export().len(), 1);
}

#[test]
fn links_name_what_was_given_with_public_and_never_every_address_at_once() {
    let site = Site::new();
    let hub = Server::start_safe(
        "hub",
        &site.path("hub"),
        &[
            "--public",
            "HUB.example.org:7311",
            "--public",
            "[fd00::7]:443",
        ],
    );
    assert!(
        site.invite("educator")
            .ends_with(":hub.example.org:7311,[fd00::7]:443")
    );
    let links = site.invite_person("hub", "amina");
    let links: Vec<&str> = links.lines().collect();
    assert!(
        links[0].starts_with("https://hub.example.org:7311/welcome/")
            && links[1].starts_with("https://[fd00::7]/welcome/"),
        "{links:?}"
    );
    drop(hub);
    let _hub = Server::start_listening("hub", &site.path("hub"), "0.0.0.0:0");
    let invited = site.hub_run("invite", &["--role", "educator"]);
    // As the machine has an address that others reach, or has none.
    match invited.code {
        Some(0) => assert!(
            !invited.stdout.contains("0.0.0.0") && !invited.stdout.contains("127.0.0.1"),
            "{}",
            invited.stdout
        ),
        _ => assert!(
            invited.stderr.contains("--public NAME:PORT"),
            "{}",
            invited.stderr
        ),
    }
    for bad in ["hub", "0.0.0.0:7311", "hub:0"] {
        let run = program::run([
            "hub",
            "--data",
            "x",
            "--listen",
            "127.0.0.1:0",
            "--public",
            bad,
        ]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
    }
}

#[test]
fn a_device_tries_each_address_of_its_link_and_names_those_that_failed() {
    let site = Site::new();
    let hub = Server::start_safe("hub", &site.path("hub"), &[]);
    let (silent, phone) = (nowhere(), site.device("phone"));
    let link = redirected(
        &site.invite("educator"),
        &format!("no-such-name.invalid:7311,{silent},{}", hub.address),
    );
    phone.run(&["enrol", &link]).done();
    phone.log(&[json!({"reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"]})]);
    phone.sync();
    let address = hub.address.clone();
    drop(hub);
    let said = phone.run(&["sync"]).failed();
    for told in [
        "no-such-name.invalid:7311: the name is not known",
        &format!("{silent}: nothing listens there"),
        &format!("{address}: nothing listens there"),
    ] {
        assert!(said.contains(told), "{told} is not in {said}");
    }
}

#[test]
fn wrong_sign_ins_take_the_memory_of_one_and_few_lines_of_the_log() {
    let site = Site::new();
    let hub = Server::start("hub", &site.path("hub"), &["--trusted-proxy", "127.0.0.1"]);
    let try_from = |number: usize| {
        let body = "handle=zqxjname&password=wrong&code=1";
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: 10.1.{number}.1\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        vicinity_tests::http::exchange(&hub.address, format!("{head}{body}").as_bytes()).status
    };
    assert_eq!(try_from(0), 401);
    let before = hub.peak_kib();
    let tries: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (1..=50)
            .map(|number| scope.spawn(move || (0..2).map(|_| try_from(number)).collect::<Vec<_>>()))
            .collect();
        tries
            .into_iter()
            .flat_map(|tries| tries.join().unwrap())
            .collect()
    });
    assert!(
        tries.iter().filter(|status| **status == 401).count() > 20,
        "{tries:?}"
    );
    let grown = hub.peak_kib() - before;
    assert!(
        grown < 12 * 1024,
        "{grown} KiB more, where one try takes 19 MiB"
    );
    let log = hub.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("wrong sign-in"))
        .count();
    assert!(
        (1..=11).contains(&lines) && !log.contains("zqxjname") && !log.contains("10.1."),
        "{log}"
    );
}
