//! One incident: its facts, clocks and conflicts, what was done and who did it, and what can be done now.

use maud::{Markup, html};

use super::case::{CaseView, Link, Side};
use super::list::{joined, marks, running, short};
use super::values::{fact, field_name, name_of, said};
use super::{forms, timeline};
use crate::frame::Frame;
use crate::parts;
use crate::words::Said;

/// What is shown of a perpetrator.
const PERPETRATOR: [&str; 6] = [
    "kind",
    "count_band",
    "sex",
    "age_group",
    "known_before",
    "repeat",
];

/// Registers that the page shows as facts, in this order.
const FACTS: [&str; 15] = [
    "occurred",
    "reported_at_corrected",
    "time_of_day",
    "place.setting",
    "place.area",
    "place.zone",
    "channel",
    "reporter_role",
    "survivor.code",
    "survivor.age",
    "survivor.gender",
    "danger_now",
    "held_now",
    "severe_injury",
    "suicide_risk",
];

/// The page.
#[must_use]
pub fn incident(frame: &Frame, case: &CaseView) -> Markup {
    let title = frame.with("incident-title", &[("id", Said::Text(short(&case.id)))]);
    let body = html! {
        (parts::notice_of_new(frame))
        div.title data-live="title" {
            h1 { (title) }
            (parts::triage(frame, &case.level)) (marks(frame, case.danger)) span.chip { (frame.words.code(&case.status)) }
            p.quiet { (frame.t("incident-first")) " " (frame.moment(case.first_at)) }
        }
        div.split.case {
            div.stack.wide data-live="facts" {
                @if !case.impossible.is_empty() { (forms::impossible(frame, case)) }
                @if !case.conflicts.is_empty() { (conflicts(frame, case)) }
                (what(frame, case))
            }
            div.stack.wide.beside {
                div data-live="clocks" { (clocks(frame, case)) }
                div data-live="respond" { (forms::respond(frame, case)) }
                div data-live="statements" { (statements(frame, case)) }
                div data-live="consent" { (forms::consent(frame, case)) }
                div data-live="links" { (links(frame, case)) }
                (forms::rest(frame, case))
            }
            div.stack.wide data-live="timeline" { (timeline::log(frame, &case.steps)) }
        }
    };
    frame.page(&title, "/", &body)
}

fn clocks(frame: &Frame, case: &CaseView) -> Markup {
    html! { section.sheet { h2 { (frame.t("incident-clocks")) } ul.plain { @for clock in &case.clocks { li { (running(frame, clock)) } } } } }
}

fn conflicts(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet.attention {
            h2 { (frame.t("incident-conflicts")) }
            p { (frame.t("incident-conflicts-below")) }
            @for (field, sides) in &case.conflicts { (conflict(frame, &case.id, field, sides)) }
        }
    }
}

/// A conflict: its sides beside each other, each with a button that takes it.
pub(super) fn conflict(frame: &Frame, id: &str, field: &str, sides: &[Side]) -> Markup {
    html! {
        div.stack {
            h3 { (field_name(frame, field)) }
            ul.sides {
                @for (at, side) in sides.iter().enumerate() {
                    li {
                        b { (said(frame, &side.value)) }
                        span.quiet { @if let Some(who) = &side.who { (name_of(frame, who)) } @if let Some(at) = side.at { " · " (frame.moment(at)) } }
                        form method="post" action={ "/incident/" (id) "/resolve" } {
                            (frame.csrf())
                            input type="hidden" name="field" value=(field);
                            input type="hidden" name="value" value=(side.value);
                            button.plain.small aria-label={ (frame.t("incident-take")) ": " (said(frame, &side.value)) " (" (at + 1) ")" } { (frame.t("incident-take")) }
                        }
                    }
                }
            }
        }
    }
}

fn what(frame: &Frame, case: &CaseView) -> Markup {
    let codes = |set: &str| {
        case.incident
            .codes(set)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let heads = PERPETRATOR.map(|key| frame.words.label("f-", key));
    let perpetrators: Vec<Vec<String>> = case
        .incident
        .entries("perpetrators")
        .map(|entry| {
            PERPETRATOR
                .map(|key| {
                    entry
                        .text(key)
                        .map_or_else(String::new, |code| frame.words.code(code))
                })
                .into()
        })
        .collect();
    html! {
        section.sheet {
            h2 { (frame.t("incident-what")) }
            (parts::chips(&codes("violations").iter().map(|code| frame.words.code(code)).collect::<Vec<_>>()))
            dl.facts {
                @for field in FACTS {
                    @if let Some(value) = case.incident.register(field).filter(|value| !value.is_null()) { dt { (field_name(frame, field)) } dd { (fact(frame, field, value)) } }
                }
                @for set in ["survivor.populations", "motives", "needs"] {
                    @if !codes(set).is_empty() { dt { (field_name(frame, set)) } dd { (joined(frame, &codes(set))) } }
                }
            }
            @if !perpetrators.is_empty() {
                (parts::table(&frame.t("f-perpetrators"), &heads.each_ref().map(String::as_str), 9, &perpetrators))
            }
        }
    }
}

fn statements(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("incident-statements")) }
            @if case.statements.is_empty() { p.quiet { (frame.t("none")) } } @else {
                p.quiet { (frame.t("incident-sealed")) }
                ul.plain {
                    @for statement in &case.statements {
                        li {
                            b { (frame.words.code(&statement.class)) } " " span.quiet { (frame.with("bytes", &[("count", Said::Count(statement.bytes))])) " · " (frame.away(statement.received_at)) }
                            code.block { "vicinity device open " (statement.name) }
                        }
                    }
                }
            }
        }
    }
}

fn links(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("f-links")) }
            @if case.links.is_empty() { p.quiet { (frame.t("none")) } } @else {
                ul.plain {
                    @for link in &case.links {
                        li.row {
                            span {
                                (frame.words.code(&link.kind)) " " a href={ "/incident/" (link.to) } { (short(&link.to)) }
                                @if link.from_there { " " span.quiet { (frame.t("incident-named-there")) } }
                            }
                            (take_back(frame, &case.id, link))
                        }
                    }
                }
            }
            (forms::link(frame, case))
        }
    }
}

fn take_back(frame: &Frame, id: &str, link: &Link) -> Markup {
    html! {
        form.inline method="post" action={ "/incident/" (id) "/unlink" } {
            (frame.csrf())
            input type="hidden" name="kind" value=(link.kind);
            input type="hidden" name=(if link.from_there { "from" } else { "to" }) value=(link.to);
            button.plain.small aria-label={ (frame.t("link-take-back")) ": " (frame.words.code(&link.kind)) " " (short(&link.to)) } { (frame.t("link-take-back")) }
        }
    }
}
