//! Forms that come too late, over real sockets: after a session ended, or from a page that an earlier session had opened.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use support::{Site, Visitor};

const TYPED: &str = "The \"lights\" <b>on</b> Main Street,\r\nand a bus at night.";
const BACK: &str =
    "The &quot;lights&quot; &lt;b&gt;on&lt;/b&gt; Main Street,\nand a bus at night.</textarea>";

fn send(visitor: &mut Visitor) -> (u16, Option<String>) {
    let quarter = visitor.get("/report");
    let quarter = if quarter.status == 200 {
        quarter
            .between("name=\"quarter\" value=\"", "\"")
            .to_owned()
    } else {
        "2026-Q4".to_owned()
    };
    let answer = visitor.post("/report", &[("quarter", &quarter), ("asks", TYPED)]);
    (answer.status, answer.header("location").map(str::to_owned))
}

#[test]
fn what_was_sent_after_the_session_ended_stands_in_its_form_after_signing_in() {
    let site = Site::national();
    let mut visitor = site.signed_in("dara");
    let quarter = visitor
        .get("/report")
        .between("name=\"quarter\" value=\"", "\"")
        .to_owned();
    site.wait(31 * 60);
    let answer = visitor.post("/report", &[("quarter", &quarter), ("asks", TYPED)]);
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/sign-in?done=kept")),
        "what was typed stands in no address"
    );
    let said = visitor.get("/sign-in?done=kept").body;
    assert!(
        said.contains("returns to its form") && !said.contains("Main Street"),
        "{said}"
    );
    // Somebody else who signs in gets none of it.
    let mut other = site.signed_in("amina");
    assert!(!other.get("/report").body.contains("Main Street"));
    assert_eq!(
        site.sign_in_again(&mut visitor, "dara"),
        "/report?done=back"
    );
    let page = visitor.get("/report?done=back").body;
    assert!(
        page.contains(BACK) && page.contains("Nothing was sent yet"),
        "{page}"
    );
    assert!(
        !other.get("/report").body.contains("Main Street"),
        "it was not sent"
    );
    visitor.learn_mark();
    let answer = visitor.post("/report", &[("quarter", &quarter), ("asks", TYPED)]);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(
        other.get("/report").body.contains("Main Street"),
        "now it is there"
    );
}

#[test]
fn a_page_from_before_its_reader_signed_in_again_comes_back_filled() {
    let site = Site::national();
    let mut visitor = site.signed_in("dara");
    let mut old = visitor.clone();
    site.sign_in_again(&mut visitor, "dara");
    // The old tab in the same browser: it has the new cookie and the old mark.
    old.cookie.clone_from(&visitor.cookie);
    assert_eq!(send(&mut old), (303, Some("/report?done=back".to_owned())));
    assert!(old.get("/report?done=back").body.contains(BACK));
    visitor.learn_mark();
    assert_eq!(send(&mut visitor).0, 303);
    assert!(!visitor.get("/report").body.contains("Nothing was sent yet"));
}

#[test]
fn a_page_that_somebody_else_had_opened_sends_nothing_for_who_is_signed_in_now() {
    let site = Site::national();
    let (amina, mut dara) = (site.signed_in("amina"), site.signed_in("dara"));
    dara.csrf = amina.csrf;
    let answer = dara.post("/report", &[("quarter", "2026-Q4"), ("asks", TYPED)]);
    assert_eq!(answer.status, 403);
    assert!(
        answer.body.contains("opened by somebody else")
            && answer.body.contains("<a href=\"/report\">Back</a>"),
        "{}",
        answer.body
    );
    assert!(!dara.get("/report").body.contains("Main Street"));
}

#[test]
fn what_no_page_of_this_server_sent_is_kept_for_nobody() {
    let site = Site::national();
    let mut dara = site.signed_in("dara");
    let mut nobody = Visitor::new(&site.address);
    let forged = dara.csrf.rsplit_once('-').unwrap().0.to_owned();
    for mark in [
        String::new(),
        format!("{forged}-{}", "0".repeat(32)),
        "1".to_owned(),
    ] {
        nobody.csrf = mark;
        assert_eq!(
            send(&mut nobody),
            (303, Some("/sign-in?done=not-sent".to_owned()))
        );
    }
    assert_eq!(site.sign_in_again(&mut dara, "dara"), "/");
    assert!(!dara.get("/report").body.contains("Main Street"));
}

#[test]
fn what_an_incident_was_to_get_comes_back_into_the_one_form_of_several() {
    let site = Site::hub();
    let id = site.log(7, &serde_json::json!([]));
    let mut visitor = site.signed_in("amina");
    site.wait(31 * 60);
    let path = format!("/incident/{id}");
    let answer = visitor.post(
        &path,
        &[
            ("do", "refer"),
            ("service", "shelter"),
            ("partner", "the green door"),
            ("state", "sent"),
        ],
    );
    assert_eq!(answer.header("location"), Some("/sign-in?done=kept"));
    assert_eq!(
        site.sign_in_again(&mut visitor, "amina"),
        format!("{path}?done=back")
    );
    let page = visitor.get(&path).body;
    assert_eq!(
        page.matches("value=\"the green door\"").count(),
        1,
        "{page}"
    );
    let form = page
        .split("value=\"refer\"")
        .nth(1)
        .unwrap()
        .split("</form>")
        .next()
        .unwrap();
    assert!(
        form.contains("the green door") && form.contains("<option value=\"shelter\" selected>"),
        "{form}"
    );
}

#[test]
fn a_hub_and_national_on_one_machine_leave_each_other_signed_in() {
    let (hub, national, second) = (Site::hub(), Site::national(), Site::hub());
    let mut visitors = [
        hub.signed_in("amina"),
        national.signed_in("amina"),
        second.signed_in("amina"),
    ];
    // Browsers give a machine's cookies to each of its servers, whatever its port.
    let all: Vec<String> = visitors
        .iter()
        .flat_map(|visitor| {
            [
                visitor.cookie.clone().unwrap(),
                visitor.known.clone().unwrap(),
            ]
        })
        .collect();
    let names: std::collections::BTreeSet<&str> = all
        .iter()
        .map(|cookie| cookie.split('=').next().unwrap())
        .collect();
    assert_eq!(names.len(), all.len(), "{names:?}");
    for visitor in &mut visitors {
        visitor.cookie = Some(all.join("; "));
        assert_eq!(visitor.get("/settings").status, 200);
    }
}
