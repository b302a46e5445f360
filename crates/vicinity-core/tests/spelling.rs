//! What people and other programs spell otherwise is the same code, field and consent; what is unknown is kept and said.
#![allow(clippy::unwrap_used, reason = "tests")]

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, ObjType, ROOT, ReadDoc, ScalarValue};
use serde_json::{Value, json};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::incident::Incident;
use vicinity_core::remark::{About, Remark};
use vicinity_core::time::Timestamp;
use vicinity_core::triage::Level;
use vicinity_core::{board, clocks, consent, triage};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn authoring() -> Authoring {
    Authoring {
        actor: [9; 8],
        now: now(),
    }
}

fn with_reported(mut incident: Value) -> Value {
    incident["reported_at"] = "2026-11-23T08:00:00Z".into();
    incident
}

fn written(incident: Value, edits: &Value) -> (Incident, Vec<Remark>) {
    let draft = Draft::parse(&with_reported(incident), now()).unwrap();
    let edits = Edit::parse_list(edits, now()).unwrap();
    let (document, authored) = Document::create_and_edit(&draft, &edits, authoring()).unwrap();
    (document.incident(), authored.remarks)
}

fn complaint(incident: Value) -> String {
    Draft::parse(&with_reported(incident), now())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_code_in_another_spelling_is_that_code_wherever_it_is_logged() {
    let spelled = json!({
        "Violations": ["Rape", " gang rape\n", "Beaten-Choked"], "Danger now": "Yes", "time-of-day": "NIGHT",
        "Occurred": {"At": "2026-11-22T23:30", "Precision": "Hour"}, "Place": {"Setting": "Bar club"},
        "Survivor": {"Gender": "Trans woman", "Populations": ["TSW"]}, "Motives": ["sex work"], "Needs": ["PEP start"],
        "Perpetrators": [{"Kind": "Police", "Count_Band": "2 – 3"}],
        "Consents": ["Hub_response", {"Scope": "National deid", "State": "Granted"}],
        "Referrals": [{"Service": "Legal advice", "State": "Sent", "At": "2026-11-23T08:30:00Z"}],
    });
    let meant = json!({
        "violations": ["rape", "gang_rape", "beaten_choked"], "danger_now": "yes", "time_of_day": "night",
        "occurred": {"at": "2026-11-22T23:30", "precision": "hour"}, "place": {"setting": "bar_club"},
        "survivor": {"gender": "trans_woman", "populations": ["tsw"]}, "motives": ["sex_work"], "needs": ["pep_start"],
        "perpetrators": [{"kind": "police", "count_band": "2-3"}], "consents": ["hub_response", "national_deid"],
        "referrals": [{"service": "legal_advice", "state": "sent", "at": "2026-11-23T08:30:00Z"}],
    });
    let (incident, remarks) = written(spelled, &json!([]));
    let without_ids = |incident: &Incident| {
        let mut facts = Value::Object(incident.facts().clone());
        facts
            .as_object_mut()
            .unwrap()
            .values_mut()
            .filter_map(Value::as_array_mut)
            .flatten()
            .filter_map(Value::as_object_mut)
            .for_each(|entry| {
                entry.remove("id");
            });
        facts
    };
    assert_eq!(
        without_ids(&incident),
        without_ids(&written(meant, &json!([])).0)
    );
    assert_eq!(remarks, []);
    assert!(
        clocks::clocks(&incident, now())
            .iter()
            .any(|clock| clock.name == "pep_72h")
    );
    assert_eq!(triage::level(&incident, now()), Level::Red);
}

#[test]
fn every_edit_takes_every_spelling() {
    let (incident, remarks) = written(
        json!({"violations": ["rape"], "survivor": {"age": 30}}),
        &json!([
            {"Set": {"Field": "Danger-Now", "Value": "YES"}}, {"set": {"field": "Survivor.Gender", "value": "Woman"}},
            {"ADD": {"Set": "Populations", "Code": "FSW"}}, {"remove": {"set": "Violations", "code": "RAPE"}},
            {"Transition": {"To": "Responding"}}, {"consent": {"scope": "Contact me", "state": "granted"}},
            {"triage": {"Level": "Amber", "Reason": "seen"}}, {"link": {"kind": "Same event", "to": "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"}},
            {"action": {"Code": "Pep-Start", "Outcome": "Done"}},
        ]),
    );
    assert_eq!(incident.facts()["danger_now"], "yes");
    assert_eq!(
        (incident.text("survivor.gender"), incident.text("status")),
        (Some("woman"), Some("responding"))
    );
    assert!(incident.has("survivor.populations", "fsw") && !incident.has("violations", "rape"));
    assert!(incident.has("links", "same_event:0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11"));
    assert_eq!(
        incident.register("triage"),
        Some(&json!({"level": "amber", "reason": "seen"}))
    );
    assert_eq!(
        incident
            .entries("actions")
            .next()
            .and_then(|action| action.text("code")),
        Some("pep_start")
    );
    assert!(consent::granted(&incident, "contact_me", now()));
    assert_eq!(remarks, []);
}

#[test]
fn what_no_version_knows_is_kept_and_said_with_its_path() {
    let (incident, remarks) = written(
        json!({
            "violations": ["rape", "a_newer_one"], "danger_now": "perhaps", "Newer": 1, "place": {"floor": "a"}, "occurred": {"precision": "fortnight"},
            "perpetrators": [{"kind": "police"}, {"kind": "ghost", "hat": "blue"}], "statements": [{"class": "poem", "text": "t"}],
        }),
        &json!([{"set": {"field": "weather", "value": "wet"}}, {"add": {"set": "needs", "code": "a_newer_need"}}, {"action": {"code": "dance"}}]),
    );
    let said: Vec<String> = remarks
        .iter()
        .map(|remark| format!("{} {:?}", remark.path, remark.about))
        .collect();
    let mut expected = vec![
        "Newer UnknownField",
        "danger_now UnknownCode",
        "occurred.precision UnknownCode",
        "perpetrators[1].hat UnknownField",
        "perpetrators[1].kind UnknownCode",
        "place.floor UnknownField",
        "statements[0].class UnknownCode",
        "violations[1] UnknownCode",
        "edits[0].set.field UnknownField",
        "edits[1].add.code UnknownCode",
        "edits[2].action.code UnknownCode",
    ];
    let mut sorted: Vec<&str> = said.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(incident.has("violations", "a_newer_one") && incident.facts()["Newer"] == 1);
    assert!(
        remarks
            .iter()
            .all(|remark| !remark.to_string().contains("a_newer")),
        "never the value"
    );
}

#[test]
fn a_key_in_two_spellings_is_refused_and_no_survivors_code_comes_in_by_another_door() {
    assert!(
        complaint(json!({"Violations": ["rape"], "violations": []}))
            .starts_with("violations: stands twice")
    );
    assert!(
        complaint(json!({"place": {"Area": "SN-DK", "area": "SN-TH"}}))
            .starts_with("place.area: stands twice")
    );
    assert!(
        complaint(json!({"perpetrators": [{"kind": "police", "Kind": "client"}]}))
            .starts_with("perpetrators[0].kind: stands twice")
    );
    assert!(complaint(json!({"Survivor.Code": "SN04211"})).contains("as an object"));
    let draft = Draft::parse(
        &with_reported(json!({"survivor": {"Code": "SN04211"}})),
        now(),
    )
    .unwrap();
    assert_eq!(draft.survivor_code(), Some("SN04211"));
    let edit = Edit::parse(
        &json!({"set": {"field": "Survivor.Code", "value": "SN04211"}}),
        now(),
    )
    .unwrap();
    assert_eq!(edit.survivor_code_in_clear(), Some("SN04211"));
}

#[test]
fn a_consent_in_another_spelling_is_withdrawn_and_an_unknown_one_is_refused_with_the_known_ones() {
    let edits = json!([{"consent": {"scope": "National_deid", "state": "Withdrawn"}}]);
    let (incident, remarks) = written(
        json!({"consents": ["hub_response", "national_deid"]}),
        &edits,
    );
    assert!(
        !consent::granted(&incident, "national_deid", now())
            && consent::withdrawn(&incident, "national_deid")
    );
    assert_eq!(remarks, []);
    for scope in ["national", "everything", "referral:astrology", ""] {
        for problem in [
            Edit::parse(
                &json!({"consent": {"scope": scope, "state": "withdrawn"}}),
                now(),
            )
            .unwrap_err()
            .to_string(),
            complaint(json!({"consents": [scope]})),
            complaint(json!({"consents": [{"scope": scope}]})),
        ] {
            assert!(
                problem.contains("scope: not a consent scope")
                    && problem.contains("national_deid, aggregate_count"),
                "{problem}"
            );
            assert!(
                scope.is_empty() || !problem.contains(&format!(": {scope}")),
                "{problem}"
            );
        }
    }
    assert_eq!(
        complaint(json!({"consents": [{"scope": "hub_response", "state": "withdrwan"}]})),
        "consents[0].state: expected granted or withdrawn"
    );
}

#[test]
fn a_withdrawal_without_a_grant_is_written_and_said() {
    let (incident, remarks) = written(
        json!({}),
        &json!([{"consent": {"scope": "national_deid", "state": "withdrawn"}}]),
    );
    assert!(consent::withdrawn(&incident, "national_deid"));
    assert_eq!(
        remarks,
        [Remark::new("edits[0].consent.scope", About::NeverGranted)]
    );
    let twice = json!([{"consent": {"scope": "contact_me", "state": "granted"}}, {"consent": {"scope": "contact_me", "state": "withdrawn"}}]);
    assert_eq!(written(json!({}), &twice).1, []);
}

#[test]
fn taking_out_what_is_not_in_a_set_is_said() {
    let to = "0b8e6c1e-5d0a-4a53-9a0e-7d7a0c1f2b11";
    let edits = json!([
        {"remove": {"set": "violations", "code": "rape"}}, {"remove": {"set": "violations", "code": "rape"}},
        {"unlink": {"kind": "same_event", "to": to}}, {"link": {"kind": "same_event", "to": to}}, {"unlink": {"kind": "Same event", "to": to}},
    ]);
    let (incident, remarks) = written(json!({"violations": ["rape"]}), &edits);
    assert_eq!(
        remarks,
        [
            Remark::new("edits[1].remove.code", About::NotInSet),
            Remark::new("edits[2].unlink", About::NotInSet)
        ]
    );
    assert_eq!(
        (
            incident.codes("violations").count(),
            incident.codes("links").count()
        ),
        (0, 0)
    );
}

/// A document as another program may write one: known codes in spellings of its own.
fn foreign() -> Document {
    let draft = Draft::parse(
        &with_reported(
            json!({"consents": ["hub_response", "national_deid"], "violations": ["rape"]}),
        ),
        now(),
    )
    .unwrap();
    let (document, authored) = Document::create(&draft, authoring()).unwrap();
    let mut raw = document.as_automerge().clone();
    raw.set_actor(ActorId::from(&[7; 8][..]));
    let mut tx = raw.transaction();
    let map = |tx: &automerge::transaction::Transaction<'_>, name: &str| {
        tx.get(ROOT, name).unwrap().unwrap().1
    };
    for (name, value) in [
        ("danger_now", "Yes"),
        ("place.setting", "Own-Home"),
        ("status", "Closed resolved"),
    ] {
        tx.put(ROOT, name, value).unwrap();
    }
    tx.put(
        ROOT,
        "triage",
        ScalarValue::Bytes(br#"{"level": "RED", "reason": "x"}"#.to_vec()),
    )
    .unwrap();
    tx.put(
        ROOT,
        "occurred",
        ScalarValue::Bytes(br#"{"at": "2026-11-23", "precision": "Day"}"#.to_vec()),
    )
    .unwrap();
    let violations = map(&tx, "violations");
    ["Rape", "Extortion Bribe"]
        .into_iter()
        .for_each(|code| tx.put(&violations, code, true).unwrap());
    let perpetrators = map(&tx, "perpetrators");
    let one = tx.put_object(&perpetrators, "x-1", ObjType::Map).unwrap();
    tx.put(&one, "kind", "Police").unwrap();
    let consents = map(&tx, "consents");
    for (id, scope, state) in [
        ("c-1", "Aggregate_Count", "Granted"),
        ("c-2", "contact_me", "Granted"),
        ("c-3", "National-Deid", "Withdrawn"),
    ] {
        let entry = tx.put_object(&consents, id, ObjType::Map).unwrap();
        tx.put(&entry, "scope", scope).unwrap();
        tx.put(&entry, "state", state).unwrap();
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    let second = raw.get_last_local_change().unwrap().raw_bytes().to_vec();
    Document::from_changes(authored.chunk.iter().chain([&second]).map(Vec::as_slice)).unwrap()
}

#[test]
fn a_document_from_elsewhere_reads_as_the_known_codes_and_stays_as_it_was_written() {
    let document = foreign();
    let incident = document.incident();
    assert_eq!(
        incident.facts()["violations"],
        json!(["extortion_bribe", "rape"])
    );
    assert_eq!(
        (
            incident.text("danger_now"),
            incident.text("place.setting"),
            incident.text("status")
        ),
        (Some("yes"), Some("own_home"), Some("closed_resolved"))
    );
    assert_eq!(triage::level(&incident, now()), Level::Red);
    assert!(incident.occurred_window().is_some());
    let place = board::place(&incident, now());
    assert_eq!(
        (place.kinds, place.closed),
        (vec!["police".to_owned()], true)
    );
    for facet in [
        ("setting", "own_home"),
        ("perpetrator", "police"),
        ("status", "closed_resolved"),
        ("extortion", "yes"),
        ("violation_group", "sexual"),
    ] {
        assert!(
            place
                .facets
                .iter()
                .any(|(dimension, code)| (*dimension, code.as_str()) == facet),
            "what national counts by: {facet:?}"
        );
    }
    let (_, violations) = document
        .as_automerge()
        .get(ROOT, "violations")
        .unwrap()
        .unwrap();
    assert!(
        document
            .as_automerge()
            .get(&violations, "Rape")
            .unwrap()
            .is_some()
    );
}

#[test]
fn in_a_document_from_elsewhere_a_withdrawal_counts_in_every_spelling_and_a_grant_only_in_its_own()
{
    let incident = foreign().incident();
    assert!(consent::withdrawn(&incident, "national_deid"));
    assert_eq!(consent::effective(&incident, now()), ["hub_response"]);
}

#[test]
fn a_code_is_taken_out_in_whatever_spelling_it_was_put_in() {
    let mut document = foreign();
    let edits = Edit::parse_list(
        &json!([{"remove": {"set": "violations", "code": "rape"}}]),
        now(),
    )
    .unwrap();
    let authored = document.apply_all(&edits, authoring()).unwrap();
    assert_eq!(
        (
            document.incident().has("violations", "rape"),
            authored.remarks
        ),
        (false, Vec::new())
    );
}

#[test]
fn two_spellings_of_one_answer_are_no_conflict() {
    let draft = Draft::parse(&with_reported(json!({})), now()).unwrap();
    let (document, authored) = Document::create(&draft, authoring()).unwrap();
    let side = |actor: u8, value: &str| {
        let mut raw = document.as_automerge().clone();
        raw.set_actor(ActorId::from(&[actor; 8][..]));
        let mut tx = raw.transaction();
        tx.put(ROOT, "danger_now", value).unwrap();
        tx.commit_with(CommitOptions::default().with_time(0));
        raw.get_last_local_change().unwrap().raw_bytes().to_vec()
    };
    let both = [
        authored.chunk.clone().unwrap(),
        side(7, "yes"),
        side(8, "Yes"),
    ];
    assert_eq!(
        Document::from_changes(both.iter().map(Vec::as_slice))
            .unwrap()
            .incident()
            .disputes(),
        []
    );
    let three = [authored.chunk.unwrap(), side(7, "no"), side(8, "YES")];
    let disputed = Document::from_changes(three.iter().map(Vec::as_slice))
        .unwrap()
        .incident();
    assert!(disputed.may_be("danger_now", "yes") && disputed.disputes().len() == 1);
}

#[test]
fn a_note_has_280_letters_of_any_script_and_a_longer_one_is_refused_in_letters() {
    let reason = |letter: &str, count: usize| {
        Edit::parse(
            &json!({"transition": {"to": "responding", "reason": letter.repeat(count)}}),
            now(),
        )
    };
    for letter in ["a", "é", "e\u{301}", "ж", "ក", "កុំ", "अ", "ع"] {
        assert!(reason(letter, 280).is_ok(), "{letter}");
        assert_eq!(
            reason(letter, 281).unwrap_err().to_string(),
            "transition.reason: longer than 280 letters",
            "{letter}"
        );
    }
    let partner =
        json!([{"referral": {"service": "shelter", "partner": "ផ្ទះ".repeat(16), "state": "sent"}}]);
    let (incident, _) = written(json!({}), &partner);
    assert_eq!(
        incident
            .entries("referrals")
            .next()
            .and_then(|entry| entry.text("partner")),
        Some("ផ្ទះ".repeat(16).as_str())
    );
}
