//! Real changes with a few bytes changed, their length and checksum repaired.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use automerge::{Automerge, ReadDoc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use vicinity_core::admit::{Verdict, admit};
use vicinity_core::chunk::{Chunk, put_uleb, wrap};
use vicinity_core::document::{Authoring, Document};
use vicinity_core::edit::Edit;
use vicinity_core::guard;
use vicinity_core::ids::ChangeHash;

use crate::histories::{self, Log};

const THREADS: u64 = 2;
/// Mutants made of one history.
const OF_ONE_HISTORY: u64 = 50;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Counts panics of this thread instead of printing them, while `body` runs.
pub fn counting_panics<T>(body: impl FnOnce() -> T) -> (T, u64) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                PANICS.set(PANICS.get() + 1);
            } else {
                print(info);
            }
        }));
    });
    PANICS.set(0);
    QUIET.set(true);
    let done = catch_unwind(AssertUnwindSafe(body));
    QUIET.set(false);
    (
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        PANICS.get(),
    )
}

/// The changes of a history in an order in which each follows its ancestors, with another one to splice from.
struct Stock {
    log: Log,
    other: Vec<u8>,
}

fn stock(rng: &mut StdRng) -> Stock {
    loop {
        let (log, other) = (
            histories::random_history(rng),
            histories::random_history(rng),
        );
        if !log.is_empty() && !other.is_empty() {
            return Stock {
                other: other.choose(rng).unwrap().clone(),
                log,
            };
        }
    }
}

/// A chunk's data behind its header.
fn data(chunk: &[u8]) -> &[u8] {
    let mut at = 9;
    while chunk[at] & 0x80 != 0 {
        at += 1;
    }
    &chunk[at + 1..]
}

fn mutant(chunk: &[u8], other: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = data(chunk).to_vec();
    if rng.random_bool(0.5)
        && let Some(mutated) = mutate_column(chunk, rng)
    {
        bytes = data(&mutated).to_vec();
    } else {
        for _ in 0..rng.random_range(1..4) {
            mutate_bytes(&mut bytes, data(other), rng);
        }
    }
    // Now and then the envelope stays wrong.
    let mut mutant = wrap(&bytes);
    if rng.random_bool(0.02) {
        let at = rng.random_range(0..mutant.len().min(12));
        mutant[at] ^= 1 << rng.random_range(0..8);
    }
    mutant
}

fn mutate_bytes(bytes: &mut Vec<u8>, other: &[u8], rng: &mut StdRng) {
    const TELLING: [u8; 10] = [0, 1, 2, 3, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff];
    if bytes.is_empty() {
        return bytes.push(rng.random());
    }
    let at = rng.random_range(0..bytes.len());
    match rng.random_range(0..9) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => bytes[at] = *TELLING.choose(rng).unwrap(),
        3 => bytes[at] = bytes[at].wrapping_add(if rng.random() { 1 } else { 255 }),
        4 => bytes.truncate(at),
        5 => drop(bytes.remove(at)),
        6 => bytes.insert(at, *TELLING.choose(rng).unwrap()),
        7 => {
            let end = (at + rng.random_range(0..8)).min(bytes.len());
            let from = rng.random_range(0..other.len());
            let to = (from + rng.random_range(0..8)).min(other.len());
            drop(bytes.splice(at..end, other[from..to].iter().copied()));
        }
        _ => {
            let mut number = Vec::new();
            put_uleb(&mut number, rng.random::<u64>() >> rng.random_range(0..64));
            drop(bytes.splice(at..=at, number));
        }
    }
}

/// Changes one column or one number of the header, and makes everything around it fit again.
fn mutate_column(chunk: &[u8], rng: &mut StdRng) -> Option<Vec<u8>> {
    let mut parsed = Chunk::parse(chunk).ok()?;
    match rng.random_range(0..12) {
        0 => parsed.seq = parsed.seq.wrapping_add_signed(rng.random_range(-2..3)),
        1 => parsed.start_op = parsed.start_op.wrapping_add_signed(rng.random_range(-9..9)),
        2 => parsed.time = rng.random::<i64>() >> rng.random_range(0..64),
        3 => drop(parsed.deps.pop()),
        _ => {}
    }
    let mut columns: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut rest = parsed.column_data;
    for (spec, len) in &parsed.columns {
        let (column, behind) = rest.split_at(*len);
        columns.push((*spec, column.to_vec()));
        rest = behind;
    }
    let other = columns.choose(rng)?.1.clone();
    let at = rng.random_range(0..columns.len());
    match rng.random_range(0..8) {
        0 => drop(columns.remove(at)),
        1 => {
            columns[at].0 = *[
                0x01, 0x02, 0x11, 0x13, 0x15, 0x34, 0x42, 0x56, 0x57, 0x70, 0x71, 0x73, 0x94, 0xa5,
            ]
            .choose(rng)?
        }
        2 => columns[at].1 = other,
        _ => {
            (0..rng.random_range(1..3)).for_each(|_| mutate_bytes(&mut columns[at].1, &other, rng))
        }
    }
    let data: Vec<u8> = columns
        .iter()
        .flat_map(|(_, column)| column.iter().copied())
        .collect();
    parsed.columns = columns
        .iter()
        .map(|(spec, column)| (*spec, column.len()))
        .collect();
    parsed.column_data = &data;
    Some(parsed.assemble())
}

/// What is wrong with a document that let a change in, if anything is.
fn broken(stored: &[Vec<u8>], heads: &[ChangeHash], rng: &mut StdRng) -> Option<&'static str> {
    let Some(mut document) = Document::from_changes(stored.iter().map(Vec::as_slice)).ok() else {
        return Some("does not load again");
    };
    if document.heads() != heads {
        return Some("loads with other heads");
    }
    for chunk in stored {
        let hash = automerge::ChangeHash(ChangeHash::of(&chunk[8..]).0);
        if document
            .as_automerge()
            .get_change_by_hash(&hash)
            .is_none_or(|change| change.raw_bytes() != chunk)
        {
            return Some("a change comes out with other bytes");
        }
    }
    if Automerge::load(&document.as_automerge().save())
        .ok()
        .is_none_or(|loaded| sorted(loaded.get_heads()) != heads)
    {
        return Some("does not load from what automerge saved");
    }
    let edit = Edit::parse(
        &histories::any_edit(rng),
        "2026-11-23T09:00:00Z".parse().unwrap(),
    )
    .unwrap();
    let authoring = Authoring {
        actor: [0xee; 8],
        now: "2026-11-23T09:00:00Z".parse().unwrap(),
    };
    if let Ok(authored) = document.apply(&edit, authoring)
        && let Some(chunk) = authored.chunk
        && admit(stored, &[], &[chunk]).verdicts != [Verdict::Stored]
    {
        return Some("takes no further edit");
    }
    None
}

fn sorted(heads: Vec<automerge::ChangeHash>) -> Vec<ChangeHash> {
    let mut heads: Vec<ChangeHash> = heads.into_iter().map(|head| ChangeHash(head.0)).collect();
    heads.sort_unstable();
    heads
}

/// How many mutants met which end.
#[derive(Default)]
struct Tally {
    ends: BTreeMap<&'static str, u64>,
    panics_caught: u64,
    broken: Vec<String>,
}

impl Tally {
    fn end(&mut self, what: &'static str) {
        *self.ends.entry(what).or_default() += 1;
    }

    fn add(mut self, other: Self) -> Self {
        other
            .ends
            .into_iter()
            .for_each(|(what, count)| *self.ends.entry(what).or_default() += count);
        self.panics_caught += other.panics_caught;
        self.broken.extend(other.broken);
        self
    }
}

fn one_mutant(stock: &Stock, rng: &mut StdRng, name: &str, tally: &mut Tally) {
    let at = rng.random_range(0..stock.log.len());
    let (before, original) = (&stock.log[..at], &stock.log[at]);
    let mutant = mutant(original, &stock.other, rng);
    let guarded = counting_panics(|| catch_unwind(|| guard::check(&mutant).map(drop))).0;
    if guarded.is_err() {
        tally.broken.push(format!("{name}: the guard panics"));
    }
    let (admission, panics) =
        counting_panics(|| catch_unwind(|| admit(before, &[], std::slice::from_ref(&mutant))));
    tally.panics_caught += panics;
    let Ok(admission) = admission else {
        return tally.broken.push(format!("{name}: admission panics"));
    };
    match admission.verdicts[0] {
        Verdict::Stored if mutant == *original => tally.end("unchanged"),
        Verdict::Stored => {
            tally.end("stored");
            let stored: Vec<Vec<u8>> = before.iter().cloned().chain([mutant]).collect();
            let heads = admission.view.unwrap().heads;
            let (wrong, _) = counting_panics(|| {
                catch_unwind(AssertUnwindSafe(|| broken(&stored, &heads, rng)))
                    .unwrap_or(Some("panics when used"))
            });
            tally
                .broken
                .extend(wrong.map(|wrong| format!("{name}: {wrong}")));
        }
        Verdict::Duplicate => tally.end("duplicate"),
        Verdict::Pending => tally.end("pending"),
        Verdict::NotYet => tally.broken.push(format!("{name}: not looked at")),
        Verdict::Rejected(refusal) => tally.end(refusal.code()),
    }
}

fn mutants_of(seed: u64, count: u64) -> Tally {
    let mut rng = StdRng::seed_from_u64(seed);
    let stock = stock(&mut rng);
    let mut tally = Tally::default();
    for number in 0..count {
        let mut rng = StdRng::seed_from_u64(rng.next_u64());
        one_mutant(
            &stock,
            &mut rng,
            &format!("seed {seed}, mutant {number}"),
            &mut tally,
        );
    }
    tally
}

#[test]
fn whatever_mutant_is_stored_loads_again_and_comes_out_the_same() {
    let (mutants, first) = (
        histories::number("VICINITY_MUTANTS", 5_000),
        histories::number("VICINITY_SEED", 1),
    );
    let seeds = first..first + mutants.div_ceil(OF_ONE_HISTORY);
    let share = |thread: u64| {
        seeds
            .clone()
            .filter(move |seed| seed % THREADS == thread)
            .map(|seed| mutants_of(seed, OF_ONE_HISTORY))
            .fold(Tally::default(), Tally::add)
    };
    let tally = std::thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || share(thread)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .fold(Tally::default(), Tally::add)
    });
    println!(
        "{mutants} mutants: {:?}; {} panics of automerge caught",
        tally.ends, tally.panics_caught
    );
    assert!(tally.ends["stored"] > 0);
    assert!(
        tally.broken.is_empty(),
        "{} broken, as:\n{}",
        tally.broken.len(),
        tally.broken[..tally.broken.len().min(20)].join("\n")
    );
}
