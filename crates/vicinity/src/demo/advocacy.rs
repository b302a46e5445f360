//! What was done about patterns: recorded at Dakar's hub and at national, before the last day.

use anyhow::{Result, ensure};
use jiff::SignedDuration;
use serde_json::json;
use vicinity_core::advocacy::{Advocacy, LOG_MAX};
use vicinity_core::ids::{AdvocacyId, IncidentId};
use vicinity_server::pages::months::{month_of, quarter_of};
use vicinity_server::store::advocacy::{AdvocacyLog, Asks, LogFilter, LoggedAdvocacy};

use super::servers::until;
use super::stage::{Stage, heading};
use crate::hub_store;
use crate::output::line;

/// Days before today, what was done, its target, the area, the outcome, and a note.
type Action = (
    i64,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const AT_DAKAR: [Action; 2] = [
    (
        72,
        "meeting_authority",
        "police",
        "SN-DK",
        "promised",
        "no more condoms as evidence, says the commissioner",
    ),
    (
        40,
        "training",
        "health_worker",
        "SN-DK",
        "achieved",
        "two clinics, 31 nurses",
    ),
];
const AT_NATIONAL: Action = (20, "media", "", "", "awaited", "a radio hour on extortion");

/// Responders and a coordinator record what they did; the hub's actions reach national as codes.
pub fn advocate(stage: &Stage<'_>, shared: IncidentId) -> Result<()> {
    heading("Day 4. What was done about the patterns, on the months of the incidents")?;
    AT_DAKAR.iter().try_for_each(|action| {
        log(
            stage,
            &mut stage.dakar.as_hub(stage.world)?,
            action,
            "amina",
        )
    })?;
    log(
        stage,
        &mut stage.national.as_national(stage.world)?,
        &AT_NATIONAL,
        "dara",
    )?;
    let quarter = quarter_of(&month_of(
        stage.world.now(),
        &hub_store::zone(&mut stage.dakar.as_hub(stage.world)?)?,
    ));
    let asks = Asks { text: "That no condom is evidence again.\nThat the night shift of the second district is trained.".into(), person: "amina".into() };
    stage
        .dakar
        .as_hub(stage.world)?
        .set_asks(&quarter, &asks, stage.world.now())?;
    // Any news makes the hub contact national at once; otherwise it would do so within seconds.
    let responder = &stage.phones[2];
    responder.edit(
        stage.world,
        shared,
        &json!([{"add": {"set": "needs", "code": "legal_advice"}}]),
    )?;
    responder.sync(stage.world)?;
    until("Dakar's actions are at national", || {
        let log = stage
            .national
            .as_national(stage.world)?
            .advocacy(
                &LogFilter {
                    to: "9999".to_owned(),
                    ..LogFilter::default()
                },
                0,
            )?
            .lines;
        ensure!(
            log.iter()
                .all(|logged| logged.hub.is_none() || logged.note.is_empty()),
            "a note left its hub"
        );
        Ok(log.iter().filter(|logged| logged.hub.is_some()).count() == AT_DAKAR.len())
    })?;
    line(
        "  Dakar met the police commissioner and trained nurses; national gave a radio hour. National has Dakar's actions as codes, without the notes.",
    )?;
    line("  The pages /advocacy and /report of both show them on the months, and what followed.")
}

fn day(stage: &Stage<'_>, days_ago: i64) -> String {
    let at = stage
        .world
        .now()
        .checked_sub(SignedDuration::from_hours(24 * days_ago))
        .unwrap_or(stage.world.now());
    at.to_string().chars().take(10).collect()
}

fn log(
    stage: &Stage<'_>,
    store: &mut dyn AdvocacyLog,
    action: &Action,
    person: &str,
) -> Result<()> {
    let (days_ago, action, kind, area, outcome, note) = *action;
    let text = str::to_owned;
    let entry = Advocacy {
        id: AdvocacyId::from_random(stage.world.server().bytes()),
        day: day(stage, days_ago),
        action: text(action),
        kind: text(kind),
        area: text(area),
        outcome: text(outcome),
    };
    entry.check(stage.world.now())?;
    let logged = LoggedAdvocacy {
        entry,
        hub: None,
        note: text(note),
        person: text(person),
    };
    ensure!(
        store.log_advocacy(&logged, LOG_MAX, stage.world.now())?,
        "the log is full"
    );
    Ok(())
}
