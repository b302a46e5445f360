//! Spellings: a code or key that differs from a known one only by case, blanks, hyphens or underscores is that one.
//!
//! What people log is folded before it is kept; what is in a document already is folded when it is read, and stays in the document as
//! it was written. Folding never grants a consent that was written otherwise: see [`crate::consent`].

use serde_json::{Map, Value};

use crate::codes::{self, CodeList};
use crate::field_error::{FieldError, Problem};
use crate::fields::{self, CodeSet};
use crate::text;

/// Whether two codes or keys differ at most by their spelling.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    one == other || folded(one).eq(folded(other))
}

/// The letters that count. Between two digits a hyphen counts, in any spelling: `2-3` is a band and `23` is a number.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let mut letters = text
        .chars()
        .filter(|letter| !text::is_invisible(*letter))
        .map(text::plain_digit)
        .flat_map(char::to_lowercase);
    let (mut last, mut waiting) = (' ', None);
    core::iter::from_fn(move || {
        if let Some(letter) = waiting.take() {
            last = letter;
            return Some(letter);
        }
        let mut gap = false;
        loop {
            let letter = letters.next()?;
            if is_gap(letter) {
                gap = true;
            } else if gap && last.is_ascii_digit() && letter.is_ascii_digit() {
                waiting = Some(letter);
                return Some('-');
            } else {
                last = letter;
                return Some(letter);
            }
        }
    })
}

/// Blanks, underscores, and what keyboards and word processors write for a hyphen.
fn is_gap(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(
            letter,
            '_' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
        )
}

/// The one of `known` that a text spells.
pub(crate) fn find<'k>(
    text: &str,
    mut known: impl Iterator<Item = &'k str> + Clone,
) -> Option<&'k str> {
    if let Some(exact) = known.clone().find(|known| *known == text) {
        return Some(exact);
    }
    // No known one is longer, and nothing is gained by looking through a long text.
    let letters: Vec<char> = folded(text).take(codes::CODE_MAX_BYTES + 1).collect();
    known.find(|known| folded(known).eq(letters.iter().copied()))
}

impl CodeList {
    /// The code that a text spells, if this version knows it.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<&'static str> {
        find(text, self.codes.iter().copied())
    }

    /// The code that a text spells, or the text as it is where this version does not know it.
    #[must_use]
    pub fn folded<'t>(&self, text: &'t str) -> &'t str {
        self.find(text).unwrap_or(text)
    }
}

impl CodeSet {
    /// The code that a text spells, if this version knows it. A link is a kind and an incident's id.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<String> {
        if self.name == "links" {
            let (kind, to) = text.split_once(':')?;
            return Some(format!(
                "{}:{}",
                codes::LINK_KINDS.find(kind)?,
                to.trim().to_ascii_lowercase()
            ));
        }
        self.lists
            .iter()
            .find_map(|list| list.find(text))
            .map(str::to_owned)
    }

    /// The code that a text spells, or the text as it is.
    #[must_use]
    pub fn folded(&self, text: &str) -> String {
        self.find(text).unwrap_or_else(|| text.to_owned())
    }
}

/// What a referral's consent is for: the service follows.
const REFERRAL: &str = "referral";

/// The consent scope that a text spells: one of the list, or `referral:` and a service.
#[must_use]
pub fn scope(text: &str) -> Option<String> {
    match text.split_once(':') {
        Some((kind, service)) if same(kind, REFERRAL) => codes::ACTION_CODES
            .find(service)
            .map(|service| format!("{REFERRAL}:{service}")),
        _ => codes::CONSENT_SCOPES.find(text).map(str::to_owned),
    }
}

/// Names of an incident's JSON form that are neither registers, sets nor entries.
const OUTER: [&str; 9] = [
    "place",
    "survivor",
    "id",
    "schema",
    "status",
    "triage",
    "clocks",
    "conflicts",
    "populations",
];

/// The field, set, map of entries or group that a name spells.
pub(crate) fn name(text: &str) -> Option<&'static str> {
    let fields = fields::FIELDS.iter().map(|field| field.name);
    let sets = fields::SETS.iter().map(|set| set.name);
    let maps = fields::ENTRY_MAPS.iter().map(|map| map.name);
    find(text, fields.chain(sets).chain(maps).chain(OUTER))
}

/// An object with the keys that `known` gives for those it has; where it gives none the key stays.
///
/// # Errors
/// Two keys that spell one: neither may be lost.
pub(crate) fn keys(
    object: &Map<String, Value>,
    known: impl Fn(&str) -> Option<String>,
) -> Result<Map<String, Value>, FieldError> {
    let mut folded = Map::new();
    for (key, value) in object {
        let name = known(key).unwrap_or_else(|| key.clone());
        if folded.contains_key(&name) {
            return Err(FieldError::new(name, Problem::Twice));
        }
        folded.insert(name, value.clone());
    }
    Ok(folded)
}

/// The same for a list of known keys.
///
/// # Errors
/// Two keys that spell one.
pub fn keys_of(
    object: &Map<String, Value>,
    known: &[&str],
) -> Result<Map<String, Value>, FieldError> {
    keys(object, |key| {
        find(key, known.iter().copied()).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_code_is_known_in_every_spelling_and_no_other_is() {
        for (text, code) in [
            ("rape", "rape"),
            ("Rape", "rape"),
            ("rape ", "rape"),
            ("\u{feff}RAPE\u{200b}", "rape"),
            ("Gang Rape", "gang_rape"),
            ("gang-rape", "gang_rape"),
            ("gang–rape", "gang_rape"),
            ("gangrape", "gang_rape"),
        ] {
            assert_eq!(codes::SEXUAL.find(text), Some(code), "{text}");
        }
        for text in ["", "rapes", "rape!", "viol", "gang.rape", "r\u{301}ape"] {
            assert_eq!(codes::SEXUAL.find(text), None, "{text}");
        }
        assert_eq!(codes::YES_NO.find(" Yes"), Some("yes"));
    }

    #[test]
    fn a_band_is_not_a_number() {
        for (text, band) in [
            ("2-3", Some("2-3")),
            ("2 - 3", Some("2-3")),
            ("2–3", Some("2-3")),
            ("2_3", Some("2-3")),
            ("២-៣", Some("2-3")),
            ("23", None),
            ("4 +", Some("4+")),
        ] {
            assert_eq!(codes::COUNT_BANDS.find(text), band, "{text}");
        }
        assert_eq!(
            (
                codes::AGE_GROUPS.find("1217"),
                codes::AGE_GROUPS.find("12 17")
            ),
            (None, Some("12-17"))
        );
    }

    #[test]
    fn no_two_codes_of_a_list_nor_names_of_fields_are_one_in_spelling() {
        for list in codes::ALL {
            for code in list.codes {
                let same: Vec<&&str> = list
                    .codes
                    .iter()
                    .filter(|other| same(code, other))
                    .collect();
                assert_eq!(same, [code], "{}", list.name);
            }
        }
        for set in fields::SETS.iter().filter(|set| set.name != "links") {
            for code in set.lists.iter().flat_map(|list| list.codes) {
                assert_eq!(
                    set.find(&code.to_uppercase().replace('_', " ")).as_deref(),
                    Some(*code)
                );
            }
        }
        for field in fields::FIELDS {
            assert_eq!(
                name(&field.name.to_uppercase().replace('_', "-")),
                Some(field.name)
            );
        }
    }

    #[test]
    fn a_scope_is_one_of_the_list_or_a_referral_to_a_service() {
        assert_eq!(scope("National_deid").as_deref(), Some("national_deid"));
        assert_eq!(scope("hub response").as_deref(), Some("hub_response"));
        assert_eq!(
            scope("Referral: Legal advice").as_deref(),
            Some("referral:legal_advice")
        );
        for text in [
            "",
            "national",
            "referral",
            "referral:",
            "referral:astrology",
            "nationaldeid:shelter",
        ] {
            assert_eq!(scope(text), None, "{text}");
        }
    }

    #[test]
    fn two_keys_that_spell_one_are_refused() {
        let folded = |object: Value| keys_of(object.as_object().unwrap(), &["kind", "count_band"]);
        assert_eq!(
            Value::Object(folded(json!({"Kind": 1, "count band": 2, "Other": 3})).unwrap()),
            json!({"kind": 1, "count_band": 2, "Other": 3})
        );
        assert_eq!(
            folded(json!({"Kind": 1, "kind": 2})).unwrap_err(),
            FieldError::new("kind", Problem::Twice)
        );
    }
}
