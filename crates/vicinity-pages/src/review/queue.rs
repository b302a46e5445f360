//! The review queue, and the page of one row.

use maud::{Markup, html};
use vicinity_core::codes;
use vicinity_core::projection::Projection;
use vicinity_core::time::Timestamp;

use crate::frame::Frame;
use crate::parts::{self, Choice};
use crate::words::Said;

/// A row.
pub struct RowView {
    /// Its id.
    pub id: String,
    /// Its hub.
    pub hub: u32,
    /// Its content.
    pub row: Projection,
    /// When this version arrived.
    pub changed_at: Timestamp,
    /// State of the review, a code.
    pub review: String,
    /// The row that it is a duplicate of.
    pub duplicate_of: Option<String>,
    /// Who reviewed it last, and when.
    pub reviewer: Option<(String, Timestamp)>,
}

/// A page of the queue.
pub struct QueueView {
    /// The rows, oldest first.
    pub rows: Vec<RowView>,
    /// Number of rows, counted up to `counted_max` + 1.
    pub total: u64,
    /// Largest exact value of `total`.
    pub counted_max: u64,
    /// This page, from 0, and how many there are.
    pub page: (u32, u32),
    /// The chosen review state, a code; empty for rows that wait for review.
    pub review: String,
    /// The hub chosen, as text; empty for all.
    pub hub: String,
    /// Hubs to choose from.
    pub hubs: Vec<u32>,
}

/// The queue.
#[must_use]
pub fn queue(frame: &Frame, queue: &QueueView) -> Markup {
    let reviews = ["", "new", "changed", "verified", "queried", "duplicate"];
    let reviews = reviews.map(|code| {
        Choice::new(
            code,
            if code.is_empty() {
                frame.t("queue-waiting")
            } else {
                frame.words.label("review-", code)
            },
        )
    });
    let hubs: Vec<Choice> = [Choice::new("", frame.t("all"))]
        .into_iter()
        .chain(
            queue
                .hubs
                .iter()
                .map(|hub| Choice::new(hub.to_string(), parts::hub(frame, *hub))),
        )
        .collect();
    let total = parts::counted(frame, queue.total, queue.counted_max);
    let to = |page: u32| {
        format!(
            "/queue?review={}&hub={}&page={page}",
            queue.review, queue.hub
        )
    };
    let body = html! {
        (parts::title(&frame.t("nav-queue"), frame.with("queue-below", &[("count", Said::Text(&total))])))
        form.sheet method="get" action="/queue" data-at-once="" {
            div.fields {
                (parts::select("q-review", "review", &frame.t("queue-review"), &reviews, &queue.review))
                (parts::select("q-hub", "hub", &frame.t("queue-hub"), &hubs, &queue.hub))
                div { button { (frame.t("board-show")) } }
            }
        }
        @if queue.rows.is_empty() { p.sheet { (frame.t("queue-empty")) } }
        ul.plain.stack { @for row in &queue.rows { li { (card(frame, row)) } } }
        (parts::pager(frame, queue.page.0, queue.page.1, &to))
    };
    frame.page(&frame.t("nav-queue"), "/queue", &body)
}

fn named(frame: &Frame, codes: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    codes
        .into_iter()
        .map(|code| frame.words.code(code.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn headline(frame: &Frame, row: &Projection) -> String {
    format!(
        "{} · {}",
        match &row.quarter {
            Some(quarter) => parts::quarter(frame, quarter),
            None => frame.words.month(&row.month),
        },
        if row.admin1.contains('-') {
            row.admin1.clone()
        } else {
            frame.words.code(&row.admin1)
        }
    )
}

fn card(frame: &Frame, view: &RowView) -> Markup {
    let row = &view.row;
    html! {
        article.sheet {
            div.row {
                h2 { a href={ "/projection/" (view.id) } { (headline(frame, row)) } }
                (parts::triage(frame, &row.triage))
                span.chip { (frame.words.label("review-", &view.review)) }
                span.quiet { (parts::hub(frame, view.hub)) " · " (frame.away(view.changed_at)) }
            }
            p { (named(frame, &row.violations)) " — " (named(frame, row.perpetrators.iter().map(|perpetrator| &perpetrator.kind))) }
            (parts::button(frame, &format!("/projection/{}", view.id), &[("do", "verify"), ("back", "queue")], &frame.t("row-verify"), "small"))
        }
    }
}

/// One row: what it says, what was asked, and what can be done.
#[must_use]
pub fn row(
    frame: &Frame,
    view: &RowView,
    alike: &[RowView],
    asked: &[(String, Option<String>)],
) -> Markup {
    let row = &view.row;
    let title = headline(frame, row);
    let facts: Vec<(String, String)> = vec![
        (frame.t("f-violations"), named(frame, &row.violations)),
        (
            frame.t("f-perpetrators"),
            named(
                frame,
                row.perpetrators.iter().map(|perpetrator| &perpetrator.kind),
            ),
        ),
        (frame.t("f-place-setting"), frame.words.code(&row.setting)),
        (frame.t("f-time-of-day"), frame.words.code(&row.time_of_day)),
        (frame.t("row-age"), frame.words.code(&row.age_band)),
        (frame.t("f-survivor-gender"), frame.words.code(&row.gender)),
        (
            frame.t("f-survivor-populations"),
            named(frame, &row.populations),
        ),
        (frame.t("f-motives"), named(frame, &row.motives)),
        (frame.t("f-needs"), named(frame, &row.needs)),
        (frame.t("f-actions"), named(frame, &row.actions)),
        (frame.t("f-status"), frame.words.code(&row.status)),
        (
            frame.t("row-response"),
            frame.words.label("response-", &row.response),
        ),
        (
            frame.t("row-countable"),
            frame.t(if row.countable { "yes" } else { "no" }),
        ),
    ];
    let body = html! {
        div.title {
            h1 { (title) }
            (parts::triage(frame, &row.triage))
            span.chip { (frame.words.label("review-", &view.review)) }
            p.quiet {
                (parts::hub(frame, view.hub)) " · " (frame.moment(view.changed_at))
                @if let Some((person, at)) = &view.reviewer { " · " (frame.with("row-reviewed", &[("handle", Said::Text(person))])) " " (frame.moment(*at)) }
            }
        }
        div.split {
            section.sheet { h2 { (frame.t("row-says")) } dl.facts { @for (name, value) in &facts { @if !value.is_empty() { dt { (name) } dd { (value) } } } } p.hint { (frame.t("row-below")) } }
            div.stack.wide {
                section.sheet {
                    h2 { (frame.t("row-do")) }
                    (parts::button(frame, &format!("/projection/{}", view.id), &[("do", "verify")], &frame.t("row-verify"), ""))
                    (ask(frame, &view.id, asked))
                }
                (likely(frame, view, alike))
            }
        }
    };
    frame.page(&title, "/queue", &body)
}

fn ask(frame: &Frame, id: &str, asked: &[(String, Option<String>)]) -> Markup {
    let questions: Vec<Choice> = codes::QUESTIONS
        .codes
        .iter()
        .map(|code| Choice::new(*code, frame.words.code(code)))
        .collect();
    html! {
        form.stack method="post" action={ "/projection/" (id) } {
            (frame.csrf())
            (frame.once())
            input type="hidden" name="do" value="ask";
            (parts::select("question", "question", &frame.t("row-ask"), &questions, "verify_date"))
            div { button.plain { (frame.t("row-ask-do")) } }
        }
        @if !asked.is_empty() {
            ul.plain {
                @for (question, answer) in asked {
                    li { (frame.words.code(question)) " " @match answer { Some(answer) => b { (frame.words.code(answer)) }, None => span.chip.amber { (frame.t("questions-open")) } } }
                }
            }
        }
    }
}

fn likely(frame: &Frame, view: &RowView, alike: &[RowView]) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("row-alike")) }
            @if let Some(other) = &view.duplicate_of { p { (frame.t("row-duplicate-of")) " " a href={ "/projection/" (other) } { (other.split('-').next().unwrap_or(other)) } } }
            @if alike.is_empty() { p.quiet { (frame.t("none")) } }
            ul.plain {
                @for other in alike {
                    li {
                        a href={ "/projection/" (other.id) } { (headline(frame, &other.row)) } " "
                        span.quiet { (parts::hub(frame, other.hub)) " · " (named(frame, &other.row.violations)) }
                        " " (parts::button(frame, &format!("/projection/{}", view.id), &[("do", "duplicate"), ("of", &other.id)], &frame.t("row-is-duplicate"), "plain small"))
                    }
                }
            }
        }
    }
}
