//! The people who run a hub get through to it while an enrolled phone does what it can to keep it busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use vicinity_core::batch::Group;
use vicinity_core::ids::IncidentId;
use vicinity_tests::by_hand::{ByHand, Written, group, request};
use vicinity_tests::site::Site;
use vicinity_tests::{http, wait};

/// Changes of the large incident.
const CHANGES: usize = 2000;
/// Changes of one push.
const PUSHED: usize = 500;
/// How often one request names the incident.
const NAMED: usize = 500;
/// Connections of the attacker.
const AT_ONCE: u64 = 4;
/// How long anything may take: a second is meant, on a machine that does nothing else and with a program that is built for use.
const WITHIN: Duration = Duration::from_secs(5);

/// An attack that lasts until it is ended.
struct Attack {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    asking: Vec<JoinHandle<()>>,
}

impl Attack {
    fn start(attacker: &ByHand, pushed: &[Group]) -> Self {
        let (stop, answered) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let ask = |connection: u64| {
            let (mut attacker, body) = (
                attacker.in_life(attacker.incarnation + connection),
                request(pushed.to_vec()).encode(),
            );
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // Refused or cut, it asks again.
                    answered.fetch_add(
                        u64::from(
                            attacker
                                .try_post(body.clone())
                                .is_some_and(|answer| answer.status == 200),
                        ),
                        Ordering::Relaxed,
                    );
                }
            })
        };
        let asking = (1..=AT_ONCE).map(ask).collect();
        let attack = Self {
            stop,
            answered,
            asking,
        };
        attack.goes_on();
        attack
    }

    /// Waits until more of its requests were answered, so that none of those in progress is from before.
    fn goes_on(&self) {
        let before = self.answered.load(Ordering::Relaxed);
        wait::until("answers to the attacker", || {
            (self.answered.load(Ordering::Relaxed) >= before + 2 * AT_ONCE).then_some(())
        });
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.asking.into_iter().for_each(|one| one.join().unwrap());
        self.answered.load(Ordering::Relaxed)
    }
}

/// Does something several times during the attack, and gives the longest time.
fn timed_under(attack: &Attack, what: &str, times: usize, mut work: impl FnMut(usize)) {
    let longest = (0..times).map(|time| {
        attack.goes_on();
        wait::timed(|| work(time))
    });
    let longest = longest.max().unwrap();
    eprintln!("{what} under attack: {longest:?}");
    assert!(longest < WITHIN, "{what}: {longest:?}");
}

#[test]
fn commands_at_the_hub_and_its_health_come_through_while_an_enrolled_phone_keeps_it_busy() {
    let (site, hub) = Site::with_hub();
    let mut attacker = ByHand::enrol(&site.invite("educator"), 1);
    let lost: Vec<u32> = (2..5)
        .map(|seed| ByHand::enrol(&site.invite("educator"), seed).number)
        .collect();
    let mut large = Written::new(IncidentId::from_random([4; 16]), [5; 8]);
    while large.chunks.len() < CHANGES {
        large.edit(&json!({"set": {"field": "step", "value": large.chunks.len().to_string()}}));
    }
    let mut last = large.chunks.split_off(CHANGES - 1);
    for part in large.chunks.chunks(PUSHED) {
        attacker.push(vec![group(large.id, part.to_vec())]);
    }
    // With one change that is new to the first of them: it is loaded whole once.
    let mut pushed = vec![group(large.id, large.chunks[..1].to_vec()); NAMED - 1];
    pushed.push(group(large.id, vec![last.remove(0)]));
    let attack = Attack::start(&attacker, &pushed);
    timed_under(&attack, "GET /health", 5, |_| {
        assert_eq!(http::get(&hub.address, "/health"), "ok\n")
    });
    timed_under(&attack, "hub invite", 3, |_| drop(site.invite("educator")));
    timed_under(&attack, "hub list", 3, |_| {
        assert_eq!(site.hub_run("list", &["--json"]).json_lines().len(), 1)
    });
    timed_under(&attack, "hub revoke", lost.len(), |time| {
        drop(site.hub_run("revoke", &[&lost[time].to_string()]).done())
    });
    let mut hub = Some(hub);
    timed_under(&attack, "hub panic", 1, |_| {
        site.hub_run("panic", &[]).done();
        hub.take().unwrap().has_ended();
    });
    let answered = attack.end();
    eprintln!("{answered} requests of the attacker were answered");
}
