//! Languages: what a page says, and how dates and numbers are written.
//!
//! Texts are Fluent files in `lang/`. Where a language lacks a text, the English one stands there; a test finds that before a
//! reader does.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;
use vicinity_core::text;
use vicinity_core::time::{TimeZone, Timestamp};

/// A language that every page can be read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Russian.
    Russian,
    /// Khmer.
    Khmer,
}

macro_rules! texts {
    ($language:literal) => {
        [
            include_str!(concat!("../lang/", $language, "/codes.ftl")),
            include_str!(concat!("../lang/", $language, "/common.ftl")),
            include_str!(concat!("../lang/", $language, "/board.ftl")),
            include_str!(concat!("../lang/", $language, "/review.ftl")),
            include_str!(concat!("../lang/", $language, "/pattern.ftl")),
        ]
    };
}

impl Language {
    /// Every language, in the order in which a reader chooses.
    pub const ALL: [Self; 5] = [
        Self::English,
        Self::French,
        Self::Spanish,
        Self::Russian,
        Self::Khmer,
    ];

    /// Its code, as browsers name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Russian => "ru",
            Self::Khmer => "km",
        }
    }

    /// Its name, in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::Russian => "Русский",
            Self::Khmer => "ខ្មែរ",
        }
    }

    /// The language of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The first supported language of an `Accept-Language` header; English if none is supported.
    #[must_use]
    pub fn preferred(accept_language: &str) -> Self {
        let wanted = accept_language
            .split(',')
            .filter_map(|part| part.split(';').next()?.trim().split('-').next());
        wanted
            .filter_map(|code| Self::from_code(&code.to_ascii_lowercase()))
            .next()
            .unwrap_or(Self::English)
    }

    fn texts(self) -> [&'static str; 5] {
        match self {
            Self::English => texts!("en"),
            Self::French => texts!("fr"),
            Self::Spanish => texts!("es"),
            Self::Russian => texts!("ru"),
            Self::Khmer => texts!("km"),
        }
    }
}

/// The texts of one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

static WORDS: [OnceLock<Words>; 5] = [const { OnceLock::new() }; 5];

impl Words {
    /// The texts of a language, parsed once per process.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        WORDS[language as usize].get_or_init(|| Self::read(language))
    }

    fn read(language: Language) -> Self {
        // The codes of `Language` are well-formed; an empty identifier would only choose other plural rules.
        let id: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // Isolation marks help where scripts of two directions meet; all of these run left to right.
        bundle.set_use_isolating(false);
        for text in language.texts() {
            // Entries that do not parse are skipped. A test parses every file strictly.
            let resource =
                FluentResource::try_new(text.to_owned()).unwrap_or_else(|(read, _)| read);
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// A text.
    #[must_use]
    pub fn t(&self, id: &str) -> String {
        self.with(id, &[])
    }

    /// A text with its arguments. Numbers choose the plural.
    #[must_use]
    pub fn with(&self, id: &str, about: &[(&str, Said<'_>)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, said) in about {
            match said {
                // A number that is shown is grouped by `count`; Fluent gets it to choose the plural.
                Said::Count(count) => {
                    arguments.set(format!("{name}-text"), self.count(*count));
                    arguments.set((*name).to_owned(), FluentValue::from(*count as f64));
                }
                Said::Text(text) => arguments.set((*name).to_owned(), FluentValue::from(*text)),
            }
        }
        self.formatted(id, &arguments)
            .or_else(|| Self::of(Language::English).formatted(id, &arguments))
            .unwrap_or_else(|| format!("[{id}]"))
    }

    fn formatted(&self, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut errors = Vec::new();
        Some(
            self.bundle
                .format_pattern(pattern, Some(arguments), &mut errors)
                .into_owned(),
        )
    }

    /// Whether there is such a text.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.bundle
            .get_message(id)
            .is_some_and(|message| message.value().is_some())
    }

    /// Name of a code. An unknown code, as from a newer version, is shown as it is.
    #[must_use]
    pub fn code(&self, code: &str) -> String {
        self.label("c-", code)
    }

    /// The label of a name with a prefix of its kind (`c-` for codes, `f-` for fields, `clock-`, `state-`, `basis-`, `why-`);
    /// the name itself if there is none, with no mark in it that would turn the line around.
    #[must_use]
    pub fn label(&self, prefix: &str, name: &str) -> String {
        let id = format!(
            "{prefix}{}",
            name.replace(['_', '.'], "-").replace('+', "plus")
        );
        if self.has(&id) || Self::of(Language::English).has(&id) {
            self.t(&id)
        } else {
            text::printable_in_line(name).into_owned()
        }
    }

    /// A number, grouped.
    #[must_use]
    pub fn count(&self, count: u64) -> String {
        let digits = count.to_string();
        // Spanish groups from five digits on.
        if digits.len()
            < if self.language == Language::Spanish {
                5
            } else {
                4
            }
        {
            return digits;
        }
        let group = self.t("number-group");
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(&group);
            }
            text.push(digit);
        }
        text
    }

    /// A share in whole per cent; nothing of nothing is a dash.
    #[must_use]
    pub fn share(&self, part: u64, whole: u64) -> String {
        if whole == 0 {
            return "–".to_owned();
        }
        let percent = (part as f64 * 100.0 / whole as f64).round() as u64;
        self.with(
            "share-percent",
            &[("percent", Said::Text(&percent.to_string()))],
        )
    }

    /// Name of a month such as `2026-11`. Other text is returned as it is.
    #[must_use]
    pub fn month(&self, month: &str) -> String {
        self.month_as("date-month", month)
    }

    /// Short name of a month, for chart axes.
    #[must_use]
    pub fn month_short(&self, month: &str) -> String {
        self.month_as("date-month-short", month)
    }

    fn month_as(&self, form: &str, month: &str) -> String {
        let Some((year, number)) = month.split_once('-') else {
            return self.code(month);
        };
        let prefix = if form == "date-month" {
            "month"
        } else {
            "month-short"
        };
        let name = self.t(&format!("{prefix}-{}", number.trim_start_matches('0')));
        self.with(
            form,
            &[("month", Said::Text(&name)), ("year", Said::Text(year))],
        )
    }

    /// Day of a time in a zone.
    #[must_use]
    pub fn day(&self, at: Timestamp, zone: &TimeZone) -> String {
        let text = zone.to_datetime(at).to_string();
        let (year, month, day) = (text.get(..4), text.get(5..7), text.get(8..10));
        let (Some(year), Some(month), Some(day)) = (year, month, day) else {
            return text;
        };
        let name = self.t(&format!("month-in-day-{}", month.trim_start_matches('0')));
        self.with(
            "date-day",
            &[
                ("day", Said::Text(day.trim_start_matches('0'))),
                ("month", Said::Text(&name)),
                ("year", Said::Text(year)),
            ],
        )
    }

    /// Day and time to the minute in a zone, with the zone's name.
    #[must_use]
    pub fn moment(&self, at: Timestamp, zone: &TimeZone) -> String {
        let text = zone.to_datetime(at).to_string();
        let (day, time) = (self.day(at, zone), text.get(11..16).unwrap_or_default());
        self.with(
            "date-moment",
            &[
                ("day", Said::Text(&day)),
                ("time", Said::Text(time)),
                ("zone", Said::Text(zone.iana_name().unwrap_or("UTC"))),
            ],
        )
    }

    /// A day, or a day and a time to the minute, as people told it where it happened: `2026-11-22` or `2026-11-22T23:30`. `None` for
    /// any other text.
    #[must_use]
    pub fn told(&self, text: &str) -> Option<String> {
        let (day, time) = text
            .split_once('T')
            .map_or((text, None), |(day, time)| (day, Some(time)));
        let at: Timestamp = format!("{day}T00:00:00Z")
            .parse()
            .ok()
            .filter(|_| day.len() == 10)?;
        let is_time = |time: &str| {
            time.len() == 5
                && time
                    .chars()
                    .all(|character| character.is_ascii_digit() || character == ':')
        };
        match time {
            None => Some(self.day(at, &TimeZone::UTC)),
            Some(time) if is_time(time) => {
                Some(format!("{}, {time}", self.day(at, &TimeZone::UTC)))
            }
            Some(_) => None,
        }
    }

    /// How far away a time is, in the largest unit that fits: "in 3 h", "2 days ago".
    #[must_use]
    pub fn away(&self, at: Timestamp, now: Timestamp) -> String {
        let seconds = at.as_second() - now.as_second();
        let distance = self.span(seconds.unsigned_abs());
        self.with(
            // Another clock may be up to a minute ahead, so such a time counts as past.
            if seconds >= 60 { "time-in" } else { "time-ago" },
            &[("span", Said::Text(&distance))],
        )
    }

    /// A length of time in the largest unit that fits.
    #[must_use]
    pub fn span(&self, seconds: u64) -> String {
        let (id, count) = match seconds {
            0..3600 => ("span-minutes", seconds / 60),
            3600..172_800 => ("span-hours", seconds / 3600),
            _ => ("span-days", seconds / 86_400),
        };
        self.with(id, &[("count", Said::Count(count))])
    }
}

/// An argument of a text.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// A number: `{ $name }` chooses the plural, `{ $name-text }` is the grouped number.
    Count(u64),
    /// A text.
    Text(&'a str),
}

#[cfg(test)]
mod tests;
