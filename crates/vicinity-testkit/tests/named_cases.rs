//! What can go wrong between phones, a hub and national, one case after the other, in a few lines each.

use serde_json::json;
use vicinity_sync::device_session::End;
use vicinity_testkit::net::{Fate, Weather};
use vicinity_testkit::sim::{PhoneNumber, Sim};

fn says(field: &str) -> serde_json::Value {
    json!({"set": {"field": field, "value": "yes"}})
}

/// An educator's phone and a responder's that hold the same incident, and the hub's copy from before it came.
fn shared(
    seed: u64,
) -> (
    Sim,
    PhoneNumber,
    PhoneNumber,
    vicinity_core::ids::IncidentId,
    usize,
) {
    let mut sim = Sim::new(seed);
    let (anna, rita) = (sim.educator(), sim.responder());
    let copy = sim.copies_hub();
    let incident = sim.logs(anna);
    sim.syncs(anna);
    sim.syncs(rita);
    (sim, anna, rita, incident, copy)
}

#[test]
fn what_one_logs_the_others_in_scope_hold() {
    let (mut sim, _, rita, incident, _) = shared(1);
    let eve = sim.educator();
    sim.heals();
    assert!(sim.holds(rita, incident) && !sim.holds(eve, incident));
}

#[test]
fn a_hub_restored_from_before_an_incident_gets_it_back() {
    let (mut sim, _, _, incident, copy) = shared(2);
    sim.restores_hub(copy);
    assert_eq!(sim.at_hub(incident), 0);
    sim.heals();
    assert_eq!(sim.at_hub(incident), 1);
}

/// Epoch and all: only a cursor that this hub gave out tells, and only once somebody shows it.
#[test]
fn a_hub_whose_whole_folder_was_put_back_finds_out_by_its_own_cursors_and_loses_nothing() {
    let mut sim = Sim::new(17);
    let (anna, rita) = (sim.educator(), sim.responder());
    let early = sim.logs(anna);
    sim.syncs(anna);
    sim.syncs(rita);
    let copy = sim.copies_hub_whole();
    let late = sim.logs(anna);
    sim.edits(anna, early, &says("weapon"));
    sim.syncs(anna);
    sim.erases(early);
    sim.syncs(anna);
    sim.puts_back_hub(copy);
    assert!(!sim.hub_knows_that_it_was_restored());
    assert_eq!(
        (sim.at_hub(early), sim.at_hub(late)),
        (1, 0),
        "what was erased is back, what came since is gone"
    );
    let eve = sim.educator();
    sim.syncs(eve);
    assert!(
        !sim.hub_knows_that_it_was_restored(),
        "she has nothing to tell"
    );
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert!(sim.hub_knows_that_it_was_restored());
    assert_eq!((sim.at_hub(early), sim.at_hub(late)), (0, 1));
    assert_eq!(sim.heals().erased, 1);
    assert!(sim.holds(anna, late) && !sim.holds(rita, early));
}

/// A backup of the first day has devices and nothing else.
#[test]
fn a_hub_restored_from_before_its_first_incident_knows_it() {
    let mut sim = Sim::new(18);
    let (anna, rita) = (sim.educator(), sim.responder());
    let copy = sim.copies_hub();
    let incident = sim.logs(anna);
    sim.syncs(anna);
    sim.syncs(rita);
    sim.erases(incident);
    let other = sim.logs(anna);
    sim.syncs(anna);
    sim.syncs(rita);
    sim.restores_hub(copy);
    assert!(sim.hub_knows_that_it_was_restored());
    sim.syncs(rita);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert_eq!((sim.at_hub(incident), sim.at_hub(other)), (0, 1));
    assert_eq!(sim.heals().erased, 1);
}

#[test]
fn after_a_rebase_the_outbox_goes_in_the_same_sync() {
    let (mut sim, anna, _, incident, copy) = shared(3);
    sim.restores_hub(copy);
    sim.edits(anna, incident, &says("weapon"));
    let other = sim.logs(anna);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert_eq!((sim.at_hub(incident), sim.at_hub(other)), (2, 1));
}

#[test]
fn what_a_responder_brings_back_stays_its_authors() {
    let (mut sim, anna, rita, incident, copy) = shared(4);
    sim.restores_hub(copy);
    sim.syncs(rita);
    sim.edits(anna, incident, &says("weapon"));
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    sim.heals();
    assert!(sim.holds(anna, incident));
}

#[test]
fn what_an_assigned_phone_alone_still_holds_survives_a_restore() {
    let (mut sim, _, rita, incident, copy) = shared(5);
    let bibi = sim.educator();
    sim.assigns(incident, bibi, true);
    sim.syncs(bibi);
    sim.edits(bibi, incident, &says("weapon"));
    sim.syncs(bibi);
    sim.restores_hub(copy);
    sim.syncs(rita);
    assert_eq!(sim.heals().assigned_again, 0);
    assert_eq!(sim.at_hub(incident), 2);
}

#[test]
fn unsent_work_in_what_left_the_scope_waits_and_goes_when_it_comes_back() {
    let (mut sim, _, _, incident, _) = shared(6);
    let bibi = sim.educator();
    sim.assigns(incident, bibi, true);
    sim.syncs(bibi);
    sim.edits(bibi, incident, &says("weapon"));
    sim.assigns(incident, bibi, false);
    assert_eq!(sim.syncs(bibi).end, End::Differs);
    assert!(sim.holds(bibi, incident));
    sim.assigns(incident, bibi, true);
    assert_eq!(sim.syncs(bibi).end, End::UpToDate);
    assert_eq!(sim.at_hub(incident), 2);
}

/// The answer to a push is lost, and the incident is withdrawn before the phone hears that it arrived.
#[test]
fn what_left_the_scope_before_its_acknowledgement_came_does_not_wait_for_ever() {
    let (mut sim, anna, _, incident, _) = shared(16);
    sim.edits(anna, incident, &says("weapon"));
    sim.syncs_in(
        anna,
        &mut Weather::script(&[
            Fate::AnswerLost,
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::RequestLost,
        ]),
    );
    sim.assigns(incident, anna, false);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert!(!sim.holds(anna, incident));
}

#[test]
fn a_phone_restored_from_a_backup_starts_a_new_life_and_lacks_nothing() {
    let (mut sim, anna, _, incident, _) = shared(7);
    let copy = sim.copies_phone(anna);
    sim.edits(anna, incident, &says("weapon"));
    sim.syncs(anna);
    sim.restores_phone(anna, copy);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    sim.edits(anna, incident, &says("held_now"));
    sim.heals();
    assert_eq!(sim.at_hub(incident), 3);
}

#[test]
fn a_phone_and_its_clone_both_write_and_agree() {
    let (mut sim, anna, _, incident, _) = shared(8);
    let copy = sim.copies_phone(anna);
    let twins = [
        anna,
        sim.clones_phone(anna, copy),
        sim.clones_phone(anna, copy),
    ];
    for (twin, field) in twins
        .into_iter()
        .zip(["weapon", "held_now", "severe_injury"])
    {
        sim.edits(twin, incident, &says(field));
        sim.syncs(twin);
    }
    sim.heals();
    assert_eq!(sim.at_hub(incident), 4);
}

/// A clone that tried without a network has the higher counter, and the hub takes it for the phone itself.
#[test]
fn a_clone_with_the_higher_counter_still_gets_what_its_twin_wrote() {
    let (mut sim, anna, _, incident, _) = shared(9);
    let copy = sim.copies_phone(anna);
    let twin = sim.clones_phone(anna, copy);
    sim.edits(anna, incident, &says("weapon"));
    sim.syncs(anna);
    sim.syncs_in(twin, &mut Weather::script(&[Fate::RequestLost; 5]));
    assert_eq!(sim.syncs(twin).end, End::UpToDate);
    sim.heals();
}

#[test]
fn a_cut_at_any_request_of_an_exchange_loses_nothing() {
    for fate in [
        Fate::RequestLost,
        Fate::AnswerLost,
        Fate::Doubled,
        Fate::SecondAnswer,
        Fate::Overtaken,
    ] {
        for place in 0..5 {
            let mut fates = vec![Fate::Arrives; place];
            fates.push(fate);
            cut(&fates);
        }
    }
}

#[test]
fn an_answer_cut_at_any_byte_loses_nothing() {
    for place in 0..3 {
        for thousandths in (0..1000).step_by(7) {
            let mut fates = vec![Fate::Arrives; place];
            fates.push(Fate::AnswerTruncated(thousandths));
            cut(&fates);
        }
    }
}

/// A restored hub, a phone with old and new work, and one sync through this weather.
fn cut(fates: &[Fate]) {
    let (mut sim, anna, _, incident, copy) = shared(10);
    sim.restores_hub(copy);
    sim.edits(anna, incident, &says("weapon"));
    sim.syncs_in(anna, &mut Weather::script(fates));
    sim.heals();
    assert_eq!(sim.at_hub(incident), 2, "{fates:?}");
}

#[test]
fn a_disk_full_at_any_call_loses_nothing() {
    for calls in 0..24 {
        let (mut sim, anna, _, incident, copy) = shared(11);
        sim.restores_hub(copy);
        sim.edits(anna, incident, &says("weapon"));
        if calls % 2 == 0 {
            sim.fills_phone(anna, calls / 2)
        } else {
            sim.fills_hub(calls / 2)
        }
        sim.syncs_in(anna, &mut Weather::Calm);
        sim.heals();
        assert_eq!(sim.at_hub(incident), 2, "{calls}");
    }
}

#[test]
fn a_commit_that_fails_acknowledges_nothing() {
    let (mut sim, anna, _, incident, _) = shared(12);
    sim.edits(anna, incident, &says("weapon"));
    sim.next_commit_fails();
    sim.syncs(anna);
    assert_eq!(sim.at_hub(incident), 1);
    sim.heals();
    assert_eq!(sim.at_hub(incident), 2);
}

#[test]
fn without_consent_nothing_leaves_the_phone_and_nothing_differs() {
    let mut sim = Sim::new(13);
    let anna = sim.educator();
    let incident = sim
        .logs_this(anna, &json!({"reported_at": "2026-11-23T08:30:00Z"}))
        .unwrap();
    assert_eq!(
        (sim.syncs(anna).end, sim.at_hub(incident)),
        (End::UpToDate, 0)
    );
    sim.edits(
        anna,
        incident,
        &json!({"consent": {"scope": "hub_response", "state": "granted"}}),
    );
    assert_eq!(
        (sim.syncs(anna).end, sim.at_hub(incident)),
        (End::UpToDate, 2)
    );
    assert_eq!(sim.heals().projections, 0);
}

#[test]
fn a_withdrawal_reaches_national_however_often_the_line_is_cut() {
    let (mut sim, anna, _, incident, _) = shared(14);
    sim.contacts_national(&mut Weather::Calm);
    sim.edits(
        anna,
        incident,
        &json!({"consent": {"scope": "national_deid", "state": "withdrawn"}}),
    );
    sim.syncs(anna);
    for fate in [Fate::RequestLost, Fate::AnswerLost, Fate::SecondAnswer] {
        sim.contacts_national(&mut Weather::script(&[fate]));
    }
    assert_eq!(sim.heals().projections, 0);
}

#[test]
fn a_withdrawal_that_a_hub_restored_from_before_hears_again_reaches_national() {
    let (mut sim, anna, _, incident, copy) = shared(15);
    for field in ["weapon", "time_of_day", "step"] {
        sim.edits(anna, incident, &says(field));
        sim.edits(
            anna,
            incident,
            &json!({"transition": {"to": if field == "step" { "open" } else { "responding" }}}),
        );
        sim.syncs(anna);
        sim.contacts_national(&mut Weather::Calm);
    }
    sim.restores_hub(copy);
    sim.edits(
        anna,
        incident,
        &json!({"consent": {"scope": "national_deid", "state": "withdrawn"}}),
    );
    assert_eq!(sim.heals().projections, 0);
}

/// An educator's phone from which an incident has left, a responder's that has it, and the hub's copy from before it came.
fn departed(
    seed: u64,
) -> (
    Sim,
    PhoneNumber,
    PhoneNumber,
    vicinity_core::ids::IncidentId,
    usize,
) {
    let (mut sim, anna, rita, incident, copy) = shared(seed);
    sim.syncs(anna);
    sim.hours(24 * 14);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert!(!sim.holds(anna, incident) && sim.holds(rita, incident));
    assert_eq!(sim.at_hub(incident), 1, "the hub keeps it");
    (sim, anna, rita, incident, copy)
}

#[test]
fn what_was_delivered_leaves_an_educators_phone_after_14_days_and_stays_away() {
    let (mut sim, anna, rita, incident, _) = departed(41);
    for _ in 0..3 {
        let outcome = sim.syncs(anna);
        assert_eq!(
            (outcome.end, outcome.rounds, outcome.received),
            (End::UpToDate, 1, 0)
        );
        sim.hours(24 * 20);
    }
    sim.heals();
    assert!(!sim.holds(anna, incident) && sim.holds(rita, incident));
}

#[test]
fn thirteen_days_after_the_last_change_it_is_still_there() {
    let (mut sim, anna, rita, incident, _) = shared(42);
    sim.syncs(anna);
    sim.hours(24 * 10);
    sim.edits(rita, incident, &says("weapon"));
    sim.syncs(rita);
    sim.syncs(anna);
    sim.syncs(anna);
    sim.hours(24 * 13 + 23);
    sim.syncs(anna);
    assert!(sim.holds(anna, incident));
    sim.hours(1);
    sim.syncs(anna);
    assert!(!sim.holds(anna, incident));
}

#[test]
fn what_left_comes_back_when_somebody_changes_it_and_leaves_again() {
    let (mut sim, anna, rita, incident, _) = departed(43);
    sim.edits(rita, incident, &says("weapon"));
    sim.syncs(rita);
    assert_eq!(sim.syncs(anna).received, 2, "it comes whole");
    sim.edits(anna, incident, &says("step"));
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert_eq!(sim.at_hub(incident), 3);
    sim.heals();
    sim.hours(24 * 14);
    sim.syncs(anna);
    assert!(!sim.holds(anna, incident));
    sim.heals();
}

#[test]
fn an_edit_made_while_the_phone_lets_go_is_not_lost() {
    let (mut sim, anna, _, incident, _) = shared(44);
    sim.syncs(anna);
    sim.hours(24 * 14);
    // The hub let go, and the phone did not hear of it.
    sim.syncs_in(
        anna,
        &mut Weather::script(&[
            Fate::AnswerLost,
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::RequestLost,
        ]),
    );
    assert!(sim.holds(anna, incident));
    sim.edits(anna, incident, &says("weapon"));
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert_eq!(sim.at_hub(incident), 2);
    sim.heals();
    assert!(sim.holds(anna, incident));
}

#[test]
fn an_answer_that_was_lost_while_the_phone_lets_go_is_made_up_for() {
    let (mut sim, anna, _, incident, _) = shared(45);
    sim.syncs(anna);
    sim.hours(24 * 14);
    sim.syncs_in(anna, &mut Weather::script(&[Fate::AnswerLost]));
    assert!(!sim.holds(anna, incident));
    sim.heals();
    assert!(!sim.holds(anna, incident));
}

#[test]
fn a_phone_restored_from_before_lets_go_again_but_not_of_unsent_work() {
    let (mut sim, anna, _, incident, _) = shared(46);
    let other = sim.logs(anna);
    sim.syncs(anna);
    sim.edits(anna, other, &says("weapon"));
    let copy = sim.copies_phone(anna);
    sim.syncs(anna);
    sim.syncs(anna);
    sim.hours(24 * 14);
    sim.syncs(anna);
    assert!(!sim.holds(anna, incident) && !sim.holds(anna, other));
    sim.restores_phone(anna, copy);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert!(sim.holds(anna, other), "what it sends again is here again");
    sim.heals();
    sim.hours(24 * 14);
    sim.heals();
    assert!(!sim.holds(anna, incident) && !sim.holds(anna, other));
    assert_eq!(sim.at_hub(other), 2);
}

#[test]
fn a_clones_unsent_work_on_what_the_other_let_go_of_is_not_lost() {
    let (mut sim, anna, _, incident, _) = shared(47);
    let copy = sim.copies_phone(anna);
    let twin = sim.clones_phone(anna, copy);
    sim.edits(twin, incident, &says("weapon"));
    sim.syncs(anna);
    sim.hours(24 * 14);
    sim.syncs(anna);
    assert!(!sim.holds(anna, incident));
    assert_eq!(sim.syncs(twin).end, End::UpToDate);
    assert_eq!(sim.at_hub(incident), 2);
    sim.heals();
}

#[test]
fn a_hub_restored_from_before_an_incident_left_gives_it_back_and_loses_nothing_that_anybody_has() {
    let (mut sim, anna, rita, incident, copy) = departed(48);
    sim.restores_hub(copy);
    sim.syncs(anna);
    sim.syncs(rita);
    assert_eq!(sim.at_hub(incident), 1, "the responder brings it back");
    sim.heals();
}

#[test]
fn what_left_is_erased_and_assigned_like_anything_else() {
    let (mut sim, anna, _, incident, _) = departed(49);
    sim.assigns(incident, anna, true);
    sim.syncs(anna);
    assert!(sim.holds(anna, incident));
    sim.syncs(anna);
    sim.hours(24 * 14);
    sim.syncs(anna);
    assert!(!sim.holds(anna, incident));
    sim.erases(incident);
    assert_eq!(sim.heals().erased, 1);
}

#[test]
fn a_responders_phone_keeps_everything() {
    let (mut sim, _, rita, incident, _) = shared(50);
    sim.hours(24 * 400);
    sim.syncs(rita);
    sim.syncs(rita);
    assert!(sim.holds(rita, incident));
}

/// The phone does not know that the hub has it, and consent lets none of it go: what the hub gives back says so.
#[test]
fn a_withdrawal_after_an_acknowledgement_that_was_lost_reaches_the_hub() {
    let mut sim = Sim::new(19);
    let (anna, rita) = (sim.educator(), sim.responder());
    sim.syncs(anna);
    let incident = sim.logs(anna);
    sim.syncs_in(
        anna,
        &mut Weather::script(&[
            Fate::AnswerLost,
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::RequestLost,
            Fate::RequestLost,
        ]),
    );
    sim.syncs(rita);
    assert_eq!((sim.at_hub(incident), sim.holds(rita, incident)), (1, true));
    sim.edits(
        anna,
        incident,
        &json!({"consent": {"scope": "hub_response", "state": "withdrawn"}}),
    );
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert_eq!(
        (sim.at_hub(incident), sim.holds(anna, incident)),
        (0, false)
    );
    assert_eq!(sim.heals().erased, 1);
    assert!(!sim.holds(rita, incident));
}

/// Its words keep it on the phone when it leaves the scope; nothing in it is new when it is back.
#[test]
fn what_stayed_for_its_words_counts_again_when_it_is_back() {
    let mut sim = Sim::new(20);
    let anna = sim.educator();
    let incident = sim.logs(anna);
    sim.edits(
        anna,
        incident,
        &json!({"statement": {"class": "narrative", "text": "hers"}}),
    );
    sim.syncs(anna);
    sim.assigns(incident, anna, false);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    sim.assigns(incident, anna, true);
    assert_eq!(sim.syncs(anna).end, End::UpToDate);
    assert!(sim.holds(anna, incident));
    sim.heals();
}
