//! What changed since the reader last marked the news as seen.

use maud::{Markup, html};
use vicinity_core::time::Timestamp;

use crate::frame::Frame;
use crate::parts;
use crate::words::Said;

/// Counts of what is new. A count above `counted_max` is shown as "more than".
pub struct NewsView {
    /// Since when; `None` for somebody who never looked.
    pub since: Option<Timestamp>,
    /// Largest count that is exact.
    pub counted_max: u64,
    /// Rows that are new.
    pub new: u64,
    /// Rows that changed.
    pub changed: u64,
    /// Rows that were withdrawn.
    pub gone: u64,
    /// Answers of hubs.
    pub answered: u64,
    /// Rows whose current version waits for review.
    pub waiting: u64,
    /// Hubs without contact for two weeks, and when each was last seen.
    pub silent: Vec<(u32, Option<Timestamp>)>,
}

/// The page.
#[must_use]
pub fn news(frame: &Frame, news: &NewsView) -> Markup {
    let since = news.since.map_or_else(
        || frame.t("news-ever"),
        |at| frame.with("news-since", &[("moment", Said::Text(&frame.told(at)))]),
    );
    let figures = [
        ("news-new", news.new, "/queue"),
        ("news-changed", news.changed, "/queue?review=changed"),
        ("news-gone", news.gone, ""),
        ("news-answered", news.answered, "/queue?review=queried"),
    ];
    let count = |count: u64| {
        if count > news.counted_max {
            frame.with("news-more", &[("count", Said::Count(news.counted_max))])
        } else {
            frame.words.count(count)
        }
    };
    let body = html! {
        (parts::title(&frame.t("news-title"), since))
        div.stack.wide data-live="" {
            ul.figures {
                @for (name, number, path) in figures {
                    li { @if path.is_empty() { div.figure { b { (count(number)) } span { (frame.t(name)) } } } @else { a.figure href=(path) { b { (count(number)) } span { (frame.t(name)) } } } }
                }
                li { a.figure href="/queue" { b { (count(news.waiting)) } span { (frame.t("news-waiting")) } } }
            }
            section.sheet {
                h2 { (frame.t("news-silent")) }
                @if news.silent.is_empty() { p.quiet { (frame.t("news-silent-none")) } } @else {
                    p { (frame.t("hubs-silence")) }
                    ul.plain {
                        @for (hub, at) in &news.silent { li { (parts::hub(frame, *hub)) " · " @match at { Some(at) => (frame.away(*at)), None => (frame.t("never")) } } }
                    }
                }
            }
        }
        form method="post" action="/looked" { (frame.csrf()) button { (frame.t("news-looked")) } }
    };
    frame.page(&frame.t("news-title"), "/", &body)
}
