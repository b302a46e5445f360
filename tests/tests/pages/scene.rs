//! A hub with incidents, a conflict, a refusal and an erasure, national above it, and a browser at each.

use serde_json::json;
use vicinity_tests::browser::Browser;
use vicinity_tests::device::Device;
use vicinity_tests::incidents;
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

/// The scene.
pub struct Scene {
    pub site: Site,
    pub hub: Server,
    pub national: Server,
    pub phone: Device,
    pub laptop: Device,
    /// Incidents at the hub; the first has a conflict about `danger_now`.
    pub ids: Vec<String>,
}

impl Scene {
    pub fn new() -> Self {
        let site = Site::new();
        let national = site.national();
        let hub = site.hub(&["--upstream", &site.invite_hub()]);
        let (phone, laptop) = (
            site.enrolled("phone", "educator"),
            site.enrolled("laptop", "responder"),
        );
        let now = wait::now().to_string();
        let fresh = json!({"incident": {
            "occurred": {"at": now[..16], "precision": "hour"}, "reported_at": now, "place": {"setting": "street", "area": "SN-DK-01"},
            "survivor": {"code": "SN04211", "age": 24, "gender": "trans_woman", "populations": ["tsw"]}, "violations": ["rape", "extortion_bribe"],
            "perpetrators": [{"kind": "police", "count_band": "2-3"}], "needs": ["pep_start"], "consents": ["hub_response", "national_deid", "aggregate_count"],
            "statements": [{"class": "narrative", "text": "For the responders only."}]
        }});
        let mut lines = vec![fresh];
        lines.extend(
            incidents::fixture("senegal.jsonl")
                .into_iter()
                .chain(incidents::fixture("cambodia.jsonl")),
        );
        let logged = phone.log(&lines);
        phone.sync();
        laptop.sync();
        let here: Vec<String> = site
            .hub_export()
            .iter()
            .map(|incident| incident["id"].as_str().unwrap().to_owned())
            .collect();
        let ids: Vec<String> = logged.into_iter().filter(|id| here.contains(id)).collect();
        phone.edit(
            &ids[0],
            &json!([{"set": {"field": "danger_now", "value": "yes"}}]),
        );
        laptop.edit(
            &ids[0],
            &json!([{"set": {"field": "danger_now", "value": "no"}}]),
        );
        phone.sync();
        laptop.sync();
        hub.told_national();
        assert!(!site.national_export().is_empty());
        Self {
            site,
            hub,
            national,
            phone,
            laptop,
            ids,
        }
    }

    /// Forty incidents of one kind in March, so that something of that month may be published; and publishes it.
    pub fn logs_a_month_to_publish(&self) {
        let one = json!({"reported_at": "2026-03-20T09:00:00Z", "occurred": {"at": "2026-03-19T10:00", "precision": "day"}, "place": {"setting": "street", "area": "SN-DK-01"},
            "violations": ["extortion_bribe"], "perpetrators": [{"kind": "police"}], "consents": ["hub_response", "national_deid", "aggregate_count"]});
        self.phone.log(&vec![one; 40]);
        self.phone.sync();
        self.hub.told_national();
        self.site.publish(&self.phone, &["2026-03"]);
    }

    /// A browser that is signed in at the hub.
    pub fn at_hub(&self) -> Browser {
        let browser = Browser::start();
        browser.welcome(&self.site.invite_person("hub", "amina"));
        browser
    }

    /// A browser that is signed in at national.
    pub fn at_national(&self) -> Browser {
        let browser = Browser::start();
        browser.welcome(&self.site.invite_person("national", "dara"));
        browser
    }

    /// The address of a page of the hub's.
    pub fn hub_page(&self, path: &str) -> String {
        format!("http://{}{path}", self.hub.address)
    }

    /// The address of a page of national's.
    pub fn national_page(&self, path: &str) -> String {
        format!("http://{}{path}", self.national.address)
    }

    /// An incident as the hub exports it.
    pub fn exported(&self, id: &str) -> serde_json::Value {
        self.site
            .hub_export()
            .into_iter()
            .find(|incident| incident["id"] == id)
            .unwrap()
    }
}
