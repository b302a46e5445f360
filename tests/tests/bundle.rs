//! Sync by file: a memory card goes to the hub and back, late, twice, bent, or to the wrong place.

use std::path::PathBuf;

use serde_json::{Value, json};
use vicinity_tests::database;
use vicinity_tests::device::{Device, copy_folder};
use vicinity_tests::incidents;
use vicinity_tests::program::{self, Run};
use vicinity_tests::search::holds;
use vicinity_tests::site::{Site, timeless};

/// A memory card: files by name.
struct Card<'a>(&'a Site);

impl Card<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn export(&self, device: &Device, name: &str) -> Value {
        device
            .run(&["bundle", "export", &self.text(name), "--json"])
            .json_lines()
            .remove(0)
    }

    fn try_take(&self, name: &str, reply: &str) -> Run {
        let hub = self.0.path("hub");
        program::run([
            "hub",
            "bundle",
            "import",
            "--data",
            hub.to_str().unwrap(),
            &self.text(name),
            "--out",
            &self.text(reply),
            "--json",
        ])
    }

    #[track_caller]
    fn take(&self, name: &str, reply: &str) -> Value {
        self.try_take(name, reply).json_lines().remove(0)
    }

    fn try_import(&self, device: &Device, name: &str) -> Run {
        device.run(&["bundle", "import", &self.text(name), "--json"])
    }

    #[track_caller]
    fn import(&self, device: &Device, name: &str) -> Value {
        self.try_import(device, name).json_lines().remove(0)
    }

    /// There and back.
    #[track_caller]
    fn round(&self, device: &Device, name: &str) -> Value {
        self.export(device, name);
        self.take(name, &format!("{name}.reply"));
        self.import(device, &format!("{name}.reply"))
    }
}

#[test]
fn a_phone_without_a_network_logs_is_answered_and_catches_up() {
    let mut dice = incidents::dice(131);
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let (phone, nurse) = (
        site.enrolled("phone", "educator"),
        site.enrolled("nurse", "responder"),
    );
    let ids = phone.log(&incidents::invented(&mut dice, 40));
    assert_eq!(card.export(&phone, "a")["more"], false);
    let bundle = std::fs::read(card.path("a")).unwrap();
    assert!(!holds(&bundle, &ids[0]) && !holds(&bundle, "vicinity"));
    let taken = card.take("a", "a.reply");
    assert_eq!(
        (&taken["refused"], &taken["pending"], &taken["late"]),
        (&json!(0), &json!(0), &json!(false))
    );
    let read = card.import(&phone, "a.reply");
    assert_eq!(
        (&read["acked"], &read["standing"]),
        (&taken["taken"], &json!("up_to_date")),
        "{read}"
    );
    assert_eq!(timeless(phone.show_all()), timeless(site.hub_export()));

    // What others did meanwhile comes with the next reply, and what was written here goes.
    nurse.sync();
    nurse.edit(&ids[0], &json!([{"action": {"code": "by_the_nurse"}}]));
    nurse.sync();
    phone.edit(&ids[1], &json!([{"action": {"code": "by_the_phone"}}]));
    let read = card.round(&phone, "b");
    assert_eq!(
        (&read["acked"], &read["received"], &read["standing"]),
        (&json!(1), &json!(1), &json!("up_to_date")),
        "{read}"
    );
    assert_eq!(timeless(phone.show_all()), timeless(site.hub_export()));
    assert!(
        phone.show(&ids[0])["actions"]
            .to_string()
            .contains("by_the_nurse")
    );

    // What came by card is proven as what came by network is.
    let proved = site
        .hub_run("verify", &["--json"])
        .json_lines()
        .pop()
        .unwrap();
    assert!(
        proved["signed"].as_u64() > Some(40) && proved["misfits"] == 0,
        "{proved}"
    );

    // With a network again, there is nothing to do.
    let report = phone.sync();
    assert_eq!(
        (&report["sent"], &report["received"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn what_was_said_travels_sealed_with_the_second_bundle() {
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let (nurse, phone) = (
        site.enrolled("nurse", "responder"),
        site.enrolled("phone", "educator"),
    );
    let told = json!({
        "reported_at": "2026-10-05T09:00:00Z", "violations": ["robbery_theft"], "consents": ["hub_response"],
        "statements": [{"class": "narrative", "text": "zqxj they took her phone"}],
    });
    let id = phone.log(&[told]).remove(0);
    card.round(&phone, "a");
    assert_eq!(card.export(&phone, "b")["batches"], 1);
    for _ in 0..2 {
        card.take("b", "b.reply");
    }
    assert_eq!(card.import(&phone, "b.reply")["statements"], 1);
    assert_eq!(card.import(&phone, "b.reply")["statements"], 0);
    assert_eq!(phone.sync()["statements"], 0);
    nurse.sync();
    let line = nurse
        .run(&["statements", &id, "--json"])
        .json_lines()
        .remove(0);
    assert_eq!(
        nurse
            .run(&["open", line["statement"].as_str().unwrap()])
            .done()
            .trim_end(),
        "zqxj they took her phone"
    );
    assert!(
        !holds(&database::bytes(&phone.home), "zqxj"),
        "it is gone from the phone"
    );
}

#[test]
fn bundles_and_replies_that_come_twice_or_late_change_nothing_and_lose_nothing() {
    let mut dice = incidents::dice(132);
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&incidents::invented(&mut dice, 5));
    card.export(&phone, "first");
    phone.edit(&ids[0], &json!([{"action": {"code": "second"}}]));
    card.export(&phone, "second");
    phone.edit(&ids[0], &json!([{"action": {"code": "third"}}]));
    phone.sync();
    phone.edit(&ids[0], &json!([{"action": {"code": "fourth"}}]));

    // The network was faster, and the cards come in the wrong order, one of them twice.
    let exported = timeless(site.hub_export());
    for (name, reply) in [("second", "r2"), ("first", "r1"), ("first", "r1")] {
        let taken = card.take(name, reply);
        assert_eq!(
            (&taken["late"], &taken["refused"], &taken["pending"]),
            (&json!(true), &json!(0), &json!(0)),
            "{taken}"
        );
    }
    assert_eq!(timeless(site.hub_export()), exported);
    let before = (database::acked_changes(&phone.home), phone.show_all());
    for reply in ["r2", "r1", "r1"] {
        assert_eq!(card.import(&phone, reply)["standing"], "old");
    }
    assert_eq!(
        (database::acked_changes(&phone.home), phone.show_all()),
        before
    );

    // What waited still waits, and goes with the next.
    let read = card.round(&phone, "third");
    assert_eq!(
        (&read["acked"], &read["standing"]),
        (&json!(1), &json!("up_to_date")),
        "{read}"
    );
    assert_eq!(card.import(&phone, "third.reply")["standing"], "old");
    assert_eq!(timeless(phone.show_all()), timeless(site.hub_export()));
    assert_eq!(phone.sync()["sent"], 0);
}

#[test]
fn of_two_bundles_on_their_way_both_are_acknowledged() {
    let mut dice = incidents::dice(133);
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&incidents::invented(&mut dice, 3));
    card.round(&phone, "known");
    phone.edit(&ids[0], &json!([{"action": {"code": "in_both"}}]));
    card.export(&phone, "a");
    phone.edit(&ids[1], &json!([{"action": {"code": "in_the_second"}}]));
    card.export(&phone, "b");
    assert_eq!(card.take("b", "b.reply")["taken"], 2);
    assert_eq!(card.take("a", "a.reply")["late"], true);
    assert_eq!(card.import(&phone, "a.reply")["acked"], 1);
    let read = card.import(&phone, "b.reply");
    assert_eq!(
        (&read["acked"], &read["standing"]),
        (&json!(2), &json!("old")),
        "{read}"
    );
    assert_eq!(card.export(&phone, "c")["changes"], 0);
    assert_eq!(phone.sync()["sent"], 0);
}

#[test]
fn a_revoked_devices_bundle_is_refused_whenever_it_was_made() {
    let mut dice = incidents::dice(134);
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let phone = site.enrolled("phone", "responder");
    phone.log(&incidents::invented(&mut dice, 3));
    card.export(&phone, "a");
    site.hub_run("revoke", &["1"]).done();
    assert!(card.try_take("a", "a.reply").failed().contains("revoked"));
    assert!(!card.path("a.reply").exists() && site.hub_export().is_empty());
}

#[test]
fn a_bundle_does_not_bring_back_what_was_erased_and_the_reply_erases() {
    let mut dice = incidents::dice(135);
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&incidents::invented(&mut dice, 2));
    card.export(&phone, "old");
    card.round(&phone, "a");
    phone.edit(&ids[0], &json!([{"action": {"code": "too_late"}}]));
    card.export(&phone, "b");
    site.hub_run("erase", &[&ids[0]]).done();

    let taken = card.take("old", "old.reply");
    assert_eq!(
        (&taken["late"], taken["refused"].as_u64().unwrap() > 0),
        (&json!(true), true),
        "{taken}"
    );
    assert_eq!(card.take("b", "b.reply")["refused"], 1);
    assert_eq!(site.hub_export().len(), 1);
    assert_eq!(card.import(&phone, "b.reply")["erased"], 1);
    assert_eq!(phone.ids(), ids[1..].to_vec());

    // The next bundle confirms, and a copy of an older one does not take that back.
    let confirmed = || {
        site.hub_run("erasures", &["--json"]).json_lines()[0]["devices"][0]["confirmed_at"]
            .is_string()
    };
    assert!(!confirmed());
    card.export(&phone, "c");
    card.take("c", "c.reply");
    assert!(confirmed());
    card.take("old", "old.reply");
    assert_eq!(card.import(&phone, "c.reply")["standing"], "up_to_date");
    assert_eq!(card.import(&phone, "old.reply")["standing"], "old");
    assert_eq!(
        (phone.ids(), site.hub_export().len()),
        (ids[1..].to_vec(), 1)
    );
}

#[test]
fn files_that_were_cut_bent_or_meant_for_others_change_nothing() {
    let mut dice = incidents::dice(136);
    let (site, _hub) = Site::with_hub();
    let (elsewhere, _other_hub) = Site::with_hub();
    let (card, other_card) = (Card(&site), Card(&elsewhere));
    let (phone, stranger) = (
        site.enrolled("phone", "educator"),
        site.enrolled("stranger", "educator"),
    );
    phone.log(&incidents::invented(&mut dice, 3));
    let far = elsewhere.enrolled("far", "educator");
    far.log(&incidents::invented(&mut dice, 3));
    card.export(&phone, "a");
    let whole = std::fs::read(card.path("a")).unwrap();
    let bent = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for (what, bytes) in [
        ("cut", whole[..whole.len() - 1].to_vec()),
        ("half", whole[..20_000].to_vec()),
        ("bent", bent(40_000)),
        ("empty", Vec::new()),
    ] {
        std::fs::write(card.path("bad"), bytes).unwrap();
        assert!(
            card.try_take("bad", "reply")
                .failed()
                .contains("nothing was taken"),
            "{what}"
        );
    }
    other_card.export(&far, "b");
    std::fs::copy(other_card.path("b"), card.path("bad")).unwrap();
    assert!(
        card.try_take("bad", "reply")
            .failed()
            .contains("somebody else")
    );
    assert!(
        card.try_take("nowhere", "reply")
            .failed()
            .contains("cannot read")
    );
    assert!(!card.path("reply").exists() && site.hub_export().is_empty());

    card.take("a", "a.reply");
    assert!(
        card.try_import(&stranger, "a.reply")
            .failed()
            .contains("no bundle")
    );
    card.export(&stranger, "s");
    assert!(
        card.try_import(&stranger, "a.reply")
            .failed()
            .contains("somebody else")
    );
    assert!(
        card.try_import(&phone, "a")
            .failed()
            .contains("somebody else"),
        "a bundle is no reply"
    );
    let reply = std::fs::read(card.path("a.reply")).unwrap();
    std::fs::write(card.path("bad"), &reply[..reply.len() / 2]).unwrap();
    assert!(card.try_import(&phone, "bad").failed().contains("damaged"));
    let standing = phone.list().len();
    assert_eq!(
        (standing, database::acked_changes(&phone.home).len()),
        (3, 0)
    );
    assert_eq!(card.import(&phone, "a.reply")["standing"], "up_to_date");
    // What the card shows is a step of a ladder.
    let small = std::fs::metadata(card.path("s")).unwrap().len();
    assert!(
        small.abs_diff(whole.len() as u64) < 1024,
        "{small} and {}",
        whole.len()
    );
}

#[test]
fn a_wiped_device_opens_no_reply() {
    let mut dice = incidents::dice(137);
    let (site, _hub) = Site::with_hub();
    let card = Card(&site);
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&incidents::invented(&mut dice, 3));
    card.export(&phone, "a");
    card.take("a", "a.reply");
    phone.run(&["wipe", "--yes"]).done();
    let said = card.try_import(&phone, "a.reply").failed();
    assert!(!said.contains(&ids[0]), "{said}");
    // Enrolled again, it is another device.
    let anew = site.enrolled("anew", "educator");
    card.export(&anew, "b");
    assert!(
        card.try_import(&anew, "a.reply")
            .failed()
            .contains("somebody else")
    );
    assert!(anew.ids().is_empty());
}

#[test]
fn phones_and_hubs_from_backups_are_found_out_by_file() {
    let mut dice = incidents::dice(138);
    let (site, hub) = Site::with_hub();
    let card = Card(&site);
    let phone = site.enrolled("phone", "educator");
    let mut ids = phone.log(&incidents::invented(&mut dice, 3));
    card.round(&phone, "a");
    let (old_phone, start) = (phone.copy_to(&site.path("old")), hub.stop());
    copy_folder(&site.path("hub"), &site.path("backup"));
    let hub = start();
    ids.extend(phone.log(&incidents::invented(&mut dice, 3)));
    card.round(&phone, "b");
    card.round(&phone, "b");
    ids.sort();

    // The phone of the backup does not know of half of it; the hub tells it so.
    let back = old_phone.copy_to(&site.path("back"));
    assert_eq!(card.round(&back, "c")["standing"], "reborn");
    assert_eq!(card.round(&back, "d")["standing"], "up_to_date");
    assert_eq!(
        (back.ids(), timeless(back.show_all())),
        (ids.clone(), timeless(site.hub_export()))
    );

    // The hub of the backup lacks what the hub had confirmed to the phone; three cards bring it back.
    let start = hub.stop();
    copy_folder(&site.path("backup"), &site.path("hub"));
    std::fs::remove_file(site.path("hub").join("epoch")).unwrap();
    let _hub = start();
    assert_eq!(site.hub_export().len(), 3);
    assert_eq!(card.round(&phone, "e")["standing"], "compare");
    assert_eq!(card.round(&phone, "f")["standing"], "behind");
    assert_eq!(card.round(&phone, "g")["standing"], "up_to_date");
    assert_eq!(timeless(site.hub_export()), timeless(phone.show_all()));
    assert_eq!(phone.ids(), ids);
}
