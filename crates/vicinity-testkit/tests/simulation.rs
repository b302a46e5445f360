//! Worlds at random, by their seeds: whatever happens, nothing acknowledged is lost and everybody ends with the same.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use vicinity_testkit::sim::{Healed, Sim};

/// Seeds of the normal test run. `VICINITY_SEEDS=10000` runs more, `VICINITY_SEED=42` one alone.
const SEEDS: u64 = 150;

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

/// One world: 5 to 40 phones, and that many things that happen that each does something.
fn world(seed: u64) -> Sim {
    let mut sim = Sim::new(seed);
    let phones = 5 + seed % 9 + if seed.is_multiple_of(10) { 26 } else { 0 };
    sim.peoples(phones as usize);
    sim
}

/// What went wrong with a seed, told with the last things that happened.
fn fails(seed: u64) -> Result<Healed, String> {
    let mut sim = world(seed);
    let life = catch_unwind(AssertUnwindSafe(|| {
        sim.lives(120);
        sim.heals()
    }));
    life.map_err(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        format!("{}\nseed {seed}: {}", sim.story(), said.unwrap_or_default())
    })
}

/// Runs seeds on all cores but few: the machine may have other things to do.
fn sweep(seeds: core::ops::Range<u64>) {
    let (next, end) = (AtomicU64::new(seeds.start), seeds.end);
    let work = || {
        let (mut worlds, mut failures) = (Healed::default(), Vec::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return (worlds, failures);
            }
            match fails(seed) {
                Ok(healed) => worlds = worlds + healed,
                Err(story) => failures.push((seed, story)),
            }
        }
    };
    let (mut worlds, mut failures) = (Healed::default(), Vec::new());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let (healed, failed) = thread.join().expect("a thread that catches its panics");
            worlds = worlds + healed;
            failures.extend(failed);
        }
    });
    failures.sort();
    println!("{worlds:?}");
    let seeds: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
    let story = failures.first().map_or("", |(_, story)| story.as_str());
    assert!(
        seeds.is_empty(),
        "{story}\n{} seeds failed: {seeds:?}",
        seeds.len()
    );
}

#[test]
fn whatever_happens_nothing_is_lost_and_everybody_ends_with_the_same() {
    match number("VICINITY_SEED") {
        Some(seed) => sweep(seed..seed + 1),
        None => sweep(0..number("VICINITY_SEEDS").unwrap_or(SEEDS)),
    }
}
