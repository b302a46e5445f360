//! One word is planted in each sensitive field, a whole life is led, and every place is searched for every word: found where
//! it must be, so that the search is known to work, and nowhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vicinity_core::admit::Verdict;
use vicinity_tests::by_hand::ByHand;
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::http;
use vicinity_tests::program;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::search::{files_of, holds};
use vicinity_tests::server::Server;
use vicinity_tests::site::{Site, redirected};
use vicinity_tests::wait;

/// Where a word of an incident that is shared with everybody may be found. Places that no word may be in are searched too.
const DOCUMENT: &[&str] = &[
    "the phone",
    "the responder's device",
    "the hub",
    "bytes to the hub",
];
const PHONE: &[&str] = &["the phone"];
const NOWHERE: &[&str] = &[];
/// What the responder writes does not go up the link that is watched.
const ANSWERED: &[&str] = &["the phone", "the responder's device", "the hub"];
/// What was refused is kept aside at the hub, and goes to nobody.
const REFUSED: &[&str] = &["the hub", "bytes to the hub"];
const EVERYWHERE: &[&str] = &[
    "the phone",
    "the responder's device",
    "the hub",
    "bytes to the hub",
    "national",
    "bytes to national",
];

/// Every planted word, with the places where it must be found; in all others it must not be.
const PLANTED: &[(&str, &[&str])] = &[
    ("zqxjcode", NOWHERE),
    ("zqxjsaid", NOWHERE),
    ("zqxjlater", NOWHERE),
    ("zqxjreporter", DOCUMENT),
    ("zqxjsetting", DOCUMENT),
    ("ZQXJAREA", DOCUMENT),
    ("zqxjgender", DOCUMENT),
    ("zqxjpopulation", DOCUMENT),
    ("zqxjviolation", DOCUMENT),
    ("zqxjkind", DOCUMENT),
    ("zqxjnote", DOCUMENT),
    ("zqxjneed", DOCUMENT),
    ("zqxjclass", DOCUMENT),
    ("zqxjkey", DOCUMENT),
    ("zqxjvalue", DOCUMENT),
    ("zqxjby", DOCUMENT),
    ("zqxjpartner", DOCUMENT),
    ("zqxjreason", DOCUMENT),
    ("zqxjwhy", DOCUMENT),
    ("zqxjanswer", ANSWERED),
    ("zqxjrefused", REFUSED),
    // The hour of it; national gets the week.
    ("2026-10-04T22:17", DOCUMENT),
    // What consent decides: what is agreed to no hub's eyes, to the hub's only, and to national's too.
    ("QA-NON", PHONE),
    ("QB-HUB", DOCUMENT),
    ("QC-NAT", EVERYWHERE),
];

fn planted() -> Value {
    json!({
        "reported_at": "2026-10-05T09:00:00Z", "occurred": {"at": "2026-10-04T22:17", "precision": "exact"},
        "place": {"setting": "zqxjsetting", "area": "QC-NAT-ZQXJAREA"}, "reporter": "zqxjreporter",
        "survivor": {"code": "zqxjcode", "gender": "zqxjgender", "populations": ["zqxjpopulation"]},
        "violations": ["zqxjviolation"], "perpetrators": [{"kind": "zqxjkind", "note": "zqxjnote"}], "needs": ["zqxjneed"],
        "consents": ["hub_response", "national_deid", "aggregate_count"],
        "statements": [{"class": "narrative", "text": "zqxjsaid, and where"}, {"class": "zqxjclass", "text": "zqxjsaid again"}], "zqxjkey": "zqxjvalue",
    })
}

fn edits() -> Value {
    json!([
        {"action": {"code": "shelter", "by": "zqxjby", "done_at": "2026-10-06T10:00:00Z"}},
        {"referral": {"service": "legal_advice", "partner": "zqxjpartner", "reason": "zqxjreason"}},
        {"transition": {"to": "responding", "at": "2026-10-06T10:00:00Z", "reason": "zqxjwhy"}},
        {"statement": {"class": "narrative", "text": "zqxjlater"}},
    ])
}

fn tier(area: &str, consents: &[&str]) -> Value {
    json!({"reported_at": "2026-10-05T09:00:00Z", "place": {"area": area}, "violations": ["stalking"], "consents": consents})
}

/// The paths that were asked for through proxies.
fn paths(proxies: &[&Proxy]) -> Vec<u8> {
    proxies
        .iter()
        .flat_map(|proxy| proxy.requests())
        .flat_map(|request| request.path.into_bytes())
        .collect()
}

fn arguments_of(servers: &[&Server]) -> Vec<u8> {
    servers
        .iter()
        .flat_map(|server| std::fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap())
        .collect()
}

struct World {
    site: Site,
    national: Server,
    hub: Server,
    to_national: Proxy,
    to_hub: Proxy,
    phone: Device,
    other: Device,
    responder: Device,
    ids: Vec<String>,
}

impl World {
    /// A life in which every word has had the chance to get everywhere.
    fn lived() -> Self {
        let site = Site::new();
        let national = site.national();
        let to_national = Proxy::start(&national.address);
        let hub = site.hub(&[
            "--upstream",
            &redirected(&site.invite_hub(), &to_national.address),
        ]);
        let to_hub = Proxy::start(&hub.address);
        let phone = site.device("phone");
        // Logged before it knows the hub: the survivor's code waits in clear, and statements always do.
        let mut ids = phone.log(&[json!({"incident": planted(), "edits": edits()})]);
        let waiting = database::bytes(&phone.home);
        assert!(
            ["zqxjcode", "zqxjsaid", "zqxjlater"]
                .iter()
                .all(|word| holds(&waiting, word)),
            "the search finds what is there"
        );
        let responder = site.enrolled("office", "responder");
        let other = site.enrolled("other", "educator");
        phone
            .run(&[
                "enrol",
                &redirected(&site.invite("educator"), &to_hub.address),
            ])
            .done();
        ids.extend(phone.log(&[
            tier("QA-NON-1", &[]),
            tier("QA-NON-2", &["national_deid", "aggregate_count"]),
            tier("QB-HUB-1", &["hub_response"]),
            tier(
                "QB-HUB-2",
                &["hub_response", "aggregate_count", "advocacy_story"],
            ),
            tier("QC-NAT-1", &["hub_response", "national_deid"]),
        ]));
        phone.sync();
        responder.sync();
        let statements = responder
            .run(&["statements", &ids[0], "--json"])
            .json_lines();
        let said: Vec<String> = statements
            .iter()
            .map(|line| {
                responder
                    .run(&["open", line["statement"].as_str().unwrap()])
                    .done()
            })
            .collect();
        assert!(
            said.iter().any(|said| said.contains("zqxjsaid"))
                && said.iter().any(|said| said.contains("zqxjlater")),
            "{} statements",
            said.len()
        );
        let mut world = Self {
            site,
            national,
            hub,
            to_national,
            to_hub,
            phone,
            other,
            responder,
            ids,
        };
        world.goes_on();
        world
    }

    /// A conflict, a refusal, a question and its answer, a device without the right to anything here.
    fn goes_on(&mut self) {
        let Self {
            site,
            to_hub,
            phone,
            other,
            responder,
            ids,
            ..
        } = self;
        responder.edit(
            &ids[0],
            &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
        );
        phone.edit(
            &ids[0],
            &json!([{"set": {"field": "danger_now", "value": "no"}}]),
        );
        responder.sync();
        phone.sync();
        assert_eq!(phone.conflicts().len(), 1);
        phone
            .run(&["resolve", &ids[0], "danger_now", "--take", "1"])
            .done();
        phone.sync();
        other.sync();
        let rows = wait::until("projections", || {
            Some(site.national_export()).filter(|rows| rows.len() == 2)
        });
        let number = site
            .national_run(
                "ask",
                &[rows[0]["projection"].as_str().unwrap(), "verify_date"],
            )
            .done();

        let mut turned = ByHand::enrol(&redirected(&site.invite("educator"), &to_hub.address), 17);
        let mut bent = turned.incident(0);
        bent.edit(&json!({"action": {"code": "zqxjrefused"}}));
        bent.chunks[1][20] ^= 1;
        let verdicts = turned.push(vec![bent.group()]).verdicts;
        assert!(
            matches!(verdicts[..], [Verdict::Stored, Verdict::Rejected(_)]),
            "{verdicts:?}"
        );
        ids.push(bent.id.to_string());

        // Something new at the hub brings it to ask for questions.
        let asked = wait::until("the question at the hub", || {
            site.hub_export()
                .into_iter()
                .find(|incident| incident["queries"] != json!([]))
        });
        responder.sync();
        let answer = json!([{"answer": {"id": format!("q-{}", number.trim()), "answer": "confirmed", "heard": "zqxjanswer"}}]);
        responder.edit(asked["id"].as_str().unwrap(), &answer);
        responder.sync();
        phone.sync();
        wait::until("the answer at national", || {
            site.national_run("questions", &["--json"])
                .done()
                .contains("confirmed")
                .then_some(())
        });
    }

    /// Everything that there is to search, by the name of its place.
    fn places(&self) -> BTreeMap<&'static str, Vec<u8>> {
        let servers = [&self.hub, &self.national];
        let national_says = ["--json", "--csv"]
            .map(|form| self.site.national_run("export", &[form]).done())
            .concat();
        let refused = [
            (&self.hub, "/v1/sync"),
            (&self.hub, "/v1/statement"),
            (&self.national, "/v1/uplink"),
        ]
        .map(|(server, path)| {
            http::post(
                &server.address,
                path,
                format!("zqxjcode {}", self.ids[0]).as_bytes(),
            )
            .text()
            .1
        });
        let mut places = BTreeMap::from([
            ("the phone", database::bytes(&self.phone.home)),
            ("the phone's files", files_of(&self.phone.home)),
            (
                "the responder's device",
                database::bytes(&self.responder.home),
            ),
            ("the responder's files", files_of(&self.responder.home)),
            (
                "another educator's phone",
                database::bytes(&self.other.home),
            ),
            ("the hub", database::bytes(self.hub.data())),
            ("the hub's keys", database::keys(self.hub.data())),
            ("the hub's files", files_of(self.hub.data())),
            (
                "national",
                [
                    database::bytes(self.national.data()),
                    national_says.into_bytes(),
                ]
                .concat(),
            ),
            ("national's files", files_of(self.national.data())),
            ("bytes to the hub", self.to_hub.opened()),
            ("bytes to national", self.to_national.opened()),
            ("URLs", paths(&[&self.to_hub, &self.to_national])),
            ("answers to bad requests", refused.concat().into_bytes()),
            ("logs", servers.map(Server::log).concat().into_bytes()),
            (
                "metrics",
                servers
                    .map(|server| http::get(&server.address, "/metrics"))
                    .concat()
                    .into_bytes(),
            ),
            ("arguments", arguments_of(&servers)),
        ]);
        places.insert("a backup", self.backup());
        places
    }

    fn backup(&self) -> Vec<u8> {
        let passphrase = self.site.path("passphrase");
        std::fs::write(&passphrase, "seven camels walk north").unwrap();
        let (data, to) = (
            self.hub.data().display().to_string(),
            self.site.path("backup"),
        );
        let known = [("VICINITY_PASSPHRASE_FILE", passphrase.to_str().unwrap())];
        program::run_where(
            &known,
            ["hub", "backup", "--data", &data, to.to_str().unwrap()],
        )
        .done();
        [
            std::fs::read(&to).unwrap(),
            std::fs::read(self.site.path("backup.keys")).unwrap(),
        ]
        .concat()
    }
}

#[test]
fn every_planted_word_is_where_it_must_be_and_nowhere_else() {
    let world = World::lived();
    let mut wrong = Vec::new();
    for (place, bytes) in world.places() {
        assert!(bytes.len() > 20, "nothing to search in {place}");
        for (word, found_in) in PLANTED {
            let (is, must) = (holds(&bytes, word), found_in.contains(&place));
            if is != must {
                wrong.push(format!(
                    "{word} is {} {place}",
                    if is { "in" } else { "not in" }
                ));
            }
        }
        // The names of incidents, in all their forms: in devices, at the hub and on the way between, and nowhere else.
        let may = DOCUMENT.contains(&place) || place == "the hub's keys";
        for id in &world.ids {
            let raw: vicinity_core::ids::IncidentId = id.parse().unwrap();
            let is = [
                id.as_bytes(),
                id.replace('-', "").as_bytes(),
                raw.as_bytes(),
            ]
            .iter()
            .any(|form| holds(&bytes, form));
            if is && !may {
                wrong.push(format!("an incident's name is in {place}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
