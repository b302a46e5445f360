use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Ids of a language's texts, and the arguments that each names.
fn ids(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut ids = BTreeMap::new();
    for text in language.texts() {
        let resource = FluentResource::try_new(text.to_owned());
        assert!(resource.is_ok(), "{}: {:?}", language.code(), resource.err().map(|(_, errors)| errors));
        let mut id = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|first: char| first.is_ascii_lowercase())
            {
                id = name.to_owned();
                assert!(ids.insert(id.clone(), BTreeSet::new()).is_none(), "{}: {id} twice", language.code());
            }
            let arguments = line.match_indices('$').map(|(at, _)| line[at + 1..].split(|end: char| !end.is_ascii_alphanumeric() && end != '-').next().unwrap());
            if id.is_empty() {
                continue;
            }
            ids.entry(id.clone()).or_default().extend(arguments.map(|name| name.trim_end_matches("-text").to_owned()));
        }
    }
    ids
}

#[test]
fn every_language_says_everything_that_english_says_and_nothing_else() {
    let english = ids(Language::English);
    for language in Language::ALL {
        let own = ids(language);
        let missing: Vec<&String> = english.keys().filter(|id| !own.contains_key(*id)).collect();
        let unknown: Vec<&String> = own.keys().filter(|id| !english.contains_key(*id)).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "{}: missing {missing:?}, unknown {unknown:?}", language.code());
        let differing: Vec<_> = english.iter().filter(|(id, arguments)| own[*id] != **arguments).collect();
        assert!(differing.is_empty(), "{}: other arguments in {differing:?}", language.code());
    }
}

#[test]
fn every_text_that_the_pages_ask_for_is_there() {
    let english = ids(Language::English);
    let mut asked = 0;
    for file in sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let source = std::fs::read_to_string(&file).unwrap();
        for call in [".t(\"", ".with(\""] {
            for (at, _) in source.match_indices(call) {
                let id = source[at + call.len()..].split('"').next().unwrap();
                asked += 1;
                assert!(english.contains_key(id), "{}: {id} is in no file of lang/en", file.display());
            }
        }
    }
    assert!(asked > 20, "the search found {asked} texts");
}

fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).filter(|path| !path.ends_with("words/tests.rs")).collect()
}

#[test]
fn every_code_has_a_label_in_every_language() {
    for language in Language::ALL {
        let words = Words::of(language);
        for list in vicinity_core::codes::ALL {
            for code in list.codes {
                let id = format!("c-{}", code.replace('_', "-").replace('+', "plus"));
                assert!(words.has(&id), "{} {id}", language.code());
            }
        }
    }
}

#[test]
fn dates_and_numbers_are_written_as_readers_write_them() {
    let at: Timestamp = "2026-11-04T09:05:00Z".parse().unwrap();
    let says = |language| (Words::of(language).moment(at), Words::of(language).count(1_234_567), Words::of(language).month("2026-11"));
    assert_eq!(says(Language::English), ("4 Nov 2026, 09:05 UTC".into(), "1,234,567".into(), "November 2026".into()));
    assert_eq!(says(Language::French).0, "4 nov. 2026, 09:05 UTC");
    assert_eq!(says(Language::French).1, "1\u{202f}234\u{202f}567");
    assert_eq!(says(Language::Spanish).1, "1.234.567");
    assert_eq!(Words::of(Language::Spanish).count(1234), "1234");
    assert_eq!(says(Language::Russian).2, "ноябрь 2026");
    assert_eq!(Words::of(Language::English).away(at, "2026-11-04T06:00:00Z".parse().unwrap()), "in 3 h");
    assert_eq!(Words::of(Language::English).away(at, "2026-11-07T09:05:00Z".parse().unwrap()), "3 days ago");
}

#[test]
fn a_browser_gets_the_first_of_its_languages_that_there_is() {
    assert_eq!(Language::preferred("de-DE,de;q=0.9,fr-SN;q=0.8,en;q=0.7"), Language::French);
    assert_eq!(Language::preferred("km"), Language::Khmer);
    assert_eq!(Language::preferred("*, xx"), Language::English);
    assert_eq!(Language::preferred(""), Language::English);
}

#[test]
fn a_code_of_tomorrow_stands_as_it_is() {
    assert_eq!(Words::of(Language::French).code("a_newer_code"), "a_newer_code");
}
