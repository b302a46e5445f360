//! An enrolled device that turned hostile: each thing it sends gets its verdict, the rest of the batch lands, and
//! nobody else notices.

use std::collections::BTreeMap;

use serde_json::json;
use vicinity_core::admit::Verdict;
use vicinity_core::guard::Refusal;
use vicinity_core::ids::IncidentId;
use vicinity_tests::by_hand::{ByHand, group};
use vicinity_tests::incidents;
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, timeless};

#[allow(
    dead_code,
    reason = "the case list is for the guard's own test; here the document that the cases attack is needed"
)]
#[path = "../../crates/vicinity-core/tests/hostile/made.rs"]
mod made;

/// What a hub may take at the most, whatever comes: far below what a hostile change can make automerge allocate.
const PEAK_MAX_KIB: u64 = 200 * 1024;

/// The hub lives, small, and another device syncs with it as if nothing had been.
fn assert_unharmed(site: &Site, hub: &Server, held: usize) {
    let other = site.enrolled("unharmed", "responder");
    other.log(&incidents::fixture("senegal.jsonl")[..1]);
    other.sync();
    assert_eq!(other.ids().len(), held + 1);
    assert_eq!(timeless(other.show_all()), timeless(site.hub_export()));
    assert!(hub.peak_kib() < PEAK_MAX_KIB, "{} KiB", hub.peak_kib());
    assert!(!hub.log().contains("panicked"), "{}", hub.log());
}

fn quarantined(site: &Site) -> BTreeMap<String, u64> {
    let line = |line: &serde_json::Value| {
        (
            line["reason"].as_str().unwrap().to_owned(),
            line["count"].as_u64().unwrap(),
        )
    };
    site.hub_run("quarantine", &["--json"])
        .json_lines()
        .iter()
        .map(line)
        .collect()
}

/// Every file of the fixtures with what it must be refused as, by the table next to the files.
fn hostile_changes() -> Vec<(String, String, Vec<u8>)> {
    let folder = incidents::fixtures("hostile");
    let table = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let (file, refusal) = (
            cells.get(1).filter(|file| file.ends_with(".bin"))?,
            cells.get(4)?,
        );
        Some((
            (*file).to_owned(),
            (*refusal).to_owned(),
            std::fs::read(folder.join(file)).unwrap(),
        ))
    };
    let changes: Vec<_> = table.lines().filter_map(row).collect();
    let files = std::fs::read_dir(&folder).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .path()
            .extension()
            .is_some_and(|extension| extension == "bin")
    });
    assert_eq!(changes.len(), files.count());
    for known in [
        "reused_seq.bin",
        "compressed_bomb.bin",
        "document_bomb.bin",
        "nested_maps.bin",
        "huge_runs_50.bin",
    ] {
        assert!(changes.iter().any(|(file, ..)| file == known), "{known}");
    }
    changes
}

#[test]
fn every_hostile_change_of_the_fixtures_is_refused_and_the_rest_of_its_batch_lands() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 41);
    let setting = made::setting();
    let mut expected = BTreeMap::<String, u64>::new();
    let mut attacked = Vec::new();
    for (at, (file, refusal, hostile)) in hostile_changes().into_iter().enumerate() {
        let id = IncidentId::from_random([at as u8; 16]);
        // The document that the change attacks, the change in the midst of good ones, and a bystander.
        let chunks = [
            &setting.base[0],
            &setting.base[1],
            &hostile,
            &setting.good[0],
            &setting.good[1],
            &setting.good[2],
        ]
        .map(Clone::clone);
        let bystander = device.incident(1);
        let answer = device.push(vec![group(id, chunks.to_vec()), bystander.group()]);
        let refused: Vec<_> = answer
            .verdicts
            .iter()
            .enumerate()
            .filter(|(_, verdict)| **verdict != Verdict::Stored)
            .collect();
        assert!(
            matches!(refused[..], [(2, Verdict::Rejected(said))] if said.code() == refusal),
            "{file}: {:?}",
            answer.verdicts
        );
        *expected.entry(refusal).or_default() += 1;
        attacked.push(id.to_string());
    }
    assert_eq!(quarantined(&site), expected);
    let exported = timeless(site.hub_export());
    assert_eq!(exported.len(), 2 * attacked.len());
    let mut attacked: Vec<_> = exported
        .iter()
        .filter(|incident| attacked.iter().any(|id| incident["id"] == **id))
        .cloned()
        .collect();
    attacked
        .iter_mut()
        .for_each(|incident| incident["id"] = "the same".into());
    attacked.dedup();
    assert_eq!(attacked.len(), 1, "a hostile change left something behind");
    assert_unharmed(&site, &hub, exported.len());
}

#[test]
fn a_number_that_an_actor_has_used_is_refused_and_does_not_block_its_true_author() {
    let (site, hub) = Site::with_hub();
    let (mut author, mut forger) = (
        ByHand::enrol(&site.invite("responder"), 1),
        ByHand::enrol(&site.invite("responder"), 2),
    );
    let mut written = author.incident(1);
    author.push(vec![written.group()]);

    // The author itself, restored from a backup without knowing it.
    let mut fork = written.clone();
    written.edit(&json!({"action": {"code": "shelter"}}));
    fork.edit(&json!({"action": {"code": "legal_advice"}}));
    author.push(vec![group(written.id, written.chunks[2..].to_vec())]);
    let bystander = author.incident(0);
    let answer = author.push(vec![
        group(fork.id, fork.chunks[2..].to_vec()),
        bystander.group(),
    ]);
    assert_eq!(
        answer.verdicts,
        [Verdict::Rejected(Refusal::SeqReused), Verdict::Stored]
    );

    // Another device, in the author's name.
    let mut forged = written.clone();
    forged.edit(&json!({"action": {"code": "aggressor_alert"}}));
    let answer = forger.push(vec![group(forged.id, forged.chunks[3..].to_vec())]);
    assert_eq!(answer.verdicts, [Verdict::Rejected(Refusal::ForeignActor)]);
    written.edit(&json!({"action": {"code": "accompany"}}));
    let answer = author.push(vec![group(written.id, written.chunks[3..].to_vec())]);
    assert_eq!(answer.verdicts, [Verdict::Stored]);

    assert_eq!(
        quarantined(&site),
        BTreeMap::from([
            ("foreign_actor".to_owned(), 1),
            ("seq_reused".to_owned(), 1)
        ])
    );
    assert_unharmed(&site, &hub, 2);
}

#[test]
fn a_body_that_inflates_without_end_is_refused() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 4);
    let body = vicinity_sync::compress::deflate(&vec![0; 512 * 1024 * 1024]);
    println!("512 MiB of nothing in {} bytes", body.len());
    assert_eq!(device.post(body).text(), (413, "too_large".into()));
    assert_unharmed(&site, &hub, 0);
}

#[test]
fn orphans_without_end_are_capped_and_land_when_their_ancestors_come() {
    let (site, hub) = Site::with_hub();
    let mut device = ByHand::enrol(&site.invite("educator"), 5);
    let written = device.incident(100);
    let answer = device.push(vec![group(written.id, written.chunks[1..].to_vec())]);
    let (pending, refused) = answer.verdicts.split_at(64);
    assert!(pending.iter().all(|verdict| *verdict == Verdict::Pending));
    assert!(
        refused
            .iter()
            .all(|verdict| *verdict == Verdict::Rejected(Refusal::TooManyOrphans))
    );
    assert!(site.hub_export().is_empty());
    let answer = device.push(vec![group(written.id, written.chunks[..1].to_vec())]);
    assert_eq!(answer.verdicts, [Verdict::Stored]);
    assert_eq!(
        site.hub_export()[0]["actions"].as_array().unwrap().len(),
        64
    );
    assert_unharmed(&site, &hub, 1);
}
