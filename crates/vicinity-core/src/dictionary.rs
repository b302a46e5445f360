//! The data dictionary, made from the tables that the program itself runs on, so that it cannot say anything else.

use core::fmt::Write;

use crate::codes::{self, CodeList};
use crate::document;
use crate::fields::{self, EntryKind, Kind, Merge, Reach};
use crate::projection;
use crate::value;

/// The page `docs/RECORD.md`, in full.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(PROSE);
    registers(&mut page);
    sets(&mut page);
    entry_maps(&mut page);
    code_lists(&mut page);
    consent(&mut page);
    page.push_str(DERIVED);
    projection_fields(&mut page);
    edits(&mut page);
    limits(&mut page);
    page
}

const PROSE: &str = "\
# The record

*Made by `vicinity_core::dictionary` from the tables that the program runs on. Edit those; then run
`UPDATE_DOCS=1 cargo test -p vicinity-core --test dictionary`.*

## Three envelopes

What is known about an incident is split by who may see it. It has to be: phones and hub merge by keeping every change
ever made, so nothing that once entered a shared document can be taken out of it again or kept from somebody who holds it.

1. **The incident** is what this page mostly describes: coded facts, times, consents, and what was done. It is one
   document, held by the phone that logged it and by the home hub, and both may change it while they are apart.
2. **Sealed statements** are everything that could name somebody: the survivor's words, who she is and how to reach her,
   what identifies a perpetrator, an exact place, photos, recordings. Each is written once and never edited; a later
   account is a new statement. The incident holds only that there is one, of which class and how long. Two people never
   write one statement together, so nothing about it needs to merge.
3. **The projection** is what national receives: a row of codes and bands, computed from the incident each time it
   changes, without any history, and only if the survivor agreed. It is an allow-list. What is not named below under
   \"Projection\" does not leave the hub, and a code that the sending hub does not know leaves as `other_unlisted`.

HIV status is not collected, anywhere.

## How incidents merge, and why so

A phone may be without a network for weeks, and an educator and a responder may write about the same incident in that
time. Nobody waits for anybody, nothing is ever refused for being late, and everybody who holds the same changes sees the
same incident, whatever the order in which they came. No phone's clock decides anything.

- A **register** holds one value. Where two people wrote different values without knowing of each other, both are kept and
  shown as a conflict until a person decides. A program that picked one would drop what somebody saw, and would not say so.
  Until it is resolved, the more urgent side counts for triage, and the less closed side for the status.
- A few registers are **set once**: who reported and when. They are filled in, never overwritten.
- A **set** of codes takes additions and removals. Where one person adds a code and another removes it at the same time,
  the addition wins: too much on the list is seen and corrected, a need that vanished is not.
- An **entry** of a log or of the perpetrators has an id of its own, so two people's entries never collide; both stay. A
  later edit can complete an entry, and its fields then merge as registers do.
- **Consent** is a log too. A withdrawal beats every grant that was made without knowing of it, even one with a later
  time on it. A grant made after the withdrawal was seen names it, and counts.
- What this version does not know, a field or a code of a newer one, is kept, shown as it is, and passed on. The program says
  so when it is logged.
- A **code or field** that differs from a known one only by case, blanks, hyphens or underscores is that one: `Gang-rape` is
  `gang_rape`. It is kept in its own spelling. In a document of another program it stays as it was written and is read
  as the known one. Consents are stricter: an unknown scope is refused, and a grant in another spelling that came in such a
  document is none, while a withdrawal counts.

*Reach*, below, says how far a value goes: **hub** is the phone and its home hub and nobody else; **national** is the
projection too, with what is done to the value on the way.
";

const DERIVED: &str = "
## Derived, never typed in

| What | From | How |
|---|---|---|
| Status | `transitions` | the last transition; of concurrent ones the least closed, in the order of the list \"status\" |
| Triage | facts, and `triage` | red, amber or green; a person's raise always counts, a lowering only with a reason |
| Clocks | `reported_at`, `occurred`, `actions`, `followups` | what is due by when, and its state |
| GBVIMS type | `violations` | one, by its ordered test; the types are below |
| ICCS codes | `violations` | every code that a violation certainly has |

GBVIMS asks in this order, and the first yes decides: rape, sexual assault, physical assault, forced marriage, denial of
resources, psychological; else the incident is `non_gbv` there.

New documents have schema 2, the second edition of codes and fields. A document of schema 1 is read as before: a field
that it lacks is unknown. A program of the first edition keeps the new fields and codes, shows them as they are and passes
them on. National is updated before its hubs: an older national refuses a row with a code that it does not know.

**Red**: danger or held now, a weapon, severe injury, risk of suicide, a minor, sexual violence (other than harassment
alone) less than 72 hours ago or at an unknown time. **Amber**: other injury, a credible threat, extortion, sexual
violence less than 120 hours ago. **Green**: the rest. Of an imprecise time the latest instant it can mean counts.

| Clock | Runs from | Due after | For |
|---|---|---|---|
| `first_contact_1h` | report | 1 hour | red only: first contact |
| `response_24h` | report | 24 hours | any supportive response |
| `pep_72h`, `forensic_72h` | incident | 72 hours | HIV prophylaxis, forensic examination, after sexual exposure |
| `ec_120h` | incident | 120 hours | emergency contraception, where a pregnancy is possible |
| `followup_2w`, `followup_3m`, `followup_6m` | first care | 2 weeks, 3 and 6 months, by the calendar of the hub's zone | follow-up |
| `followup_planned` | planned | the time that was planned | a follow-up that somebody planned, until it is done |
| `pep_adherence_d3`, `_d14`, `_d28` | first dose | 3, 14, 28 days | keeping up PEP |

A clock is `running`, `overdue`, `met` or `late`; `done_unknown` where it was done and it is unknown whether in time. One that runs from the incident is `uncertain` when it is too late by the
earliest time the incident can have and not by the latest, `missed_window` when it is too late by both, and
`unknown_time` where the time is unknown.
";

const SOURCES: &str = "\
GBVIMS is the Gender-Based Violence Information Management System; LIVES is WHO's first-line support; \"own\" lists are
this project's.
";

const CONSENT: &str = "
## Consent

Everything is denied until it is granted, and no service depends on it. A scope is granted while at least one unexpired
grant of it names every withdrawal of it. Both ends of each crossing check.

| Scope | Lets happen |
|---|---|
";

const PROJECTION: &str = "
Needs `hub_response` and `national_deid`. Its id is random and not the incident's. It is coded, not anonymous: see
[what a row displays](adr/0034-coarser-rows.md). A value may be `withheld`, and the quarter may stand for the month, once rows climb the ladder; no
hub withholds anything yet.

| Field | Holds |
|---|---|
";

const EDITS: &str = "
## Edits

`vicinity device edit` takes a JSON list of these, each an object of one key, and applies all or none. A time that is left
out is now. An `id` completes the entry that has it.

| Edit | Does |
|---|---|
";

/// An edit in JSON, and what it does.
const EDIT_FORMS: &[(&str, &str)] = &[
    (
        r#"{"set": {"field": "danger_now", "value": "no"}}"#,
        "writes a register; also how a conflict is decided",
    ),
    (
        r#"{"add": {"set": "violations", "code": "rape"}}"#,
        "puts a code into a set",
    ),
    (
        r#"{"remove": {"set": "violations", "code": "rape"}}"#,
        "takes a code out of a set",
    ),
    (
        r#"{"perpetrator": {"kind": "police"}}"#,
        "adds a perpetrator",
    ),
    (
        r#"{"action": {"code": "pep_start", "outcome": "done", "done_at": "2026-11-23T09:00:00Z"}}"#,
        "writes an action down",
    ),
    (
        r#"{"referral": {"service": "legal_advice", "partner": "P4", "state": "sent"}}"#,
        "refers, or moves the referral to the same service and partner on",
    ),
    (
        r#"{"followup": {"due_at": "2026-12-07T09:00:00Z"}}"#,
        "plans a follow-up; `done_at` says that it was done",
    ),
    (
        r#"{"transition": {"to": "responding", "reason": "on the way"}}"#,
        "moves the status",
    ),
    (
        r#"{"consent": {"scope": "contact_me", "state": "granted"}}"#,
        "grants a consent, or withdraws it",
    ),
    (
        r#"{"statement": {"class": "narrative", "text": "…"}}"#,
        "adds a statement, kept beside the incident and sealed",
    ),
    (
        r#"{"link": {"kind": "same_event", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"}}"#,
        "links to another incident",
    ),
    (
        r#"{"unlink": {"kind": "same_event", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"}}"#,
        "takes a link back",
    ),
    (
        r#"{"triage": {"level": "amber", "reason": "seen by the nurse"}}"#,
        "decides the triage; lowering it needs a reason",
    ),
    (
        r#"{"answer": {"id": "q-7", "answer": "confirmed"}}"#,
        "answers a question of national's",
    ),
];

/// What each consent scope lets happen.
const SCOPES: &[(&str, &str)] = &[
    (
        "hub_response",
        "phone to hub: incident and statements. Without it the record stays on the phone",
    ),
    (
        "national_deid",
        "hub to national: the projection. Withdrawn: the projection is retracted",
    ),
    (
        "aggregate_count",
        "hub to national: one more in a table of counts",
    ),
    ("advocacy_story", "her story, retold, in advocacy"),
    (
        "aggressor_alert",
        "an alert is made of it for others: an area, a text and an end, written for the alert, and nothing of the incident",
    ),
    (
        "police_anonymous",
        "a report to the police without her name",
    ),
    ("police_full", "a report to the police with her name"),
    ("contact_me", "that somebody calls or visits"),
];

fn registers(page: &mut String) {
    page.push_str("\n## Registers\n\n| Field | Holds | Merge | Reach |\n|---|---|---|---|\n");
    for field in fields::FIELDS {
        let merge = match field.merge {
            Merge::Register => "register",
            Merge::Immutable => "set once",
        };
        line(
            page,
            &[
                &code(field.name),
                &kind(field.kind),
                merge,
                &reach(field.reach),
            ],
        );
    }
    line(
        page,
        &[
            "`status`",
            &list_link(&codes::STATUSES),
            "register, written by a transition",
            "national",
        ],
    );
    line(
        page,
        &[
            "`triage`",
            "`{level, reason}`: what a person decided",
            "register",
            "national: the level as of the report",
        ],
    );
    line(
        page,
        &[
            "`schema`",
            &format!("whole number; {} today", document::SCHEMA),
            "set once",
            "hub",
        ],
    );
}

fn sets(page: &mut String) {
    page.push_str("\n## Sets of codes\n\n| Set | Codes | Reach |\n|---|---|---|\n");
    for set in fields::SETS {
        let lists: Vec<String> = set.lists.iter().map(|list| list_link(list)).collect();
        let and_id = if set.name == "links" {
            ", a colon, and the other incident's id"
        } else {
            ""
        };
        line(
            page,
            &[
                &code(set.name),
                &format!("{}{and_id}", lists.join(", ")),
                &reach(set.reach),
            ],
        );
    }
}

fn entry_maps(page: &mut String) {
    page.push_str("\n## Perpetrators and logs\n\nEntries keyed by an id. The first field of each is required; every field merges as a register.\n");
    for map in fields::ENTRY_MAPS {
        put(
            page,
            format_args!(
                "\n### `{}`\n\nReach: {}.\n\n| Field | Holds |\n|---|---|\n",
                map.name,
                reach(map.reach)
            ),
        );
        for (name, kind) in map.fields {
            line(page, &[&code(name), &entry_kind(*kind)]);
        }
    }
}

/// The codes of a list that cite another source than the list does.
fn own_sources(list: &CodeList) -> String {
    codes::OWN_SOURCES
        .iter()
        .filter(|(name, _)| list.knows(name))
        .map(|(name, source)| format!(" {}: {source}.", code(name)))
        .collect()
}

fn code_lists(page: &mut String) {
    page.push_str("\n## Code lists\n\n");
    put(
        page,
        format_args!("SWIT is {}.\n{SOURCES}", codes::full_source()),
    );
    for list in codes::ALL {
        let codes: Vec<String> = list.codes.iter().map(|name| code(name)).collect();
        put(
            page,
            format_args!(
                "\n### {}\n\nSource: {}.{}\n\n{}\n",
                heading(list),
                list.source,
                own_sources(list),
                codes.join(", ")
            ),
        );
    }
}

fn consent(page: &mut String) {
    page.push_str(CONSENT);
    for (scope, lets) in SCOPES {
        line(page, &[&code(scope), lets]);
    }
    line(
        page,
        &["`referral:<service>`", "what that service needs goes to it"],
    );
}

fn projection_fields(page: &mut String) {
    put(
        page,
        format_args!(
            "\n## Projection (schema {})\n{PROJECTION}",
            projection::SCHEMA
        ),
    );
    for (name, holds) in projection::FIELDS {
        line(page, &[&code(name), holds]);
    }
}

fn edits(page: &mut String) {
    page.push_str(EDITS);
    for (form, does) in EDIT_FORMS {
        line(page, &[&code(form), does]);
    }
}

fn limits(page: &mut String) {
    page.push_str("\n## Limits\n\n| What | At most |\n|---|---|\n");
    let bytes = |count: usize| format!("{count} bytes");
    let letters = |count: usize| format!("{count} letters of any script");
    line(page, &["a note", &letters(value::NOTE_MAX_LETTERS)]);
    line(
        page,
        &["a pseudonym", &letters(value::PSEUDONYM_MAX_LETTERS)],
    );
    for (what, limit) in [
        ("a code", codes::CODE_MAX_BYTES),
        ("a field's name", value::KEY_MAX_BYTES),
        (
            "the value of an unknown field, as JSON",
            value::UNKNOWN_MAX_BYTES,
        ),
        ("a statement's text", value::STATEMENT_MAX_BYTES),
        (
            "a statement that is a photo or a sound",
            value::ATTACHMENT_MAX_BYTES,
        ),
    ] {
        line(page, &[what, &bytes(limit)]);
    }
    page.push_str("\nA letter is what a person counts as one, with its accents and vowel signs; that many times 16 bytes is the most in any case.\n");
    page.push_str("A note travels in clear to the hub and stays in the history: never a name or a place in it.\n");
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Code(list) => list_link(list),
        Kind::Age => "whole years, 0 to 120, or null".into(),
        Kind::Occurred => format!("`{{at, precision}}`: local time or date, and {}", list_link(&codes::PRECISIONS)),
        Kind::Instant => "instant in UTC".into(),
        Kind::Zone => "a time zone's name in the IANA database, as `Asia/Bishkek`: where it was elsewhere than the hub".into(),
        Kind::Area => "the hub's area code, as `SN-DK-01`".into(),
        Kind::SurvivorCode => "keyed hash of the programme's own code".into(),
        Kind::Pseudonym => "pseudonym".into(),
    }
}

fn entry_kind(kind: EntryKind) -> String {
    match kind {
        EntryKind::Code(list) => list_link(list),
        EntryKind::AnyCode => "code".into(),
        EntryKind::Scope => "[consent scope](#consent)".into(),
        EntryKind::Instant => "instant in UTC".into(),
        EntryKind::Pseudonym => "pseudonym".into(),
        EntryKind::Note => "short note; never a name or a place".into(),
        EntryKind::Count => "whole number".into(),
        EntryKind::Ids => "entry ids".into(),
    }
}

fn reach(reach: Reach) -> String {
    match reach {
        Reach::Hub => "hub".into(),
        Reach::National("") => "national".into(),
        Reach::National(generalised) => format!("national: {generalised}"),
    }
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

fn heading(list: &CodeList) -> String {
    let mut letters = list.name.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_uppercase(), letters.as_str())
    })
}

/// A link to the list's heading, by the anchor that Markdown renderers make of it.
fn list_link(list: &CodeList) -> String {
    let anchor = list.name.to_lowercase().replace(',', "").replace(' ', "-");
    format!("[{}](#{anchor})", list.name)
}

fn line(page: &mut String, cells: &[&str]) {
    put(page, format_args!("| {} |\n", cells.join(" | ")));
}

/// Writing to a text cannot fail.
fn put(page: &mut String, text: core::fmt::Arguments<'_>) {
    let _ = page.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_consent_scope_is_explained() {
        let explained: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
        assert_eq!(explained, codes::CONSENT_SCOPES.codes);
    }

    #[test]
    fn every_edit_that_is_shown_is_one() {
        let now = "2026-11-23T09:00:00Z".parse().unwrap();
        for (form, _) in EDIT_FORMS {
            let edit = crate::edit::Edit::parse(&serde_json::from_str(form).unwrap(), now);
            assert!(edit.is_ok(), "{form}: {edit:?}");
        }
    }

    #[test]
    fn every_table_cell_stays_in_its_table() {
        for line in markdown().lines().filter(|line| line.starts_with('|')) {
            assert!(
                line.ends_with('|') && line.matches('|').count() >= 3,
                "{line}"
            );
        }
    }

    #[test]
    fn every_list_that_is_linked_has_a_heading() {
        let page = markdown();
        for list in codes::ALL {
            assert!(
                page.contains(&format!("\n### {}\n", heading(list))),
                "{}",
                list.name
            );
        }
    }
}
