//! National asks about a projection; the question finds its incident, a responder answers with a code.

use serde_json::json;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

#[test]
fn a_question_of_nationals_reaches_the_responder_and_its_answer_comes_back_as_a_code() {
    let site = Site::new();
    let national = site.national();
    let hub = site.hub(&["--upstream", &site.invite_hub()]);
    let (educator, responder) = (
        site.enrolled("educator", "educator"),
        site.enrolled("responder", "responder"),
    );
    let incident = |violation: &str| json!({"reported_at": "2026-10-05T09:00:00Z", "violations": [violation], "consents": ["hub_response", "national_deid"]});
    let ids = educator.log(&[incident("eviction"), incident("stalking")]);
    educator.sync();
    let rows = wait::until("projections", || {
        Some(site.national_export()).filter(|rows| rows.len() == 2)
    });
    let projection = rows
        .iter()
        .find(|row| row["violations"] == json!(["eviction"]))
        .unwrap()["projection"]
        .as_str()
        .unwrap()
        .to_owned();

    assert!(
        site.national_run("ask", &[&projection, "who_is_it"])
            .failed()
            .contains("verify_date")
    );
    let number = site
        .national_run("ask", &[&projection, "verify_date"])
        .done()
        .trim()
        .to_owned();
    // A hub asks for questions now and then, and at once when something of its own changed.
    educator.edit(&ids[1], &json!([{"action": {"code": "shelter"}}]));
    educator.sync();
    let exported = |id: &str| {
        site.hub_export()
            .into_iter()
            .find(|incident| incident["id"] == id)
            .unwrap()
    };
    let asked = wait::until("the question at the hub", || {
        exported(&ids[0])["queries"]
            .as_array()
            .filter(|queries| !queries.is_empty())
            .cloned()
    });
    assert_eq!(
        (asked.len(), &asked[0]["question"]),
        (1, &json!("verify_date"))
    );
    assert_eq!(exported(&ids[1])["queries"], json!([]));

    responder.sync();
    let entry = responder.show(&ids[0])["queries"][0].clone();
    assert_eq!(entry["question"], "verify_date");
    educator.sync();
    assert_eq!(educator.show(&ids[0])["queries"][0], entry);
    assert!(
        responder
            .run_with(
                &["edit", &ids[0], "-"],
                "[{\"answer\": {\"id\": \"q-999\", \"answer\": \"confirmed\"}}]"
            )
            .failed()
            .contains("no entry has that id")
    );
    responder.edit(
        &ids[0],
        &json!([{"answer": {"id": entry["id"], "answer": "confirmed"}}]),
    );
    responder.sync();
    let answered = wait::until("the answer at national", || {
        Some(
            site.national_run("questions", &["--json"])
                .json_lines()
                .remove(0),
        )
        .filter(|row| !row["answer"].is_null())
    });
    assert_eq!(
        answered,
        json!({"id": number.parse::<u64>().unwrap(), "projection": projection, "question": "verify_date", "answer": "confirmed"})
    );
    assert_eq!(
        exported(&ids[0])["queries"].as_array().unwrap().len(),
        1,
        "it was asked once"
    );
    drop((national, hub));
}

#[test]
fn a_hub_works_without_national_and_tells_it_later() {
    let site = Site::new();
    let national = site.national();
    let link = site.invite_hub();
    let again = national.kill();
    let hub = site.hub(&["--upstream", &link]);
    let device = site.enrolled("phone", "educator");
    device.log(&[json!({"reported_at": "2026-10-05T09:00:00Z", "consents": ["hub_response", "national_deid"]})]);
    device.sync();
    assert_eq!(site.hub_export().len(), 1);
    let _national = again();
    wait::until("the projection", || {
        Some(site.national_export()).filter(|rows| rows.len() == 1)
    });
    // And a hub that is started again needs no link any more.
    let again = hub.kill();
    let _hub = again();
    device.log(&[json!({"reported_at": "2026-10-06T09:00:00Z", "consents": ["hub_response", "national_deid"]})]);
    device.sync();
    wait::until("the second projection", || {
        Some(site.national_export()).filter(|rows| rows.len() == 2)
    });
}
