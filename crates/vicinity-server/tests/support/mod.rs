//! Servers and browsers for tests of pages: real sockets, a clock that tests move, no drawing.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_server::hub::{self, HubConfig, ServeError};
use vicinity_server::machine::Machine;
use vicinity_server::national::{self, NationalConfig};
use vicinity_server::network::Network;
use vicinity_server::pages::credentials;
use vicinity_server::people;
use vicinity_server::sqlite::{SqliteHub, SqliteNational};
use vicinity_server::store::hub::{HubStore, Role};
use vicinity_server::store::person::Desk;

/// A server that runs beside a test, and its clock.
pub struct Site {
    pub address: String,
    pub data: PathBuf,
    pub clock: Arc<AtomicI64>,
    /// Seconds that the machine has run.
    pub running: Arc<AtomicI64>,
    machine: Machine,
    folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<Result<(), ServeError>>>,
    network: Network,
    runtime: Runtime,
}

fn machine(clock: &Arc<AtomicI64>, running: &Arc<AtomicI64>) -> Machine {
    // Each server draws other bytes.
    static MACHINES: AtomicU64 = AtomicU64::new(0);
    let (clock, running, drawn) = (
        Arc::clone(clock),
        Arc::clone(running),
        AtomicU64::new(1 + (MACHINES.fetch_add(1, Ordering::Relaxed) << 32)),
    );
    let random = move |bytes: &mut [u8]| {
        for byte in bytes {
            *byte = (drawn
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                >> 32) as u8;
        }
    };
    let running = move || {
        Some(Duration::from_secs(
            running.load(Ordering::Relaxed).unsigned_abs(),
        ))
    };
    Machine {
        now: Arc::new(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap()),
        running: Arc::new(running),
        random: Arc::new(random),
    }
}

impl Site {
    /// A hub, started over plain HTTP at the year 2027.
    pub fn hub() -> Self {
        Self::start("hub", Network::default())
    }

    /// A hub behind a proxy on this machine that it trusts: browsers come from where `x-forwarded-for` says.
    pub fn hub_behind_proxy() -> Self {
        Self::start(
            "hub",
            Network {
                proxies: Arc::from([IpAddr::from([127, 0, 0, 1])]),
                ..Network::default()
            },
        )
    }

    /// A national server.
    pub fn national() -> Self {
        Self::start("national", Network::default())
    }

    fn start(kind: &str, network: Network) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join(kind);
        let clock = Arc::new(AtomicI64::new(1_800_000_000));
        let running = Arc::new(AtomicI64::new(1000));
        let machine = machine(&clock, &running);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mut site = Self {
            address: String::new(),
            data,
            clock,
            running,
            machine,
            folder,
            stop: None,
            serving: None,
            network,
            runtime,
        };
        site.serve();
        site
    }

    /// Stops it in order, and starts it again on the same folder, at another address.
    pub fn restart(&mut self) {
        self.end();
        self.serve();
    }

    /// The same; a browser continues there.
    pub fn restart_for(&mut self, visitor: &mut Visitor) {
        self.restart();
        visitor.address.clone_from(&self.address);
    }

    fn serve(&mut self) {
        let (data, machine, network) = (
            self.data.clone(),
            self.machine.clone(),
            self.network.clone(),
        );
        let listener = self
            .runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        self.address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            stopped.await.ok();
        };
        self.serving = Some(if self.is_hub() {
            let config = HubConfig {
                data,
                unlock: None,
                upstream: None,
                plain_http: true,
                network,
                machine,
            };
            self.runtime.spawn(hub::serve(config, listener, shutdown))
        } else {
            let config = NationalConfig {
                data,
                unlock: None,
                plain_http: true,
                network,
                upstream: None,
                machine,
            };
            self.runtime
                .spawn(national::serve(config, listener, shutdown))
        });
        self.stop = Some(stop);
        // It listens already: this waits until it answers.
        assert_eq!(Visitor::new(&self.address).get("/health").status, 200);
    }

    /// The hub's store, on a connection of its own.
    pub fn hub_store(&self) -> SqliteHub {
        hub::open(&self.data, None, &self.machine).unwrap()
    }

    /// National's store, on a connection of its own.
    pub fn national_store(&self) -> SqliteNational {
        national::open(&self.data, None, &self.machine).unwrap()
    }

    /// Brings an incident to the hub, as a device of an educator's does. Gives its id.
    pub fn log(&self, number: u8, edits: &Value) -> String {
        let (now, id) = (self.now(), IncidentId::from_random([number; 16]));
        let incident = serde_json::json!({"reported_at": now.to_string(), "violations": ["robbery_theft"], "consents": ["hub_response", "contact_me"]});
        let edits = Edit::parse_list(edits, now).unwrap();
        let authoring = Authoring {
            actor: [number; 8],
            now,
        };
        let (_, authored) =
            Document::create_and_edit(&Draft::parse(&incident, now).unwrap(), &edits, authoring)
                .unwrap();
        let changes = authored
            .chunks
            .into_iter()
            .map(|chunk| GroupChange { chunk, by: 0 })
            .collect();
        let mut store = self.hub_store();
        store
            .invite([number; 32], Role::Educator, Timestamp::MAX)
            .unwrap();
        let peer = store
            .enrol(
                [number; 32],
                DeviceId::from_random([number; 16]),
                [number; 32],
                now,
            )
            .unwrap()
            .unwrap();
        let groups = [Group {
            incident: id,
            relayed: false,
            changes,
        }];
        store
            .accept(&peer, None, &groups, now, &mut self.machine.clone())
            .unwrap();
        id.to_string()
    }

    /// An incident as the hub has it.
    pub fn facts(&self, id: &str) -> Option<Value> {
        let row = self.hub_store().incident(id.parse().unwrap()).unwrap();
        row.map(|row| Value::Object(row.incident.facts().clone()))
    }

    pub fn now(&self) -> Timestamp {
        (self.machine.now)()
    }

    pub fn machine(&self) -> Machine {
        self.machine.clone()
    }

    /// Lets time pass: the clock continues, and the machine runs.
    pub fn wait(&self, seconds: i64) {
        self.running.fetch_add(seconds, Ordering::Relaxed);
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sets the clock ahead, or back. No time passes.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    fn is_hub(&self) -> bool {
        self.data.ends_with("hub")
    }

    /// A one-time link's path.
    pub fn invite(&self, handle: &str) -> String {
        let link = if self.is_hub() {
            let mut people = people::open(&self.data, "hub.db", None, &self.machine).unwrap();
            people::invite(
                &mut people,
                &mut self.hub_store(),
                handle,
                Desk::Responder,
                &self.machine,
            )
        } else {
            let mut people = people::open(&self.data, "national.db", None, &self.machine).unwrap();
            people::invite(
                &mut people,
                &mut self.national_store(),
                handle,
                Desk::Coordinator,
                &self.machine,
            )
        };
        let link = link.unwrap().remove(0);
        link.strip_prefix(&format!("http://{}", self.address))
            .unwrap()
            .to_owned()
    }

    /// A browser that has used its link.
    pub fn signed_in(&self, handle: &str) -> Visitor {
        let path = self.invite(handle);
        let mut visitor = Visitor::new(&self.address);
        let page = visitor.get(&path);
        visitor.key = page.between("<span class=\"mono\">", "</span>").to_owned();
        let code = self.code(&visitor.key);
        let answer = visitor.post(&path, &[("password", PASSWORD), ("code", &code)]);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/")),
            "{}",
            answer.body
        );
        visitor.learn_mark();
        visitor
    }

    /// Signs in again in a browser, once its code is another one. Gives where that leads.
    pub fn sign_in_again(&self, visitor: &mut Visitor, handle: &str) -> String {
        self.wait(60);
        let code = self.code(&visitor.key);
        let answer = visitor.post(
            "/sign-in",
            &[("handle", handle), ("password", PASSWORD), ("code", &code)],
        );
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").unwrap().to_owned()
    }

    /// The code of now.
    pub fn code(&self, key: &str) -> String {
        credentials::code_now(key, self.now()).unwrap()
    }

    /// Stops it in order.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let (Some(stop), Some(serving)) = (self.stop.take(), self.serving.take()) {
            stop.send(()).ok();
            self.runtime.block_on(serving).unwrap().unwrap();
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

/// The password of everybody here.
pub const PASSWORD: &str = "a sentence that is long enough";

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            line.split_once(": ")
                .filter(|(own, _)| own.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
    }

    /// What stands between two texts of the body.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> &str {
        let start = self
            .body
            .find(before)
            .unwrap_or_else(|| panic!("no {before} in {}", self.body))
            + before.len();
        self.body[start..].split(after).next().unwrap()
    }
}

/// A browser: keeps its cookie.
#[derive(Clone)]
pub struct Visitor {
    address: String,
    /// The session.
    pub cookie: Option<String>,
    /// The page that was asked for.
    pub asked: Option<String>,
    /// That somebody has signed in here.
    pub known: Option<String>,
    /// Where it comes from, as a proxy says.
    pub from: Option<String>,
    pub csrf: String,
    pub key: String,
}

impl Visitor {
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            cookie: None,
            asked: None,
            known: None,
            from: None,
            csrf: String::new(),
            key: String::new(),
        }
    }

    /// A browser that comes from there, as a proxy says.
    pub fn new_from(address: &str, from: &str) -> Self {
        Self {
            from: Some(from.to_owned()),
            ..Self::new(address)
        }
    }

    /// Reads the mark of its session's forms.
    pub fn learn_mark(&mut self) {
        self.csrf = self
            .get("/settings")
            .between("name=\"csrf\" value=\"", "\"")
            .to_owned();
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// Sends a form, with the session's mark.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .copied()
            .chain((!csrf.is_empty()).then_some(("csrf", csrf.as_str())))
            .collect();
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.ask(
            "POST",
            path,
            &["content-type: application/x-www-form-urlencoded"],
            &body,
        )
    }

    pub fn ask(&mut self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for cookie in [&self.cookie, &self.asked, &self.known]
            .into_iter()
            .flatten()
        {
            head.push_str(&format!("cookie: {cookie}\r\n"));
        }
        if let Some(from) = &self.from {
            head.push_str(&format!("x-forwarded-for: {from}\r\n"));
        }
        headers
            .iter()
            .for_each(|header| head.push_str(&format!("{header}\r\n")));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let answer = Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        for cookie in answer
            .head
            .lines()
            .filter_map(|line| line.strip_prefix("set-cookie: "))
        {
            let kept = cookie
                .split(';')
                .next()
                .map(str::to_owned)
                .filter(|cookie| !cookie.ends_with('='));
            let name = cookie.split('=').next().unwrap();
            let place = match () {
                () if name.ends_with("-asked") => &mut self.asked,
                () if name.contains("-known-") => &mut self.known,
                () => &mut self.cookie,
            };
            *place = kept;
        }
        answer
    }
}
