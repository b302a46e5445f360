//! The story: a few days of six phones, two hubs and one national server.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use serde_json::json;
use tokio::runtime::Runtime;
use vicinity_core::counts::review::Choice;
use vicinity_core::ids::{IncidentId, ProjectionId};
use vicinity_core::published::last_closed;
use vicinity_core::{local, show};
use vicinity_server::store::hub::{HubStore, Role};
use vicinity_server::store::national::NationalStore;
use vicinity_server::store::person::Desk;
use vicinity_server::store::tables::NationalTables;
use vicinity_server::{published, tables};

use super::advocacy::advocate;
use super::cast::Phone;
use super::incidents::{self, Near};
use super::losses::fifth_day;
use super::servers::{Server, until};
use super::stage::{Stage, heading, settle};
use super::world::World;
use crate::hub_store;
use crate::output::{self, line};

/// Incidents that one phone logs on the first day.
const FIRST_DAY: usize = 110;
/// And on the second.
const SECOND_DAY: usize = 15;

/// The demo after its story: every server is up.
pub struct Told {
    national: Server,
    dakar: Server,
    phnom_penh: Server,
    phone: std::path::PathBuf,
}

impl Told {
    /// Stops everything.
    pub fn end(mut self, runtime: &Runtime) -> Result<()> {
        self.dakar.stop(runtime)?;
        self.phnom_penh.stop(runtime)?;
        self.national.stop(runtime)
    }

    /// What a person can try now.
    pub fn how_to_go_on(&self, world: &World) -> Result<String> {
        let board = self.dakar.invite_person(world, "amina", Desk::Responder)?;
        let review = self
            .national
            .invite_person(world, "dara", Desk::Coordinator)?;
        let (phone, dakar, national) = (
            self.phone.display(),
            self.dakar.data.display(),
            self.national.data.display(),
        );
        Ok(format!(
            "\n\
                Sign in with a browser (it warns of the servers' own keys: go on):\n\
                \x20 the board of Dakar's hub  {board}\n\
                \x20 the national review       {review}\n\
                Each link works once. Choose a password; for the six digits scan the code with an app, or type: echo KEY | vicinity code\n\n\
                The servers stay up: national on {}, Dakar on {}, Phnom Penh on {}.\n\
                In another terminal, with the same program:\n\
                \x20 vicinity device --home {phone} list\n\
                \x20 vicinity device --home {phone} sync\n\
                \x20 vicinity hub list --data {dakar}\n\
                \x20 vicinity hub invite --data {dakar} --role educator\n\
                \x20 vicinity national table --data {national} --by violation-group\n\
                Ctrl-C ends the demo and removes its files.",
            self.national.address, self.dakar.address, self.phnom_penh.address
        ))
    }
}

/// Tells the story, checking what it tells.
pub fn tell(world: &World, runtime: &Runtime) -> Result<Told> {
    let mut stage = set_up(world, runtime)?;
    let logged = first_day(&stage)?;
    let backup = world.folder().join("awa-backup");
    copy_folder(&stage.phones[0].home, &backup)?;
    let shared = shared_incident(&stage, &logged[0])?;
    let undecided = shared_incident(&stage, &logged[1])?;
    second_day(&mut stage, shared)?;
    leave_a_conflict(&stage, undecided)?;
    third_day(&mut stage, &backup, shared)?;
    fourth_day(&stage)?;
    advocate(&stage, shared)?;
    fifth_day(&stage)?;
    the_end(&stage)?;
    let phone = stage.phones[2].home.clone();
    Ok(Told {
        national: stage.national,
        dakar: stage.dakar,
        phnom_penh: stage.phnom_penh,
        phone,
    })
}

/// One of these that may leave its phone, and in which nobody is in danger yet.
fn shared_incident(stage: &Stage<'_>, ids: &[IncidentId]) -> Result<IncidentId> {
    let mut store = stage.dakar.as_hub(stage.world)?;
    for id in ids {
        if store
            .incident(*id)?
            .is_some_and(|row| row.incident.text("danger_now") == Some("no"))
        {
            return Ok(*id);
        }
    }
    anyhow::bail!("none of the incidents may leave the phone; take another seed")
}

fn set_up<'a>(world: &'a World, runtime: &'a Runtime) -> Result<Stage<'a>> {
    heading("Setting up: a national server, hubs in Dakar and Phnom Penh, six phones")?;
    let national = Server::national(world, runtime)?;
    let dakar = Server::hub(world, runtime, "hub-dakar", national.invite_hub(world)?)?;
    let phnom_penh = Server::hub(
        world,
        runtime,
        "hub-phnom-penh",
        national.invite_hub(world)?,
    )?;
    let minutes = SignedDuration::from_mins;
    // Responders first: links name their keys from then on, and phones seal to them without a comparison.
    let dakar_responder = Phone::enrolled(
        world,
        &dakar,
        "Dakar responder",
        Role::Responder,
        minutes(0),
    )?;
    let phnom_penh_responder = Phone::enrolled(
        world,
        &phnom_penh,
        "Phnom Penh responder",
        Role::Responder,
        minutes(2),
    )?;
    let phones = vec![
        Phone::enrolled(world, &dakar, "Awa", Role::Educator, minutes(0))?,
        Phone::enrolled(world, &dakar, "Fatou", Role::Educator, minutes(9))?,
        dakar_responder,
        Phone::enrolled(world, &phnom_penh, "Sreymom", Role::Educator, minutes(-55))?,
        Phone::enrolled(world, &phnom_penh, "Chanthy", Role::Educator, minutes(0))?,
        phnom_penh_responder,
    ];
    until("both hubs have enrolled at national", || {
        Ok(national.as_national(world)?.hubs()?.len() == 2)
    })?;
    line(
        "  Each phone enrolled with a one-time link. Two of their clocks are wrong; nothing depends on them.",
    )?;
    Ok(Stage {
        world,
        runtime,
        national,
        dakar,
        phnom_penh,
        phones,
    })
}

/// Everybody logs without a network, then meets the hub.
fn first_day(stage: &Stage<'_>) -> Result<Vec<Vec<IncidentId>>> {
    heading("Day 1. No network anywhere: the phones log")?;
    let mut logged = Vec::new();
    let started = Instant::now();
    for (at, phone) in stage.phones.iter().enumerate() {
        let near = if at < 3 { Near::Dakar } else { Near::PhnomPenh };
        let lines = incidents::draw(stage.world, &incidents::pool(near)?, FIRST_DAY);
        let ids = phone.log(stage.world, &lines)?;
        line(format!(
            "  {}: {} incidents, each on disk before it counts",
            phone.name,
            ids.len()
        ))?;
        logged.push(ids);
    }
    let total: usize = logged.iter().map(Vec::len).sum();
    line(format!(
        "  {total} incidents and what was done about them, in {:.1} s.",
        started.elapsed().as_secs_f64()
    ))?;
    stage.world.pass(SignedDuration::from_hours(9));
    heading("Day 1, evening. The phones meet their hubs")?;
    for phone in &stage.phones {
        let report = phone.sync(stage.world)?;
        let (sent, received) = (report.outcome.sent, report.outcome.received);
        line(format!(
            "  {}: sent {sent} changes, got {received}; {} requests, {} kB up, {} kB down",
            phone.name,
            report.requests,
            report.bytes_up / 1000,
            report.bytes_down / 1000
        ))?;
    }
    let held = [&stage.dakar, &stage.phnom_penh].map(|hub| {
        hub.as_hub(stage.world)
            .and_then(|mut store| Ok(store.counts()?.incidents))
    });
    let [dakar, phnom_penh] = held;
    let (dakar, phnom_penh) = (dakar?, phnom_penh?);
    line(format!(
        "  Dakar holds {dakar} incidents, Phnom Penh {phnom_penh}. {} stay on their phones: no consent to leave them.",
        total as u64 - dakar - phnom_penh
    ))?;
    settle(stage)?;
    let national = projections(stage)?;
    line(format!(
        "  National holds {national} projections: only those whose survivors agreed, without a name, code, day or place."
    ))?;
    Ok(logged)
}

fn projections(stage: &Stage<'_>) -> Result<u64> {
    Ok(stage
        .national
        .as_national(stage.world)?
        .hubs()?
        .iter()
        .map(|hub| hub.projections)
        .sum())
}

/// A hub is down; two phones edit the same incident.
fn second_day(stage: &mut Stage<'_>, shared: IncidentId) -> Result<()> {
    stage.world.pass(SignedDuration::from_hours(15));
    heading("Day 2. The hub in Phnom Penh is down all day")?;
    stage.phnom_penh.stop(stage.runtime)?;
    for phone in &stage.phones[3..] {
        let lines = incidents::draw(stage.world, &incidents::pool(Near::PhnomPenh)?, SECOND_DAY);
        let ids = phone.log(stage.world, &lines)?;
        let report = phone.try_sync(stage.world)?;
        ensure!(
            report.outcome.acked == 0,
            "a hub that is down acknowledged something"
        );
        line(format!(
            "  {}: {} more incidents; no hub answers, everything stays in the outbox",
            phone.name,
            ids.len()
        ))?;
    }
    heading("Day 2, Dakar. Awa and the responder both edit one incident, neither with a network")?;
    let (awa, responder) = (&stage.phones[0], &stage.phones[2]);
    awa.edit(stage.world, shared, &json!([{"set": {"field": "danger_now", "value": "yes"}}, {"add": {"set": "needs", "code": "shelter"}}]))?;
    let action = json!({"action": {"code": "safety_plan", "offered_at": stage.world.now().to_string(), "accepted": "yes", "done_at": stage.world.now().to_string(), "outcome": "done"}});
    responder.edit(
        stage.world,
        shared,
        &json!([{"set": {"field": "danger_now", "value": "unknown"}}, action]),
    )?;
    line(
        "  Awa: danger now is yes, and she needs shelter. The responder: danger now is unknown, and a safety plan was made.",
    )?;
    for phone in [awa, responder, awa] {
        phone.sync(stage.world)?;
    }
    let conflicts = responder.open(stage.world)?.conflicts()?;
    let conflict = conflicts
        .iter()
        .find(|conflict| conflict.incident == shared)
        .context("the two values of danger_now are not listed as a conflict")?;
    line(
        "  After both met the hub: nothing was lost, and the field both wrote shows both values:",
    )?;
    for side in &conflict.sides {
        line(format!(
            "    {} = {}  ({}, {})",
            conflict.field,
            output::plain(&side.value),
            side.device,
            side.at.map(|at| at.to_string()).unwrap_or_default()
        ))?;
    }
    responder
        .open(stage.world)?
        .resolve(shared, "danger_now", &json!("yes"))?;
    responder.sync(stage.world)?;
    awa.sync(stage.world)?;
    let shown = awa.show(stage.world, shared)?;
    ensure!(
        shown["danger_now"] == "yes" && shown["conflicts"].as_array().is_some_and(Vec::is_empty),
        "the resolution did not reach Awa"
    );
    ensure!(
        shown["needs"]
            .as_array()
            .is_some_and(|needs| needs.contains(&json!("shelter"))),
        "Awa's need was lost"
    );
    line(
        "  The responder resolves it as yes; after the next sync Awa's phone has no conflict either.",
    )
}

/// A second incident that two people edit: this conflict waits for a person to decide.
fn leave_a_conflict(stage: &Stage<'_>, undecided: IncidentId) -> Result<()> {
    let (fatou, responder) = (&stage.phones[1], &stage.phones[2]);
    for (phone, setting) in [(fatou, "police_station"), (responder, "detention")] {
        phone.edit(
            stage.world,
            undecided,
            &json!([{"set": {"field": "place.setting", "value": setting}}]),
        )?;
    }
    for phone in [fatou, responder, fatou] {
        phone.sync(stage.world)?;
    }
    line(
        "  Fatou and the responder disagree where another incident happened; that one is left for the end.",
    )
}

/// The hub is back; a phone is restored from a backup.
fn third_day(stage: &mut Stage<'_>, backup: &Path, shared: IncidentId) -> Result<()> {
    stage.world.pass(SignedDuration::from_hours(24));
    heading("Day 3. The hub in Phnom Penh is back")?;
    stage.phnom_penh.start(stage.world, stage.runtime)?;
    for phone in &stage.phones[3..] {
        let report = phone.sync(stage.world)?;
        line(format!(
            "  {}: sent {} changes that had waited, got {}",
            phone.name, report.outcome.sent, report.outcome.received
        ))?;
    }
    stage.phones[5].sync(stage.world)?;
    heading("Day 3, Dakar. Awa's phone broke; it is restored from the backup of day 1")?;
    let awa = &stage.phones[0];
    let before = awa.show(stage.world, shared)?;
    std::fs::remove_dir_all(&awa.home).context("the broken phone")?;
    copy_folder(backup, &awa.home)?;
    let report = awa.sync(stage.world)?;
    ensure!(
        awa.show(stage.world, shared)? == before,
        "the restored phone does not show what it showed before"
    );
    line(format!(
        "  The hub notices that it has seen later requests of this phone. They compare, and the phone gets back {} changes",
        report.outcome.received
    ))?;
    line(
        "  and shows exactly what it showed before it broke. What it had sent since day 1 was not sent twice.",
    )
}

/// A withdrawal, and a question from national.
fn fourth_day(stage: &Stage<'_>) -> Result<()> {
    stage.world.pass(SignedDuration::from_hours(24));
    heading("Day 4. A survivor takes back her consent to be part of national figures")?;
    settle(stage)?;
    let responder = &stage.phones[2];
    let (withdrawn, projection) = projected(stage, 0)?;
    let before = projections(stage)?;
    responder.edit(
        stage.world,
        withdrawn,
        &json!([{"consent": {"scope": "national_deid", "state": "withdrawn"}}]),
    )?;
    responder.sync(stage.world)?;
    settle(stage)?;
    let gone = |id: ProjectionId| -> Result<bool> {
        let mut found = false;
        stage
            .national
            .as_national(stage.world)?
            .each_projection(None, None, &mut |listing| {
                found |= listing.projection == id;
                Ok(())
            })?;
        Ok(!found)
    };
    ensure!(gone(projection)?, "the projection is still at national");
    line(format!(
        "  At the hub's next contact national has {} projections instead of {before}; hers is gone.",
        projections(stage)?
    ))?;
    heading("Day 4. National asks the hub about one projection")?;
    let (asked, projection) = projected(stage, 1)?;
    let question = stage
        .national
        .as_national(stage.world)?
        .ask(projection, "verify_area", stage.world.now())?
        .context("national does not know the projection")?;
    // Any news makes the hub contact national at once; otherwise it would do so within seconds.
    responder.edit(
        stage.world,
        asked,
        &json!([{"add": {"set": "needs", "code": "psychosocial"}}]),
    )?;
    responder.sync(stage.world)?;
    until("the question is in the incident", || {
        responder.sync(stage.world)?;
        Ok(responder.show(stage.world, asked)?["queries"]
            .as_array()
            .is_some_and(|queries| !queries.is_empty()))
    })?;
    responder.edit(
        stage.world,
        asked,
        &json!([{"answer": {"id": format!("q-{question}"), "answer": "confirmed"}}]),
    )?;
    responder.sync(stage.world)?;
    until("the answer is at national", || {
        Ok(stage
            .national
            .as_national(stage.world)?
            .questions()?
            .iter()
            .any(|row| row.id == question && row.answer.is_some()))
    })?;
    line(
        "  \"Is the area right?\" reached the incident as a log entry; the responder answered \"confirmed\"; national has the answer, and no more.",
    )
}

/// The n-th incident of Dakar that national holds, and its projection.
fn projected(stage: &Stage<'_>, nth: usize) -> Result<(IncidentId, ProjectionId)> {
    let mut store = stage.dakar.as_hub(stage.world)?;
    let mut all = Vec::new();
    stage
        .national
        .as_national(stage.world)?
        .each_projection(None, None, &mut |listing| {
            all.push(listing.projection);
            Ok(())
        })?;
    let mut here = Vec::new();
    for projection in all {
        if let Some(incident) = store.projected(projection)? {
            here.push((incident, projection));
        }
    }
    here.into_iter()
        .nth(nth)
        .context("Dakar has too few projections at national")
}

/// The hub's list, the conflicts, the national tables; and that everybody holds the same.
fn the_end(stage: &Stage<'_>) -> Result<()> {
    for (hub, phones) in [
        (&stage.dakar, &stage.phones[..3]),
        (&stage.phnom_penh, &stage.phones[3..]),
    ] {
        phones
            .iter()
            .try_for_each(|phone| phone.sync(stage.world).map(drop))?;
        let mut store = hub.as_hub(stage.world)?;
        let mut compared = 0usize;
        let mut responder = phones[2].open(stage.world)?;
        for (id, incident) in responder.list()? {
            // An incident without consent to leave the phone is not at the hub.
            let Some(row) = store.incident(id)? else {
                continue;
            };
            // The hub knows more of when it was written; what was written is the same.
            let incident = incident.read_by(row.incident.reading().clone());
            ensure!(
                show::show(id, &incident, stage.world.now())
                    == show::show(id, &row.incident, stage.world.now()),
                "hub and responder differ"
            );
            compared += 1;
        }
        ensure!(
            compared as u64 == store.counts()?.incidents,
            "the responder lacks incidents of the hub"
        );
    }
    settle(stage)?;
    heading(
        "The end. Every responder's phone and its hub hold the same incidents, field by field (compared just now).",
    )?;
    let mut store = stage.dakar.as_hub(stage.world)?;
    let (mut lines, zone) = (
        hub_store::lines(&mut store, stage.world.now())?,
        hub_store::zone(&mut store)?,
    );
    heading(&format!(
        "Dakar: who needs help now (the first ten; times are of {})",
        local::name(&zone)
    ))?;
    line(output::table(
        output::INCIDENT_HEADING,
        output::incident_rows(&mut lines, &zone)
            .into_iter()
            .take(10),
    ))?;
    heading("Conflicts that wait for a person")?;
    for (name, hub) in [("Dakar", &stage.dakar), ("Phnom Penh", &stage.phnom_penh)] {
        let conflicts = hub_store::conflicts(&mut hub.as_hub(stage.world)?)?;
        line(format!("  {name}: {}", conflicts.len()))?;
        for conflict in conflicts {
            let sides: Vec<String> = conflict
                .sides
                .iter()
                .map(|side| format!("{} ({})", output::plain(&side.value), side.device))
                .collect();
            line(format!(
                "    {} {}: {}",
                conflict.incident,
                conflict.field,
                sides.join(" or ")
            ))?;
        }
    }
    publish(stage)?;
    let shown = published::all(&mut stage.national.as_national(stage.world)?)?;
    for (dimension, title) in [
        ("perpetrator", "kind of perpetrator"),
        ("violation_group", "kind of violence"),
    ] {
        heading(&format!(
            "National, both countries: incidents by {title} and month (cells below 10 are left out: ·)"
        ))?;
        line(output::counts(&published::table(&shown, dimension)))?;
    }
    Ok(())
}

/// The hubs send their counts at once, and somebody publishes every closed month.
fn publish(stage: &Stage<'_>) -> Result<()> {
    for hub in [&stage.dakar, &stage.phnom_penh] {
        tables::want_now(&mut hub.as_hub(stage.world)?)?;
    }
    // Any news makes a hub contact national at once.
    stage
        .phones
        .iter()
        .try_for_each(|phone| phone.sync(stage.world).map(drop))?;
    until("national has the counts", || {
        let is_wanted = |hub: &Server| {
            tables::is_wanted(&mut hub.as_hub(stage.world)?).map_err(anyhow::Error::from)
        };
        Ok(!is_wanted(&stage.dakar)? && !is_wanted(&stage.phnom_penh)?)
    })?;
    let mut store = stage.national.as_national(stage.world)?;
    let (now, choice) = (stage.world.now(), Choice::default());
    let closed = last_closed(now);
    let months: Vec<String> = store.survivors("2000-01", &closed)?.into_keys().collect();
    for month in &months {
        let draft = published::draft(&mut store, month, &choice, now, false)?;
        published::publish(&mut store, draft, choice.clone(), "demo", now)?;
    }
    heading(&format!(
        "Counts: each hub adds up its own incidents and sends the sums. A coordinator publishes closed months, each once: {} of them, up to {closed}",
        months.len()
    ))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
