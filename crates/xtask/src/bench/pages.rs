//! How long pages take: a hub with many incidents, national with many more rows, and a browser's requests one after another.
//! Time is to the first byte of the answer, so the query, the view and the page are all in it.

use crate::bench::incidents::{self, Shape};
use crate::bench::process::Program;
use crate::bench::report::Line;
use crate::bench::tables::Counting;
use crate::bench::workloads::progress;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vicinity_core::batch::{Group, GroupChange};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ids::{DeviceId, IncidentId, ProjectionId};
use vicinity_core::projection::{MonthBasis, Projection, project};
use vicinity_core::published::last_closed;
use vicinity_core::time::{Timestamp, month_number, numbered_month};
use vicinity_server::machine::Machine;
use vicinity_server::national::{Report, Row};
use vicinity_server::store::hub::{HubStore, Role};
use vicinity_server::store::national::{NationalStore, NewProjection, ProjectionBody};
use vicinity_server::{hub, national};

/// Rows at national for each incident at the hub.
const ROWS_OF_ONE: usize = 50;
/// Requests of each page.
const REQUESTS: usize = 40;
/// Documents and rows that are written together.
const TOGETHER: usize = 500;
/// Rows, areas and hubs of a national office whose hubs invent areas.
const INVENTED_ROWS: usize = 15_162;
const INVENTED_AREAS: usize = 120;
const INVENTED_HUBS: u8 = 4;
const PASSWORD: &str = "a sentence that is long enough";

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_second(since.as_secs().cast_signed()).unwrap_or_default()
}

/// The figures, with `incidents` incidents at the hub.
pub fn figures(program: &Program, incidents: usize) -> Result<Vec<Line>> {
    let folder = tempfile::tempdir().context("no folder")?;
    let mut lines = Vec::new();
    let seen = fill_hub(&folder.path().join("hub"), incidents)?;
    let one = format!("/incident/{}", seen.first().context("no incident")?);
    let pages = [
        "/",
        "/?status=&kind=police&page=20",
        one.as_str(),
        "/conflicts",
        "/questions",
        "/alerts",
        "/advocacy",
        "/advocacy?kind=police",
        "/report",
        "/report?for=others",
        "/exports",
        "/hub",
    ];
    lines.extend(time(
        program,
        "hub",
        &folder.path().join("hub"),
        &pages,
        &format!("hub with {incidents} incidents"),
    )?);
    let rows = incidents * ROWS_OF_ONE;
    let (rate, cells, row) = fill_national(&folder.path().join("national"), rows)?;
    let row = format!("/projection/{row}");
    let draft = format!("/publish?month={}", last_closed(now()));
    lines.push(Line::at_least(
        "rows taken in a second at national, durable",
        rate,
        10_000.0,
        "/s",
    ));
    lines.push(Line::at_least(
        "cells of count tables taken in a second at national, durable",
        cells,
        20_000.0,
        "/s",
    ));
    let pages = [
        "/",
        "/queue",
        row.as_str(),
        "/picture",
        "/picture?from=2022-01&to=2024-12&area=SN-03",
        "/picture?as=published",
        draft.as_str(),
        "/advocacy",
        "/advocacy?from=2022-01&to=2024-12&kind=police&area=SN-03",
        "/report",
        "/exports",
        "/hubs",
        "/countries",
    ];
    lines.extend(time(
        program,
        "national",
        &folder.path().join("national"),
        &pages,
        &format!("national with {rows} rows"),
    )?);
    lines.extend(of_invented_areas(program, &folder.path().join("invented"))?);
    progress("");
    Ok(lines)
}

fn machine() -> Machine {
    // One counter for all machines of this process: no id is drawn twice.
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    let random = |bytes: &mut [u8]| {
        for byte in bytes {
            // Mixed well: a million ids of sixteen bytes must differ.
            let mut drawn = DRAWN
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (drawn ^ (drawn >> 31)) as u8;
        }
    };
    Machine {
        now: Arc::new(now),
        running: Arc::new(|| None),
        random: Arc::new(random),
    }
}

/// Documents of invented incidents: id, and their changes.
fn documents(count: usize, seed: u64) -> Result<Vec<(IncidentId, Document, Vec<Vec<u8>>)>> {
    let machine = machine();
    let text = incidents::lines(Shape {
        incidents: count,
        seed,
        with_edits: true,
    })?;
    let mut made = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        let draft = Draft::parse(&line["incident"], now())?;
        let edits = Edit::parse_list(&line["edits"], now())?;
        let authoring = Authoring {
            actor: machine.bytes(),
            now: now(),
        };
        let (document, authored) =
            Document::create_and_edit(&draft, &edits, authoring).map_err(|(_, error)| error)?;
        made.push((
            IncidentId::from_random(machine.bytes()),
            document,
            authored.chunks,
        ));
    }
    Ok(made)
}

fn fill_hub(data: &Path, incidents: usize) -> Result<Vec<IncidentId>> {
    let mut machine = machine();
    let mut store = hub::open(data, None, &machine)?;
    store.invite([1; 32], Role::Responder, Timestamp::MAX)?;
    let device = store
        .enrol([1; 32], DeviceId::from_random([7; 16]), [7; 32], now())?
        .context("no device")?;
    let mut ids = Vec::new();
    for batch in 0..incidents.div_ceil(TOGETHER) {
        progress(&format!(
            "pages: {} of {incidents} incidents at the hub",
            ids.len()
        ));
        let groups: Vec<Group> = documents(TOGETHER.min(incidents - ids.len()), batch as u64)?
            .into_iter()
            .map(|(incident, _, chunks)| Group {
                incident,
                relayed: false,
                changes: chunks
                    .into_iter()
                    .map(|chunk| GroupChange { chunk, by: 0 })
                    .collect(),
            })
            .collect();
        store.accept(&device, None, &groups, now(), &mut machine)?;
        ids.extend(groups.iter().map(|group| group.incident));
    }
    let mut held = Vec::new();
    store.each_incident(&mut |id, _| {
        held.push(id);
        Ok(())
    })?;
    Ok(held)
}

/// Rows over five years, twenty areas and ten hubs, and the hubs' count tables. Gives how many rows and how many cells were taken in a
/// second, and one of the rows.
fn fill_national(data: &Path, rows: usize) -> Result<(f64, f64, ProjectionId)> {
    let mut store = national::open(data, None, &machine())?;
    let found = documents(TOGETHER, 1)?;
    let patterns: Vec<Projection> = found
        .iter()
        .filter_map(|(_, document, _)| project(&document.incident(), now()))
        .collect();
    ensure!(!patterns.is_empty(), "no incident may be projected");
    for hub in 1..=10 {
        enrol_hub(&mut store, hub)?;
    }
    let machine = machine();
    let (mut spent, mut last) = (Duration::ZERO, None);
    for first in (0..rows).step_by(TOGETHER) {
        if first % 50_000 == 0 {
            progress(&format!("pages: {first} of {rows} rows at national"));
        }
        let row = |at: usize| {
            let mut row = patterns[at % patterns.len()].clone();
            row.month = format!("{}-{:02}", 2022 + at / 7 % 5, 1 + at / 35 % 12);
            row.admin1 = format!("SN-{:02}", at / 3 % 20);
            let body = ProjectionBody {
                json: serde_json::to_string(&row)?,
                month: row.month.clone(),
                facets: row.facets(),
            };
            Ok(NewProjection {
                projection: ProjectionId::from_random(machine.bytes()),
                version: 1,
                body: Some(body),
            })
        };
        let batch: Vec<NewProjection> = (first..rows.min(first + TOGETHER))
            .map(row)
            .collect::<Result<_>>()?;
        let start = Instant::now();
        store.upsert((first / TOGETHER % 10 + 1) as u32, &batch, now())?;
        spent += start.elapsed();
        last = batch.last().map(|row| row.projection);
    }
    let counting = Counting {
        patterns: &patterns,
        hubs: 10,
        months: 60,
        incidents: 5,
    };
    let areas = |_| (0..20).map(|area| format!("SN-{area:02}")).collect();
    let cells = counting.fill(&mut store, now(), areas)?;
    let rate = rows as f64 / spent.as_secs_f64();
    Ok((rate, cells, last.context("no row")?))
}

fn enrol_hub(store: &mut impl NationalStore, number: u8) -> Result<()> {
    store.invite([number; 32], Role::Hub, Timestamp::MAX)?;
    store
        .enrol(
            [number; 32],
            DeviceId::from_random([number; 16]),
            [number; 32],
            now(),
        )?
        .context("a hub was not enrolled")?;
    Ok(())
}

/// National whose hubs invent areas: its picture, and its queue while three others ask for the picture again and again.
fn of_invented_areas(program: &Program, data: &Path) -> Result<Vec<Line>> {
    fill_invented(data)?;
    let what = format!("national with {INVENTED_ROWS} rows in {INVENTED_AREAS} invented areas");
    let draft = format!("/publish?month={}", last_closed(now()));
    let pages = ["/picture", draft.as_str(), "/report", "/queue"];
    let mut lines = time(program, "national", data, &pages, &what)?;
    let served = serve(program, "national", data)?;
    let asking = AtomicBool::new(true);
    let p95 = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while asking.load(Ordering::Relaxed) {
                    // The answer does not matter here.
                    ask(&served.address, "GET", "/picture", &served.cookie, "").ok();
                }
            });
        }
        let p95 = served.p95("/queue");
        asking.store(false, Ordering::Relaxed);
        p95
    })?;
    lines.push(Line::at_most(
        format!("{what}: /queue while three ask for /picture, first byte p95"),
        p95,
        200.0,
        "ms",
    ));
    Ok(lines)
}

/// Rows as hubs report them, through the gate: a year of months, each hub with areas of its own.
fn fill_invented(data: &Path) -> Result<()> {
    let mut store = national::open(data, None, &machine())?;
    let found = documents(TOGETHER, 2)?;
    let patterns: Vec<Projection> = found
        .iter()
        .filter_map(|(_, document, _)| project(&document.incident(), now()))
        .collect();
    ensure!(!patterns.is_empty(), "no incident may be projected");
    let machine = machine();
    let this = month_number(&now().to_string()[..7]).context("no month")?;
    for hub in 1..=INVENTED_HUBS {
        enrol_hub(&mut store, hub)?;
    }
    for first in (0..INVENTED_ROWS).step_by(TOGETHER) {
        let hub = u8::try_from(first / TOGETHER)? % INVENTED_HUBS + 1;
        let row = |at: usize| {
            let mut row = patterns[at % patterns.len()].clone();
            (row.month, row.month_basis, row.iso_week) = (
                numbered_month(this - (at / 7 % 12) as u32),
                MonthBasis::Incident,
                None,
            );
            row.admin1 = format!(
                "X{}-{:02}",
                (b'A' + hub) as char,
                at / 84 % (INVENTED_AREAS / usize::from(INVENTED_HUBS))
            );
            Ok(Row::new(
                ProjectionId::from_random(machine.bytes()),
                1,
                Some(serde_json::to_string(&row)?),
            ))
        };
        let rows = (first..INVENTED_ROWS.min(first + TOGETHER))
            .map(row)
            .collect::<Result<_>>()?;
        let reply = national::take_report(
            &mut store,
            hub.into(),
            Report {
                rows,
                ..Report::default()
            },
            now(),
        )?;
        ensure!(reply.held.iter().all(Option::is_some), "a row was refused");
    }
    let counting = Counting {
        patterns: &patterns,
        hubs: INVENTED_HUBS.into(),
        months: 12,
        incidents: 10,
    };
    let areas = |hub: u32| {
        let of_one = INVENTED_AREAS / usize::from(INVENTED_HUBS);
        let letter = char::from(b'A' + hub as u8);
        (0..of_one)
            .map(|area| format!("X{letter}-{area:02}"))
            .collect()
    };
    counting.fill(&mut store, now(), areas).map(drop)
}

/// A server that is ended when this goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A server and somebody who has signed in.
struct Served {
    address: String,
    cookie: String,
    _running: Running,
}

fn serve(program: &Program, kind: &str, data: &Path) -> Result<Served> {
    let mut command = program.command();
    command
        .args([kind, "--listen", "127.0.0.1:0", "--plain-http", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running(command.spawn().context("the program does not start")?);
    let mut ready = String::new();
    BufReader::new(running.0.stdout.take().context("no output")?).read_line(&mut ready)?;
    let ready: Value = serde_json::from_str(&ready)?;
    let address = ready["listening"]
        .as_str()
        .context("no address")?
        .to_owned();
    let cookie = signed_in(program, kind, data, &address)?;
    Ok(Served {
        address,
        cookie,
        _running: running,
    })
}

impl Served {
    /// The 95th of a hundred of a page's times to the first byte, in milliseconds.
    fn p95(&self, page: &str) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..REQUESTS {
            let (spent, answer) = ask(&self.address, "GET", page, &self.cookie, "")?;
            ensure!(
                answer.starts_with("HTTP/1.1 200"),
                "{page}: {}",
                answer.lines().next().unwrap_or_default()
            );
            times.push(spent);
        }
        times.sort_unstable();
        Ok(times
            .get(REQUESTS * 95 / 100)
            .copied()
            .unwrap_or_default()
            .as_secs_f64()
            * 1000.0)
    }
}

/// Each page's time.
fn time(
    program: &Program,
    kind: &str,
    data: &Path,
    pages: &[&str],
    what: &str,
) -> Result<Vec<Line>> {
    progress(&format!("pages: {what}"));
    let served = serve(program, kind, data)?;
    let mut lines = Vec::new();
    for page in pages {
        let p95 = served.p95(page)?;
        let shown = ["/incident/", "/projection/"]
            .into_iter()
            .find(|of| page.starts_with(of))
            .map_or((*page).to_owned(), |of| format!("{of}…"));
        lines.push(Line::at_most(
            format!("{what}: {shown}, first byte p95"),
            p95,
            50.0,
            "ms",
        ));
    }
    Ok(lines)
}

fn signed_in(program: &Program, kind: &str, data: &Path, address: &str) -> Result<String> {
    let invited = program
        .command()
        .args([kind, "people", "invite", "bench", "--data"])
        .arg(data)
        .output()?;
    let link = String::from_utf8(invited.stdout)?;
    let path = link
        .trim()
        .strip_prefix(&format!("http://{address}"))
        .context("a link of another form")?
        .to_owned();
    let (_, page) = ask(address, "GET", &path, "", "")?;
    let key = page
        .split("<span class=\"mono\">")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .context("no key on the page")?;
    let code = vicinity_server::pages::credentials::code_now(key, now()).context("no key")?;
    let (_, answer) = ask(
        address,
        "POST",
        &path,
        "",
        &format!("password={}&code={code}", PASSWORD.replace(' ', "+")),
    )?;
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    Ok(cookie.context("signing in failed")?.to_owned())
}

/// Asks over a new connection. Gives the time to the first byte, and the answer.
fn ask(
    address: &str,
    method: &str,
    path: &str,
    cookie: &str,
    body: &str,
) -> Result<(Duration, String)> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let start = Instant::now();
    stream.write_all(head.as_bytes())?;
    let mut first = [0];
    stream.read_exact(&mut first)?;
    let spent = start.elapsed();
    let mut answer = first.to_vec();
    stream.read_to_end(&mut answer)?;
    Ok((spent, String::from_utf8_lossy(&answer).into_owned()))
}
