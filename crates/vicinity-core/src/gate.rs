//! The gate at national: it takes a projection only if every word in it may be in one.
//!
//! The hub's gate makes projections from an allow-list; this one trusts no hub. A name in a field of codes, an exact
//! date in a month, a count that no incident has, a text of any other form is refused whole. What follows from other fields is
//! derived here once more, and a row that says something else is refused, too.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::codes::{self, CodeList, ViolationGroup};
use crate::form::{has_form, is_month};
use crate::projection::{
    MonthBasis, OTHER_UNLISTED, PERPETRATORS_MAX, Projection, RESPONSE_MAX_MINUTES, SCHEMA,
    TIMES_MAX, UNKNOWN,
};
use crate::published::cells::ALL;
use crate::{cascade, classify, clocks, time};

/// Perpetrators that act for the state.
const STATE: [&str; 4] = [
    "police",
    "military",
    "border_prison_guard",
    "other_official",
];
/// Days by which a hub's clock may be ahead of national's: later months are refused.
const AHEAD_DAYS: i64 = 31;
/// Years before this one in which a reported incident may have happened.
const YEARS_BACK: i16 = 100;

/// How soon the first response came.
const RESPONSES: [&str; 4] = ["within_24h", "within_72h", "later", "no_response"];
/// How far referrals came.
const REFERRED: [&str; 3] = ["not_referred", "sent", "completed"];
const AGE_BANDS: [&str; 9] = [
    "0-9", "10-14", "15-17", "18-19", "20-24", "25-29", "30-39", "40-49", "50+",
];
/// The age bands of counts.
const AGES_COUNTED: [&str; 3] = ["0-17", "18-24", "25+"];
const GBVIMS: [&str; 7] = [
    "rape",
    "sexual_assault",
    "physical_assault",
    "forced_marriage",
    "denial_of_resources",
    "psychological",
    "non_gbv",
];

fn listed(list: &CodeList, code: &str) -> bool {
    list.knows(code) || code == OTHER_UNLISTED || code == UNKNOWN
}

/// Whether a set may hold a code. A set without known codes is empty: `unknown` is not allowed.
fn in_set(list: &CodeList, code: &str) -> bool {
    list.knows(code) || code == OTHER_UNLISTED
}

fn violation(code: &str) -> bool {
    ViolationGroup::of(code).is_some() || code == OTHER_UNLISTED
}

fn times(count: u32) -> bool {
    (1..=TIMES_MAX).contains(&count)
}

/// A month that has begun, and is at most [`YEARS_BACK`] years ago.
pub(crate) fn is_past_month(month: &str, now: Timestamp) -> bool {
    let latest = now
        .checked_add(SignedDuration::from_hours(24 * AHEAD_DAYS))
        .unwrap_or(now);
    let day = |at: Timestamp| jiff::tz::Offset::UTC.to_datetime(at).date();
    let earliest = format!(
        "{:04}-01",
        day(now).year().saturating_sub(YEARS_BACK + 1).max(0)
    );
    is_month(month) && month <= time::month(day(latest)).as_str() && month >= earliest.as_str()
}

/// Whether a week, as `2026-W47`, has a day of a month.
fn lies_in(week: &str, month: &str) -> bool {
    let number = |text: &str| text.parse::<i16>().ok();
    let monday = || {
        let (year, week) = (
            number(week.get(..4)?)?,
            i8::try_from(number(week.get(6..)?)?).ok()?,
        );
        Some(
            jiff::civil::ISOWeekDate::new(year, week, jiff::civil::Weekday::Monday)
                .ok()?
                .date(),
        )
    };
    has_form(week, "9999-W99")
        && monday().is_some_and(|monday| {
            let sunday = monday
                .checked_add(jiff::Span::new().days(6))
                .unwrap_or(monday);
            [monday, sunday]
                .into_iter()
                .any(|day| time::month(day) == month)
        })
}

/// Whether a text is a country and a first-level area, as `SN-DK`, and not `unknown`.
#[must_use]
pub(crate) fn is_area(text: &str) -> bool {
    is_admin1(text) && text.contains('-')
}

pub(crate) fn is_admin1(text: &str) -> bool {
    let Some((country, part)) = text.split_once('-') else {
        return text == UNKNOWN;
    };
    has_form(country, "AA")
        && (1..=3).contains(&part.len())
        && part
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// The age band of counts that an age band of rows is part of.
fn age_counted(band: &str) -> &str {
    match band {
        "0-9" | "10-14" | "15-17" => AGES_COUNTED[0],
        "18-19" | "20-24" => AGES_COUNTED[1],
        UNKNOWN => UNKNOWN,
        _ => AGES_COUNTED[2],
    }
}

/// Whether a dimension of published counts has a code: one that [`Projection::facets`] can give.
pub(crate) fn is_counted_by(dimension: &str, code: &str) -> bool {
    match dimension {
        ALL => code.is_empty(),
        "setting" => listed(&codes::SETTINGS, code),
        "gender" => listed(&codes::GENDERS, code),
        "age_band" => code == UNKNOWN || AGES_COUNTED.contains(&code),
        "response" | "pep" | "ec" | "referral" => steps_of(dimension).contains(&code),
        "state_perpetrator" | "extortion" | "healthcare_refusal" => ["yes", "no"].contains(&code),
        "perpetrator" => listed(&codes::PERPETRATOR_KINDS, code),
        "violation_group" => ViolationGroup::ALL
            .iter()
            .any(|(group, _)| group.name() == code),
        "population" => listed(&codes::POPULATIONS, code),
        _ => false,
    }
}

/// The codes of a dimension that consists of successive steps, in their order; empty for any other dimension.
#[must_use]
pub fn steps_of(dimension: &str) -> &'static [&'static str] {
    match dimension {
        "response" => &RESPONSES,
        "pep" => &cascade::PEP,
        "ec" => &cascade::EC,
        "referral" => &REFERRED,
        _ => &[],
    }
}

impl Projection {
    /// Whether every field holds what it may hold, and those that follow from others what follows. `now` is national's own clock:
    /// a month in the future, or too long ago to be reported, is refused.
    #[must_use]
    pub fn is_well_formed(&self, now: Timestamp) -> bool {
        (1..=SCHEMA).contains(&self.schema)
            && self.registers_are_well_formed()
            && self.sets_are_well_formed()
            && self.counts_are_well_formed()
            && self.perpetrators_are_well_formed()
            && self.time_is_well_formed(now)
            && self.follows_from_violations()
    }

    fn registers_are_well_formed(&self) -> bool {
        let registers = [
            listed(&codes::TIMES_OF_DAY, &self.time_of_day),
            listed(&codes::SETTINGS, &self.setting),
            listed(&codes::CHANNELS, &self.channel),
            listed(&codes::REPORTER_ROLES, &self.reporter_role),
            listed(&codes::GENDERS, &self.gender),
            in_set(&codes::STATUSES, &self.status),
            codes::TRIAGE_LEVELS.knows(&self.triage),
            GBVIMS.contains(&self.gbvims.as_str()),
            cascade::PEP.contains(&self.pep.as_str()),
            cascade::EC.contains(&self.ec.as_str()),
            self.age_band == UNKNOWN || AGE_BANDS.contains(&self.age_band.as_str()),
            is_admin1(&self.admin1),
        ];
        registers.into_iter().all(core::convert::identity)
    }

    fn sets_are_well_formed(&self) -> bool {
        self.populations
            .iter()
            .all(|code| in_set(&codes::POPULATIONS, code))
            && self.violations.iter().all(|code| violation(code))
            && self
                .motives
                .iter()
                .all(|code| in_set(&codes::MOTIVES, code))
            && self
                .needs
                .iter()
                .all(|code| in_set(&codes::ACTION_CODES, code))
    }

    fn counts_are_well_formed(&self) -> bool {
        let full_hours =
            |minutes: u32| minutes.is_multiple_of(60) && minutes <= RESPONSE_MAX_MINUTES;
        self.actions
            .iter()
            .all(|(code, count)| listed(&codes::ACTION_CODES, code) && times(*count))
            && self.referrals.iter().all(|(code, counts)| {
                listed(&codes::ACTION_CODES, code)
                    && times(counts.sent)
                    && counts.completed <= counts.sent
            })
            && self.response_minutes.is_none_or(full_hours)
    }

    /// A month that can be, and a week that is in it. The month of an incident is known, and only an incident has a week.
    fn time_is_well_formed(&self, now: Timestamp) -> bool {
        let of_incident = self.month_basis == MonthBasis::Incident;
        let Some(week) = &self.iso_week else {
            return self.month == UNKNOWN && !of_incident || is_past_month(&self.month, now);
        };
        of_incident && is_past_month(&self.month, now) && lies_in(week, &self.month)
    }

    /// What is derived from the violations, derived here once more.
    fn follows_from_violations(&self) -> bool {
        let violations: Vec<&str> = self.violations.iter().map(String::as_str).collect();
        let groups: BTreeSet<&str> = violations
            .iter()
            .filter_map(|code| ViolationGroup::of(code))
            .map(ViolationGroup::name)
            .collect();
        self.violation_groups.iter().map(String::as_str).eq(groups)
            && self.gbvims == classify::gbvims_of(&violations)
            && self
                .iccs
                .iter()
                .map(String::as_str)
                .eq(classify::iccs_of(&violations))
            && self.steps_follow(
                violations
                    .iter()
                    .any(|code| clocks::EXPOSURE.contains(code)),
            )
    }

    /// The steps of PEP and EC follow from the violations and the actions, except for how soon they were reported and offered.
    fn steps_follow(&self, is_exposed: bool) -> bool {
        let done = |code: &str| self.actions.contains_key(code);
        let (pep, ec) = (self.pep.as_str(), self.ec.as_str());
        let before_it_began = |step: &str| ["offered", "in_time", "too_late"].contains(&step);
        let pep_follows = match (is_exposed, done("pep_complete"), done("pep_start")) {
            (false, ..) => pep == cascade::NOT_EXPOSED,
            (true, true, _) => pep == "completed",
            (true, false, true) => pep == "started",
            (true, false, false) => before_it_began(pep),
        };
        // A person who cannot conceive is not exposed, whatever was done. The row does not say who can.
        let ec_follows = ec == cascade::NOT_EXPOSED
            || is_exposed
                && if done("emergency_contraception") {
                    ec == "completed"
                } else {
                    before_it_began(ec)
                };
        pep_follows && ec_follows
    }

    fn perpetrators_are_well_formed(&self) -> bool {
        self.perpetrators.len() <= PERPETRATORS_MAX
            && self.perpetrators.is_sorted()
            && self.perpetrators.iter().all(|perpetrator| {
                listed(&codes::PERPETRATOR_KINDS, &perpetrator.kind)
                    && listed(&codes::COUNT_BANDS, &perpetrator.count_band)
                    && listed(&codes::SEXES, &perpetrator.sex)
                    && listed(&codes::AGE_GROUPS, &perpetrator.age_group)
                    && listed(&codes::YES_NO, &perpetrator.known_before)
                    && listed(&codes::YES_NO, &perpetrator.repeat)
            })
    }

    /// By what a projection is counted: dimension and code. Those of [`crate::published`], the area, and the status.
    #[must_use]
    pub fn facets(&self) -> Vec<(&'static str, String)> {
        let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let any = |codes: &[&str]| {
            self.violations
                .iter()
                .any(|violation| codes.contains(&violation.as_str()))
        };
        let mut facets = vec![
            ("admin1", self.admin1.clone()),
            ("setting", self.setting.clone()),
            ("status", self.status.clone()),
            ("gender", self.gender.clone()),
            ("age_band", age_counted(&self.age_band).to_owned()),
            ("response", self.response().to_owned()),
            ("pep", self.pep.clone()),
            ("ec", self.ec.clone()),
            ("referral", self.referred().to_owned()),
            (
                "state_perpetrator",
                yes_no(
                    self.perpetrators
                        .iter()
                        .any(|perpetrator| STATE.contains(&perpetrator.kind.as_str())),
                ),
            ),
            ("extortion", yes_no(any(&["extortion_bribe"]))),
            ("healthcare_refusal", yes_no(any(&["healthcare_refused"]))),
        ];
        facets.extend(
            self.perpetrators
                .iter()
                .map(|perpetrator| ("perpetrator", perpetrator.kind.clone())),
        );
        facets.extend(
            self.violation_groups
                .iter()
                .map(|group| ("violation_group", group.clone())),
        );
        facets.extend(
            self.populations
                .iter()
                .map(|population| ("population", population.clone())),
        );
        facets.sort();
        facets.dedup();
        facets
    }

    fn response(&self) -> &'static str {
        match self.response_minutes {
            Some(0..=1440) => "within_24h",
            Some(1441..=4320) => "within_72h",
            Some(_) => "later",
            None => "no_response",
        }
    }

    fn referred(&self) -> &'static str {
        if self.referrals.values().any(|counts| counts.completed > 0) {
            "completed"
        } else if self.referrals.values().any(|counts| counts.sent > 0) {
            "sent"
        } else {
            "not_referred"
        }
    }
}

#[cfg(test)]
mod tests;
