use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A language's texts as they stand in its files, by id.
fn texts(language: Language) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for file in language.texts() {
        let resource = FluentResource::try_new(file.to_owned());
        assert!(
            resource.is_ok(),
            "{}: {:?}",
            language.code(),
            resource.err().map(|(_, errors)| errors)
        );
        let mut id = String::new();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, text)) = line.split_once(" =")
                && line.starts_with(|first: char| first.is_ascii_lowercase())
            {
                id = name.to_owned();
                assert!(
                    texts.insert(id.clone(), text.trim().to_owned()).is_none(),
                    "{}: {id} twice",
                    language.code()
                );
            } else if let Some(text) = texts.get_mut(&id) {
                text.push('\n');
                text.push_str(line);
            }
        }
    }
    texts
}

/// Ids of a language's texts, and what each speaks of.
fn ids(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let arguments = |text: &str| {
        let names = text.split('$').skip(1).map(|rest| {
            rest.split(|end: char| !end.is_ascii_alphanumeric() && end != '-')
                .next()
                .unwrap()
        });
        names
            .map(|name| name.trim_end_matches("-text").to_owned())
            .collect()
    };
    texts(language)
        .into_iter()
        .map(|(id, text)| (id, arguments(&text)))
        .collect()
}

/// What a text says of its own: without what it is filled with, and without the cases that choose.
fn own_words(text: &str) -> String {
    let mut words = String::new();
    let mut depth = 0;
    for line in text
        .lines()
        .map(|line| line.trim_start().trim_start_matches('*'))
        .filter(|line| !line.contains("->"))
    {
        let line = if line.starts_with('[') {
            line.split_once(']').map_or(line, |(_, said)| said)
        } else {
            line
        };
        for letter in line.chars() {
            match letter {
                '{' => depth += 1,
                '}' => depth = 0,
                _ if depth == 0 => words.push(letter),
                _ => {}
            }
        }
        words.push(' ');
    }
    words
}

#[test]
fn every_language_says_everything_that_english_says_and_nothing_else() {
    let english = ids(Language::English);
    for language in Language::ALL {
        let own = ids(language);
        let missing: Vec<&String> = english.keys().filter(|id| !own.contains_key(*id)).collect();
        let unknown: Vec<&String> = own.keys().filter(|id| !english.contains_key(*id)).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{}: missing {missing:?}, unknown {unknown:?}",
            language.code()
        );
        let differing: Vec<_> = english
            .iter()
            .filter(|(id, arguments)| own[*id] != **arguments)
            .collect();
        assert!(
            differing.is_empty(),
            "{}: other arguments in {differing:?}",
            language.code()
        );
    }
}

/// Texts that are the same as in English, because the words are. Units and what is filled in are the same anyway.
const SAME: [(Language, &[&str]); 4] = [
    (
        Language::French,
        &[
            "advocacy-action",
            "c-police",
            "c-client",
            "c-migration",
            "c-exact",
            "c-photo",
            "navigation",
            "place-national",
            "nav-questions",
        ],
    ),
    (
        Language::Spanish,
        &["c-hotel", "c-no", "no", "f-bytes", "bytes", "clock-pep-72h"],
    ),
    (Language::Russian, &[]),
    (Language::Khmer, &[]),
];
const UNITS: [&str; 5] = [
    "product",
    "left-out-short",
    "date-moment",
    "span-minutes",
    "span-hours",
];

#[test]
fn no_text_was_left_in_english() {
    let english = texts(Language::English);
    for (language, same) in SAME {
        let own = texts(language);
        let is_said = |id: &str, text: &str| {
            own_words(text).contains(char::is_alphabetic) && !UNITS.contains(&id)
        };
        let copies: Vec<&str> = english
            .iter()
            .filter(|(id, text)| is_said(id, text) && own.get(*id) == Some(*text))
            .map(|(id, _)| id.as_str())
            .collect();
        let unlisted: Vec<&&str> = copies.iter().filter(|id| !same.contains(id)).collect();
        let listed_for_nothing: Vec<&&str> =
            same.iter().filter(|id| !copies.contains(id)).collect();
        assert!(
            unlisted.is_empty() && listed_for_nothing.is_empty(),
            "{}: copies {unlisted:?}, listed {listed_for_nothing:?}",
            language.code()
        );
    }
}

#[test]
fn no_text_mixes_two_scripts_but_for_names() {
    const NAMES: [&str; 22] = [
        "JSON", "https", "CSV", "DHIS2", "GBVIMS", "GeoJSON", "HXL", "PDF", "SN-DK", "XLSX",
        "Vicinity", "UTC", "PEP", "LIVES", "Aegis", "FreeOTP", "Drop-in", "hash", "B", "PEPFAR",
        "GEND", "GBV",
    ];
    for language in [Language::Russian, Language::Khmer] {
        for (id, text) in texts(language) {
            let words = own_words(&text);
            let foreign = |word: &&str| {
                word.contains(|letter: char| letter.is_ascii_alphabetic()) && !NAMES.contains(word)
            };
            let left: Vec<&str> = words
                .split(|end: char| !end.is_alphanumeric() && end != '-')
                .filter(foreign)
                .collect();
            assert!(left.is_empty(), "{} {id}: {left:?}", language.code());
        }
    }
}

#[test]
fn numbers_in_texts_are_written_like_those_that_are_counted() {
    for (id, text) in texts(Language::Khmer) {
        assert!(
            !text.contains(|letter| ('\u{17e0}'..='\u{17e9}').contains(&letter)),
            "{id}: Khmer digits; CLDR writes 0 to 9"
        );
    }
}

#[test]
fn french_marks_stay_with_the_word_before_them() {
    for (id, text) in texts(Language::French) {
        for loose in [" ;", " ?", " !", " :", "« ", " »"] {
            assert!(
                !text.contains(loose),
                "{id}: an ordinary space in {loose:?}"
            );
        }
    }
}

#[test]
fn only_english_needs_nobody_to_review_it() {
    for language in Language::ALL {
        assert_eq!(
            Words::of(language).t("draft-translation").is_empty(),
            language == Language::English,
            "{}",
            language.code()
        );
    }
}

#[test]
fn every_name_that_pages_show_has_a_label() {
    use vicinity_core::{clocks, fields, guard, published};
    let english = texts(Language::English);
    let entries = fields::ENTRY_MAPS.iter().flat_map(|map| {
        [map.name]
            .into_iter()
            .chain(map.fields.iter().map(|(name, _)| *name))
    });
    let names = fields::FIELDS
        .iter()
        .map(|field| field.name)
        .chain(fields::SETS.iter().map(|set| set.name))
        .chain(entries)
        .map(|name| ("f-", name));
    let states = [
        clocks::State::Running,
        clocks::State::Overdue,
        clocks::State::Met,
        clocks::State::Late,
        clocks::State::DoneUnknown,
        clocks::State::Uncertain,
        clocks::State::MissedWindow,
        clocks::State::UnknownTime,
    ];
    let states = states.iter().map(|state| ("state-", state.code()));
    let reasons = guard::Refusal::ALL
        .iter()
        .map(|refusal| ("why-", refusal.code()));
    let dimensions = published::PARTITIONS
        .iter()
        .chain(&published::COVERS)
        .filter(|name| **name != "age_band")
        .map(|name| ("dimension-", *name));
    let clocks = clocks::NAMES.iter().map(|name| ("clock-", *name));
    let missing: Vec<String> = names
        .chain(states)
        .chain(clocks)
        .chain(reasons)
        .chain(dimensions)
        .map(|(prefix, name)| format!("{prefix}{}", name.replace(['_', '.'], "-")))
        .filter(|id| !english.contains_key(id))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_text_that_is_asked_for_is_there_and_every_text_is_asked_for() {
    // Texts whose id is put together: a code or a name behind what it is of.
    const PREFIXES: [&str; 16] = [
        "c-",
        "f-",
        "clock-",
        "state-",
        "why-",
        "month-",
        "done-",
        "appearance-",
        "role-",
        "review-",
        "dimension-",
        "response-",
        "pep-",
        "ec-",
        "referral-",
        "place-",
    ];
    let english = texts(Language::English);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "../vicinity-server/src/pages"]
        .map(|part| sources(&folder.join(part)))
        .concat();
    let mut asked = BTreeSet::new();
    for file in &files {
        let source = std::fs::read_to_string(file).unwrap();
        for call in [".t(\"", ".with(\"", "Refused(\"", "RefusedAbout(\""] {
            for (at, _) in source.match_indices(call) {
                let id = source[at + call.len()..].split('"').next().unwrap();
                asked.insert(id.to_owned());
                assert!(
                    english.contains_key(id),
                    "{}: {id} is in no file of lang/en",
                    file.display()
                );
            }
        }
        asked.extend(
            source
                .split('"')
                .filter(|part| english.contains_key(*part))
                .map(str::to_owned),
        );
    }
    let by_prefix = |id: &str| PREFIXES.iter().any(|prefix| id.starts_with(prefix));
    let idle: Vec<&String> = english
        .keys()
        .filter(|id| !asked.contains(*id) && !by_prefix(id))
        .collect();
    assert!(
        asked.len() > 100 && idle.is_empty(),
        "nothing asks for {idle:?}"
    );
}

fn sources(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| !path.ends_with("words/tests.rs"))
        .collect()
}

#[test]
fn every_code_has_a_label_in_every_language() {
    let codes = || vicinity_core::codes::ALL.iter().flat_map(|list| list.codes);
    for language in Language::ALL {
        let own = texts(language);
        let ids = codes().map(|code| format!("c-{}", code.replace('_', "-").replace('+', "plus")));
        let missing: Vec<String> = ids.filter(|id| !own.contains_key(id)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", language.code());
    }
}

#[test]
fn dates_and_numbers_are_written_as_readers_write_them() {
    let at: Timestamp = "2026-11-04T09:05:00Z".parse().unwrap();
    let says = |language| {
        (
            Words::of(language).moment(at, &TimeZone::UTC),
            Words::of(language).count(1_234_567),
            Words::of(language).month("2026-11"),
        )
    };
    assert_eq!(
        says(Language::English),
        (
            "4 Nov 2026, 09:05 UTC".into(),
            "1,234,567".into(),
            "November 2026".into()
        )
    );
    assert_eq!(says(Language::French).0, "4 nov. 2026, 09:05 UTC");
    assert_eq!(says(Language::French).1, "1\u{202f}234\u{202f}567");
    assert_eq!(says(Language::Spanish).1, "1.234.567");
    assert_eq!(Words::of(Language::Spanish).count(1234), "1234");
    assert_eq!(
        says(Language::Russian),
        (
            "4 ноября 2026, 09:05 UTC".into(),
            "1\u{a0}234\u{a0}567".into(),
            "ноябрь 2026".into()
        )
    );
    assert_eq!(
        says(Language::Khmer),
        (
            "4 វិច្ឆិកា 2026 ម៉ោង 09:05 UTC".into(),
            "1,234,567".into(),
            "វិច្ឆិកា 2026".into()
        )
    );
    assert_eq!(
        (says(Language::Spanish).0, says(Language::Spanish).2),
        ("4 nov 2026, 09:05 UTC".into(), "noviembre de 2026".into())
    );
    assert_eq!(
        Language::ALL.map(|language| Words::of(language).share(1, 4)),
        ["25%", "25\u{202f}%", "25\u{a0}%", "25\u{a0}%", "25%"]
    );
    assert_eq!(
        Words::of(Language::English).away(at, "2026-11-04T06:00:00Z".parse().unwrap()),
        "in 3 h"
    );
    assert_eq!(
        Words::of(Language::English).away(at, "2026-11-07T09:05:00Z".parse().unwrap()),
        "3 days ago"
    );
}

#[test]
fn a_number_chooses_its_plural() {
    let days = |language, count: u64| Words::of(language).span(count * 86_400);
    assert_eq!(
        [2, 5, 21, 102].map(|count| days(Language::Russian, count)),
        ["2 дня", "5 дней", "21 день", "102 дня"]
    );
    let incidents = |language, count| {
        Words::of(language).with("board-conflicts", &[("count", Said::Count(count))])
    };
    assert_eq!(
        [0, 1, 2].map(|count| incidents(Language::French, count)),
        ["0 désaccord", "1 désaccord", "2 désaccords"]
    );
    assert_eq!(
        [0, 1, 2].map(|count| incidents(Language::English, count)),
        ["0 conflicts", "1 conflict", "2 conflicts"]
    );
    let erased = |confirmed, places| {
        Words::of(Language::Russian).with(
            "hub-erased-on",
            &[
                ("confirmed", Said::Count(confirmed)),
                ("places", Said::Count(places)),
            ],
        )
    };
    assert_eq!(
        (erased(1, 1), erased(3, 4)),
        (
            "Удалено в 1 из 1 места".into(),
            "Удалено в 3 из 4 мест".into()
        )
    );
}

#[test]
fn a_browser_gets_the_first_of_its_languages_that_there_is() {
    assert_eq!(
        Language::preferred("de-DE,de;q=0.9,fr-SN;q=0.8,en;q=0.7"),
        Language::French
    );
    assert_eq!(Language::preferred("km"), Language::Khmer);
    assert_eq!(Language::preferred("*, xx"), Language::English);
    assert_eq!(Language::preferred(""), Language::English);
}

#[test]
fn a_code_of_tomorrow_stands_as_it_is() {
    assert_eq!(
        Words::of(Language::French).code("a_newer_code"),
        "a_newer_code"
    );
}

#[test]
fn a_time_as_people_told_it_is_written_as_readers_write_it() {
    let words = Words::of(Language::French);
    assert_eq!(
        words.told("2026-11-22T23:30").as_deref(),
        Some("22 nov. 2026, 23:30")
    );
    assert_eq!(words.told("2026-11-22").as_deref(), Some("22 nov. 2026"));
    assert_eq!(
        (
            words.told("street"),
            words.told("2026-11-22Tsoon"),
            words.told("2026-13-40")
        ),
        (None, None, None)
    );
}
