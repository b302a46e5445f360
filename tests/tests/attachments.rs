//! Photos and recordings: without what was written beside them, on the phone, on the way and in the office.

use serde_json::{Value, json};
use vicinity_tests::database;
use vicinity_tests::device::Device;
use vicinity_tests::proxy::Proxy;
use vicinity_tests::search::{files_of, holds};
use vicinity_tests::site::Site;

/// Where the photo was taken, as a phone writes it.
const GPS: &str = "ZZGPS14.6928N17.4467W";
/// What is in the picture itself.
const SEEN: &str = "zqxjseen-0417-kvwpy";

fn incident() -> Value {
    json!({"reported_at": "2026-10-05T09:00:00Z", "violations": ["hit_push"], "consents": ["hub_response"]})
}

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [
        &[0xff, marker],
        ((body.len() + 2) as u16).to_be_bytes().as_slice(),
        body,
    ]
    .concat()
}

/// A photo of this number of bytes, with GPS wherever a camera can write it.
fn photo(bytes: usize) -> Vec<u8> {
    let exif = segment(0xe1, format!("Exif\0\0II*\0\x08\0\0\0{GPS}").as_bytes());
    let (xmp, comment) = (
        segment(
            0xe1,
            format!("http://ns.adobe.com/xap/1.0/\0{GPS}").as_bytes(),
        ),
        segment(0xfe, GPS.as_bytes()),
    );
    let scan = (0..bytes)
        .map(|at| (at * 31 % 251) as u8)
        .chain(SEEN.bytes());
    let picture = [
        segment(0xdb, &[1; 65]),
        segment(0xc0, &[8, 0, 1, 0, 1, 1, 1, 0x11, 0]),
        segment(0xc4, &[0; 17]),
        segment(0xda, &[1, 1, 0, 0, 63, 0]),
    ]
    .concat();
    [
        &[0xff, 0xd8],
        exif.as_slice(),
        &xmp,
        &comment,
        &picture,
        &scan.collect::<Vec<u8>>(),
        &[0xff, 0xd9],
        GPS.as_bytes(),
    ]
    .concat()
}

/// Attaches a file to an incident; the statement's name.
#[track_caller]
fn attaches(site: &Site, phone: &Device, id: &str, bytes: &[u8]) -> String {
    std::fs::write(site.path("IMG_0001"), bytes).unwrap();
    phone
        .run(&["attach", id, site.path("IMG_0001").to_str().unwrap()])
        .done()
        .trim()
        .to_owned()
}

#[track_caller]
fn opens(site: &Site, device: &Device, statement: &str) -> Vec<u8> {
    let out = site.path("opened");
    device
        .run(&["open", statement, "--out", out.to_str().unwrap()])
        .done();
    let bytes = std::fs::read(&out).unwrap();
    std::fs::remove_file(out).unwrap();
    bytes
}

#[test]
fn a_photo_arrives_over_a_link_that_is_cut_and_without_the_place_where_it_was_taken() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    let responder = site.enrolled("office", "responder");
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    let id = phone.log(&[incident()]).remove(0);
    phone.edit(
        &id,
        &json!([{"statement": {"class": "narrative", "text": "as she told it"}}]),
    );
    let taken = photo(1_500_000);
    let statement = attaches(&site, &phone, &id, &taken);
    let listed = |device: &Device| {
        device
            .run(&["statements", &id, "--json"])
            .json_lines()
            .into_iter()
            .find(|line| line["class"] == "photo")
            .unwrap()
    };
    assert_eq!(
        (&listed(&phone)["here"], &listed(&phone)["statement"]),
        (&json!("plain"), &json!(statement))
    );
    let kept = listed(&phone)["bytes"].as_u64().unwrap();
    assert!(kept > 1_500_000 && kept < taken.len() as u64);
    let on_phone = database::bytes(&phone.home);
    assert!(holds(&on_phone, SEEN) && !holds(&on_phone, GPS) && !holds(&on_phone, "Exif"));
    let files = files_of(&phone.home);
    assert!(!holds(&files, GPS) && !holds(&files, "IMG_0001"));

    proxy.cut_after(900_000);
    let cut = phone.run(&["sync", "--json"]);
    assert_eq!(cut.code, Some(1), "{}", cut.stderr);
    let first: Vec<u64> = proxy.pieces().iter().map(|piece| piece.total).collect();
    assert!(first[0] < first[1], "the words go before the picture");
    proxy.mend();
    proxy.forget();
    assert_eq!(phone.sync()["statements"], 1);
    let went_on = proxy.pieces();
    assert!(
        went_on[0].bytes.is_empty() && went_on[1].offset > 0,
        "it went on where it stood"
    );
    assert_eq!(listed(&phone)["here"], "delivered");
    assert!(
        !holds(&database::bytes(&phone.home), SEEN),
        "it is gone from the phone"
    );

    responder.sync();
    assert_eq!(listed(&responder)["at_hub"], true);
    let opened = opens(&site, &responder, &statement);
    assert_eq!(opened.len() as u64, kept);
    assert!(
        holds(&opened, SEEN)
            && !holds(&opened, GPS)
            && opened.starts_with(&[0xff, 0xd8])
            && opened.ends_with(&[0xff, 0xd9])
    );
    assert!(
        responder
            .run(&["open", &statement])
            .failed()
            .contains("--out")
    );
    assert!(
        !holds(&database::bytes(hub.data()), SEEN) && !holds(&database::bytes(hub.data()), GPS)
    );
}

#[test]
fn a_batch_on_its_way_that_holds_what_was_erased_is_nowhere_any_more() {
    let (site, hub) = Site::with_hub();
    let proxy = Proxy::start(&hub.address);
    site.enrolled("office", "responder");
    let phone = site.enrolled_through("phone", "educator", &proxy.address);
    let id = phone.log(&[incident()]).remove(0);
    attaches(&site, &phone, &id, &photo(1_500_000));
    proxy.cut_after(900_000);
    assert_eq!(phone.run(&["sync", "--json"]).code, Some(1));
    let first = proxy.pieces().remove(0);
    let sealed = &first.bytes[100_000..100_032];
    let at = |folder: &std::path::Path| {
        database::bytes(folder)
            .windows(sealed.len())
            .any(|window| window == sealed)
    };
    assert!(
        at(hub.data()) && at(&phone.home),
        "the search finds what is on its way, at both ends"
    );

    site.hub_run("erase", &[&id]).done();
    assert!(!at(hub.data()), "the hub has nothing of it");
    proxy.mend();
    proxy.forget();
    assert_eq!(phone.sync()["statements"], 0);
    assert!(!at(hub.data()) && !at(&phone.home));
    assert!(proxy.pieces().is_empty(), "the phone brings no more of it");
}

#[test]
fn a_photo_that_is_attached_twice_is_one_also_after_it_was_delivered() {
    let (site, _hub) = Site::with_hub();
    site.enrolled("office", "responder");
    let phone = site.enrolled("phone", "educator");
    let ids = phone.log(&[
        incident(),
        json!({"reported_at": "2026-10-06T09:00:00Z", "consents": ["hub_response"]}),
    ]);
    let statement = attaches(&site, &phone, &ids[0], &photo(2000));
    assert_eq!(attaches(&site, &phone, &ids[0], &photo(2000)), statement);
    phone.sync();
    std::fs::write(site.path("copy.jpg"), photo(2000)).unwrap();
    let again = phone.run(&["attach", &ids[0], site.path("copy.jpg").to_str().unwrap()]);
    assert!(again.stderr.contains("already here"), "{}", again.stderr);
    assert_eq!(again.done().trim(), statement);
    assert_eq!(
        phone
            .run(&["statements", &ids[0], "--json"])
            .json_lines()
            .len(),
        1
    );
    assert_ne!(attaches(&site, &phone, &ids[0], &photo(2001)), statement);
    assert_ne!(
        attaches(&site, &phone, &ids[1], &photo(2000)),
        statement,
        "in another incident it is another"
    );
}

#[test]
fn a_recording_arrives_as_it_was_kept() {
    let (site, _hub) = Site::with_hub();
    let (responder, phone) = (
        site.enrolled("office", "responder"),
        site.enrolled("phone", "educator"),
    );
    let id = phone.log(&[incident()]).remove(0);
    let chunk = |name: &[u8; 4], body: &[u8]| {
        [name.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat()
    };
    let format = [1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0];
    let sound = |more: &[u8]| {
        let body = [
            b"WAVE".as_slice(),
            &chunk(b"fmt ", &format),
            more,
            &chunk(b"data", &[7; 4000]),
        ]
        .concat();
        chunk(b"RIFF", &body)
    };
    let statement = attaches(
        &site,
        &phone,
        &id,
        &sound(&chunk(b"LIST", format!("INFO{GPS} ").as_bytes())),
    );
    assert_eq!(phone.sync()["statements"], 1);
    responder.sync();
    assert_eq!(opens(&site, &responder, &statement), sound(b""));
    assert_eq!(
        responder.run(&["statements", &id, "--json"]).json_lines()[0]["class"],
        "audio"
    );
}

#[test]
fn what_cannot_be_stripped_is_refused_and_nothing_of_it_is_kept() {
    let site = Site::new();
    let phone = site.device("phone");
    let id = phone.log(&[incident()]).remove(0);
    let refused = |bytes: &[u8], because: &str| {
        std::fs::write(site.path("file"), bytes).unwrap();
        let said = phone
            .run(&["attach", &id, site.path("file").to_str().unwrap()])
            .failed();
        assert!(said.contains(because) && !said.contains("file\""), "{said}");
    };
    refused(format!("%PDF-1.7 {SEEN}").as_bytes(), "JPEG, PNG or WebP");
    refused(&photo(100)[..150], "damaged");
    refused(&photo(20_000_001), "larger than 20 MB");
    refused(b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", "HEIC");
    assert_eq!(phone.show(&id)["statements"], json!([]));
    assert!(!holds(&database::bytes(&phone.home), SEEN));
    phone
        .run(&[
            "attach",
            "00000000-0000-4000-8000-000000000000",
            site.path("none").to_str().unwrap(),
        ])
        .failed();
}
