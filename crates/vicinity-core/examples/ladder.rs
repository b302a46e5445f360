//! What the ladder costs, and what readers find after it, for incidents on standard input: lines of `{"incident": …, "edits": […]}`.
//!
//! Each country of the areas is a hub. Every survivor is taken to agree, and every incident to have been seen. With `skewed` as argument nine of ten
//! survivors are women, most are adults in one area, and most incidents are of one setting and in the evening.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool for people who measure: it reads its input and arguments"
)]

use std::collections::BTreeMap;
use std::io::BufRead as _;

use serde_json::{Value, json};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::draft::Draft;
use vicinity_core::edit::Edit;
use vicinity_core::ladder::{Member, climb};
use vicinity_core::projection::{Projection, project};
use vicinity_core::risk;
use vicinity_core::time::Timestamp;

fn main() {
    let is_skewed = std::env::args().any(|argument| argument == "skewed");
    let now: Timestamp = "2026-12-01T09:00:00Z".parse().unwrap();
    let mut hubs: BTreeMap<String, Vec<(Projection, Member)>> = BTreeMap::new();
    for (line, number) in std::io::stdin().lock().lines().zip(0u64..) {
        let mut line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let incident = &mut line["incident"];
        incident["consents"] = json!(["hub_response", "national_deid", "aggregate_count"]);
        if is_skewed {
            skew(incident, number);
        }
        let code = incident["survivor"]["code"]
            .as_str()
            .unwrap_or_default()
            .as_bytes()
            .to_vec();
        let country = incident["place"]["area"].as_str().unwrap()[..2].to_owned();
        let draft = Draft::parse(incident, now).unwrap();
        let authoring = || Authoring { actor: [1; 8], now };
        let (mut document, _) = Document::create(&draft, authoring()).unwrap();
        for edit in line["edits"].as_array().unwrap() {
            document
                .apply(&Edit::parse(edit, now).unwrap(), authoring())
                .unwrap();
        }
        let row = project(&document.incident(), now).unwrap();
        let member = row.member(Some(code));
        hubs.entry(country).or_default().push((row, member));
    }
    let mut steps: BTreeMap<&str, usize> = BTreeMap::new();
    let mut genders: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (number, rows) in (1u32..).zip(hubs.values()) {
        let members: Vec<Member> = rows.iter().map(|(_, member)| member.clone()).collect();
        for ((row, _), step) in rows.iter().zip(climb(&members)) {
            *steps
                .entry(step.map_or("held", |step| step.name()))
                .or_default() += 1;
            let shown = step.map(|step| row.clone().at(step));
            let of = genders.entry(row.gender.clone()).or_default();
            of.0 += 1;
            of.1 += usize::from(
                shown
                    .as_ref()
                    .is_some_and(|shown| shown.gender == row.gender),
            );
            before.push((number, row.clone()));
            after.extend(shown.map(|shown| (number, shown)));
        }
    }
    println!("steps {steps:?}");
    println!("gender shown, of all: {genders:?}");
    for (name, rows) in [("before", &before), ("after", &after)] {
        for found in risk::of(rows.iter().map(|(hub, row)| (*hub, row))) {
            let percent = |count: usize| 100.0 * count as f64 / found.rows.max(1) as f64;
            println!(
                "{name} {:28} rows {:5} unique {:5.1} % below 5 {:5.1} % smallest {}",
                found.reader.name(),
                found.rows,
                percent(found.unique),
                percent(found.few),
                found.smallest
            );
        }
    }
}

/// Draws again, with few values frequent.
fn skew(incident: &mut Value, number: u64) {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut below = |end: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let areas = [("SN-DK-01", "SN-TH-02"), ("KH-12-03", "KH-17-01")];
    let (main, other) = areas[usize::from(below(10) >= 7)];
    incident["place"]["area"] = if below(10) < 8 { main } else { other }.into();
    incident["place"]["setting"] =
        ["street", "street", "street", "hotel", "own_home"][below(5) as usize].into();
    incident["time_of_day"] = ["evening", "evening", "evening", "night"][below(4) as usize].into();
    let (gender, population) = match below(40) {
        0..36 => ("woman", "fsw"),
        36..38 => ("trans_woman", "tsw"),
        _ => ("man", "msw"),
    };
    incident["survivor"]["gender"] = gender.into();
    incident["survivor"]["populations"] = json!([population]);
    incident["survivor"]["age"] = match below(20) {
        0 => json!(17),
        1..5 => json!(22),
        _ => json!(31),
    };
}
