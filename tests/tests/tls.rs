//! TLS with pinned keys, over real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpSocket;
use vicinity_tests::database::{number, set_address};
use vicinity_tests::http;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::search::holds;
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, redirected};
use vicinity_tests::wait;

const MARKER: &str = "QQTLSMARKER";

#[test]
fn a_device_and_national_talk_tls_and_the_wire_shows_nothing() {
    let site = Site::new();
    let _national = Server::start_safe("national", &site.path("national"), &[]);
    let hub = Server::start_safe(
        "hub",
        &site.path("hub"),
        &["--upstream", &site.invite_hub()],
    );
    let proxy = Proxy::start(&hub.address);
    let device = site.enrolled_through("phone", "educator", &proxy.address);
    let incident = json!({"reported_at": "2026-11-20T09:00:00Z", "violations": [MARKER], "consents": ["hub_response", "national_deid"]});
    device.log(&[incident]);
    assert_eq!(device.sync()["up_to_date"], true);
    assert_eq!(site.hub_export()[0]["violations"], json!([MARKER]));
    wait::until("a projection over TLS", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });
    let up = proxy.up();
    assert!(
        up.len() > 500 && !holds(&up, MARKER) && !holds(&up, "POST"),
        "the wire shows what is said"
    );
}

#[test]
fn a_man_in_the_middle_with_a_key_of_his_own_gets_nothing() {
    let (site, middle) = (Site::new(), Site::new());
    let _hub = Server::start_safe("hub", &site.path("hub"), &[]);
    let other = Server::start_safe("hub", &middle.path("hub"), &[]);
    let device = site.enrolled("phone", "educator");
    device.log(&[json!({"reported_at": "2026-11-20T09:00:00Z", "consents": ["hub_response"]})]);
    let fresh = site.device("fresh");
    let said = fresh
        .run(&[
            "enrol",
            &redirected(&site.invite("educator"), &other.address),
        ])
        .failed();
    assert!(said.contains("does not have the hub's key"), "{said}");
    assert!(
        middle.hub_export().is_empty()
            && middle
                .hub_run("devices", &["--json"])
                .json_lines()
                .is_empty()
    );
}

#[test]
fn a_hub_keeps_its_key_over_a_restart() {
    let site = Site::new();
    let hub = Server::start_safe("hub", &site.path("hub"), &[]);
    let device = site.enrolled("phone", "educator");
    let _hub = hub.kill_and_restart();
    assert_eq!(device.sync()["up_to_date"], true);
}

#[test]
fn a_device_follows_one_change_of_the_hubs_key_and_is_told_when_it_missed_two() {
    let site = Site::new();
    let mut hub = Server::start_safe("hub", &site.path("hub"), &[]);
    let (follows, misses_one, misses_two) = (
        site.enrolled("follows", "educator"),
        site.enrolled("one", "educator"),
        site.enrolled("two", "educator"),
    );
    let mut pins = vec![hub.pin.clone()];
    for round in 0..3 {
        // The running hub keeps the key that it shows; links that are printed meanwhile lead to it.
        site.hub_run("rotate-tls", &[]).done();
        follows.sync();
        let link = site.invite("educator");
        assert!(link.contains(&pins[round]), "{link}");
        hub = hub.stop()();
        assert!(!pins.contains(&hub.pin), "a key that was there before");
        pins.push(hub.pin.clone());
        assert!(
            site.device(&format!("late{round}"))
                .run(&["enrol", &link])
                .failed()
                .contains("does not have the hub's key")
        );
        follows.sync();
        if round < 2 {
            misses_one.sync();
        }
    }
    // Nobody rotates by accident.
    hub = hub.stop()();
    assert_eq!(hub.pin, pins[3]);
    misses_one.sync();
    let said = misses_two.run(&["sync"]).failed();
    assert!(
        said.contains("changed twice") && said.contains("enrol it again"),
        "{said}"
    );
    site.enrolled("fresh", "educator").sync();
}

#[test]
fn a_hub_follows_a_change_of_nationals_key() {
    let site = Site::new();
    let national = Server::start_safe("national", &site.path("national"), &[]);
    let _hub = Server::start_safe(
        "hub",
        &site.path("hub"),
        &["--upstream", &site.invite_hub()],
    );
    let phone = site.enrolled("phone", "educator");
    let log = || {
        phone.log(&[json!({"reported_at": "2026-11-20T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response", "national_deid"]})]);
        phone.sync();
    };
    log();
    wait::until("a projection before", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });
    site.national_run("rotate-tls", &[]).done();
    let _national = national.stop()();
    log();
    wait::until("a projection after", || {
        Some(site.national_export()).filter(|rows| rows.len() == 2)
    });
}

#[test]
fn a_hub_that_missed_two_changes_of_nationals_key_or_a_server_made_anew_is_joined_again_by_a_new_link()
 {
    let site = Site::new();
    let start_hub =
        |link: &str| Server::start_safe("hub", &site.path("hub"), &["--upstream", link]);
    let mut national = Server::start_safe("national", &site.path("national"), &[]);
    let mut hub = start_hub(&site.invite_hub());
    let phone = site.enrolled("phone", "educator");
    let incident = json!({"reported_at": "2026-11-20T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response", "national_deid"]});
    let ids = phone.log(std::slice::from_ref(&incident));
    phone.sync();
    wait::until("a projection before", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });

    let again = hub.stop();
    for _ in 0..2 {
        site.national_run("rotate-tls", &[]).done();
        national = national.stop()();
    }
    hub = again();
    wait::until("the hub's word on the key", || {
        hub.log()
            .contains("does not have the hub's key")
            .then_some(())
    });
    drop(hub);
    hub = start_hub(&site.invite_hub());
    set_address(&phone.home, &hub.address);
    // It is the same hub there: what it brought before is still its own.
    phone.edit(
        &ids[0],
        &json!([{"add": {"set": "violations", "code": "rape"}}]),
    );
    phone.log(std::slice::from_ref(&incident));
    phone.sync();
    wait::until("rows after", || {
        Some(site.national_export()).filter(|rows| {
            rows.len() == 2
                && rows
                    .iter()
                    .any(|row| row["violations"].to_string().contains("rape"))
        })
    });
    assert_eq!(
        number(&site.path("national"), "SELECT count(*) FROM hubs"),
        1
    );

    drop(hub);
    let again = national.stop();
    std::fs::remove_dir_all(site.path("national")).unwrap();
    let _national = again();
    let hub = start_hub(&site.invite_hub());
    set_address(&phone.home, &hub.address);
    phone.log(&[incident]);
    phone.sync();
    wait::until("a row at the new server", || {
        (!site.national_export().is_empty()).then_some(())
    });
    assert!(!hub.log().contains("panicked"));
}

/// Connections from an address of this machine that say nothing.
fn silent(from: [u8; 4], to: &str, count: usize) -> Vec<TcpStream> {
    let to: SocketAddr = to.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    let connect = async || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let stream = socket.connect(to).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    };
    (0..count).map(|_| runtime.block_on(connect())).collect()
}

/// Whether the server has closed it, sooner than for being silent alone.
fn closed_at_once(stream: &mut TcpStream) -> bool {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    match stream.read(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

/// Somebody who opens connections and says nothing does not keep devices out, with more of them than the server lets anybody
/// have, and again when they are closed.
#[test]
fn silent_connections_hold_nobody_up() {
    let site = Site::new();
    let hub = Server::start_safe("hub", &site.path("hub"), &[]);
    let mut lines = silent([127, 0, 0, 2], &hub.address, 600);
    let device = site.enrolled("phone", "educator");
    assert!(
        closed_at_once(lines.last_mut().unwrap()),
        "one address may have as many as it likes"
    );
    lines.extend(silent([127, 0, 0, 2], &hub.address, 100));
    assert_eq!(device.sync()["up_to_date"], true);
    // Plain HTTP is not answered.
    let mut plain = TcpStream::connect(&hub.address).unwrap();
    plain.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer).ok();
    assert!(!answer.starts_with(b"HTTP"));
}

#[test]
fn silent_connections_without_tls_hold_nobody_up() {
    let (_site, hub) = Site::with_hub();
    let mut lines = silent([127, 0, 0, 2], &hub.address, 600);
    assert_eq!(http::get(&hub.address, "/health"), "ok\n");
    assert!(
        closed_at_once(lines.last_mut().unwrap()),
        "one address may have as many as it likes"
    );
}

#[test]
fn a_server_that_may_open_no_more_files_waits_and_goes_on() {
    let site = Site::new();
    let hub = Server::start_with_files(64, "hub", &site.path("hub"));
    let open = || {
        std::fs::read_dir(format!("/proc/{}/fd", hub.pid()))
            .unwrap()
            .count()
    };
    let device = site.enrolled("phone", "educator");
    let lines = silent([127, 0, 0, 1], &hub.address, 100);
    wait::until("a server with all its files open", || {
        (open() >= 64).then_some(())
    });
    drop(lines);
    assert_eq!(device.sync()["up_to_date"], true);
}

#[test]
fn a_link_without_a_pin_leads_to_no_other_machine() {
    let (site, _hub) = Site::with_hub();
    let link = redirected(&site.invite("educator"), "192.0.2.2:7311");
    assert!(
        site.device("phone")
            .run(&["enrol", &link])
            .failed()
            .contains("nothing would be encrypted")
    );
    let data = site.path("other").display().to_string();
    let refused = vicinity_tests::program::run([
        "hub",
        "--data",
        &data,
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        &link,
    ]);
    assert!(refused.failed().contains("nothing would be encrypted"));
}
