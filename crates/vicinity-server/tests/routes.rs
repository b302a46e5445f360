//! Every route of hub and national, over real sockets, without and with each role.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use vicinity_core::access::{self, Actor, Resource};
use vicinity_core::ids::DeviceId;
use vicinity_core::time::Timestamp;
use vicinity_server::hub::{self, EnrolLink, HubConfig};
use vicinity_server::machine::Machine;
use vicinity_server::national::{self, NationalConfig};
use vicinity_server::network::Network;
use vicinity_server::routes::Route;
use vicinity_server::store::hub::Role;
use vicinity_sync::alert::{ALERT_PATH, AlertRequest};
use vicinity_sync::enrol::{self, ENROL_PATH, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{KeyNews, Request, SYNC_PATH};
use vicinity_sync::statement::{BLOB_PATH, Piece, STATEMENT_PATH, StatementRequest};
use vicinity_sync::uplink::{self, Report, UPLINK_PATH};
use vicinity_sync::windows::{WINDOWS_PATH, Windows};

/// Method, path, action, and what comes back to: nobody (no envelope), a device that is not enrolled, an educator, a
/// responder, a revoked device; at national in place of the three a hub and a country's server. A route that is not here fails the test.
const HUB: &str = "
POST /v1/sync       Sync              400 malformed   401 not_enrolled   200            200   403 revoked
POST /v1/blob       BringStatements   400 malformed   401 not_enrolled   200            200   403 revoked
POST /v1/alert      PublishAlert      400 malformed   401 not_enrolled   403 not_allowed 200  403 revoked
POST /v1/statement  AskForStatements  400 malformed   401 not_enrolled   403 not_allowed 200  403 revoked
POST /v1/enrol      Enrol             400 malformed   401 not_enrolled   400 malformed  400 malformed  400 malformed
GET  /health        SeeHealth         200 200 200 200 200
GET  /metrics       SeeMetrics        200 200 200 200 200
";
const NATIONAL: &str = "
POST /v1/uplink     Report            400 malformed   401 not_enrolled   200              403 not_allowed
POST /v1/windows    Publish           400 malformed   401 not_enrolled   403 not_allowed  200
POST /v1/enrol      Enrol             400 malformed   401 not_enrolled   400 malformed    400 malformed
GET  /health        SeeHealth         200 200 200 200
GET  /metrics       SeeMetrics        200 200 200 200
";

fn machine() -> Machine {
    let drawn = std::sync::atomic::AtomicU64::new(1);
    let random = move |bytes: &mut [u8]| {
        for byte in bytes {
            *byte = (drawn
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                >> 32) as u8;
        }
    };
    Machine {
        now: Arc::new(|| Timestamp::from_second(1_800_000_000).unwrap()),
        running: Arc::new(|| None),
        random: Arc::new(random),
    }
}

/// One that asks: an id, a secret, a counter.
struct Asker {
    device: DeviceId,
    secret: [u8; 32],
    counter: u64,
}

impl Asker {
    fn new(number: u8) -> Self {
        Self {
            device: DeviceId::from_random([number; 16]),
            secret: [number; 32],
            counter: 0,
        }
    }

    fn enrolled(number: u8, address: &str, link: &EnrolLink) -> Self {
        let asker = Self::new(number);
        let request = EnrolRequest::new(link.code, asker.device, public_key(&asker.secret));
        assert_eq!(
            ask(address, "POST", ENROL_PATH, &enrol::encode(&request)).0,
            200
        );
        asker
    }

    fn seal(&mut self, path: &str) -> Vec<u8> {
        self.counter += 1;
        Envelope::seal(
            &self.secret,
            path,
            self.device,
            1,
            self.counter,
            body_for(path),
        )
        .encode()
    }
}

/// A message that the route understands and that asks for nothing.
fn body_for(path: &str) -> Vec<u8> {
    match path {
        SYNC_PATH => {
            let page = vicinity_core::batch::HeadsPage {
                after: None,
                until: None,
                have: Vec::new(),
            };
            let nothing = Request {
                cursor: None,
                push: Vec::new(),
                rebase: Some(page),
                answer_budget: 1,
                clock: 0,
                erased: Vec::new(),
                keys: KeyNews::default(),
                pins: 0,
                leaving: Vec::new(),
                alerts: 0,
            };
            nothing.encode()
        }
        BLOB_PATH => uplink::encode(&Piece {
            hash: [1; 32],
            total: 10,
            offset: 0,
            bytes: Vec::new(),
        }),
        STATEMENT_PATH => uplink::encode(&StatementRequest::OldWraps { after: 0 }),
        ALERT_PATH => uplink::encode(&AlertRequest::Withdraw { id: [1; 16] }),
        UPLINK_PATH => uplink::encode(&Report::default()),
        WINDOWS_PATH => uplink::encode(&Windows::default()),
        _ => Vec::new(),
    }
}

fn ask(address: &str, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// Whether a route is for browsers: those are walked in `pages.rs`.
fn is_page(route: &Route) -> bool {
    [Actor::Board, Actor::Coordinator]
        .into_iter()
        .any(|actor| access::decide(actor, route.action, Resource::Server).is_ok())
        && !["/health", "/metrics"].contains(&route.path)
}

/// Asks every route for devices and hubs as everybody, and compares with the table.
fn walk(address: &str, routes: &[Route], table: &str, askers: &mut [Asker]) {
    let mut rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    for route in routes.iter().filter(|route| !is_page(route)) {
        let row = rows.iter().position(|row| {
            row[0] == route.method
                && row[1] == route.path
                && row[2] == format!("{:?}", route.action)
        });
        let row = rows.remove(row.unwrap_or_else(|| panic!("{route:?} is not in the table")));
        let mut expected = row[3..].join(" ");
        let mut said = vec![ask(address, route.method, route.path, b"")];
        if route.path == ENROL_PATH {
            let unknown = Asker::new(99);
            said.push(ask(
                address,
                "POST",
                ENROL_PATH,
                &enrol::encode(&EnrolRequest::new(
                    [9; 16],
                    unknown.device,
                    public_key(&unknown.secret),
                )),
            ));
        } else {
            said.push(ask(
                address,
                route.method,
                route.path,
                &Asker::new(99).seal(route.path),
            ));
        }
        said.extend(
            askers
                .iter_mut()
                .map(|asker| ask(address, route.method, route.path, &asker.seal(route.path))),
        );
        for (status, body) in said {
            let code = if status == 200 {
                status.to_string()
            } else {
                format!("{status} {}", body.split(' ').next().unwrap())
            };
            expected = expected
                .strip_prefix(&code)
                .unwrap_or_else(|| panic!("{route:?}: {code} where {expected} was expected"))
                .trim_start()
                .to_owned();
        }
        assert_eq!(expected, "", "{route:?}");
        // Another method, or a longer path, is no way around.
        let other = if route.method == "GET" { "POST" } else { "GET" };
        assert_eq!(ask(address, other, route.path, b"").0, 405, "{route:?}");
        assert_eq!(
            ask(address, route.method, &format!("{}/x", route.path), b"").0,
            404,
            "{route:?}"
        );
    }
    assert_eq!(
        rows,
        Vec::<Vec<&str>>::new(),
        "rows of routes that are not there"
    );
}

/// Serves while `test` runs beside it.
fn served<F: Future<Output = Result<(), hub::ServeError>> + Send + 'static>(
    serve: impl FnOnce(TcpListener, Box<dyn Future<Output = ()> + Send + Unpin>) -> F,
    test: impl FnOnce(&str),
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = Box::new(Box::pin(async move {
        stopped.await.ok();
    }));
    let serving = runtime.spawn(serve(listener, shutdown));
    test(&address);
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap().unwrap();
}

fn hub_at(data: &Path) -> vicinity_server::sqlite::SqliteHub {
    hub::open(data, None, &machine()).unwrap()
}

#[test]
fn every_route_of_the_hub_answers_each_role_as_the_table_says() {
    use vicinity_server::store::hub::HubStore;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    drop(hub_at(&data));
    let config = HubConfig {
        data: data.clone(),
        unlock: None,
        upstream: None,
        plain_http: true,
        network: Network::default(),
        machine: machine(),
    };
    served(
        |listener, shutdown| hub::serve(config, listener, shutdown),
        |address| {
            while ask(address, "GET", "/health", b"").0 != 200 {}
            let invite = |role| {
                let mut drawn = machine();
                // Every invitation its own code.
                let salt = role as u8 + 1;
                drawn.random = Arc::new(move |bytes| bytes.fill(salt));
                hub::invite(&mut hub_at(&data), &drawn, role).unwrap()
            };
            let mut askers = [
                Asker::enrolled(1, address, &invite(Role::Educator)),
                Asker::enrolled(2, address, &invite(Role::Responder)),
                Asker::new(3),
            ];
            // A code for hubs enrols nobody here.
            let request = EnrolRequest::new(
                invite(Role::Hub).code,
                DeviceId::from_random([7; 16]),
                [7; 32],
            );
            assert_eq!(
                ask(address, "POST", ENROL_PATH, &enrol::encode(&request)),
                (401, "not_enrolled".to_owned())
            );
            let mut store = hub_at(&data);
            store
                .invite([5; 32], Role::Responder, Timestamp::MAX)
                .unwrap();
            let lost = store
                .enrol(
                    [5; 32],
                    askers[2].device,
                    public_key(&askers[2].secret),
                    (machine().now)(),
                )
                .unwrap()
                .unwrap();
            assert!(store.revoke(lost.number, (machine().now)()).unwrap());
            walk(address, &hub::routes(), HUB, &mut askers);
        },
    );
}

#[test]
fn every_route_of_national_answers_as_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    drop(national::open(&data, None, &machine()).unwrap());
    let config = NationalConfig {
        data: data.clone(),
        unlock: None,
        plain_http: true,
        network: Network::default(),
        upstream: None,
        machine: machine(),
    };
    served(
        |listener, shutdown| national::serve(config, listener, shutdown),
        |address| {
            while ask(address, "GET", "/health", b"").0 != 200 {}
            let link = national::invite(
                &mut national::open(&data, None, &machine()).unwrap(),
                None,
                &machine(),
            )
            .unwrap();
            let mut drawn = machine();
            drawn.random = Arc::new(|bytes| bytes.fill(7));
            let country = national::invite(
                &mut national::open(&data, None, &machine()).unwrap(),
                Some("Senegal"),
                &drawn,
            )
            .unwrap();
            let mut askers = [
                Asker::enrolled(1, address, &link),
                Asker::enrolled(2, address, &country),
            ];
            walk(address, &national::routes(), NATIONAL, &mut askers);
        },
    );
}

#[test]
fn what_anybody_may_ask_is_what_proves_nobody() {
    for route in hub::routes()
        .into_iter()
        .chain(national::routes())
        .filter(|route| !is_page(route))
    {
        let is_open = access::decide(Actor::Anonymous, route.action, Resource::Server).is_ok();
        let without_envelope = [ENROL_PATH, "/health", "/metrics"].contains(&route.path);
        assert_eq!(is_open, without_envelope, "{route:?}");
    }
}

/// One more request than [`ask`] says of its answer: the header, too.
fn retry_after(address: &str, body: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {ENROL_PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer)
        .lines()
        .find_map(|line| line.strip_prefix("retry-after: "))
        .map(str::to_owned)
}

#[test]
fn who_tries_too_many_wrong_codes_has_to_wait_and_devices_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_owned();
    drop(hub_at(&data));
    let config = HubConfig {
        data: data.clone(),
        unlock: None,
        upstream: None,
        plain_http: true,
        network: Network::default(),
        machine: machine(),
    };
    served(
        |listener, shutdown| hub::serve(config, listener, shutdown),
        |address| {
            while ask(address, "GET", "/health", b"").0 != 200 {}
            let link = hub::invite(&mut hub_at(&data), &machine(), Role::Educator).unwrap();
            let mut device = Asker::enrolled(1, address, &link);
            let wrong = |code: u8| {
                enrol::encode(&EnrolRequest::new(
                    [code; 16],
                    DeviceId::from_random([8; 16]),
                    public_key(&[8; 32]),
                ))
            };
            for code in 0..20 {
                assert_eq!(
                    ask(address, "POST", ENROL_PATH, &wrong(code)),
                    (401, "not_enrolled".to_owned())
                );
            }
            assert_eq!(
                ask(address, "POST", ENROL_PATH, &wrong(21)),
                (429, "slow_down".to_owned())
            );
            assert_eq!(retry_after(address, &wrong(22)).as_deref(), Some("60"));
            assert_eq!(
                ask(address, "POST", SYNC_PATH, &device.seal(SYNC_PATH)).0,
                200
            );
            let figures = ask(address, "GET", "/metrics", b"").1;
            assert!(
                figures.contains("route=\"enrol\",result=\"slow_down\"} 2"),
                "{figures}"
            );
        },
    );
}
