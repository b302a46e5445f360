//! What leaves national as files: rows say what projections say, counts say what tables show, and nobody's file says more.

mod publishing;
mod push;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use vicinity_core::codes;
use vicinity_tests::program;
use vicinity_tests::server::Server;
use vicinity_tests::site::Site;
use vicinity_tests::wait;

const COUNTED: [&str; 3] = ["hub_response", "national_deid", "aggregate_count"];
const DIMENSIONS: [(&str, &str); 5] = [
    ("admin1", "ADMIN1"),
    ("perpetrator", "PERPETRATOR"),
    ("violation-group", "VIOLATION_GROUP"),
    ("setting", "SETTING"),
    ("population", "POPULATION"),
];

fn incident(month: &str, area: &str, perpetrator: &str, setting: &str, consents: &[&str]) -> Value {
    let mut incident = json!({
        "occurred": {"at": format!("{month}-05T22:10"), "precision": "hour"}, "reported_at": format!("{month}-28T09:00:00Z"),
        "place": {"setting": setting}, "survivor": {"populations": ["fsw"]}, "violations": ["hit_push"],
        "perpetrators": [{"kind": perpetrator}], "consents": consents,
    });
    if !area.is_empty() {
        incident["place"]["area"] = area.into();
    }
    incident
}

/// The month in which an incident is counted, if it may be.
fn counted_month(incident: &Value) -> Option<&str> {
    let incident = incident.get("incident").unwrap_or(incident);
    let consents = incident["consents"].as_array()?;
    consents
        .iter()
        .any(|scope| scope == "aggregate_count")
        .then_some(&incident["occurred"]["at"].as_str()?[..7])
}

struct Country {
    site: Site,
    /// National and the hub.
    servers: [Server; 2],
}

impl Country {
    /// National, with this number of projections of these incidents.
    fn with(incidents: &[Value], projections: usize) -> Self {
        let site = Site::new();
        let national = site.national();
        let hub = site.hub(&["--upstream", &site.invite_hub()]);
        let phone = site.enrolled("phone", "educator");
        phone.log(incidents);
        phone.sync();
        wait::until("projections", || {
            Some(site.national_export()).filter(|rows| rows.len() == projections)
        });
        let months: BTreeSet<&str> = incidents.iter().filter_map(counted_month).collect();
        site.publish(&phone, &Vec::from_iter(months));
        Self {
            site,
            servers: [national, hub],
        }
    }

    /// 12 and 10 that are shown, 9 that are not, 10 without an area, 5 that may not be counted, 3 that may not be known.
    fn of_many() -> Self {
        let some = |count: usize, one: Value| std::iter::repeat_n(one, count);
        let incidents: Vec<Value> = some(
            12,
            incident("2026-08", "SN-DK-01", "police", "street", &COUNTED),
        )
        .chain(some(
            9,
            incident("2026-07", "SN-ZG-01", "client", "hotel", &COUNTED),
        ))
        .chain(some(
            10,
            incident("2026-09", "SN-TH-01", "police", "street", &COUNTED),
        ))
        .chain(some(
            10,
            incident("2026-09", "", "landlord", "vehicle", &COUNTED),
        ))
        .chain(some(
            5,
            incident("2026-09", "SN-DK-01", "client", "brothel", &COUNTED[..2]),
        ))
        .chain(some(
            3,
            incident(
                "2026-09",
                "KG-QQX-01",
                "military",
                "detention",
                &COUNTED[..1],
            ),
        ))
        .collect();
        Self::with(&incidents, 46)
    }

    fn export(&self, arguments: &[&str]) -> program::Run {
        self.site.national_run("export", arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        program::json(&self.export(arguments).done())
    }

    /// Every cell that `national table` shows: dimension, month, code, count.
    fn shown(&self) -> Vec<(&'static str, String, String, u64)> {
        let text = |cell: &Value, key: &str| cell[key].as_str().unwrap().to_owned();
        let of = |(by, name): (&str, &'static str)| {
            let cells = self
                .site
                .national_run("table", &["--by", by, "--json"])
                .json_lines();
            cells.into_iter().map(move |cell| {
                (
                    name,
                    text(&cell, "month"),
                    text(&cell, "code"),
                    cell["count"].as_u64().unwrap(),
                )
            })
        };
        DIMENSIONS.into_iter().flat_map(of).collect()
    }

    fn workbook(&self, arguments: &[&str]) -> Vec<Vec<String>> {
        let data = self.site.path("national");
        let arguments = [
            "national",
            "export",
            "--xlsx",
            "--data",
            data.to_str().unwrap(),
        ]
        .into_iter()
        .chain(arguments.iter().copied());
        let output = program::command(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        read_workbook(output.stdout)
    }
}

/// The rows of a workbook's only sheet. Everything in it is a text or nothing.
fn read_workbook(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    assert_eq!(workbook.sheet_names(), ["Incident Data"]);
    let range = workbook.worksheet_range("Incident Data").unwrap();
    assert!(
        range
            .used_cells()
            .all(|(_, _, cell)| matches!(cell, Data::String(_)))
    );
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

/// A cell of a table as a value of DHIS2's; nothing for what has no place there.
fn as_value((dimension, month, code, count): &(&str, String, String, u64)) -> Option<Value> {
    let mut value = json!({"dataElement": format!("VASW_REPORTS_BY_{dimension}"), "period": month.replace('-', ""), "value": count.to_string()});
    if *dimension == "ADMIN1" {
        value["orgUnit"] = code.replace('-', "_").into();
    } else {
        value["orgUnit"] = "VASW_NATIONAL".into();
        value["categoryOptionCombo"] = format!("VASW_{dimension}_{}", code.to_uppercase()).into();
    }
    (month != "unknown" && value["orgUnit"] != "unknown").then_some(value)
}

fn as_set(values: impl IntoIterator<Item = Value>) -> BTreeSet<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

#[test]
fn counts_say_what_tables_show_and_no_months_of_them_say_more() {
    let country = Country::of_many();
    let shown = country.shown();
    let expected = |from: &str, to: &str| {
        as_set(
            shown
                .iter()
                .filter(|cell| from <= cell.1.as_str() && cell.1.as_str() <= to)
                .filter_map(as_value),
        )
    };
    let values = |months: &[&str]| {
        as_set(
            country.json(&[&["--dhis2"], months].concat())["dataValues"]
                .as_array()
                .unwrap()
                .clone(),
        )
    };
    let whole = values(&[]);
    assert_eq!(whole, expected("", "9999"));
    assert!(whole.contains(&json!({"dataElement": "VASW_REPORTS_BY_ADMIN1", "period": "202608", "orgUnit": "SN_DK", "value": "12"}).to_string()));
    assert_eq!(whole.len(), 2 + 3 + 2 + 3 + 2, "{whole:?}");

    let areas =
        |months: &[&str]| country.json(&[&["--geojson"], months].concat())["features"].clone();
    let dakar = json!({"type": "Feature", "id": "SN-DK", "geometry": null, "properties": {"admin1": "SN-DK", "2026-08": 12}});
    let thies = json!({"type": "Feature", "id": "SN-TH", "geometry": null, "properties": {"admin1": "SN-TH", "2026-09": 10}});
    assert_eq!(areas(&[]), json!([dakar, thies]));

    let ends = ["2026-07", "2026-08", "2026-09", "2026-10"];
    for (at, from) in ends.iter().enumerate() {
        for to in &ends[at..] {
            let months = ["--from", from, "--to", to];
            if *from == "2026-10" {
                let said = country.export(&[&["--dhis2"][..], &months].concat());
                assert!(said.failed().contains("no month of these is published"));
                continue;
            }
            assert_eq!(values(&months), expected(from, to), "{from} {to}");
            let held: Vec<&Value> = [("2026-08", &dakar), ("2026-09", &thies)]
                .iter()
                .filter(|(month, _)| from <= month && month <= to)
                .map(|(_, area)| *area)
                .collect();
            assert_eq!(areas(&months), json!(held), "{from} {to}");
        }
    }
}

/// 21 in a month, and 9 of them elsewhere: 12 and 21 together reveal 9.
#[test]
fn what_would_tell_a_small_cell_is_left_out_with_it() {
    let some = |count: usize, one: Value| std::iter::repeat_n(one, count);
    let police = some(
        12,
        incident("2026-08", "SN-DK-01", "police", "street", &COUNTED),
    );
    let incidents: Vec<Value> = police
        .chain(some(
            9,
            incident("2026-08", "SN-ZG-01", "client", "hotel", &COUNTED),
        ))
        .collect();
    let country = Country::with(&incidents, 21);
    let shown = country.shown();
    assert!(
        shown
            .iter()
            .all(|(dimension, ..)| !["ADMIN1", "SETTING", "PERPETRATOR"].contains(dimension)),
        "{shown:?}"
    );
    assert!(
        shown.iter().any(
            |(dimension, _, code, count)| (*dimension, code.as_str(), *count)
                == ("VIOLATION_GROUP", "physical", 21)
        ),
        "{shown:?}"
    );
    assert_eq!(country.json(&["--geojson"])["features"], json!([]));
}

#[test]
fn consent_holds_in_every_form() {
    let country = Country::of_many();
    let out = country.site.path("out.csv");
    country
        .export(&["--csv", "--hxl", "--out", out.to_str().unwrap()])
        .done();
    let csv = std::fs::read_to_string(&out).unwrap();
    let workbook = country.workbook(&[]);
    let rows = country.export(&["--json"]).json_lines();
    assert_eq!(
        (rows.len(), csv.lines().count(), workbook.len()),
        (46, 2 + 46, 1 + 46)
    );

    // What may be known and not counted is in rows, and in no count.
    let uncounted = |cell: &str| cell.contains("brothel");
    assert_eq!(csv.lines().filter(|line| uncounted(line)).count(), 5);
    assert_eq!(
        workbook
            .iter()
            .flatten()
            .filter(|cell| uncounted(cell))
            .count(),
        5
    );
    let counts = [&["--dhis2"][..], &["--geojson"]]
        .map(|form| country.export(form).done())
        .concat();
    assert!(
        counts.contains("SN-DK") && counts.contains("SN_DK"),
        "the search finds what is there"
    );
    for word in ["BROTHEL", "HOTEL", "CLIENT", "SN-ZG", "SN_ZG"] {
        assert!(!counts.to_uppercase().contains(word), "{word} in {counts}");
    }
    // What may not be known is nowhere.
    let everything = format!("{csv}{counts}{workbook:?}{rows:?}").to_lowercase();
    for word in ["qqx", "military", "detention"] {
        assert!(!everything.contains(word), "{word}");
    }
}

/// The Incident Recorder's columns.
const ORDER: [&str; 41] = [
    "INCIDENT ID",
    "SURVIVOR CODE",
    "CASE MANAGER CODE",
    "DATE OF INTERVIEW",
    "DATE OF INCIDENT",
    "DATE OF BIRTH",
    "SEX",
    "ETHNICITY",
    "COUNTRY OF ORIGIN",
    "CIVIL / MARITAL STATUS",
    "DISPLACEMENT STATUS AT REPORT",
    "PERSON WITH DISABILITY?",
    "UNACCOMPANIED OR SEPARATED CHILD?",
    "STAGE OF DISPLACEMENT AT INCIDENT",
    "INCIDENT TIME OF DAY",
    "INCIDENT LOCATION",
    "INCIDENT COUNTY",
    "INCIDENT DISTRICT",
    "INCIDENT CAMP / TOWN",
    "GBV TYPE",
    "HARMFUL TRADITIONAL PRACTICE",
    "MONEY, GOODS, BENEFITS AND / OR SERVICES EXCHANGED ?",
    "TYPE OF ABDUCTION",
    "PREVIOUSLY REPORTED THIS INCIDENT?",
    "PREVIOUS GBV INCIDENTS?",
    "No. ALLEGED PRIMARY PERPETRATOR(S)",
    "ALLEGED PERPETRATOR SEX",
    "PREVIOUS INCIDENT WITH THIS PERPETRATOR",
    "ALLEGED PERPETRATOR AGE GROUP",
    "ALLEGED PERPETRATOR - SURVIVOR RELATIONSHIP",
    "ALLEGED PERPETRATOR OCCUPATION",
    "REFERRED TO YOU FROM?",
    "SAFE HOUSE / SHELTER",
    "HEALTH / MEDICAL SERVICES",
    "PSYCHOSOCIAL SERVICES",
    "WANTS LEGAL ACTION?",
    "LEGAL ASSISTANCE SERVICES",
    "POLICE / OTHER SECURITY ACTOR",
    "LIVELIHOODS PROGRAM",
    "CONSENT GIVEN",
    "REPORTING AGENCY CODE",
];

/// One with everything that the Recorder has a column for, and one of which next to nothing is known.
fn told_and_untold() -> Vec<Value> {
    let told = json!({
        "incident": {
            "occurred": {"at": "2026-08-05T22:10", "precision": "hour"}, "reported_at": "2026-08-06T09:00:00Z", "time_of_day": "night",
            "place": {"setting": "street", "area": "SN-DK-01"}, "channel": "outreach", "reporter_role": "peer_educator",
            "survivor": {"age": 24, "gender": "woman", "populations": ["fsw", "migrant"]}, "violations": ["beaten_choked", "extortion_bribe"],
            "perpetrators": [
                {"kind": "client", "count_band": "1", "sex": "male", "age_group": "26-40", "repeat": "no"},
                {"kind": "police", "count_band": "2-3", "sex": "both", "age_group": "unknown", "repeat": "yes"},
            ],
            "consents": COUNTED,
        },
        "edits": [
            {"action": {"code": "legal_advice", "done_at": "2026-08-06T10:30:00Z", "outcome": "done"}},
            {"referral": {"service": "forensic", "state": "sent", "at": "2026-08-06T10:00:00Z"}},
        ],
    });
    let untold = json!({"reported_at": "2026-09-06T09:00:00Z", "survivor": {"gender": "trans_woman"}, "consents": &COUNTED[..2]});
    vec![told, untold]
}

#[test]
fn a_workbook_reads_back_cell_by_cell_in_the_recorders_order() {
    let country = Country::with(&told_and_untold(), 2);
    let rows = country.site.national_export();
    let id = |month: &str| {
        rows.iter().find(|row| row["month"] == month).unwrap()["projection"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let out = country.site.path("out.xlsx");
    country
        .export(&["--xlsx", "--out", out.to_str().unwrap()])
        .done();
    let workbook = read_workbook(std::fs::read(&out).unwrap());
    assert_eq!(
        workbook,
        country.workbook(&[]),
        "a file and a pipe get the same"
    );

    let heading = &workbook[0];
    assert_eq!(*heading, ORDER);

    let told = BTreeMap::from([
        ("DATE OF INCIDENT", "2026-08"),
        ("SEX", "F"),
        ("INCIDENT TIME OF DAY", "night"),
        ("INCIDENT LOCATION", "street"),
        ("INCIDENT COUNTY", "SN-DK"),
        ("GBV TYPE", "Physical Assault"),
        ("No. ALLEGED PRIMARY PERPETRATOR(S)", "1 & 2-3"),
        ("ALLEGED PERPETRATOR SEX", "M & Both"),
        ("PREVIOUS INCIDENT WITH THIS PERPETRATOR", "No & Yes"),
        ("ALLEGED PERPETRATOR AGE GROUP", "Age 26 - 40 & Unknown"),
        ("ALLEGED PERPETRATOR - SURVIVOR RELATIONSHIP", "client"),
        ("ALLEGED PERPETRATOR OCCUPATION", "police"),
        ("HEALTH / MEDICAL SERVICES", "Referred"),
        (
            "LEGAL ASSISTANCE SERVICES",
            "Service provided by your agency",
        ),
        ("CONSENT GIVEN", "Yes"),
        ("REPORTING AGENCY CODE", "1"),
    ]);
    let untold = BTreeMap::from([
        ("DATE OF INTERVIEW", "2026-09"),
        ("SEX", "trans_woman"),
        ("INCIDENT TIME OF DAY", "unknown"),
        ("INCIDENT LOCATION", "unknown"),
        ("INCIDENT COUNTY", "unknown"),
        ("GBV TYPE", "Non-GBV"),
        ("CONSENT GIVEN", "No"),
        ("REPORTING AGENCY CODE", "1"),
    ]);
    assert_eq!(workbook.len(), 3);
    for (month, cells) in [("2026-08", told), ("2026-09", untold)] {
        let row = workbook.iter().find(|row| row[0] == id(month)).unwrap();
        for (column, cell) in heading.iter().zip(row).skip(1) {
            assert_eq!(
                cell,
                cells.get(column.as_str()).copied().unwrap_or_default(),
                "{month} {column}"
            );
        }
    }
    assert_eq!(country.workbook(&["--from", "2026-09"]).len(), 2);
}

#[test]
fn rows_as_text_have_their_months_and_their_tags() {
    let country = Country::with(&told_and_untold(), 2);
    let csv = country
        .export(&["--csv", "--hxl", "--to", "2026-08"])
        .done();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    let [heading, tags, row] = &lines[..] else {
        panic!("{csv}")
    };
    assert!(
        [heading.len(), tags.len(), row.len()]
            .iter()
            .all(|cells| *cells == 25)
    );
    let projection = country
        .export(&["--json", "--to", "2026-08"])
        .json_lines()
        .remove(0)["projection"]
        .clone();
    let expected = [
        ("projection", "#event+id", projection.as_str().unwrap()),
        ("month", "#date+month", "2026-08"),
        ("quarter", "#date+quarter", ""),
        ("month_basis", "", "incident"),
        ("admin1", "#adm1+code", "SN-DK"),
        ("setting", "#loc+type", "street"),
        ("time_of_day", "", "night"),
        ("age_band", "#affected+age", "18-24 years"),
        ("gender", "#affected+gender", "woman"),
        ("populations", "#affected+type", "fsw migrant"),
        (
            "violations",
            "#event+type+code",
            "beaten_choked extortion_bribe",
        ),
        ("violation_groups", "#event+type", "economic physical"),
        ("perpetrators", "#cause+type", "client police"),
        ("motives", "#cause", ""),
        ("needs", "#service+needed", ""),
        ("actions", "#service", "legal"),
        ("referrals", "#service+referred", "medical:sent"),
        ("response", "", "within_24h"),
        ("pep", "", "not_exposed"),
        ("ec", "", "not_exposed"),
        ("status", "#status", "open"),
        ("triage", "#severity", "amber"),
        ("gbvims", "#event+type+gbvims", "physical_assault"),
        ("iccs", "#event+type+iccs", "ICCS0201 ICCS0205"),
        ("countable", "", "true"),
    ];
    for (at, (name, tag, cell)) in expected.into_iter().enumerate() {
        assert_eq!(
            (heading[at], tags[at], row[at]),
            (name, tag, cell),
            "{name}"
        );
    }
    assert_eq!(
        country
            .export(&["--csv", "--from", "2026-10"])
            .done()
            .lines()
            .count(),
        1
    );
}

/// A mapping of every code, and of the areas that are shown.
fn mapping() -> Value {
    let id = |text: &str| {
        let sum = text.bytes().fold(0_u64, |sum, byte| {
            (sum * 131 + u64::from(byte)) % 9_999_999_967
        });
        Value::from(format!("A{sum:010}"))
    };
    let of = |name: &str, listed: &[&str], besides: &[&str]| {
        let codes = listed
            .iter()
            .chain(besides)
            .map(|code| ((*code).to_owned(), id(&format!("{name} {code}"))));
        Value::Object(codes.collect())
    };
    json!({
        "orgUnits": of("unit", &["national", "SN-DK", "SN-TH"], &[]),
        "dataElements": of("element", &["admin1", "perpetrator", "violation_group", "setting", "population"], &[]),
        "categoryOptionCombos": {
            "perpetrator": of("perpetrator", codes::PERPETRATOR_KINDS.codes, &["other_unlisted"]),
            "violation_group": of("violation_group", &["physical", "sexual", "psychological", "economic", "rights"], &[]),
            "setting": of("setting", codes::SETTINGS.codes, &["other_unlisted"]),
            "population": of("population", codes::POPULATIONS.codes, &["other_unlisted"]),
        },
    })
}

#[test]
fn a_mapping_is_whole_or_refused_and_its_ids_stand_in_every_value() {
    let country = Country::of_many();
    let (file, out) = (
        country.site.path("mapping.json"),
        country.site.path("values.json"),
    );
    let export = |mapping: &Value| {
        std::fs::write(&file, mapping.to_string()).unwrap();
        country.export(&[
            "--dhis2",
            file.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ])
    };
    let mut partial = mapping();
    for (list, code) in [("perpetrator", "landlord"), ("setting", "online")] {
        partial["categoryOptionCombos"][list]
            .as_object_mut()
            .unwrap()
            .remove(code)
            .unwrap();
    }
    let said = export(&partial).failed();
    assert!(
        said.contains("no id for perpetrator landlord, setting online"),
        "{said}"
    );
    let mut partial = mapping();
    partial["orgUnits"]
        .as_object_mut()
        .unwrap()
        .remove("SN-TH")
        .unwrap();
    let said = export(&partial).failed();
    assert!(
        said.contains("no id for admin1 SN-TH") && !said.contains("SN-ZG"),
        "{said}"
    );
    assert!(!out.exists(), "nothing is left of what failed");

    let whole = mapping();
    export(&whole).done();
    let mapped = program::json(&std::fs::read_to_string(&out).unwrap());
    let by_code = country.json(&["--dhis2"]);
    let schemes = [
        "dataElementIdScheme",
        "orgUnitIdScheme",
        "categoryOptionComboIdScheme",
    ];
    assert!(
        schemes
            .iter()
            .all(|scheme| mapped[scheme] == "UID" && by_code[scheme] == "CODE")
    );
    let (mapped, by_code) = (
        mapped["dataValues"].as_array().unwrap(),
        by_code["dataValues"].as_array().unwrap(),
    );
    assert_eq!(mapped.len(), by_code.len());
    let landlord = by_code
        .iter()
        .position(|value| value["categoryOptionCombo"] == "VASW_PERPETRATOR_LANDLORD")
        .unwrap();
    let expected = json!({
        "dataElement": whole["dataElements"]["perpetrator"], "period": "202609", "orgUnit": whole["orgUnits"]["national"],
        "categoryOptionCombo": whole["categoryOptionCombos"]["perpetrator"]["landlord"], "value": "10",
    });
    assert_eq!(mapped[landlord], expected);
    for (mapped, by_code) in mapped.iter().zip(by_code) {
        assert_eq!(
            (&mapped["period"], &mapped["value"]),
            (&by_code["period"], &by_code["value"])
        );
        assert!(
            ["dataElement", "orgUnit"]
                .iter()
                .all(|key| mapped[key].as_str().is_some_and(|id| id.len() == 11)),
            "{mapped}"
        );
    }
}

#[test]
fn a_workbook_opens_in_an_office_and_reads_back_equal() {
    let country = Country::with(&told_and_untold(), 2);
    let (out, folder) = (country.site.path("out.xlsx"), country.site.path("office"));
    country
        .export(&["--xlsx", "--out", out.to_str().unwrap()])
        .done();
    let profile = format!(
        "-env:UserInstallation=file://{}",
        country.site.path("profile").display()
    );
    // Comma, quotes, UTF-8, and every cell as it is stored.
    let form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false";
    let mut office = std::process::Command::new("soffice");
    office
        .args([&profile, "--headless", "--convert-to", form, "--outdir"])
        .arg(&folder)
        .arg(&out);
    let output = office
        .output()
        .expect("soffice can be run: apt-get install -y libreoffice-calc-nogui");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text =
        std::fs::read_to_string(folder.join("out.csv")).expect("the office opened the workbook");
    let read: Vec<Vec<String>> = text
        .lines()
        .map(|line| {
            line.trim_matches('"')
                .split("\",\"")
                .map(str::to_owned)
                .collect()
        })
        .collect();
    let written = read_workbook(std::fs::read(&out).unwrap());
    assert_eq!(read.len(), written.len());
    for (read, written) in read.iter().zip(&written) {
        // Empty cells are not quoted; what is compared is what is in the others.
        let cells = |row: &[String]| {
            row.iter()
                .flat_map(|cell| {
                    cell.split(',')
                        .map(|part| part.trim_matches('"').trim().to_owned())
                        .collect::<Vec<_>>()
                })
                .filter(|cell| !cell.is_empty())
                .collect::<Vec<_>>()
        };
        assert_eq!(cells(read), cells(written));
    }
}

#[test]
fn shapes_come_from_the_file_that_is_named_and_from_nowhere_else() {
    let country = Country::of_many();
    let file = country.site.path("boundaries.geojson");
    let shape = json!({"type": "MultiPolygon", "coordinates": [[[[-17.5, 14.6], [-17.1, 14.6], [-17.1, 14.9], [-17.5, 14.6]]]]});
    let features = json!([
        {"type": "Feature", "properties": {"shapeISO": "SN-DK", "shapeName": "Dakar"}, "geometry": shape},
        {"type": "Feature", "properties": {"shapeISO": "SN-ZG", "shapeName": "Ziguinchor"}, "geometry": shape},
    ]);
    std::fs::write(
        &file,
        json!({"type": "FeatureCollection", "features": features}).to_string(),
    )
    .unwrap();
    let run = country.export(&["--geojson", file.to_str().unwrap()]);
    assert!(run.stderr.contains("no shape for SN-TH"), "{}", run.stderr);
    let areas = program::json(&run.done());
    let geometries: Vec<_> = areas["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|area| (area["id"].as_str().unwrap(), &area["geometry"]))
        .collect();
    assert_eq!(geometries, [("SN-DK", &shape), ("SN-TH", &Value::Null)]);

    std::fs::write(&file, json!({"type": "Topology"}).to_string()).unwrap();
    assert!(
        country
            .export(&["--geojson", file.to_str().unwrap()])
            .failed()
            .contains("no GeoJSON FeatureCollection")
    );
}

#[test]
fn a_command_that_makes_no_sense_writes_nothing() {
    let site = Site::new();
    let _national = site.national();
    let export = |arguments: &[&str]| site.national_run("export", arguments);
    for wrong in [
        &["--csv", "--from", "2026-13"][..],
        &["--csv", "--json"],
        &["--json", "--hxl"],
        &[],
        &["--xlsx", "--to", "November"],
    ] {
        assert_eq!(export(wrong).code, Some(2), "{wrong:?}");
    }
    let out = site.path("out.csv");
    let out = out.to_str().unwrap();
    assert!(
        export(&[
            "--csv", "--from", "2026-09", "--to", "2026-08", "--out", out
        ])
        .failed()
        .contains("name the earlier one first")
    );
    assert!(!std::path::Path::new(out).exists());
    std::fs::write(out, "mine").unwrap();
    assert!(
        export(&["--csv", "--out", out])
            .failed()
            .contains("cannot make")
    );
    assert_eq!(std::fs::read_to_string(out).unwrap(), "mine");
}
