//! The frame of every page: head, navigation, signed-in person, language.

use maud::{DOCTYPE, Markup, html};
use vicinity_core::time::{TimeZone, Timestamp};

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::words::{Said, Words};

/// The kind of server that shows the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// A hub's board.
    Hub,
    /// The national review.
    National,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// The setting of the reader's computer.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// The person who is signed in.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The name that they sign in with.
    pub handle: String,
    /// CSRF token that every form sends, so that no other site can send one.
    pub csrf: String,
}

/// Context of a page.
#[derive(Clone)]
pub struct Frame {
    /// The reader's language.
    pub words: &'static Words,
    /// The kind of server.
    pub place: Tier,
    /// The signed-in person; `None` before sign-in.
    pub reader: Option<Reader>,
    /// Light or dark.
    pub theme: Theme,
    /// The server's clock.
    pub now: Timestamp,
    /// Seconds by which the server's clock is ahead (negative: behind); `None` unless the clock is in doubt.
    pub clock_ahead: Option<i64>,
    /// Time zone of the times on the page.
    pub zone: TimeZone,
    /// Text id of the outcome of the last action.
    pub notice: Option<String>,
    /// Target of "back" on an error page.
    pub back: String,
    /// Random value, unique to this page load; see [`Frame::once`].
    pub once: String,
}

/// Navigation: path and text id of the name.
const BOARD: [(&str, &str); 7] = [
    ("/", "nav-board"),
    ("/conflicts", "nav-conflicts"),
    ("/questions", "nav-questions"),
    ("/advocacy", "nav-advocacy"),
    ("/report", "nav-report"),
    ("/exports", "nav-exports"),
    ("/hub", "nav-hub"),
];
const REVIEW: [(&str, &str); 7] = [
    ("/", "nav-news"),
    ("/queue", "nav-queue"),
    ("/picture", "nav-picture"),
    ("/advocacy", "nav-advocacy"),
    ("/report", "nav-report"),
    ("/exports", "nav-exports"),
    ("/hubs", "nav-hubs"),
];

impl Frame {
    /// The server's time. While its clock is in doubt: the earlier of the time it shows and the time it should show, which has
    /// passed by both.
    #[must_use]
    pub fn surely_come(&self) -> Timestamp {
        let ahead = self.clock_ahead.unwrap_or(0).max(0);
        Timestamp::from_second(self.now.as_second().saturating_sub(ahead)).unwrap_or(Timestamp::MIN)
    }

    /// A text in the reader's language.
    #[must_use]
    pub fn t(&self, id: &str) -> String {
        self.words.t(id)
    }

    /// A text in the reader's language, with its arguments.
    #[must_use]
    pub fn with(&self, id: &str, about: &[(&str, Said<'_>)]) -> String {
        self.words.with(id, about)
    }

    /// The hidden field with the CSRF token, which every form needs. Empty before sign-in.
    #[must_use]
    pub fn csrf(&self) -> Markup {
        html! { @if let Some(reader) = &self.reader { input type="hidden" name="csrf" value=(reader.csrf); } }
    }

    /// The hidden field of a form that adds something. The server adds nothing when the same form is sent again from the same page.
    #[must_use]
    pub fn once(&self) -> Markup {
        html! { input type="hidden" name="once" value=(self.once); }
    }

    /// A time as `<time>`, relative to now ("in 3 h"). The `title` has the exact time.
    #[must_use]
    pub fn away(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at) title=(self.told(at)) { (self.words.away(at, self.now)) } }
    }

    /// A time as `<time>`, to the minute.
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at) { (self.told(at)) } }
    }

    /// Day and time in the page's zone.
    #[must_use]
    pub fn told(&self, at: Timestamp) -> String {
        self.words.moment(at, &self.zone)
    }

    /// Day in the page's zone.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> String {
        self.words.day(at, &self.zone)
    }

    /// A page. `here` is the path of the page in the list of pages that it belongs to.
    #[must_use]
    pub fn page(&self, title: &str, here: &str, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.words.language().code()) data-theme=[(self.theme != Theme::System).then(|| self.theme.code())] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (self.t("product")) }
                    link rel="icon" href={ "/assets/" (ICON.file()) } type="image/svg+xml";
                    link rel="stylesheet" href={ "/assets/" (STYLE.file()) };
                    script src={ "/assets/" (SCRIPT.file()) } defer {}
                }
                body {
                    a.skip href="#content" { (self.t("skip-to-content")) }
                    (self.top(here))
                    main id="content" tabindex="-1" {
                        (self.clock_doubt())
                        @if let Some(notice) = &self.notice { p.notice role="status" { (self.t(notice)) } }
                        (body)
                    }
                    (self.foot())
                }
            }
        }
    }

    /// What is reported on every page while the server's clock is in doubt, and the form that confirms it. Anyone who wants to sign in learns why a code does not fit.
    fn clock_doubt(&self) -> Markup {
        let Some(ahead) = self.clock_ahead else {
            return html! {};
        };
        let (moment, span) = (
            self.words.moment(self.now, &self.zone),
            self.words.span(ahead.unsigned_abs()),
        );
        let said = if ahead > 0 {
            "clock-doubt-ahead"
        } else {
            "clock-doubt-behind"
        };
        html! {
            section.notice.problem aria-label=(self.t("clock-doubt")) {
                p { strong { (self.with(said, &[("moment", Said::Text(&moment)), ("span", Said::Text(&span))])) } }
                p { (self.t("clock-doubt-what")) }
                @if self.reader.is_some() {
                    form.stack method="post" action="/clock" {
                        (self.csrf())
                        label.choice for="clock-sure" { input id="clock-sure" type="checkbox" name="sure" value="yes" required; (self.t("clock-doubt-sure")) }
                        button { (self.t("clock-doubt-do")) }
                    }
                } @else {
                    p { (self.t("clock-doubt-codes")) }
                }
            }
        }
    }

    fn top(&self, here: &str) -> Markup {
        let pages = if self.place == Tier::Hub {
            BOARD
        } else {
            REVIEW
        };
        let place = self.t(if self.place == Tier::Hub {
            "place-hub"
        } else {
            "place-national"
        });
        html! {
            header.top { div {
                a.brand href="/" { img src={ "/assets/" (ICON.file()) } alt="" width="26" height="26"; (self.t("product")) " " span.quiet { (place) } }
                @if self.reader.is_some() {
                    nav aria-label=(self.t("navigation")) { ul {
                        @for (path, name) in pages { li { a href=(path) aria-current=[(here == path).then_some("page")] { (self.t(name)) } } }
                    } }
                }
            } }
        }
    }

    fn foot(&self) -> Markup {
        let draft = self.t("draft-translation");
        html! {
            footer {
                @if let Some(reader) = &self.reader {
                    span { (self.with("signed-in-as", &[("handle", Said::Text(&reader.handle))])) }
                    a href="/settings" { (self.t("settings")) }
                    form.inline method="post" action="/sign-out" { (self.csrf()) button.link-button { (self.t("sign-out")) } }
                }
                @if !draft.is_empty() { span { (draft) } }
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::words::Language;

    /// What a page of national's is made with.
    pub fn national(language: Language) -> Frame {
        let now = "2026-11-28T20:00:00Z".parse().unwrap();
        Frame {
            words: Words::of(language),
            place: Tier::National,
            reader: None,
            theme: Theme::System,
            now,
            clock_ahead: None,
            zone: TimeZone::UTC,
            notice: None,
            back: "/".to_owned(),
            once: String::new(),
        }
    }
}
