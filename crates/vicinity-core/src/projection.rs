//! The projection: what national may hold of an incident. The one gate through which anything leaves a hub upwards.
//!
//! It is an allow-list of plain typed fields. A field enters it by being written here, never by being in the incident;
//! a code passes only if this version knows it, because an unknown code could be anything, a name too, and leaves as
//! [`OTHER_UNLISTED`]. There is no id, survivor code, staff pseudonym, exact time, note or statement in it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::codes::{self, CodeList, ViolationGroup};
use crate::incident::{Entry, Incident};
use crate::time::{self, Precision};
use crate::{cascade, classify, clocks, consent, form, status, triage};

/// The schema of projections: raised when a field is added or its meaning changes.
pub const SCHEMA: u32 = 2;
/// Replaces a code that this version does not know.
pub const OTHER_UNLISTED: &str = "other_unlisted";
/// The code for an unknown value.
pub const UNKNOWN: &str = "unknown";
/// Perpetrators of one projection. Of more, only the first ones in the sorted order are kept.
pub const PERPETRATORS_MAX: usize = 32;
/// The largest number of times that one action, or one referral, is counted.
pub const TIMES_MAX: u32 = 999;
/// Minutes of the longest response, a year of 366 days. Longer ones count as this long.
pub const RESPONSE_MAX_MINUTES: u32 = 366 * 24 * 60;

/// What consent and de-identification leave of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// The schema of this projection.
    pub schema: u32,
    /// Whether it may be counted in tables: consent to `aggregate_count`.
    pub countable: bool,
    /// The month, as `2026-11`, or `unknown`.
    pub month: String,
    /// What the month is of.
    pub month_basis: MonthBasis,
    /// The ISO week of the incident, as `2026-W47`, where the week is known.
    pub iso_week: Option<String>,
    /// A code of the list "time of day".
    pub time_of_day: String,
    /// A code of the list "setting".
    pub setting: String,
    /// Country and first-level area, as `SN-DK`, or `unknown`.
    pub admin1: String,
    /// A code of the list "channel".
    pub channel: String,
    /// A code of the list "reporter role".
    pub reporter_role: String,
    /// The age band, as `20-24`, or `unknown`.
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
    /// Codes of the list "action" that were needed.
    pub needs: BTreeSet<String>,
    /// How many actions of each code were done.
    pub actions: BTreeMap<String, u32>,
    /// Minutes from the report to the first response, rounded up to the full hour; [`RESPONSE_MAX_MINUTES`] at most.
    pub response_minutes: Option<u32>,
    /// How far it came towards HIV prophylaxis: a step, as [`steps_of`](crate::gate::steps_of) lists them.
    pub pep: String,
    /// How far it came towards emergency contraception: a step, as [`steps_of`](crate::gate::steps_of) lists them.
    pub ec: String,
    /// Referrals sent and completed, by service.
    pub referrals: BTreeMap<String, ReferralCounts>,
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

/// How many referrals to one service were sent, and how many of them were completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferralCounts {
    /// Sent, with any outcome.
    pub sent: u32,
    /// Completed.
    pub completed: u32,
}

/// Every field of a projection and what it holds, for the data dictionary.
pub static FIELDS: &[(&str, &str)] = &[
    (
        "actions",
        "how many actions of each code were done, 999 at most",
    ),
    (
        "admin1",
        "country and first-level area, as `SN-DK`, or `unknown`",
    ),
    (
        "age_band",
        "0-9, 10-14, 15-17, 18-19, 20-24, 25-29, 30-39, 40-49, 50+ or unknown",
    ),
    ("channel", "code"),
    ("countable", "whether `aggregate_count` is granted"),
    (
        "ec",
        "step of emergency contraception: not_exposed, too_late, in_time, offered, completed",
    ),
    ("gbvims", "GBVIMS's single type, derived"),
    ("gender", "code"),
    ("iccs", "ICCS's codes, derived"),
    ("iso_week", "where the time is known to the week or better"),
    (
        "month",
        "of the incident, or of the report where the incident's is unknown",
    ),
    ("month_basis", "incident or report"),
    ("motives", "codes"),
    ("needs", "codes"),
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
        "referrals",
        "how many were sent and completed, by service, 999 at most",
    ),
    ("reporter_role", "code; never who"),
    (
        "response_minutes",
        "from the report to the first response, rounded up to the full hour, a year at most",
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
    let (month, month_basis, iso_week) = closed(month(incident), iso_week(incident));
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
        month_basis,
        iso_week,
        time_of_day: code("time_of_day", &codes::TIMES_OF_DAY),
        setting: code("place.setting", &codes::SETTINGS),
        admin1: incident
            .text("place.area")
            .and_then(admin1)
            .unwrap_or_else(|| UNKNOWN.to_owned()),
        channel: code("channel", &codes::CHANNELS),
        reporter_role: code("reporter_role", &codes::REPORTER_ROLES),
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
        needs: listed_set(&[&codes::ACTION_CODES], incident, "needs"),
        actions: actions(incident),
        response_minutes: response_minutes(incident),
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
fn closed(
    (month, basis): (String, MonthBasis),
    iso_week: Option<String>,
) -> (String, MonthBasis, Option<String>) {
    if form::is_month(&month) {
        (month, basis, iso_week)
    } else {
        (UNKNOWN.to_owned(), MonthBasis::Report, None)
    }
}

/// The day it was at the hub, so that a report at night on the last of the month counts in that month.
fn local_date(at: Timestamp, incident: &Incident) -> Date {
    incident.local_zone().to_datetime(at).date()
}

fn iso_week(incident: &Incident) -> Option<String> {
    let (local, precision) = incident.occurred()?;
    let knows_week = matches!(
        precision,
        Precision::Exact | Precision::Hour | Precision::Day | Precision::Week
    );
    knows_week.then(|| time::iso_week(local.wall.date()))
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
        Some(0..=9) => "0-9",
        Some(10..=14) => "10-14",
        Some(15..=17) => "15-17",
        Some(18..=19) => "18-19",
        Some(20..=24) => "20-24",
        Some(25..=29) => "25-29",
        Some(30..=39) => "30-39",
        Some(40..=49) => "40-49",
        Some(50..) => "50+",
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

fn actions(incident: &Incident) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    let done = |action: &Entry<'_>| {
        action.instant("done_at").is_some() || action.text("outcome") == Some("done")
    };
    for action in incident.entries("actions").filter(done) {
        let count = counts
            .entry(listed(&codes::ACTION_CODES, action.text("code")))
            .or_insert(0);
        *count = TIMES_MAX.min(*count + 1);
    }
    counts
}

/// How long the first response took. To the minute it would identify one incident to anybody who saw the other end of
/// it, in a clinic's book or a police log; full hours, rounded up, still tell within 24 h from later, and never make a
/// response look faster than it was. An unknown duration is `None`, never 0.
fn response_minutes(incident: &Incident) -> Option<u32> {
    let seconds = u64::try_from(clocks::response_took(incident)?.as_secs()).ok()?;
    Some(
        u32::try_from(seconds.div_ceil(3600) * 60)
            .unwrap_or(u32::MAX)
            .min(RESPONSE_MAX_MINUTES),
    )
}

fn referrals(incident: &Incident) -> BTreeMap<String, ReferralCounts> {
    let mut counts: BTreeMap<String, ReferralCounts> = BTreeMap::new();
    for referral in incident.entries("referrals") {
        let reached = |state: &str| referral.instant(state).is_some();
        // A person who attended was sent, even if the time of sending is missing.
        if codes::REFERRAL_STATES
            .codes
            .iter()
            .any(|state| reached(state))
        {
            let count = counts
                .entry(listed(&codes::ACTION_CODES, referral.text("service")))
                .or_default();
            let is_counted = count.sent < TIMES_MAX;
            count.sent += u32::from(is_counted);
            count.completed += u32::from(is_counted && reached("completed"));
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{self, EntryKind, Kind};
    use crate::reading::Reading;
    use serde_json::{Map, Value, json};

    const MARKER: &str = "Zqxj-Marker";

    fn now() -> Timestamp {
        "2026-11-24T09:00:00Z".parse().unwrap()
    }

    fn with_consent(mut facts: Value) -> Incident {
        let grant = |at: usize, scope: &str| json!({"id": format!("{MARKER}{at}"), "scope": scope, "state": "granted", "by": MARKER, MARKER: MARKER});
        facts["consents"] = json!([
            grant(0, "hub_response"),
            grant(1, "national_deid"),
            grant(2, "aggregate_count"),
            grant(3, MARKER)
        ]);
        Incident::from_row(facts, Vec::new())
    }

    fn project_facts(facts: Value) -> Projection {
        project(&with_consent(facts), now()).unwrap()
    }

    /// A well-formed value of a kind, with the marker wherever a text is free.
    fn register_value(kind: Kind, marked: bool) -> Value {
        match kind {
            Kind::Code(list) if !marked => list.codes[0].into(),
            Kind::Age if !marked => json!(24),
            Kind::Occurred if !marked => {
                json!({"at": "2026-11-22T23:30", "precision": "hour", MARKER: MARKER})
            }
            Kind::Occurred => json!({"at": MARKER, "precision": MARKER}),
            Kind::Zone if !marked => "Africa/Dakar".into(),
            Kind::Instant if !marked => json!("2026-11-23T09:11:12Z"),
            Kind::Area if !marked => format!("SN-DK-{MARKER}").into(),
            _ => MARKER.into(),
        }
    }

    fn entry_value(kind: EntryKind, marked: bool) -> Value {
        match kind {
            EntryKind::Code(list) if !marked => list.codes[0].into(),
            EntryKind::Instant if !marked => json!("2026-11-23T13:14:15Z"),
            EntryKind::Count if !marked => json!(7_654_321),
            EntryKind::Ids => json!([MARKER]),
            _ => MARKER.into(),
        }
    }

    /// An incident with the marker in every place there is. With `marked` false, codes and times are real ones, so that
    /// every part of the projection has something to say.
    fn planted(marked: bool) -> Value {
        let mut facts = Map::from_iter([
            (MARKER.to_owned(), MARKER.into()),
            (
                "triage".to_owned(),
                json!({"level": "red", "reason": MARKER, MARKER: MARKER}),
            ),
        ]);
        facts.insert(
            "status".into(),
            if marked { MARKER } else { "responding" }.into(),
        );
        let mut put = |name: &str, value: Value| match name.split_once('.') {
            Some((outer, inner)) => {
                facts
                    .entry(outer)
                    .or_insert_with(|| json!({MARKER: MARKER}))[inner] = value
            }
            None => drop(facts.insert(name.to_owned(), value)),
        };
        for field in fields::FIELDS {
            put(field.name, register_value(field.kind, marked));
        }
        for set in fields::SETS {
            let mut codes: Vec<&str> = if marked {
                Vec::new()
            } else {
                set.lists.iter().map(|list| list.codes[0]).collect()
            };
            codes.push(MARKER);
            put(set.name, json!(codes));
        }
        for map in fields::ENTRY_MAPS {
            let mut entry = Map::from_iter([
                ("id".to_owned(), MARKER.into()),
                (MARKER.to_owned(), MARKER.into()),
            ]);
            entry.extend(
                map.fields
                    .iter()
                    .map(|(name, kind)| ((*name).to_owned(), entry_value(*kind, marked))),
            );
            put(map.name, json!([entry]));
        }
        Value::Object(facts)
    }

    fn assert_no_marker(projection: &Projection) {
        let text = serde_json::to_string(projection).unwrap();
        assert!(
            !text.to_lowercase().contains(&MARKER.to_lowercase()),
            "{text}"
        );
        assert!(
            !["13:14", "11:12", "23:30", "7654321"]
                .iter()
                .any(|exact| text.contains(exact)),
            "{text}"
        );
    }

    #[test]
    fn nothing_that_was_planted_anywhere_reaches_the_projection() {
        for marked in [true, false] {
            let incident = with_consent(planted(marked));
            let held = Value::Object(incident.facts().clone()).to_string();
            assert!(
                held.matches(MARKER).count() > 40,
                "the marker is in the incident, so that this test can fail"
            );
            let projection = project(&incident, now()).unwrap();
            assert_no_marker(&projection);
            assert!(
                projection.violations.contains(OTHER_UNLISTED) && projection.is_well_formed(now())
            );
        }
    }

    #[test]
    fn nothing_is_projected_without_both_consents() {
        for scopes in [
            &["national_deid"][..],
            &["hub_response"],
            &["aggregate_count"],
            &[],
        ] {
            let consents: Vec<Value> = scopes
                .iter()
                .map(|scope| json!({"id": scope, "scope": scope, "state": "granted"}))
                .collect();
            assert_eq!(
                project(
                    &Incident::from_row(json!({ "consents": consents }), Vec::new()),
                    now()
                ),
                None,
                "{scopes:?}"
            );
        }
        let consents = json!([{"id": "a", "scope": "hub_response", "state": "granted"}, {"id": "b", "scope": "national_deid", "state": "granted"}]);
        let projection = project(
            &Incident::from_row(json!({ "consents": consents }), Vec::new()),
            now(),
        )
        .unwrap();
        assert!(!projection.countable);
    }

    #[test]
    fn a_full_incident_projects_to_its_codes() {
        let projection = project_facts(planted(false));
        assert_eq!(
            (
                projection.month.as_str(),
                projection.iso_week.as_deref(),
                projection.admin1.as_str()
            ),
            ("2026-11", Some("2026-W47"), "SN-DK")
        );
        assert_eq!(
            (
                projection.age_band.as_str(),
                projection.status.as_str(),
                projection.triage.as_str()
            ),
            ("20-24", "responding", "red")
        );
        assert_eq!(projection.perpetrators[0].kind, "police");
        assert_eq!(
            projection.actions,
            BTreeMap::from([("lives_first_line".to_owned(), 1)])
        );
        assert_eq!(
            projection.referrals["lives_first_line"],
            ReferralCounts {
                sent: 1,
                completed: 1
            }
        );
        // The transition was logged at 13:14:15 for a report at 09:11:12: five hours begun.
        assert_eq!(projection.response_minutes, Some(300));
        assert!(projection.countable);
    }

    #[test]
    fn a_month_of_the_report_stands_in_for_an_unknown_one_of_the_incident() {
        let facts = json!({"reported_at": "2026-10-31T20:00:00Z", "place": {"area": "KG-GB-01"}, "occurred": {"precision": "unknown"}});
        let projection = project_facts(facts);
        assert_eq!(
            (
                projection.month.as_str(),
                projection.month_basis,
                projection.iso_week
            ),
            ("2026-11", MonthBasis::Report, None)
        );
        let projection =
            project_facts(json!({"occurred": {"at": "2026-09-14", "precision": "month"}}));
        assert_eq!(
            (
                projection.month.as_str(),
                projection.month_basis,
                projection.iso_week
            ),
            ("2026-09", MonthBasis::Incident, None)
        );
        assert_eq!(project_facts(json!({})).month, UNKNOWN);
    }

    #[test]
    fn a_month_is_by_the_hub_s_local_time_and_never_one_that_cannot_be() {
        let read = |facts: Value, zone: &str| {
            let reading = Reading {
                zone: crate::zone::named(zone),
                received_at: Some(now()),
                ..Reading::default()
            };
            coarse(
                &Incident::from_row(facts, Vec::new()).read_by(reading),
                now(),
            )
        };
        let night = json!({"reported_at": "2026-10-31T18:30:00Z"});
        assert_eq!(
            read(night.clone(), "Asia/Phnom_Penh").month,
            "2026-11",
            "01:30 there"
        );
        assert_eq!(read(night, "Africa/Dakar").month, "2026-10");
        let buddhist = read(
            json!({"reported_at": "2569-11-23T09:00:00Z", "occurred": {"at": "2569-11-22", "precision": "day"}}),
            "Asia/Bangkok",
        );
        assert_eq!(
            (
                buddhist.month.as_str(),
                buddhist.iso_week,
                buddhist.response_minutes
            ),
            (UNKNOWN, None, None)
        );
        let told = read(
            json!({"reported_at": "2026-11-23T09:00:00Z", "occurred": {"at": "2569-11-22", "precision": "day"}}),
            "Asia/Bangkok",
        );
        assert_eq!(
            (told.month.as_str(), told.month_basis),
            ("2026-11", MonthBasis::Report)
        );
    }

    #[test]
    fn an_area_is_cut_to_its_first_level() {
        for (area, expected) in [
            ("SN-DK-01", "SN-DK"),
            ("kg-gb", "KG-GB"),
            ("FR-75C-12", "FR-75C"),
        ] {
            assert_eq!(admin1(area).as_deref(), Some(expected), "{area}");
        }
        for area in [
            "",
            "SN",
            "SN-",
            "SEN-DK",
            "SN-Dakar",
            "S1-DK",
            "Amina's house",
            "SN-é",
        ] {
            assert_eq!(admin1(area), None, "{area}");
        }
    }

    #[test]
    fn a_response_is_rounded_up_to_the_hour_and_unknown_where_it_would_be_negative() {
        let facts = |done: &str| json!({"reported_at": "2026-11-23T09:00:00Z", "actions": [{"code": "shelter", "done_at": done}]});
        let minutes = |done: &str| project_facts(facts(done)).response_minutes;
        assert_eq!(minutes("2026-11-23T09:00:01Z"), Some(60));
        assert_eq!(minutes("2026-11-23T10:00:00Z"), Some(60));
        assert_eq!(minutes("2026-11-24T09:00:00Z"), Some(1440));
        assert_eq!(
            minutes("2026-11-23T08:00:00Z"),
            None,
            "done before it was reported: nobody knows how long it took"
        );
        assert_eq!(
            project_facts(json!({"reported_at": "2026-11-23T09:00:00Z"})).response_minutes,
            None
        );
    }

    #[test]
    fn perpetrators_stand_in_an_order_that_tells_nothing() {
        let list = |kinds: [&str; 3]| {
            project_facts(json!({"perpetrators": kinds.map(|kind| json!({"kind": kind}))}))
                .perpetrators
        };
        assert_eq!(
            list(["police", "client", "gang_extortion"]),
            list(["gang_extortion", "police", "client"])
        );
    }

    #[test]
    fn the_dictionary_knows_every_field_and_unknown_ones_are_refused() {
        let mut json = serde_json::to_value(project_facts(planted(false))).unwrap();
        let names: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let told: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, told);
        assert!(serde_json::from_value::<Projection>(json.clone()).is_ok());
        json["name"] = "x".into();
        assert!(serde_json::from_value::<Projection>(json).is_err());
    }
}
