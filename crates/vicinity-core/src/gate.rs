//! The gate at national: it takes a projection only if every word in it may be in one.
//!
//! The hub's gate makes projections from an allow-list; this one trusts no hub. A name in a field of codes, an exact
//! date in a month, a count that no incident has, a text of any other form is refused whole. What follows from other fields is
//! derived here once more, and a row that says something else is refused, too.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::codes::{self, CodeList, ViolationGroup};
use crate::form::{has_form, is_month};
use crate::ladder::{Step, first_month_of, is_quarter};
use crate::projection::{
    AGE_BANDS, MonthBasis, OTHER_UNLISTED, PERPETRATORS_MAX, Projection, REFERRED, RESPONSES,
    SCHEMA, UNKNOWN, WITHHELD,
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

/// How soon the first response came, as counts have it.
const RESPONSES_COUNTED: [&str; 4] = ["within_24h", "within_72h", "later", "no_response"];
/// How far referrals came, as counts have it.
const REFERRED_COUNTED: [&str; 3] = ["not_referred", "sent", "completed"];
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

/// Whether a dimension of published counts has a code: one that [`Projection::facets`] can give.
pub(crate) fn is_counted_by(dimension: &str, code: &str) -> bool {
    match dimension {
        ALL => code.is_empty(),
        "setting" => listed(&codes::SETTINGS, code),
        "gender" => listed(&codes::GENDERS, code),
        "age_band" => code == UNKNOWN || AGE_BANDS.contains(&code),
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
        "response" => &RESPONSES_COUNTED,
        "pep" => &cascade::PEP,
        "ec" => &cascade::EC,
        "referral" => &REFERRED_COUNTED,
        _ => &[],
    }
}

impl Projection {
    /// Whether every field holds what it may hold, those that follow from others what follows, and those that are withheld are the ones of
    /// one step. `now` is national's own clock: a month in the future, or too long ago to be reported, is refused.
    #[must_use]
    pub fn is_well_formed(&self, now: Timestamp) -> bool {
        let step = self.step();
        self.schema == SCHEMA
            && self.clone().at(step) == *self
            && (self.month_basis == MonthBasis::Withheld) == (step >= Step::Place)
            && self.registers_are_well_formed(step)
            && self.sets_are_well_formed(step)
            && self.perpetrators_are_well_formed()
            && self.time_is_well_formed(step, now)
            && self.follows_from_violations(step)
    }

    fn registers_are_well_formed(&self, step: Step) -> bool {
        let withheld = |from: Step, value: &str| step >= from && value == WITHHELD;
        let registers = [
            withheld(Step::Place, &self.time_of_day)
                || listed(&codes::TIMES_OF_DAY, &self.time_of_day),
            withheld(Step::Place, &self.setting) || listed(&codes::SETTINGS, &self.setting),
            withheld(Step::Gender, &self.gender) || listed(&codes::GENDERS, &self.gender),
            in_set(&codes::STATUSES, &self.status),
            withheld(Step::Place, &self.triage) || codes::TRIAGE_LEVELS.knows(&self.triage),
            GBVIMS.contains(&self.gbvims.as_str()),
            cascade::PEP.contains(&self.pep.as_str()),
            withheld(Step::Gender, &self.ec) || cascade::EC.contains(&self.ec.as_str()),
            withheld(Step::Age, &self.age_band)
                || self.age_band == UNKNOWN
                || AGE_BANDS.contains(&self.age_band.as_str()),
            withheld(Step::Area, &self.admin1) || is_admin1(&self.admin1),
            RESPONSES.contains(&self.response.as_str()),
        ];
        registers.into_iter().all(core::convert::identity)
    }

    fn sets_are_well_formed(&self, step: Step) -> bool {
        let holds = |set: &BTreeSet<String>, list: &CodeList| {
            set.iter()
                .all(|code| in_set(list, code) || step >= Step::Place && code == WITHHELD)
        };
        holds(&self.populations, &codes::POPULATIONS)
            && holds(&self.motives, &codes::MOTIVES)
            && self.violations.iter().all(|code| violation(code))
            && self
                .needs
                .iter()
                .chain(&self.actions)
                .chain(self.referrals.keys())
                .all(|group| codes::SERVICE_GROUPS.knows(group))
            && self
                .referrals
                .values()
                .all(|step| REFERRED.contains(&step.as_str()))
    }

    /// A month that can be, or a quarter that can be instead of it. The month of an incident is known.
    fn time_is_well_formed(&self, step: Step, now: Timestamp) -> bool {
        let can_be = |month: &str| is_past_month(month, now);
        match &self.quarter {
            Some(quarter) => {
                step == Step::Quarter
                    && is_quarter(quarter)
                    && first_month_of(quarter).is_some_and(|month| can_be(&month))
            }
            None => {
                self.month == UNKNOWN && self.month_basis != MonthBasis::Incident
                    || can_be(&self.month)
            }
        }
    }

    /// What is derived from the violations, derived here once more.
    fn follows_from_violations(&self, step: Step) -> bool {
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
                step,
                violations
                    .iter()
                    .any(|code| clocks::EXPOSURE.contains(code)),
            )
    }

    /// Only who was exposed is in a cascade, and what was begun or given was done. A person who cannot conceive is not exposed to EC, whatever
    /// was done; the row does not say who can.
    fn steps_follow(&self, step: Step, is_exposed: bool) -> bool {
        let (pep, ec) = (self.pep.as_str(), self.ec.as_str());
        let was_given = ["started", "completed"].contains(&pep) || ec == "completed";
        is_exposed == (pep != cascade::NOT_EXPOSED)
            && (is_exposed || ec == cascade::NOT_EXPOSED || step >= Step::Gender)
            && (!was_given || self.actions.contains("medical"))
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
            ("age_band", self.age_band.clone()),
            ("response", self.response_counted().to_owned()),
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

    fn response_counted(&self) -> &str {
        if self.response == RESPONSES[0] {
            RESPONSES_COUNTED[0]
        } else {
            &self.response
        }
    }

    fn referred(&self) -> &'static str {
        let reached = |step: &str| self.referrals.values().any(|reached| reached == step);
        if reached("completed") {
            "completed"
        } else if reached("sent") {
            "sent"
        } else {
            "not_referred"
        }
    }
}

#[cfg(test)]
mod tests;
