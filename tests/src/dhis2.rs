//! A stand-in for a DHIS2 server: it takes dataValueSets of DHIS2's form as its guide tells it, keeps the values, and answers
//! with an import summary. It is no DHIS2: what it knows of one is what that guide says.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::http;

/// The token that it takes.
pub const TOKEN: &str = "d2pat_a1B2c3D4e5F6g7H8";

/// What it holds.
#[derive(Default)]
struct Held {
    values: BTreeMap<String, String>,
    problems: Vec<String>,
}

/// The stand-in.
pub struct Dhis2 {
    /// Its address.
    pub url: String,
    held: Arc<Mutex<Held>>,
}

impl Dhis2 {
    /// Starts one that knows no such organisation units: values of theirs it ignores.
    #[must_use]
    pub fn without(units: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!(
            "http://{}/demo",
            listener.local_addr().expect("it has an address")
        );
        let held = Arc::new(Mutex::new(Held::default()));
        let shared = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, units, &shared);
            }
        });
        Self { url, held }
    }

    /// The values that it kept: data element, period, unit and category to value.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, String> {
        self.held.lock().expect("nobody panicked").values.clone()
    }

    /// What was wrong with requests.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.held.lock().expect("nobody panicked").problems.clone()
    }
}

fn serve(mut stream: TcpStream, units: &[&str], held: &Mutex<Held>) {
    let (head, body) = http::received(&stream);
    let mut held = held.lock().expect("nobody panicked");
    let line = head.first().cloned().unwrap_or_default();
    let (status, answer) = if http::header(&head, "authorization")
        == Some(&format!("ApiToken {TOKEN}"))
    {
        import(
            &line,
            http::header(&head, "content-type"),
            &body,
            units,
            &mut held,
        )
    } else {
        (
            401,
            json!({"httpStatus": "Unauthorized", "httpStatusCode": 401, "status": "ERROR", "message": "Unauthorized"}),
        )
    };
    let answer = answer.to_string();
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len()).ok();
}

fn form() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(include_str!(
        "../../fixtures/dhis2/data_value_set.schema.json"
    ))
    .expect("the schema is JSON");
    jsonschema::draft202012::new(&schema).expect("the schema is one")
}

fn import(
    line: &str,
    content_type: Option<&str>,
    body: &[u8],
    units: &[&str],
    held: &mut Held,
) -> (u16, Value) {
    let dry = line.contains("dryRun=true");
    if !line.starts_with("POST /demo/api/dataValueSets?")
        || !line.contains("importStrategy=CREATE_AND_UPDATE")
    {
        held.problems.push(line.to_owned());
    }
    if content_type != Some("application/json") {
        held.problems.push(format!("{content_type:?}"));
    }
    let payload: Value = serde_json::from_slice(body).unwrap_or_default();
    held.problems
        .extend(form().iter_errors(&payload).map(|error| error.to_string()));
    let (mut imported, mut updated, mut unchanged, mut conflicts, mut rejected) =
        (0, 0, 0, Vec::new(), Vec::new());
    for (index, value) in payload["dataValues"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let unit = value["orgUnit"].as_str().unwrap_or_default();
        if units.contains(&unit) {
            conflicts.push(json!({"object": unit, "value": "Organisation unit not found or not accessible", "errorCode": "E7612", "indexes": [index]}));
            rejected.push(index);
            continue;
        }
        let of = |key: &str| value[key].as_str().unwrap_or_default();
        let name = format!(
            "{} {} {unit} {}",
            of("dataElement"),
            of("period"),
            of("categoryOptionCombo")
        );
        match held.values.get(&name) {
            // As DHIS2 does: a value that is there already is counted as ignored, and nothing else is reported about it.
            Some(there) if there == of("value") => unchanged += 1,
            Some(_) => updated += 1,
            None => imported += 1,
        }
        if !dry {
            held.values.insert(name, of("value").to_owned());
        }
    }
    let (status, word) = if conflicts.is_empty() {
        (200, "SUCCESS")
    } else {
        (409, "WARNING")
    };
    let count = json!({"imported": imported, "updated": updated, "ignored": conflicts.len() + unchanged, "deleted": 0});
    let summary = json!({"responseType": "ImportSummary", "status": word, "importCount": count, "conflicts": conflicts, "rejectedIndexes": rejected, "dataSetComplete": "false"});
    (
        status,
        json!({"httpStatusCode": status, "status": word, "message": "Import process finished", "response": summary}),
    )
}
