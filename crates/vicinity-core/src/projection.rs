//! The projection: what national may hold of an incident. The one gate through which anything leaves a hub upwards.
//!
//! It is an allow-list of plain typed fields. A field enters it by being written here, never by being in the incident;
//! a code passes only if this version knows it, because an unknown code could be anything, a name too, and leaves as
//! [`OTHER_UNLISTED`]. There is no id, survivor code, staff pseudonym, exact time, note or statement in it. What was needed, done and referred to
//! leaves as [`codes::SERVICE_GROUPS`]: nobody reads from a row that a complaint was filed.
//!
//! The [ladder](crate::ladder) will decide how much of it national gets ([`Projection::at`]). Until it is switched on a row leaves as it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::codes::{self, CodeList, ViolationGroup};
use crate::incident::{Entry, Incident};
use crate::{cascade, classify, clocks, consent, form, status, time, triage};

mod withheld;

/// The schema of projections: raised when a field is added or its meaning changes.
pub const SCHEMA: u32 = 3;
/// Replaces a code that this version does not know.
pub const OTHER_UNLISTED: &str = "other_unlisted";
/// The code for an unknown value.
pub const UNKNOWN: &str = "unknown";
/// Perpetrators of one projection. Of more, only the first ones in the sorted order are kept.
pub const PERPETRATORS_MAX: usize = 32;
/// Replaces a value that the [ladder](crate::ladder) withholds.
pub const WITHHELD: &str = "withheld";
/// Minutes of the longest response, a year of 366 days; what took longer counts as that many.
const RESPONSE_MAX_MINUTES: u32 = 366 * 24 * 60;
/// How soon the first response came.
pub(crate) const RESPONSES: [&str; 5] = [
    "within_1h",
    "within_24h",
    "within_72h",
    "later",
    "no_response",
];
/// The age bands of rows and of counts.
pub(crate) const AGE_BANDS: [&str; 3] = ["0-17", "18-24", "25+"];
/// How far a referral came.
pub(crate) const REFERRED: [&str; 2] = ["sent", "completed"];

/// What consent and coding leave of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// The schema of this projection.
    pub schema: u32,
    /// Whether it may be counted in tables: consent to `aggregate_count`.
    pub countable: bool,
    /// The month, as `2026-11`, or `unknown`.
    pub month: String,
    /// The quarter, as `2026-Q4`, where the month is withheld.
    pub quarter: Option<String>,
    /// What the month is of.
    pub month_basis: MonthBasis,
    /// A code of the list "time of day".
    pub time_of_day: String,
    /// A code of the list "setting".
    pub setting: String,
    /// Country and first-level area, as `SN-DK`, or `unknown`.
    pub admin1: String,
    /// The age band, as `18-24`, or `unknown`.
    pub age_band: String,
    /// A code of the list "gender".
    pub gender: String,
    /// Codes of the list "population".
    pub populations: BTreeSet<String>,
    /// Codes of violations.
    pub violations: BTreeSet<String>,
    /// The groups of the violations.
    pub violation_groups: BTreeSet<String>,
    /// The perpetrators, sorted, so that their order reveals nothing.
    pub perpetrators: Vec<ProjectedPerpetrator>,
    /// Codes of the list "motive".
    pub motives: BTreeSet<String>,
    /// Codes of the list "service group" that were needed.
    pub needs: BTreeSet<String>,
    /// Codes of the list "service group" of which something was done.
    pub actions: BTreeSet<String>,
    /// How soon the first response came: `within_1h`, `within_24h`, `within_72h`, `later` or `no_response`.
    pub response: String,
    /// How far it came towards HIV prophylaxis: a step, as [`steps_of`](crate::gate::steps_of) lists them.
    pub pep: String,
    /// How far it came towards emergency contraception: a step, as [`steps_of`](crate::gate::steps_of) lists them.
    pub ec: String,
    /// How far referrals came, `sent` or `completed`, by codes of the list "service group".
    pub referrals: BTreeMap<String, String>,
    /// A code of the list "status".
    pub status: String,
    /// The triage as of the report: how urgent it was when it came in.
    pub triage: String,
    /// GBVIMS's type.
    pub gbvims: String,
    /// ICCS's codes.
    pub iccs: BTreeSet<String>,
}

/// What the month of a projection is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthBasis {
    /// The incident.
    Incident,
    /// The report, because the time of the incident is unknown.
    Report,
    /// The row does not say.
    Withheld,
}

/// A perpetrator as national sees one: codes, no description.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectedPerpetrator {
    /// A code of the list "perpetrator kind".
    pub kind: String,
    /// A code of the list "count band".
    pub count_band: String,
    /// A code of the list "perpetrator sex".
    pub sex: String,
    /// A code of the list "perpetrator age group".
    pub age_group: String,
    /// Yes, no or unknown.
    pub known_before: String,
    /// Yes, no or unknown.
    pub repeat: String,
}

/// Every field of a projection and what it holds, for the data dictionary.
pub static FIELDS: &[(&str, &str)] = &[
    ("actions", "service groups of which something was done"),
    (
        "admin1",
        "country and first-level area, as `SN-DK`, or `unknown`",
    ),
    ("age_band", "0-17, 18-24, 25+ or unknown"),
    ("countable", "whether `aggregate_count` is granted"),
    (
        "ec",
        "step of emergency contraception: not_exposed, too_late, in_time, offered, completed",
    ),
    ("gbvims", "GBVIMS's single type, derived"),
    ("gender", "code"),
    ("iccs", "ICCS's codes, derived"),
    (
        "month",
        "of the incident, or of the report where the incident's is unknown",
    ),
    ("month_basis", "incident or report"),
    ("motives", "codes"),
    ("needs", "service groups"),
    (
        "pep",
        "step of HIV prophylaxis: not_exposed, too_late, in_time, offered, started, completed",
    ),
    (
        "perpetrators",
        "kind, count band, sex, age group, known before, repeat; sorted, 32 at most",
    ),
    ("populations", "codes"),
    (
        "quarter",
        "as `2026-Q4`, where the month is withheld; otherwise nothing",
    ),
    ("referrals", "sent or completed, by service group"),
    (
        "response",
        "from the report to the first response: within_1h, within_24h, within_72h, later, no_response",
    ),
    ("schema", "of the projection"),
    ("setting", "code"),
    ("status", "code"),
    ("time_of_day", "code"),
    ("triage", "the level as of the report"),
    ("violation_groups", "derived"),
    ("violations", "codes"),
];

/// The projection of an incident, or nothing without consent: `hub_response` (else the hub has no business with the
/// incident at all) and `national_deid`.
#[must_use]
pub fn project(incident: &Incident, now: Timestamp) -> Option<Projection> {
    is_consented(incident, now).then(|| coarse(incident, now))
}

/// Whether a row of the incident may leave the hub.
fn is_consented(incident: &Incident, now: Timestamp) -> bool {
    [consent::HUB_RESPONSE, consent::NATIONAL_DEID]
        .into_iter()
        .all(|scope| consent::granted(incident, scope, now))
}

/// The same row regardless of consent, for the counts that a hub keeps for itself. It never leaves the hub.
pub(crate) fn coarse(incident: &Incident, now: Timestamp) -> Projection {
    let (month, month_basis) = closed(month(incident));
    // A level that faded with the days would make the row depend on when it was made.
    let triage_at = incident
        .reported_at()
        .or(incident.reading().received_at)
        .unwrap_or(now);
    let code = |field: &str, list: &CodeList| listed(list, incident.text(field));
    Projection {
        schema: SCHEMA,
        countable: consent::granted(incident, consent::AGGREGATE_COUNT, now),
        month,
        quarter: None,
        month_basis,
        time_of_day: code("time_of_day", &codes::TIMES_OF_DAY),
        setting: code("place.setting", &codes::SETTINGS),
        admin1: incident
            .text("place.area")
            .and_then(admin1)
            .unwrap_or_else(|| UNKNOWN.to_owned()),
        age_band: age_band(incident).to_owned(),
        gender: code("survivor.gender", &codes::GENDERS),
        populations: listed_set(&[&codes::POPULATIONS], incident, "survivor.populations"),
        violations: listed_set(
            &ViolationGroup::ALL.map(|(_, list)| list),
            incident,
            "violations",
        ),
        violation_groups: incident
            .codes("violations")
            .filter_map(ViolationGroup::of)
            .map(|group| group.name().to_owned())
            .collect(),
        perpetrators: perpetrators(incident),
        motives: listed_set(&[&codes::MOTIVES], incident, "motives"),
        needs: incident.codes("needs").map(group_of).collect(),
        actions: actions(incident),
        response: response_band(response_minutes(incident)).to_owned(),
        pep: cascade::pep(incident).to_owned(),
        ec: cascade::ec(incident).to_owned(),
        referrals: referrals(incident),
        status: listed(&codes::STATUSES, Some(&status::status(incident))),
        triage: triage::level(incident, triage_at).code().to_owned(),
        gbvims: classify::gbvims(incident).to_owned(),
        iccs: classify::iccs(incident)
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}

/// A code that this version knows; [`OTHER_UNLISTED`] for another code, and [`UNKNOWN`] for none.
fn listed(list: &CodeList, code: Option<&str>) -> String {
    match code {
        None => UNKNOWN.to_owned(),
        Some(code) if list.knows(code) => code.to_owned(),
        Some(_) => OTHER_UNLISTED.to_owned(),
    }
}

fn listed_set(lists: &[&CodeList], incident: &Incident, set: &str) -> BTreeSet<String> {
    let known = |code: &str| lists.iter().any(|list| list.knows(code));
    incident
        .codes(set)
        .map(|code| if known(code) { code } else { OTHER_UNLISTED }.to_owned())
        .collect()
}

fn month(incident: &Incident) -> (String, MonthBasis) {
    if let Some((local, _)) = incident.occurred() {
        return (time::month(local.wall.date()), MonthBasis::Incident);
    }
    let month = incident
        .reported_at()
        .map(|at| time::month(local_date(at, incident)));
    (
        month.unwrap_or_else(|| UNKNOWN.to_owned()),
        MonthBasis::Report,
    )
}

/// A month that national takes, or none at all: years that no reader has a form for are as good as unknown.
fn closed((month, basis): (String, MonthBasis)) -> (String, MonthBasis) {
    if form::is_month(&month) {
        (month, basis)
    } else {
        (UNKNOWN.to_owned(), MonthBasis::Report)
    }
}

/// The day it was at the hub, so that a report at night on the last of the month counts in that month.
fn local_date(at: Timestamp, incident: &Incident) -> Date {
    incident.local_zone().to_datetime(at).date()
}

/// Country and first-level area of a hub's area code, if it has the form of ISO 3166-2. What is after these, a
/// district or a street, is dropped.
pub(crate) fn admin1(area: &str) -> Option<String> {
    let mut parts = area.split('-');
    let (country, first_level) = (parts.next()?, parts.next()?);
    let country_fits = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic());
    let level_fits = (1..=3).contains(&first_level.len())
        && first_level.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (country_fits && level_fits).then(|| format!("{country}-{first_level}").to_ascii_uppercase())
}

fn age_band(incident: &Incident) -> &'static str {
    match incident
        .register("survivor.age")
        .and_then(serde_json::Value::as_i64)
    {
        Some(0..=17) => AGE_BANDS[0],
        Some(18..=24) => AGE_BANDS[1],
        Some(25..) => AGE_BANDS[2],
        _ => UNKNOWN,
    }
}

fn perpetrators(incident: &Incident) -> Vec<ProjectedPerpetrator> {
    let project = |entry: Entry<'_>| ProjectedPerpetrator {
        kind: listed(&codes::PERPETRATOR_KINDS, entry.text("kind")),
        count_band: listed(&codes::COUNT_BANDS, entry.text("count_band")),
        sex: listed(&codes::SEXES, entry.text("sex")),
        age_group: listed(&codes::AGE_GROUPS, entry.text("age_group")),
        known_before: listed(&codes::YES_NO, entry.text("known_before")),
        repeat: listed(&codes::YES_NO, entry.text("repeat")),
    };
    let mut perpetrators: Vec<_> = incident.entries("perpetrators").map(project).collect();
    perpetrators.sort_unstable();
    perpetrators.truncate(PERPETRATORS_MAX);
    perpetrators
}

/// The service group of an action; `other` for one that this version does not know.
fn group_of(action: &str) -> String {
    codes::service_group(action).to_owned()
}

fn actions(incident: &Incident) -> BTreeSet<String> {
    let done = |action: &Entry<'_>| {
        action.instant("done_at").is_some() || action.text("outcome") == Some("done")
    };
    incident
        .entries("actions")
        .filter(done)
        .map(|action| group_of(action.text("code").unwrap_or_default()))
        .collect()
}

/// Minutes from the report to the first response, in full hours, rounded up: never faster than it was. An unknown duration is `None`,
/// never 0. A hub keeps it for itself; a row has only the band.
pub(crate) fn response_minutes(incident: &Incident) -> Option<u32> {
    let seconds = u64::try_from(clocks::response_took(incident)?.as_secs()).ok()?;
    Some(
        u32::try_from(seconds.div_ceil(3600) * 60)
            .unwrap_or(u32::MAX)
            .min(RESPONSE_MAX_MINUTES),
    )
}

fn response_band(minutes: Option<u32>) -> &'static str {
    match minutes {
        Some(0..=60) => RESPONSES[0],
        Some(61..=1440) => RESPONSES[1],
        Some(1441..=4320) => RESPONSES[2],
        Some(_) => RESPONSES[3],
        None => RESPONSES[4],
    }
}

fn referrals(incident: &Incident) -> BTreeMap<String, String> {
    let mut steps: BTreeMap<String, String> = BTreeMap::new();
    for referral in incident.entries("referrals") {
        let reached = |state: &str| referral.instant(state).is_some();
        // A person who attended was sent, even if the time of sending is missing.
        if codes::REFERRAL_STATES
            .codes
            .iter()
            .any(|state| reached(state))
        {
            let group = group_of(referral.text("service").unwrap_or_default());
            let step = steps.entry(group).or_insert_with(|| REFERRED[0].to_owned());
            if reached("completed") {
                REFERRED[1].clone_into(step);
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests;
