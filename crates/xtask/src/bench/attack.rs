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
use vicinity_sync::message::{Request, SYNC_PATH};

/// Changes of the large incident.
const CHANGES: usize = 9801;
/// Changes of one push.
const PUSHED: usize = 2000;
/// Syncs that are timed, each of one incident more.
const SYNCS: usize = 40;
/// Connections of the attacker.
const AT_ONCE: usize = 4;
/// The most that a sync may take longer meanwhile.
const RATIO: f64 = 2.0;
const SECRET: [u8; 32] = [9; 32];

/// The figures.
pub fn figures(program: &Program) -> Result<Vec<Line>> {
    let centre = Centre::open(program)?;
    let honest = centre.device("honest", "educator")?;
    let sync = |seed: u64| -> Result<Duration> {
        centre.log_lines(&honest, &incidents::lines(Shape { incidents: 1, seed, with_edits: true })?, 1)?;
        let start = Instant::now();
        honest.sync()?;
        Ok(start.elapsed())
    };
    progress("attack: a quiet hub");
    let quiet = p95((0..SYNCS as u64).map(sync).collect::<Result<_>>()?);
    progress(&format!("attack: an incident of {CHANGES} changes"));
    let mut attacker = Attacker::enrol(&centre)?;
    let mut chunks = large()?;
    let fresh = chunks.split_off(CHANGES - 1);
    for part in chunks.chunks(PUSHED) {
        let (status, _) = attacker.post(vec![group(part)])?;
        ensure!(status == 200, "a push of the large incident was answered with {status}");
    }
    let mut lines = vec![Line::at_most("p95 of a device's sync, quiet hub", quiet.as_secs_f64() * 1000.0, 1000.0, "ms")];
    for groups in [500, 4000] {
        progress(&format!("attack: {groups} groups name it"));
        let pushed = vec![group(&chunks[..1]); groups];
        let (under, answered) = attacked(&mut attacker, &pushed, || (0..SYNCS as u64).map(|at| sync(1000 * groups as u64 + at)).collect())?;
        lines.push(ratio(&format!("{groups} groups that name one incident of {CHANGES} changes ({answered} requests answered)"), under, quiet));
    }
    progress("attack: one change more");
    let (under, answered) = attacked(&mut attacker, &[group(&fresh)], || (0..SYNCS as u64).map(|at| sync(9_000_000 + at)).collect())?;
    lines.push(ratio(&format!("one change more of it, again and again ({answered} requests answered)"), under, quiet));
    progress("");
    Ok(lines)
}

fn ratio(what: &str, under: Duration, quiet: Duration) -> Line {
    Line::at_most(format!("p95 of another device's sync to a quiet one: {what}"), under.as_secs_f64() / quiet.as_secs_f64(), RATIO, "times")
}

/// Syncs while the attacker keeps asking from several connections. Gives their p95, and how many requests were answered.
fn attacked(attacker: &mut Attacker, pushed: &[Group], syncs: impl FnOnce() -> Result<Vec<Duration>>) -> Result<(Duration, u64)> {
    let stop = std::sync::Arc::new(AtomicBool::new(false));
    let asking: Vec<JoinHandle<u64>> = (0..AT_ONCE)
        .map(|_| {
            attacker.incarnation += 1;
            let (mut one, stop, pushed) = (Attacker { counter: 0, ..attacker.clone() }, std::sync::Arc::clone(&stop), pushed.to_vec());
            std::thread::spawn(move || {
                let mut answered = 0;
                while !stop.load(Ordering::Relaxed) {
                    // Refused or cut, it asks again.
                    answered += u64::from(one.post(pushed.clone()).is_ok_and(|(status, _)| status == 200));
                }
                answered
            })
        })
        .collect();
    let times = syncs();
    stop.store(true, Ordering::Relaxed);
    let answered = asking.into_iter().map(|one| one.join().unwrap_or_default()).sum();
    Ok((p95(times?), answered))
}

fn p95(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 95 / 100).copied().unwrap_or_default()
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_second(since.as_secs().cast_signed()).unwrap_or_default()
}

/// The changes of the large incident.
fn large() -> Result<Vec<Vec<u8>>> {
    let json = json!({"reported_at": "2026-11-19T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"]});
    let authoring = || Authoring { actor: [5; 8], now: now() };
    let (mut document, authored) = Document::create(&Draft::parse(&json, now())?, authoring())?;
    let mut chunks: Vec<Vec<u8>> = authored.chunk.into_iter().collect();
    for at in chunks.len()..CHANGES {
        let edit = Edit::parse(&json!({"set": {"field": "step", "value": at.to_string()}}), now())?;
        chunks.extend(document.apply(&edit, authoring())?.chunk);
    }
    ensure!(chunks.len() == CHANGES, "{} changes instead of {CHANGES}", chunks.len());
    Ok(chunks)
}

fn group(chunks: &[Vec<u8>]) -> Group {
    let changes = chunks.iter().map(|chunk| GroupChange { chunk: chunk.clone(), by: 0 }).collect();
    Group { incident: IncidentId::from_random([4; 16]), relayed: false, changes }
}

/// An enrolled phone whose program was written for this.
#[derive(Clone)]
struct Attacker {
    address: String,
    device: DeviceId,
    incarnation: u64,
    counter: u64,
}

impl Attacker {
    fn enrol(centre: &Centre) -> Result<Self> {
        let link = EnrolLink::parse(centre.hub()?.invite("educator", &centre.proxy)?.trim())?;
        let device = DeviceId::from_random([3; 16]);
        let request = enrol::encode(&EnrolRequest::new(link.code, device, public_key(&SECRET)));
        let attacker = Self { address: centre.hub()?.address.clone(), device, incarnation: 1, counter: 0 };
        let (status, _) = attacker.exchange(ENROL_PATH, &request)?;
        ensure!(status == 200, "the attacker was not enrolled: {status}");
        Ok(attacker)
    }

    /// Pushes groups; the answer's status and body.
    fn post(&mut self, push: Vec<Group>) -> Result<(u16, Vec<u8>)> {
        self.counter += 1;
        let request = Request {
            cursor: None,
            push,
            rebase: Some(HeadsPage::default()),
            answer_budget: 16 * 1024,
            clock: now().as_second(),
            erased: Vec::new(),
            key_set: 0,
            alerts: 0,
            pins: 0,
            leaving: Vec::new(),
        };
        let envelope = Envelope::seal(&SECRET, SYNC_PATH, self.device, self.incarnation, self.counter, request.encode());
        self.exchange(SYNC_PATH, &envelope.encode())
    }

    fn exchange(&self, path: &str, body: &[u8]) -> Result<(u16, Vec<u8>)> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", self.address, body.len())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let status = answer.get(9..12).and_then(|status| str::from_utf8(status).ok()?.parse().ok()).context("no answer")?;
        Ok((status, answer))
    }
}
