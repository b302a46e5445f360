//! Codes of others' statistics, derived from an incident's violations: GBVIMS's one type and ICCS's codes.
//!
//! They are computed when they are needed, and never stored or typed in. A violation code from a newer version is ignored here.

use crate::codes::{PHYSICAL, ViolationGroup};
use crate::incident::Incident;

/// Sexual contact. These codes do not say whether there was penetration, which GBVIMS's first question asks.
const SEXUAL_CONTACT: [&str; 4] = [
    "attempted_rape",
    "unwanted_touch",
    "condom_refused_removed",
    "sex_demanded_by_official",
];
/// Violations of rights that use force on the body.
const BODILY_FORCE: [&str; 2] = ["invasive_search", "forced_test_treatment"];
/// Violations of rights that keep resources, opportunities or services away.
const DENIAL: [&str; 6] = [
    "condoms_confiscated",
    "property_seized",
    "documents_refused",
    "healthcare_refused",
    "police_refused_help",
    "other_service_refused",
];
/// Violations of rights by words, exposure, pressure and humiliation.
const HUMILIATION: [&str; 7] = [
    "forced_protocol",
    "coerced_to_inform",
    "child_removal",
    "sexual_harassment",
    "confidentiality_breach",
    "photographed_published",
    "healthcare_abuse",
];

/// GBVIMS's single type. Its questions are asked in order, and the first one answered with yes decides.
///
/// In GBVIMS, sexual harassment without contact is `psychological`; arrest or detention alone is `non_gbv`.
#[must_use]
pub fn gbvims(incident: &Incident) -> &'static str {
    gbvims_of(&incident.codes("violations").collect::<Vec<_>>())
}

/// The same, from violation codes instead of an incident.
pub(crate) fn gbvims_of(violations: &[&str]) -> &'static str {
    let any = |codes: &[&str]| violations.iter().any(|code| codes.contains(code));
    let group = |group: ViolationGroup| {
        violations
            .iter()
            .any(|code| ViolationGroup::of(code) == Some(group))
    };
    if any(&["rape", "gang_rape"]) {
        "rape"
    } else if any(&SEXUAL_CONTACT) {
        "sexual_assault"
    } else if group(ViolationGroup::Physical) || any(&BODILY_FORCE) {
        "physical_assault"
    } else if any(&["forced_marriage"]) {
        "forced_marriage"
    } else if group(ViolationGroup::Economic) || any(&DENIAL) {
        "denial_of_resources"
    } else if group(ViolationGroup::Psychological) || any(&HUMILIATION) {
        "psychological"
    } else {
        "non_gbv"
    }
}

/// The ICCS codes of an incident, sorted, each once. Violations that ICCS does not clearly classify are left out.
#[must_use]
pub fn iccs(incident: &Incident) -> Vec<&'static str> {
    iccs_of(&incident.codes("violations").collect::<Vec<_>>())
}

/// The same, from violation codes instead of an incident.
pub(crate) fn iccs_of(violations: &[&str]) -> Vec<&'static str> {
    let forced = violations
        .iter()
        .any(|code| PHYSICAL.knows(code) || *code == "threat_harm");
    let mut codes: Vec<&'static str> = violations
        .iter()
        .filter_map(|code| iccs_of_one(code, forced))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The ICCS code of one violation. `robbery_theft` does not say which it was: with force or a threat it is robbery, otherwise theft.
fn iccs_of_one(violation: &str, forced: bool) -> Option<&'static str> {
    let code = match violation {
        "killed_attempted" => "0102",
        "hit_push" | "beaten_choked" | "weapon_threat" | "weapon_used" | "burn_acid"
        | "threat_harm" | "threat_outing" | "threat_children" => "0201",
        "abducted_restrained"
        | "arbitrary_arrest"
        | "unlawful_detention"
        | "raid_forced_rescue"
        | "forced_rehab" => "0202",
        "extortion_bribe" | "blackmail" | "sextortion" | "forced_protocol"
        | "coerced_to_inform" => "0205",
        "sexual_harassment" | "stalking" | "online_doxxing" => "0208",
        "insult_humiliation" => "0209",
        "confidentiality_breach" | "photographed_published" | "image_abuse" | "home_search" => {
            "0211"
        }
        "condom_refused_removed" => "0301",
        // ICCS counts an attempt with the completed act (and keeps the difference in a tag).
        "rape" | "gang_rape" | "attempted_rape" => "03011",
        "unwanted_touch" => "03012",
        "sex_demanded_by_official" => "0302",
        "robbery_theft" if forced => "0401",
        "robbery_theft" => "0502",
        "property_destroyed" => "0504",
        _ => return None,
    };
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(violations: &[&str]) -> Incident {
        Incident::from_row(json!({ "violations": violations }), Vec::new())
    }

    #[test]
    fn the_first_question_answered_with_yes_decides() {
        for (violations, expected) in [
            (&["insult_humiliation", "hit_push", "gang_rape"][..], "rape"),
            (&["attempted_rape", "beaten_choked"], "sexual_assault"),
            (&["beaten_choked", "extortion_bribe"], "physical_assault"),
            (&["forced_marriage", "eviction"], "forced_marriage"),
            (&["extortion_bribe", "threat_harm"], "denial_of_resources"),
            (&["healthcare_refused"], "denial_of_resources"),
            (&["sexual_harassment"], "psychological"),
            (&["arbitrary_arrest"], "non_gbv"),
            (&["home_search"], "non_gbv"),
            (&["dismissed_from_job"], "denial_of_resources"),
            (
                &["property_seized", "forced_protocol"],
                "denial_of_resources",
            ),
            (&["coerced_to_inform"], "psychological"),
            (&["sextortion"], "psychological"),
            (&["a_newer_code"], "non_gbv"),
            (&[], "non_gbv"),
        ] {
            assert_eq!(gbvims(&of(violations)), expected, "{violations:?}");
        }
    }

    #[test]
    fn iccs_codes_are_sorted_and_each_stands_once() {
        assert_eq!(
            iccs(&of(&[
                "rape",
                "gang_rape",
                "hit_push",
                "weapon_used",
                "extortion_bribe"
            ])),
            ["0201", "0205", "03011"]
        );
        assert_eq!(
            iccs(&of(&["sextortion", "image_abuse", "impersonation"])),
            ["0205", "0211"]
        );
        assert_eq!(
            iccs(&of(&["a_newer_code", "client_nonpayment"])),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn taking_by_force_is_robbery() {
        assert_eq!(iccs(&of(&["robbery_theft"])), ["0502"]);
        assert_eq!(
            iccs(&of(&["robbery_theft", "weapon_threat"])),
            ["0201", "0401"]
        );
    }
}
