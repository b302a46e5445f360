//! How long another device's sync takes while an enrolled phone does what it can to keep the hub busy: requests that name one
//! large incident very many times, and requests that each bring one change more of it. Against the same sync at a quiet hub.

use crate::bench::incidents::{self, Shape};
use crate::bench::process::Program;
use crate::bench::report::Line;
use crate::bench::workloads::{Centre, progress};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use vicinity_core::batch::{Group, GroupChange, HeadsPage};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{DeviceId, IncidentId};
use vicinity_core::time::Timestamp;
use vicinity_sync::enrol::{self, ENROL_PATH, EnrolLink, EnrolRequest};
use vicinity_sync::envelope::{Envelope, public_key};
use vicinity_sync::message::{KeyNews, Request, SYNC_PATH};

/// Changes of the large incident.
const CHANGES: usize = 9801;
/// Changes of one push.
const PUSHED: usize = 2000;
/// Syncs that are timed, each of one incident more.
const SYNCS: usize = 60;
/// Connections of the attacker.
const AT_ONCE: usize = 4;
/// What a network takes for a request and its answer. The attacker runs on the hub's own processors: without it, what would be
/// measured is how they share two cores.
const ROUND_TRIP: Duration = Duration::from_millis(20);
/// The most that a sync may take longer meanwhile.
const RATIO: f64 = 2.0;
/// What is pushed repeatedly: `groups` groups that name one change that the hub has or, at 0, one new change.
const KINDS: [Kind; 3] = [
    Kind { groups: 500 },
    Kind { groups: 4000 },
    Kind { groups: 0 },
];

/// One kind of attack.
#[derive(Clone, Copy)]
struct Kind {
    groups: usize,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.groups {
            0 => write!(f, "one more change, repeatedly, to an incident"),
            groups => write!(f, "{groups} groups that name one incident"),
        }
    }
}

/// The figures.
pub fn figures(program: &Program) -> Result<Vec<Line>> {
    let centre = Centre::open(program)?;
    let honest = centre.device("honest", "educator")?;
    let sync = |seed: u64| -> Result<Duration> {
        centre.log_lines(
            &honest,
            &incidents::lines(Shape {
                incidents: 1,
                seed,
                with_edits: true,
            })?,
            1,
        )?;
        let start = Instant::now();
        honest.sync()?;
        Ok(start.elapsed())
    };
    progress("attack: a quiet hub");
    let quiet = p95((0..SYNCS as u64).map(sync).collect::<Result<_>>()?);
    let mut lines = vec![Line::at_most(
        "p95 of a device's sync, quiet hub",
        quiet.as_secs_f64() * 1000.0,
        1000.0,
        "ms",
    )];
    for (number, kind) in (1u8..).zip(KINDS) {
        progress(&format!("attack: {kind}, an incident of {CHANGES} changes"));
        let mut attacker = Attacker::enrol(&centre, number)?;
        let mut chunks = large(number)?;
        let fresh = chunks.split_off(CHANGES - 1);
        for part in chunks.chunks(PUSHED) {
            let status = attacker.push(vec![attacker.group(part)])?;
            ensure!(
                status == 200,
                "a push of the large incident was answered with {status}"
            );
        }
        progress(&format!("attack: {kind}"));
        let pushed = match kind.groups {
            0 => vec![attacker.group(&fresh)],
            groups => vec![attacker.group(&chunks[..1]); groups],
        };
        let seed = 1_000_000 * u64::from(number);
        let (under, answered) = attacked(&mut attacker, &request(pushed), || {
            (0..SYNCS as u64).map(|at| sync(seed + at)).collect()
        })?;
        lines.push(ratio(
            &format!("{kind} of {CHANGES} changes ({answered} requests answered)"),
            under,
            quiet,
        ));
    }
    progress("");
    Ok(lines)
}

fn ratio(what: &str, under: Duration, quiet: Duration) -> Line {
    Line::at_most(
        format!("p95 of another device's sync, ratio to a quiet hub: {what}"),
        under.as_secs_f64() / quiet.as_secs_f64(),
        RATIO,
        "times",
    )
}

/// Syncs while the attacker keeps asking from several connections. Gives their p95, and how many requests were answered.
fn attacked(
    attacker: &mut Attacker,
    body: &[u8],
    syncs: impl FnOnce() -> Result<Vec<Duration>>,
) -> Result<(Duration, u64)> {
    let stop = std::sync::Arc::new(AtomicBool::new(false));
    let asking: Vec<JoinHandle<u64>> = (0..AT_ONCE)
        .map(|_| {
            attacker.incarnation += 1;
            let (mut one, stop, body) = (
                Attacker {
                    counter: 0,
                    ..attacker.clone()
                },
                std::sync::Arc::clone(&stop),
                body.to_vec(),
            );
            std::thread::spawn(move || {
                let mut answered = 0;
                while !stop.load(Ordering::Relaxed) {
                    // Refused or cut, it asks again.
                    answered += u64::from(one.post(body.clone()).is_ok_and(|status| status == 200));
                    std::thread::sleep(ROUND_TRIP);
                }
                answered
            })
        })
        .collect();
    let times = syncs();
    stop.store(true, Ordering::Relaxed);
    let answered = asking
        .into_iter()
        .map(|one| one.join().unwrap_or_default())
        .sum();
    Ok((p95(times?), answered))
}

fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    // The nearest rank.
    times
        .get((times.len() * 95).div_ceil(100).saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_second(since.as_secs().cast_signed()).unwrap_or_default()
}

/// The changes of an attacker's large incident.
fn large(number: u8) -> Result<Vec<Vec<u8>>> {
    let json = json!({"reported_at": "2026-11-19T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"]});
    let authoring = || Authoring {
        actor: [number; 8],
        now: now(),
    };
    let (mut document, authored) = Document::create(&Draft::parse(&json, now())?, authoring())?;
    let mut chunks: Vec<Vec<u8>> = authored.chunk.into_iter().collect();
    for at in chunks.len()..CHANGES {
        let edit = Edit::parse(
            &json!({"set": {"field": "step", "value": at.to_string()}}),
            now(),
        )?;
        chunks.extend(document.apply(&edit, authoring())?.chunk);
    }
    ensure!(
        chunks.len() == CHANGES,
        "{} changes instead of {CHANGES}",
        chunks.len()
    );
    Ok(chunks)
}

/// A push that also asks for everything.
fn request(push: Vec<Group>) -> Vec<u8> {
    let request = Request {
        cursor: None,
        push,
        rebase: Some(HeadsPage::default()),
        answer_budget: 16 * 1024,
        clock: now().as_second(),
        erased: Vec::new(),
        keys: KeyNews::default(),
        alerts: 0,
        pins: 0,
        leaving: Vec::new(),
    };
    request.encode()
}

/// An enrolled phone whose program was written for this.
#[derive(Clone)]
struct Attacker {
    address: String,
    number: u8,
    device: DeviceId,
    incarnation: u64,
    counter: u64,
}

impl Attacker {
    fn enrol(centre: &Centre, number: u8) -> Result<Self> {
        let link = EnrolLink::parse(centre.hub()?.invite("educator", &centre.proxy)?.trim())?;
        let device = DeviceId::from_random([number; 16]);
        let request = enrol::encode(&EnrolRequest::new(
            link.code,
            device,
            public_key(&[number; 32]),
        ));
        let attacker = Self {
            address: centre.hub()?.address.clone(),
            number,
            device,
            incarnation: 1,
            counter: 0,
        };
        let status = attacker.exchange(ENROL_PATH, &request)?;
        ensure!(status == 200, "the attacker was not enrolled: {status}");
        Ok(attacker)
    }

    /// Some changes of its incident.
    fn group(&self, chunks: &[Vec<u8>]) -> Group {
        let changes = chunks
            .iter()
            .map(|chunk| GroupChange {
                chunk: chunk.clone(),
                by: 0,
            })
            .collect();
        Group {
            incident: IncidentId::from_random([self.number; 16]),
            relayed: false,
            changes,
        }
    }

    /// Pushes groups; the answer's status.
    fn push(&mut self, push: Vec<Group>) -> Result<u16> {
        self.post(request(push))
    }

    /// Posts a body; the answer's status.
    fn post(&mut self, body: Vec<u8>) -> Result<u16> {
        self.counter += 1;
        let envelope = Envelope::seal(
            &[self.number; 32],
            SYNC_PATH,
            self.device,
            self.incarnation,
            self.counter,
            body,
        );
        self.exchange(SYNC_PATH, &envelope.encode())
    }

    fn exchange(&self, path: &str, body: &[u8]) -> Result<u16> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        )?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        answer
            .get(9..12)
            .and_then(|status| str::from_utf8(status).ok()?.parse().ok())
            .context("no answer")
    }
}
