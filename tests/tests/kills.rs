//! Power cuts at any moment, of the hub and of the device: what was promised is kept, and both ends agree in the end.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, timeless};
use vicinity_tests::wait::{self, timed};
use vicinity_tests::{incidents, program};

/// Kills in a run, unless `VICINITY_KILLS` says another number.
const KILLS: u64 = 40;
/// Incidents of the largest command.
const LINES_MAX: usize = 200;

/// What the program has promised: printed ids, and edits that it said were done.
#[derive(Default)]
struct Promised {
    ids: BTreeSet<String>,
    /// Incident, and the code of an action that is there once.
    edits: Vec<(String, String)>,
    /// Pairs of actions of one command: both or none.
    pairs: Vec<(String, [String; 2])>,
}

struct Story {
    site: Site,
    hub: Option<Server>,
    device: Device,
    dice: StdRng,
    promised: Promised,
    kills: u64,
    slowest: Duration,
    /// How long each of the commands takes where nobody disturbs it: kills come within that.
    lengths: [(Doing, Duration); 3],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    Log,
    Edit,
    Sync,
}

impl Story {
    fn new() -> Self {
        let (site, hub) = Site::with_hub();
        let device = site.enrolled("phone", "educator");
        let mut dice = incidents::dice(21);
        let mut promised = Promised::default();
        let lines = incidents::invented(&mut dice, LINES_MAX);
        let log = timed(|| promised.ids.extend(device.log(&lines)));
        let id = promised.ids.first().unwrap().clone();
        let edit = timed(|| device.edit(&id, &json!([{"action": {"code": "undisturbed"}}])));
        let sync = timed(|| drop(device.sync()));
        let lengths = [(Doing::Log, log), (Doing::Edit, edit), (Doing::Sync, sync)];
        Self {
            site,
            hub: Some(hub),
            device,
            dice,
            promised,
            kills: 0,
            slowest: Duration::ZERO,
            lengths,
        }
    }

    /// Starts a command, kills the device or the hub under it, and records what it had promised until then.
    fn step(&mut self) {
        let doing = *[Doing::Log, Doing::Edit, Doing::Sync, Doing::Sync]
            .choose(&mut self.dice)
            .unwrap();
        let kill_hub = doing == Doing::Sync && self.dice.random_bool(0.6);
        let (arguments, input, pair) = self.command(doing);
        let input_path = self.site.path("input");
        std::fs::write(&input_path, input).unwrap();
        let printed = self.site.path("printed");
        let mut command = program::command(
            self.device
                .arguments(&arguments.iter().map(String::as_str).collect::<Vec<_>>()),
        );
        command
            .stdin(File::open(&input_path).unwrap())
            .stdout(File::create(&printed).unwrap())
            .stderr(File::create(self.site.path("complaints")).unwrap());
        let mut child = command.spawn().unwrap();
        // The moment of the kill is what is random here: nothing is waited for.
        let length = self
            .lengths
            .iter()
            .find(|(other, _)| *other == doing)
            .unwrap()
            .1;
        std::thread::sleep(length.mul_f64(self.dice.random()));
        if kill_hub {
            let again = self.hub.take().unwrap().kill();
            self.hub_is_back(again());
        } else {
            child.kill().unwrap();
        }
        let done = child.wait().unwrap().success();
        self.kills += 1;
        let printed = std::fs::read_to_string(printed).unwrap();
        if doing == Doing::Log {
            // A line that was cut in the middle promised nothing.
            self.promised.ids.extend(
                printed
                    .split_inclusive('\n')
                    .filter_map(|line| line.strip_suffix('\n'))
                    .map(str::to_owned),
            );
        }
        if let Some((id, codes)) = pair {
            if done {
                self.promised
                    .edits
                    .extend(codes.iter().map(|code| (id.clone(), code.clone())));
            }
            self.promised.pairs.push((id, codes));
        }
        self.acked_is_kept();
    }

    fn command(&mut self, doing: Doing) -> (Vec<String>, String, Option<(String, [String; 2])>) {
        match doing {
            Doing::Sync => (vec!["sync".into()], String::new(), None),
            Doing::Log => {
                let count = self.dice.random_range(1..LINES_MAX);
                let lines = incidents::invented(&mut self.dice, count);
                let lines: String = lines.iter().map(|line| line.to_string() + "\n").collect();
                (
                    vec!["log".into(), "--with-edits".into(), "-".into()],
                    lines,
                    None,
                )
            }
            Doing::Edit => {
                let ids: Vec<&String> = self.promised.ids.iter().collect();
                let id = (*ids.choose(&mut self.dice).unwrap()).clone();
                let codes = [
                    format!("first_{}", self.kills),
                    format!("second_{}", self.kills),
                ];
                let edits = json!([{"action": {"code": codes[0]}}, {"action": {"code": codes[1]}}]);
                (
                    vec!["edit".into(), id.clone(), "-".into()],
                    edits.to_string(),
                    Some((id, codes)),
                )
            }
        }
    }

    fn hub_is_back(&mut self, hub: Server) {
        // How fast it is, the bench says; here it must come back.
        assert!(
            hub.ready_after.as_secs() < wait::DEADLINE_SECONDS,
            "ready after {:?}",
            hub.ready_after
        );
        self.slowest = self.slowest.max(hub.ready_after);
        self.hub = Some(hub);
    }

    /// What the device takes to be at the hub is there.
    fn acked_is_kept(&self) {
        let acked = database::acked_changes(&self.device.home);
        let kept = database::hub_changes(&self.site.path("hub"));
        let lost: Vec<_> = acked.difference(&kept).collect();
        assert!(
            lost.is_empty(),
            "acknowledged and lost: {} of {}",
            lost.len(),
            acked.len()
        );
    }

    fn promises_are_kept(&self, incidents: &[Value]) {
        let held: BTreeSet<&str> = incidents
            .iter()
            .map(|incident| incident["id"].as_str().unwrap())
            .collect();
        assert!(
            self.promised
                .ids
                .iter()
                .all(|id| held.contains(id.as_str())),
            "a printed id is gone"
        );
        let count = |id: &str, code: &str| {
            let incident = incidents
                .iter()
                .find(|incident| incident["id"] == id)
                .unwrap();
            incident["actions"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|action| action["code"] == code)
                .count()
        };
        for (id, code) in &self.promised.edits {
            assert_eq!(count(id, code), 1, "the edit {code} of {id}");
        }
        for (id, [first, second]) in &self.promised.pairs {
            assert_eq!(
                count(id, first),
                count(id, second),
                "half of a command's edits of {id}"
            );
        }
    }
}

#[test]
fn a_power_cut_at_any_moment_loses_nothing_that_was_promised() {
    let mut story = Story::new();
    let kills = incidents::number("VICINITY_KILLS", KILLS);
    while story.kills < kills {
        story.step();
    }
    // And a hub that is killed while nothing happens.
    let hub = story.hub.take().unwrap().kill_and_restart();
    story.hub_is_back(hub);
    story.device.sync();
    let responder = story.site.enrolled("responder", "responder");
    responder.sync();
    let held = timeless(story.site.hub_export());
    assert_eq!(
        story.device.ids(),
        held.iter()
            .map(|incident| incident["id"].as_str().unwrap())
            .collect::<Vec<_>>()
    );
    story.promises_are_kept(&held);
    for (at, incident) in held.iter().enumerate() {
        let was_edited = story
            .promised
            .pairs
            .iter()
            .any(|(id, _)| incident["id"] == **id);
        if was_edited || at % 50 == 0 {
            let id = incident["id"].as_str().unwrap();
            assert_eq!(&timeless(vec![story.device.show(id)])[0], incident);
            assert_eq!(&timeless(vec![responder.show(id)])[0], incident);
        }
    }
    assert_eq!(timeless(story.device.list()), timeless(responder.list()));
    // The responder's key has come since: statements go now.
    story.device.sync();
    assert_eq!(story.device.sync()["requests"], 1);
    let Promised { ids, edits, .. } = &story.promised;
    println!(
        "{} kills; {} incidents and {} edits were promised, {} are held; ready after {:?} at the most",
        story.kills,
        ids.len(),
        edits.len(),
        held.len(),
        story.slowest
    );
    drop(story.hub.take());
    for file in ["hub", "phone", "responder"] {
        database::assert_whole(&story.site.path(file));
    }
}

#[test]
fn a_hub_killed_in_the_middle_of_an_enrolment_takes_the_same_device_again() {
    let (site, hub) = Site::with_hub();
    let link = site.invite("educator");
    let again = hub.kill();
    let device = site.device("phone");
    assert!(
        device
            .run(&["enrol", &link])
            .failed()
            .contains("cannot be reached")
    );
    let _hub = again();
    device.run(&["enrol", &link]).done();
    device.sync();
}
