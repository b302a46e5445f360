//! The gate at national's end: a projection is taken only if every word in it is one that a projection may hold.
//!
//! The hub's gate makes projections from an allow-list; this one trusts no hub. A name in a field of codes, an exact
//! date in a month, a text of any other form is refused whole.

use crate::cascade;
use crate::codes::{self, CodeList, ViolationGroup};
use crate::projection::{OTHER_UNLISTED, Projection, UNKNOWN};
use crate::published::ALL;

/// Perpetrators that act for the state.
const STATE: [&str; 4] = ["police", "military", "border_prison_guard", "other_official"];
/// Perpetrators of one projection.
const PERPETRATORS_MAX: usize = 32;

/// How soon the first response came.
const RESPONSES: [&str; 4] = ["within_24h", "within_72h", "later", "no_response"];
/// How far referrals came.
const REFERRED: [&str; 3] = ["not_referred", "sent", "completed"];
const AGE_BANDS: [&str; 9] = ["0-9", "10-14", "15-17", "18-19", "20-24", "25-29", "30-39", "40-49", "50+"];
const GBVIMS: [&str; 7] = ["rape", "sexual_assault", "physical_assault", "forced_marriage", "denial_of_resources", "psychological", "non_gbv"];

fn listed(list: &CodeList, code: &str) -> bool {
    list.knows(code) || code == OTHER_UNLISTED || code == UNKNOWN
}

fn violation(code: &str) -> bool {
    ViolationGroup::of(code).is_some() || code == OTHER_UNLISTED
}

/// Letters and digits in the places of a pattern: `A` a capital, `9` a digit, anything else itself.
fn has_form(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, form)| match form {
            b'A' => byte.is_ascii_uppercase(),
            b'9' => byte.is_ascii_digit(),
            form => byte == form,
        })
}

/// A month of a year in which there were computers to write it down, or stories to be told late.
pub(crate) fn is_month(text: &str) -> bool {
    has_form(text, "9999-99") && ("01"..="12").contains(&&text[5..]) && text >= "1900"
}

/// Country and first-level area, as `SN-DK`: as in a projection, but known.
#[must_use]
pub(crate) fn is_area(text: &str) -> bool {
    is_admin1(text) && text.contains('-')
}

pub(crate) fn is_admin1(text: &str) -> bool {
    let Some((country, part)) = text.split_once('-') else { return text == UNKNOWN };
    has_form(country, "AA") && (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
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
        "violation_group" => ViolationGroup::ALL.iter().any(|(group, _)| group.name() == code),
        "population" => listed(&codes::POPULATIONS, code),
        _ => false,
    }
}

/// The codes of a dimension whose codes follow on each other, in that order; of any other dimension none.
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
    /// Whether every field holds what it may hold.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let registers = [
            listed(&codes::TIMES_OF_DAY, &self.time_of_day),
            listed(&codes::SETTINGS, &self.setting),
            listed(&codes::CHANNELS, &self.channel),
            listed(&codes::REPORTER_ROLES, &self.reporter_role),
            listed(&codes::GENDERS, &self.gender),
            listed(&codes::STATUSES, &self.status),
            listed(&codes::TRIAGE_LEVELS, &self.triage),
            GBVIMS.contains(&self.gbvims.as_str()),
            cascade::PEP.contains(&self.pep.as_str()),
            cascade::EC.contains(&self.ec.as_str()),
            self.age_band == UNKNOWN || AGE_BANDS.contains(&self.age_band.as_str()),
            self.month == UNKNOWN || is_month(&self.month),
            self.iso_week.as_ref().is_none_or(|week| has_form(week, "9999-W99")),
            is_admin1(&self.admin1),
        ];
        let sets = [
            self.populations.iter().all(|code| listed(&codes::POPULATIONS, code)),
            self.violations.iter().all(|code| violation(code)),
            self.violation_groups.iter().all(|group| ViolationGroup::ALL.iter().any(|(known, _)| known.name() == group)),
            self.motives.iter().all(|code| listed(&codes::MOTIVES, code)),
            self.needs.iter().all(|code| listed(&codes::ACTION_CODES, code)),
            self.actions.keys().all(|code| listed(&codes::ACTION_CODES, code)),
            self.referrals.keys().all(|code| listed(&codes::ACTION_CODES, code)),
            self.iccs.iter().all(|code| (4..=6).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())),
        ];
        registers.into_iter().chain(sets).all(core::convert::identity) && self.perpetrators_are_well_formed()
    }

    fn perpetrators_are_well_formed(&self) -> bool {
        self.perpetrators.len() <= PERPETRATORS_MAX
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
        let any = |codes: &[&str]| self.violations.iter().any(|violation| codes.contains(&violation.as_str()));
        let mut facets = vec![
            ("admin1", self.admin1.clone()),
            ("setting", self.setting.clone()),
            ("status", self.status.clone()),
            ("gender", self.gender.clone()),
            ("age_band", self.age_band.clone()),
            ("response", self.response().to_owned()),
            ("pep", self.pep.clone()),
            ("ec", self.ec.clone()),
            ("referral", self.referred().to_owned()),
            ("state_perpetrator", yes_no(self.perpetrators.iter().any(|perpetrator| STATE.contains(&perpetrator.kind.as_str())))),
            ("extortion", yes_no(any(&["extortion_bribe"]))),
            ("healthcare_refusal", yes_no(any(&["healthcare_refused"]))),
        ];
        facets.extend(self.perpetrators.iter().map(|perpetrator| ("perpetrator", perpetrator.kind.clone())));
        facets.extend(self.violation_groups.iter().map(|group| ("violation_group", group.clone())));
        facets.extend(self.populations.iter().map(|population| ("population", population.clone())));
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
