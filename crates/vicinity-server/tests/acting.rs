//! Forms about an incident: what they refuse and how they say it, what changed meanwhile, and what is sent twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use serde_json::{Value, json};
use support::{Answer, Site, Visitor};

/// Somebody who has an incident's page open.
struct Open {
    path: String,
    visitor: Visitor,
    page: Answer,
}

impl Open {
    fn new(visitor: &Visitor, id: &str) -> Self {
        let (path, mut visitor) = (format!("/incident/{id}"), visitor.clone());
        let page = visitor.get(&path);
        assert_eq!(page.status, 200);
        Self {
            path,
            visitor,
            page,
        }
    }

    /// A hidden field of the form that does this.
    fn hidden(&self, doing: &str, name: &str) -> String {
        let form = self
            .page
            .body
            .split("<form")
            .find(|form| form.contains(&format!("name=\"do\" value=\"{doing}\"")))
            .unwrap();
        form.split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }

    fn send(&mut self, fields: &[(&str, &str)]) -> Answer {
        self.visitor.post(&self.path, fields)
    }

    /// A form that sets something, with what the page showed.
    fn set(&mut self, doing: &str, fields: &[(&str, &str)]) -> Answer {
        let seen = self.hidden(doing, "seen");
        self.send(&[&[("do", doing), ("seen", seen.as_str())], fields].concat())
    }
}

fn count(facts: &Value, map: &str) -> usize {
    facts[map].as_array().unwrap().len()
}

const PEP: [(&str, &str); 4] = [
    ("do", "act"),
    ("code", "pep_start"),
    ("outcome", "done"),
    ("accepted", "yes"),
];

#[test]
fn the_last_one_does_not_win_silently() {
    let site = Site::hub();
    let id = site.log(1, &json!([]));
    let (amina, zoe) = (site.signed_in("amina"), site.signed_in("zoe"));
    let (mut first, mut second) = (Open::new(&amina, &id), Open::new(&zoe, &id));
    assert_eq!(
        first
            .set("move", &[("to", "responding"), ("reason", "on the way")])
            .status,
        303
    );
    let mut first = Open::new(&amina, &id);
    assert_eq!(
        first
            .set("triage", &[("level", "red"), ("reason", "")])
            .status,
        303
    );

    let refused = second.set(
        "move",
        &[("to", "closed_resolved"), ("reason", "she is safe now")],
    );
    assert_eq!(refused.status, 422);
    for said in [
        "after you opened the page",
        "responding",
        "on the way",
        "value=\"she is safe now\"",
        "value=\"closed_resolved\" selected",
    ] {
        assert!(refused.body.contains(said), "{said}: {}", refused.body);
    }
    assert_eq!(site.facts(&id).unwrap()["status"], "responding");
    let lowered = second.set("triage", &[("level", "green"), ("reason", "it healed")]);
    assert!(
        lowered.status == 422 && lowered.body.contains("value=\"it healed\""),
        "{}",
        lowered.body
    );
    assert_eq!(site.facts(&id).unwrap()["triage"]["level"], "red");

    // She decides again, on the page that says how it is.
    let mut again = Open {
        page: refused,
        ..second
    };
    assert_eq!(
        again
            .set(
                "move",
                &[("to", "closed_resolved"), ("reason", "she is safe now")]
            )
            .status,
        303
    );
    assert_eq!(site.facts(&id).unwrap()["status"], "closed_resolved");
    assert_eq!(
        again.send(&[("do", "move"), ("to", "open")]).status,
        422,
        "whoever says nothing of what they saw saw nothing"
    );
}

#[test]
fn consents_and_assignments_are_decided_on_as_they_were_shown() {
    let site = Site::hub();
    let id = site.log(1, &json!([]));
    let other = site.log(2, &json!([]));
    let amina = site.signed_in("amina");
    let (mut first, mut second) = (Open::new(&amina, &id), Open::new(&amina, &id));
    let seen = |page: &Open| {
        page.page
            .body
            .split("/assign\"")
            .nth(1)
            .unwrap()
            .split("name=\"seen\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let assign = |page: &mut Open, device: &str, to: &str| {
        let (path, seen) = (format!("{}/assign", page.path), seen(page));
        page.visitor
            .post(&path, &[("device", device), ("to", to), ("seen", &seen)])
    };
    assert_eq!(assign(&mut first, "2", "yes").status, 303);
    let refused = assign(&mut second, "1", "no");
    assert!(
        refused.status == 422 && refused.body.contains("Unassign from 2"),
        "{}",
        refused.body
    );
    assert_eq!(
        assign(&mut Open::new(&amina, &id), "9", "yes").status,
        422,
        "no such device"
    );

    assert_eq!(
        first.set("withdraw", &[("scope", "contact_me")]).status,
        303
    );
    assert_eq!(
        second.set("withdraw", &[("scope", "contact_me")]).status,
        422
    );
    assert_eq!(count(&site.facts(&id).unwrap(), "consents"), 3);
    assert!(site.facts(&other).is_some());
}

#[test]
fn a_withdrawal_that_erases_asks_once_more() {
    let site = Site::hub();
    let id = site.log(1, &json!([]));
    let mut page = Open::new(&site.signed_in("amina"), &id);
    assert!(
        page.page
            .body
            .contains(&format!("href=\"/incident/{id}/withdraw\""))
    );
    assert!(
        !page
            .page
            .body
            .contains("name=\"scope\" value=\"hub_response\""),
        "no button erases"
    );
    let refused = page.set("withdraw", &[("scope", "hub_response")]);
    assert!(
        refused.status == 422 && refused.body.contains("Tick the box"),
        "{}",
        refused.body
    );
    assert!(site.facts(&id).is_some());

    let asks = page.visitor.get(&format!("/incident/{id}/withdraw"));
    assert!(
        asks.body.contains("at national and on every device")
            && asks.body.contains("type=\"checkbox\" name=\"sure\""),
        "{}",
        asks.body
    );
    let mut confirming = Open { page: asks, ..page };
    let erased = confirming.set("withdraw", &[("scope", "hub_response"), ("sure", "yes")]);
    assert_eq!(erased.header("location"), Some("/hub?done=erased"));
    assert_eq!(site.facts(&id), None);
}

#[test]
fn links_name_another_incident_that_is_here_and_can_be_taken_back() {
    let site = Site::hub();
    let (one, two) = (site.log(1, &json!([])), site.log(2, &json!([])));
    let amina = site.signed_in("amina");
    let link = |from: &str, kind: &str, to: &str| {
        Open::new(&amina, from).send(&[("do", "link"), ("kind", kind), ("to", to)])
    };
    let links = |id: &str| site.facts(id).unwrap()["links"].clone();
    for (to, said) in [
        (one.as_str(), "cannot be linked to itself"),
        (&one[..8], "cannot be linked to itself"),
        (
            "00000000-0000-0000-0000-000000000000",
            "has no such incident",
        ),
        ("0badcafe", "has no such incident"),
        ("what happened in May", "names no incident"),
        ("", "names no incident"),
    ] {
        let refused = link(&one, "same_event", to);
        assert!(
            refused.status == 422 && refused.body.contains(said),
            "{to}: {}",
            refused.body
        );
        assert!(
            refused
                .body
                .contains(&format!("name=\"to\" type=\"text\" value=\"{to}\"")),
            "it need not be typed again: {}",
            refused.body
        );
    }
    assert_eq!(links(&one), json!([]));
    for to in [
        two.clone(),
        two[..8].to_owned(),
        format!("Incident {}", &two[..8]),
        format!("https://192.168.1.5:8443/incident/{two}?done=acted#content"),
    ] {
        assert_eq!(link(&one, "same_event", &to).status, 303, "{to}");
        assert_eq!(links(&one), json!([format!("same_event:{two}")]));
        let back = amina.clone().post(
            &format!("/incident/{one}/unlink"),
            &[("kind", "same_event"), ("to", &two)],
        );
        assert_eq!(
            back.header("location"),
            Some(format!("/incident/{one}?done=unlinked").as_str())
        );
        assert_eq!(links(&one), json!([]));
    }

    assert_eq!(link(&one, "duplicate_of", &two).status, 303);
    let circle = link(&two, "duplicate_of", &one);
    assert!(
        circle.status == 422 && circle.body.contains("Remove that link first"),
        "{}",
        circle.body
    );
    let three = site.log(3, &json!([{"link": {"kind": "duplicate_of", "to": one}}]));
    assert_eq!(
        link(&two, "duplicate_of", &three).status,
        422,
        "nor by way of a third"
    );
    assert_eq!(
        link(&two, "same_aggressor", &one).status,
        303,
        "other links may go both ways"
    );
    // From the other end as well.
    assert!(
        Open::new(&amina, &two)
            .page
            .body
            .contains(&format!("name=\"from\" value=\"{one}\""))
    );
    assert_eq!(
        amina
            .clone()
            .post(
                &format!("/incident/{two}/unlink"),
                &[("kind", "duplicate_of"), ("from", &one)]
            )
            .status,
        303
    );
    assert_eq!(
        (links(&one), links(&two)),
        (json!([]), json!([format!("same_aggressor:{one}")]))
    );
}

#[test]
fn a_form_that_is_sent_twice_counts_once() {
    let site = Site::hub();
    let id = site.log(1, &json!([]));
    let mut page = Open::new(&site.signed_in("amina"), &id);
    let once = page.hidden("act", "once");
    let twice: Vec<(&str, &str)> = PEP.into_iter().chain([("once", once.as_str())]).collect();
    for _ in 0..3 {
        let answer = page.send(&twice);
        assert_eq!(
            answer.header("location"),
            Some(format!("/incident/{id}?done=acted").as_str())
        );
    }
    assert_eq!(count(&site.facts(&id).unwrap(), "actions"), 1);
    let mut next = Open::new(&page.visitor, &id);
    assert_ne!(next.hidden("act", "once"), once);
    let once = next.hidden("act", "once");
    assert_eq!(
        next.send(
            &PEP.into_iter()
                .chain([("once", once.as_str())])
                .collect::<Vec<_>>()
        )
        .status,
        303
    );
    assert_eq!(
        count(&site.facts(&id).unwrap(), "actions"),
        2,
        "from a page that was loaded anew it is another"
    );

    // At national as well.
    let site = Site::national();
    let mut visitor = site.signed_in("dara");
    let once = visitor
        .get("/advocacy")
        .between("name=\"once\" value=\"", "\"")
        .to_owned();
    let fields = [
        ("action", "training"),
        ("day", "2026-11-03"),
        ("kind", ""),
        ("area", ""),
        ("outcome", "awaited"),
        ("note", ""),
        ("once", once.as_str()),
    ];
    for _ in 0..2 {
        assert_eq!(
            visitor.post("/advocacy", &fields).header("location"),
            Some("/advocacy?done=advocacy")
        );
    }
    assert_eq!(
        visitor
            .get("/advocacy?from=2026-06&to=2027-01")
            .body
            .matches("action=\"/advocacy/")
            .count(),
        1
    );
}

#[test]
fn a_page_of_the_advocacy_log_has_fifty_actions_and_a_way_to_the_others() {
    let site = Site::national();
    let mut visitor = site.signed_in("dara");
    for at in 0..53 {
        let day = format!("2026-11-{:02}", 1 + at % 3);
        let fields = [
            ("action", "training"),
            ("day", day.as_str()),
            ("kind", ""),
            ("area", ""),
            ("outcome", "awaited"),
            ("note", ""),
        ];
        assert_eq!(
            visitor.post("/advocacy", &fields).header("location"),
            Some("/advocacy?done=advocacy")
        );
    }
    let of = |visitor: &mut Visitor, page: &str| {
        visitor
            .get(&format!("/advocacy?from=2026-06&to=2027-01{page}"))
            .body
    };
    let (first, second) = (of(&mut visitor, ""), of(&mut visitor, "&page=1"));
    let actions = |body: &str| body.matches("action=\"/advocacy/").count();
    assert_eq!(
        (
            actions(&first),
            actions(&second),
            actions(&of(&mut visitor, "&page=99"))
        ),
        (50, 3, 3)
    );
    let number = |number: u32| format!("<span class=\"chip accent\">{number}</span>");
    assert!(
        first.contains(&number(53)) && first.contains(&number(4)) && !first.contains(&number(3)),
        "numbered from the earliest on"
    );
    assert!(
        second.contains(&number(3))
            && second.contains(&number(1))
            && second.contains("rel=\"prev\"")
    );
    assert!(first.contains("kind=&amp;area=&amp;from=2026-06&amp;to=2027-01&amp;page=1"));
    let report = visitor.get("/report?quarter=2026-Q4").body;
    assert!(
        report.contains("Only the latest 50") && report.contains("<b>53</b>"),
        "{report}"
    );
}

#[test]
fn a_form_that_is_sent_again_after_the_server_was_started_again_counts_once() {
    let mut site = Site::hub();
    let id = site.log(1, &json!([]));
    let mut page = Open::new(&site.signed_in("amina"), &id);
    let once = page.hidden("act", "once");
    let twice: Vec<(&str, &str)> = PEP.into_iter().chain([("once", once.as_str())]).collect();
    for _ in 0..2 {
        assert_eq!(
            page.send(&twice).header("location"),
            Some(format!("/incident/{id}?done=acted").as_str())
        );
        site.restart_for(&mut page.visitor);
    }
    assert_eq!(count(&site.facts(&id).unwrap(), "actions"), 1);
    // What was refused was not taken.
    let once = Open::new(&page.visitor, &id).hidden("act", "once");
    let wrong = [
        ("do", "act"),
        ("code", "no_such_code"),
        ("outcome", "done"),
        ("accepted", "yes"),
        ("once", once.as_str()),
    ];
    assert_ne!(page.send(&wrong).status, 303);
    site.restart_for(&mut page.visitor);
    assert_ne!(page.send(&wrong).status, 303);

    let mut site = Site::national();
    let mut visitor = site.signed_in("dara");
    let once = visitor
        .get("/advocacy")
        .between("name=\"once\" value=\"", "\"")
        .to_owned();
    let fields = [
        ("action", "training"),
        ("day", "2026-11-03"),
        ("kind", ""),
        ("area", ""),
        ("outcome", "awaited"),
        ("note", ""),
        ("once", once.as_str()),
    ];
    for _ in 0..2 {
        assert_eq!(
            visitor.post("/advocacy", &fields).header("location"),
            Some("/advocacy?done=advocacy")
        );
        site.restart_for(&mut visitor);
    }
    assert_eq!(
        visitor
            .get("/advocacy?from=2026-06&to=2027-01")
            .body
            .matches("action=\"/advocacy/")
            .count(),
        1
    );
}

#[test]
fn codes_that_no_page_offers_are_refused_and_a_question_is_answered_once() {
    let site = Site::hub();
    let id = site.log(1, &json!([{"set": {"field": "weapon", "value": "no"}}]));
    let mut store = site.hub_store();
    let asked = [vicinity_core::edit::Edit::question(
        "7",
        "verify_area",
        site.now(),
    )];
    vicinity_server::hub_edits::write(
        &mut store,
        id.parse().unwrap(),
        &asked,
        site.now(),
        &mut site.machine(),
    )
    .unwrap();
    let mut page = Open::new(&site.signed_in("amina"), &id);
    let seen = page.hidden("withdraw", "seen");
    for fields in [
        &[
            ("do", "act"),
            ("code", "nonsense"),
            ("outcome", "done"),
            ("accepted", "yes"),
        ][..],
        &[
            ("do", "act"),
            ("code", "pep_start"),
            ("outcome", "nonsense"),
            ("accepted", "yes"),
        ],
        &[("do", "refer"), ("service", "nonsense"), ("state", "sent")],
        &[("do", "withdraw"), ("scope", "nonsense"), ("seen", &seen)],
        &[("do", "answer"), ("id", "q-7"), ("answer", "banana")],
        &[("do", "answer"), ("id", "q-7")],
        &[("do", "link"), ("kind", "nonsense"), ("to", &id)],
        &[("do", "nonsense")],
    ] {
        assert_eq!(page.send(fields).status, 400, "{fields:?}");
    }
    assert_eq!(
        page.send(&[("do", "answer"), ("id", "q-8"), ("answer", "confirmed")])
            .status,
        422
    );
    assert_eq!(
        page.send(&[("do", "answer"), ("id", "q-7"), ("answer", "confirmed")])
            .status,
        303
    );
    let twice = page.send(&[("do", "answer"), ("id", "q-7"), ("answer", "corrected")]);
    assert!(
        twice.status == 422 && twice.body.contains("Somebody has already answered"),
        "{}",
        twice.body
    );
    let facts = site.facts(&id).unwrap();
    assert_eq!(
        (&facts["queries"][0]["answer"], count(&facts, "actions")),
        (&json!("confirmed"), 0)
    );
}

#[test]
fn what_does_not_fit_is_named_as_the_page_names_it_and_need_not_be_typed_again() {
    let site = Site::hub();
    let id = site.log(
        1,
        &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
    );
    let mut page = Open::new(&site.signed_in("amina"), &id);
    let long = "x".repeat(281);
    let (moved, triage) = (page.hidden("move", "seen"), page.hidden("triage", "seen"));
    for (fields, said, kept) in [
        (
            &[("do", "follow"), ("due", ""), ("safety_changed", "unknown")][..],
            "Give a day for the follow-up",
            "value=\"unknown\" selected",
        ),
        (
            &[
                ("do", "follow"),
                ("due", "soon"),
                ("safety_changed", "unknown"),
            ],
            "Give a day for the follow-up",
            "value=\"soon\"",
        ),
        (
            &[
                ("do", "move"),
                ("to", "monitoring"),
                ("reason", &long),
                ("seen", &moved),
            ],
            "“Reason” is too long. Use at most 280 letters",
            "value=\"monitoring\" selected",
        ),
        (
            &[
                ("do", "triage"),
                ("level", "green"),
                ("reason", ""),
                ("seen", &triage),
            ],
            "Give a reason for lowering the triage",
            "value=\"green\" selected",
        ),
        (
            &[
                ("do", "triage"),
                ("level", "green"),
                ("reason", &long),
                ("seen", &triage),
            ],
            "“Reason” is too long",
            long.as_str(),
        ),
        (
            &[
                ("do", "refer"),
                ("service", "shelter"),
                ("partner", &long),
                ("state", "sent"),
            ],
            "“Partner” is too long. Use at most 64 letters",
            "value=\"shelter\" selected",
        ),
    ] {
        let refused = page.send(fields);
        assert!(
            refused.status == 422 && refused.body.contains(said) && refused.body.contains(kept),
            "{fields:?}: {}",
            refused.body
        );
        assert!(
            refused
                .body
                .contains(&format!("<a href=\"/incident/{id}\">Back</a>")),
            "{}",
            refused.body
        );
    }
    for (field, longest) in [
        ("move-reason", 2240),
        ("triage-reason", 2240),
        ("refer-partner", 512),
        ("link-to", 200),
    ] {
        let input = page
            .page
            .body
            .split("<input")
            .find(|input| input.contains(&format!("id=\"{field}\"")))
            .unwrap();
        assert!(
            input.contains(&format!("maxlength=\"{longest}\"")),
            "{input}"
        );
    }
    let khmer = "ក្រុំ".repeat(140);
    let moved = page.send(&[
        ("do", "move"),
        ("to", "monitoring"),
        ("reason", &khmer),
        ("seen", &moved),
    ]);
    assert_eq!(
        moved.status, 303,
        "280 letters of any script fit: {}",
        moved.body
    );
    assert_eq!(
        site.facts(&id).unwrap()["transitions"][0]["reason"],
        khmer.as_str()
    );
    let not_sure = page.visitor.post(&format!("/incident/{id}/erase"), &[]);
    assert!(
        not_sure
            .body
            .contains(&format!("<a href=\"/incident/{id}/erase\">Back</a>")),
        "{}",
        not_sure.body
    );
}

#[test]
fn a_date_that_cannot_be_right_is_said_on_the_page_and_corrected_there() {
    let site = Site::hub();
    let id = site.log(
        1,
        &json!([{"set": {"field": "occurred", "value": {"at": "2569-11-22", "precision": "day"}}}]),
    );
    let amina = site.signed_in("amina");
    let mut open = Open::new(&amina, &id);
    assert!(
        open.page.body.contains("This date cannot be right"),
        "{}",
        open.page.body
    );
    let wrong = open.send(&[
        ("do", "occurred"),
        ("at", "2570-11-22"),
        ("precision", "day"),
    ]);
    assert!(
        wrong.status == 422 && wrong.body.contains("cannot be right either"),
        "{}",
        wrong.body
    );
    let day = site.now().to_string()[..8].to_owned() + "01";
    assert_eq!(
        open.send(&[("do", "occurred"), ("at", &day), ("precision", "day")])
            .status,
        303
    );
    let minute = day.clone() + "T00:10";
    assert_eq!(
        open.send(&[("do", "reported"), ("at", &minute)]).status,
        303
    );
    let facts = site.facts(&id).unwrap();
    assert_eq!(
        (&facts["occurred"]["at"], &facts["reported_at_corrected"]),
        (&json!(day), &json!(format!("{minute}:00Z")))
    );
    assert!(
        !Open::new(&amina, &id)
            .page
            .body
            .contains("This date cannot be right")
    );
}
