//! The clocks of a response: what is due by when, and whether it was done.
//!
//! A clock says when something is due and its state, never how many minutes are left: two devices that print the
//! same incident moments apart print the same. A clock that runs from the incident has two ends, because people seldom
//! know the minute: it is due while even the earliest time that the reported one can mean leaves room, uncertain until the
//! latest, and missed after that.

use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Value, json};

use crate::incident::{Entry, Incident};
use crate::reading::Moment;
use crate::triage::{self, Level};

/// What a clock runs from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The report.
    Report,
    /// The incident itself.
    Incident,
    /// The first action that was done.
    FirstCare,
    /// The first dose of PEP.
    PepStart,
    /// A planned follow-up.
    Planned,
}

impl Basis {
    /// The code that names it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Incident => "incident",
            Self::FirstCare => "first_care",
            Self::PepStart => "pep_start",
            Self::Planned => "planned",
        }
    }
}

/// The state of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not done, and there is time.
    Running,
    /// Not done, and due before now.
    Overdue,
    /// Done in time.
    Met,
    /// Done, but after it was due.
    Late,
    /// Done, but whether in time is unknown: one of the two times is unknown, or lies before what the clock runs from.
    DoneUnknown,
    /// Not done; by the earliest time of the incident it is too late, by the latest it is not.
    Uncertain,
    /// Not done, and too late even by the latest time the incident can have.
    MissedWindow,
    /// It is unknown what it runs from: it counts as urgent.
    UnknownTime,
}

impl State {
    /// The code that names it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Overdue => "overdue",
            Self::Met => "met",
            Self::Late => "late",
            Self::DoneUnknown => "done_unknown",
            Self::Uncertain => "uncertain",
            Self::MissedWindow => "missed_window",
            Self::UnknownTime => "unknown_time",
        }
    }

    /// Whether somebody can still do something about it.
    #[must_use]
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            Self::Running | Self::Overdue | Self::Uncertain | Self::UnknownTime
        )
    }
}

/// One clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Its name, as `pep_72h`.
    pub name: &'static str,
    /// What it runs from.
    pub from: Basis,
    /// When it is due; `None` if unknown.
    pub due_at: Option<Timestamp>,
    /// When it is too late even by the latest time that it can run from; for all but the windows of an incident, when it is
    /// due. Nothing happens after it was reported: so a window ends where the time is unknown, too.
    pub ends_at: Option<Timestamp>,
    /// Its state.
    pub state: State,
}

impl Clock {
    /// Whether it is one of the first hours and days that somebody can still do something about: what runs from the report until
    /// a day after it was due, a window of the incident until it is over.
    #[must_use]
    pub fn presses(&self, now: Timestamp) -> bool {
        let is_first = matches!(self.from, Basis::Report | Basis::Incident);
        is_first && self.state.is_pending() && self.presses_until().is_none_or(|until| now <= until)
    }

    /// Whether somebody can still do something about it. A response can be late by any time; a window is over when it is over,
    /// and who was not followed up for two weeks after it was due has the next follow-up.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state.is_pending()
            && (self.from == Basis::Report || self.live_until().is_none_or(|until| now <= until))
    }

    fn presses_until(&self) -> Option<Timestamp> {
        if self.from == Basis::Report {
            later(self.ends_at?, PRESSES_LATE)
        } else {
            self.ends_at
        }
    }

    fn live_until(&self) -> Option<Timestamp> {
        if self.from == Basis::Incident {
            self.ends_at
        } else {
            later(self.ends_at?, MADE_GOOD)
        }
    }

    /// The last moments of what is reported of it, while nobody does anything.
    pub(crate) fn turns(&self) -> impl Iterator<Item = Timestamp> {
        let moments = [self.due_at, self.presses_until(), self.live_until()];
        moments
            .into_iter()
            .flatten()
            .filter(|_| self.state.is_pending())
    }

    /// What a list sorts it by: when it is due, or at the latest can be.
    #[must_use]
    pub fn sorts_at(&self) -> Option<Timestamp> {
        self.due_at.or(self.ends_at)
    }
}

/// The names of all clocks, in the order in which they are due in general.
pub const NAMES: [&str; 12] = [
    "first_contact_1h",
    "response_24h",
    "pep_72h",
    "forensic_72h",
    "ec_120h",
    "followup_planned",
    "followup_2w",
    "followup_3m",
    "followup_6m",
    "pep_adherence_d3",
    "pep_adherence_d14",
    "pep_adherence_d28",
];

/// Exposure to HIV, or what may have been.
pub(crate) const EXPOSURE: [&str; 5] = [
    "rape",
    "gang_rape",
    "condom_refused_removed",
    "sex_demanded_by_official",
    "attempted_rape",
];
/// How long after an incident PEP may be begun.
pub(crate) const PEP_HOURS: i64 = 72;
/// How long after an incident emergency contraception may be taken.
pub(crate) const EC_HOURS: i64 = 120;
/// Genders that cannot become pregnant. Everybody else, and people of unknown gender, are offered emergency contraception.
const CANNOT_CONCEIVE: [&str; 2] = ["man", "trans_woman"];

/// How long before it is due a follow-up may be done and still count for it, unless a third of the way is shorter.
const FOLLOWUP_EARLY: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long after it was due what runs from the report still presses.
const PRESSES_LATE: SignedDuration = SignedDuration::from_hours(24);
/// How long after it was due a follow-up can be made good.
const MADE_GOOD: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Every clock that this incident has, in the order in which they are due in general.
#[must_use]
pub fn clocks(incident: &Incident, now: Timestamp) -> Vec<Clock> {
    let mut clocks = Vec::new();
    report_clocks(incident, now, &mut clocks);
    exposure_clocks(incident, now, &mut clocks);
    planned_clocks(incident, now, &mut clocks);
    care_clocks(incident, now, &mut clocks);
    clocks
}

/// The clock to look at next, of those that somebody can still do something about: the first that is due of those that press,
/// else of the others. One that nobody can date comes after those with a date.
#[must_use]
pub fn next_due(clocks: &[Clock], now: Timestamp) -> Option<&Clock> {
    let order = |clock: &&Clock| {
        (
            !clock.presses(now),
            clock.sorts_at().is_none(),
            clock.sorts_at(),
        )
    };
    clocks
        .iter()
        .filter(|clock| clock.is_live(now))
        .min_by_key(order)
}

/// The clocks as JSON.
#[must_use]
pub fn to_json(clocks: &[Clock]) -> Value {
    clocks.iter().map(clock_json).collect()
}

pub(crate) fn clock_json(clock: &Clock) -> Value {
    json!({"name": clock.name, "from": clock.from.code(), "due_at": clock.due_at.map(|at| at.to_string()), "state": clock.state.code()})
}

/// How long the first response took from the report; `None` if there was none, or a time is unknown.
#[must_use]
pub(crate) fn response_took(incident: &Incident) -> Option<SignedDuration> {
    let responses: Vec<Option<Timestamp>> = responses(incident).map(Moment::sure).collect();
    // One without a known time may have been the first.
    let first = responses
        .into_iter()
        .collect::<Option<Vec<Timestamp>>>()?
        .into_iter()
        .min()?;
    let took = first.duration_since(incident.reported()?.sure()?);
    (!took.is_negative()).then_some(took)
}

/// When the hub responded: an action done, an offer that was not declined, or the move to `responding`.
fn responses(incident: &Incident) -> impl Iterator<Item = Moment> {
    let declined = |action: &Entry<'_>| matches!(action.text("accepted"), Some("declined" | "no"));
    let offered = incident
        .entries("actions")
        .filter(move |action| !declined(action))
        .filter_map(|action| action.moment("offered_at"));
    offered
        .chain(done_times(incident))
        .chain(moved_to_responding(incident))
}

/// When the survivor was reached. An offer that was declined is contact too.
fn contacts(incident: &Incident) -> impl Iterator<Item = Moment> {
    let offered = incident
        .entries("actions")
        .filter_map(|action| action.moment("offered_at"));
    offered
        .chain(done_times(incident))
        .chain(moved_to_responding(incident))
}

fn done_times(incident: &Incident) -> impl Iterator<Item = Moment> {
    incident
        .entries("actions")
        .filter_map(|action| action.moment("done_at"))
}

fn moved_to_responding(incident: &Incident) -> impl Iterator<Item = Moment> {
    incident
        .entries("transitions")
        .filter(|entry| entry.text("to") == Some("responding"))
        .filter_map(|entry| entry.moment("at"))
}

fn done<'a>(incident: &'a Incident, code: &'a str) -> impl Iterator<Item = Moment> + use<'a> {
    incident
        .entries("actions")
        .filter(move |action| action.text("code") == Some(code))
        .filter_map(|action| action.moment("done_at"))
}

/// The clocks that run from the report. The first hour is for what is red now or was when it was reported: sexual
/// violence that turns amber after three days does not take its missed first contact off the list.
fn report_clocks(incident: &Incident, now: Timestamp, clocks: &mut Vec<Clock>) {
    let reported = incident.reported();
    let clock = |name, hours, done: Vec<Moment>| {
        let due_at = reported
            .and_then(Moment::at)
            .and_then(|at| later(at, SignedDuration::from_hours(hours)));
        // If the time of the report is unknown, so is how long anything took.
        let span = reported.and_then(Moment::sure).zip(due_at);
        let state = if done.is_empty() {
            state_until(due_at, now)
        } else {
            state_within(span, &done)
        };
        Clock {
            name,
            from: Basis::Report,
            due_at,
            ends_at: due_at,
            state,
        }
    };
    let is_red = |at: Timestamp| triage::level(incident, at) == Level::Red;
    if is_red(now) || incident.reported_at().is_some_and(is_red) {
        clocks.push(clock("first_contact_1h", 1, contacts(incident).collect()));
    }
    clocks.push(clock("response_24h", 24, responses(incident).collect()));
}

/// The clocks that run from the incident, where there was sexual exposure.
fn exposure_clocks(incident: &Incident, now: Timestamp, clocks: &mut Vec<Clock>) {
    if !is_exposed(incident) {
        return;
    }
    let (window, reported) = (incident.occurred_window(), incident.reported_at());
    let latest = window.map_or(reported, |(earliest, latest)| {
        Some(reported.map_or(latest, |at| latest.min(at.max(earliest))))
    });
    let clock = |name, hours, action| {
        let end = |from| later(from, SignedDuration::from_hours(hours));
        let ends = window.and_then(|(earliest, latest)| Some((end(earliest)?, end(latest)?)));
        let done: Vec<Moment> = done(incident, action).collect();
        let span = window
            .zip(ends)
            .map(|((earliest, _), (_, closed))| (earliest, closed));
        let state = if done.is_empty() {
            state_of_window(ends, now)
        } else {
            state_within(span, &done)
        };
        Clock {
            name,
            from: Basis::Incident,
            due_at: ends.map(|(due, _)| due),
            ends_at: latest.and_then(end),
            state,
        }
    };
    clocks.push(clock("pep_72h", PEP_HOURS, "pep_start"));
    clocks.push(clock("forensic_72h", 72, "forensic"));
    if may_conceive(incident) {
        clocks.push(clock("ec_120h", EC_HOURS, "emergency_contraception"));
    }
}

/// Whether there was sexual exposure, or may have been.
pub(crate) fn is_exposed(incident: &Incident) -> bool {
    incident
        .codes("violations")
        .any(|code| EXPOSURE.contains(&code))
}

/// Whether the survivor may become pregnant; an unknown gender counts as yes.
pub(crate) fn may_conceive(incident: &Incident) -> bool {
    let mut genders = incident.claims("survivor.gender").peekable();
    genders.peek().is_none()
        || genders.any(|gender| {
            gender
                .as_str()
                .is_none_or(|code| !CANNOT_CONCEIVE.contains(&code))
        })
}

/// A clock for each planned follow-up. It is met when that one is done; one that was done at its time or after,
/// and recorded by itself, counts for it too.
fn planned_clocks(incident: &Incident, now: Timestamp, clocks: &mut Vec<Clock>) {
    for planned in incident.entries("followups") {
        let Some(due_at) = planned.instant("due_at") else {
            continue;
        };
        let others = incident
            .entries("followups")
            .filter_map(|entry| entry.moment("done_at")?.sure())
            .filter(|at| *at >= due_at);
        let done = planned
            .moment("done_at")
            .or_else(|| others.min().map(Moment::Sure));
        // It may be done at any time before it is due.
        let state = done.map_or_else(
            || state_until(Some(due_at), now),
            |done| state_within(Some((Timestamp::MIN, due_at)), &[done]),
        );
        clocks.push(Clock {
            name: "followup_planned",
            from: Basis::Planned,
            due_at: Some(due_at),
            ends_at: Some(due_at),
            state,
        });
    }
}

/// The clocks that run from the first care and from the first dose of PEP; none before there was any.
fn care_clocks(incident: &Incident, now: Timestamp, clocks: &mut Vec<Clock>) {
    if let Some(care) = done_times(incident).filter_map(Moment::at).min() {
        for (name, span) in [
            ("followup_2w", Span::new().days(14)),
            ("followup_3m", Span::new().months(3)),
            ("followup_6m", Span::new().months(6)),
        ] {
            clocks.push(followup_clock(
                incident,
                name,
                Basis::FirstCare,
                care,
                span,
                now,
            ));
        }
    }
    if let Some(start) = done(incident, "pep_start").filter_map(Moment::at).min() {
        let complete = done(incident, "pep_complete").next().is_some();
        for (name, days) in [
            ("pep_adherence_d3", 3),
            ("pep_adherence_d14", 14),
            ("pep_adherence_d28", 28),
        ] {
            let clock = followup_clock(
                incident,
                name,
                Basis::PepStart,
                start,
                Span::new().days(days),
                now,
            );
            clocks.push(if complete {
                Clock {
                    state: State::Met,
                    ..clock
                }
            } else {
                clock
            });
        }
    }
}

/// A clock that a follow-up meets, done a little before it is due or at any time after.
fn followup_clock(
    incident: &Incident,
    name: &'static str,
    from: Basis,
    start: Timestamp,
    span: Span,
    now: Timestamp,
) -> Clock {
    // Days and months are those of the people at the hub: at the same time on their wall, whatever the clocks do in between.
    let zone = incident.local_zone();
    let due_at = zone
        .to_datetime(start)
        .checked_add(span)
        .and_then(|due| zone.to_ambiguous_timestamp(due).compatible())
        .ok();
    let counts_from = due_at.and_then(|due| {
        due.checked_sub(FOLLOWUP_EARLY.min(due.duration_since(start) / 3))
            .ok()
    });
    let mut done = incident
        .entries("followups")
        .filter_map(|entry| entry.moment("done_at")?.at());
    let is_met = counts_from.is_some_and(|from| done.any(|at| at >= from));
    let state = if is_met {
        State::Met
    } else {
        state_until(due_at, now)
    };
    Clock {
        name,
        from,
        due_at,
        ends_at: due_at,
        state,
    }
}

/// The state of a task that is not done.
fn state_until(due: Option<Timestamp>, now: Timestamp) -> State {
    match due {
        Some(due) if now > due => State::Overdue,
        Some(_) => State::Running,
        None => State::UnknownTime,
    }
}

/// The state of a task that is done, by the first and the last moment at which it is in time. Nobody can say when something before the
/// first was done.
fn state_within(span: Option<(Timestamp, Timestamp)>, done: &[Moment]) -> State {
    let Some((from, due)) = span else {
        return State::DoneUnknown;
    };
    if done
        .iter()
        .filter_map(|done| done.sure())
        .any(|at| from <= at && at <= due)
    {
        State::Met
    } else if done
        .iter()
        .all(|done| done.sure().is_some_and(|at| at > due))
    {
        State::Late
    } else {
        State::DoneUnknown
    }
}

/// The state of a task that is not done, by the first and the last moment at which it may be too late.
fn state_of_window(ends: Option<(Timestamp, Timestamp)>, now: Timestamp) -> State {
    match ends {
        None => State::UnknownTime,
        Some((due, _)) if now <= due => State::Running,
        Some((_, closed)) if now <= closed => State::Uncertain,
        Some(_) => State::MissedWindow,
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    at.checked_add(by).ok()
}

#[cfg(test)]
mod tests;
