//! What can be done about an incident: forms, folded until somebody wants one.

use maud::{Markup, html};
use vicinity_core::codes;
use vicinity_core::incident::Incident;
use vicinity_core::time::{SignedDuration, Timestamp};

use super::incident::CaseView;
use crate::frame::Frame;
use crate::parts::{self, Choice};
use crate::words::Said;

/// How far ahead a follow-up can be planned.
const FOLLOWUP_DAYS_MAX: i64 = 2 * 365;

/// A folded form that writes one edit: `doing` says which.
fn folded(frame: &Frame, case: &CaseView, title: &str, doing: &str, fields: &Markup) -> Markup {
    html! {
        details {
            summary { (frame.t(title)) }
            form.stack method="post" action={ "/incident/" (case.id) } {
                (frame.csrf())
                input type="hidden" name="do" value=(doing);
                (fields)
                div { button { (frame.t("save")) } }
            }
        }
    }
}

fn of(frame: &Frame, codes: &[&str]) -> Vec<Choice> {
    codes.iter().map(|code| Choice::new(*code, frame.words.code(code))).collect()
}

fn text(frame: &Frame, id: &str, name: &str, label: &str, hint: &str, required: bool) -> Markup {
    let hint = if hint.is_empty() { String::new() } else { frame.t(hint) };
    parts::field(id, name, &frame.t(label), &hint, "text", "", required)
}

/// Acting, referring, following up, moving the status, triage, assigning.
pub(super) fn respond(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("incident-respond")) }
            (folded(frame, case, "do-act", "act", &html! {
                (parts::select("act-code", "code", &frame.t("f-code"), &of(frame, codes::ACTION_CODES.codes), "lives_first_line"))
                (parts::select("act-outcome", "outcome", &frame.t("f-outcome"), &of(frame, codes::OUTCOMES.codes), "done"))
                (parts::select("act-accepted", "accepted", &frame.t("f-accepted"), &of(frame, codes::ACCEPTED.codes), "yes"))
            }))
            (folded(frame, case, "do-refer", "refer", &html! {
                (parts::select("refer-service", "service", &frame.t("f-service"), &of(frame, codes::ACTION_CODES.codes), "legal_advice"))
                (text(frame, "refer-partner", "partner", "f-partner", "hint-pseudonym", false))
                (parts::select("refer-state", "state", &frame.t("f-state"), &of(frame, codes::REFERRAL_STATES.codes), "sent"))
            }))
            (folded(frame, case, "do-follow", "follow", &follow(frame, case)))
            (folded(frame, case, "do-move", "move", &html! {
                (parts::select("move-to", "to", &frame.t("f-status"), &of(frame, codes::STATUSES.codes), &case.status))
                (text(frame, "move-reason", "reason", "f-reason", "hint-no-names", false))
            }))
            (folded(frame, case, "do-triage", "triage", &html! {
                (parts::select("triage-level", "level", &frame.t("f-triage"), &of(frame, codes::TRIAGE_LEVELS.codes), &case.level))
                (text(frame, "triage-reason", "reason", "f-reason", "hint-lowering", false))
            }))
            (assign(frame, case))
            (answer(frame, case))
        }
    }
}

/// Planning a follow-up, or writing down one that was done: one that was planned, or another.
fn follow(frame: &Frame, case: &CaseView) -> Markup {
    let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
    let (first, last) = followup_days(&case.incident, frame.now);
    let planned = case.incident.entries("followups").filter(|entry| entry.text("done_at").is_none());
    let planned = planned.filter_map(|entry| Some(Choice::new(entry.id(), frame.words.day(entry.instant("due_at")?))));
    let choices: Vec<Choice> = planned.chain([Choice::new("", frame.t("follow-other"))]).collect();
    html! {
        div {
            label for="follow-due" { (frame.t("follow-due")) }
            span.hint id="follow-due-hint" { (frame.t("follow-due-hint")) }
            input id="follow-due" name="due" type="date" value=(day(frame.now)) min=(day(first)) max=(day(last)) aria-describedby="follow-due-hint";
        }
        label.choice for="follow-done" { input id="follow-done" type="checkbox" name="done" value="yes"; (frame.t("follow-done")) }
        @if let [first, _, ..] = choices.as_slice() { (parts::select("follow-planned", "planned", &frame.t("follow-planned"), &choices, &first.value)) }
        (parts::select("follow-safety", "safety_changed", &frame.t("f-safety-changed"), &of(frame, codes::YES_NO.codes), "unknown"))
    }
}

/// Between which times a follow-up can be planned: not before the report, and not further ahead than two years.
#[must_use]
pub fn followup_days(incident: &Incident, now: Timestamp) -> (Timestamp, Timestamp) {
    let last = now.checked_add(SignedDuration::from_hours(24 * FOLLOWUP_DAYS_MAX)).unwrap_or(Timestamp::MAX);
    (incident.instant("reported_at").unwrap_or(now), last)
}

fn assign(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        details {
            summary { (frame.t("do-assign")) }
            @if case.devices.is_empty() { p.quiet { (frame.t("assign-nobody")) } }
            ul.plain {
                @for (number, has_it) in &case.devices {
                    li.row {
                        span { (frame.with("who-device", &[("number", Said::Text(&number.to_string()))])) @if *has_it { " " span.chip.accent { (frame.t("assign-has")) } } }
                        (parts::button(frame, &format!("/incident/{}/assign", case.id), &[("device", &number.to_string()), ("to", if *has_it { "no" } else { "yes" })],
                            &frame.with(if *has_it { "assign-take-back" } else { "assign-give" }, &[("number", Said::Text(&number.to_string()))]), "plain small"))
                    }
                }
            }
        }
    }
}

/// National's open questions about this incident.
fn answer(frame: &Frame, case: &CaseView) -> Markup {
    let open: Vec<(String, String)> = case
        .incident
        .entries("queries")
        .filter(|query| query.text("answer").is_none())
        .map(|query| (query.id().to_owned(), query.text("question").unwrap_or_default().to_owned()))
        .collect();
    html! {
        @for (id, question) in open {
            div.stack.attention {
                h3 { (frame.t("answer-asked")) ": " (frame.words.code(&question)) }
                form.row.end method="post" action={ "/incident/" (case.id) } {
                    (frame.csrf())
                    input type="hidden" name="do" value="answer";
                    input type="hidden" name="id" value=(id);
                    (parts::select(&format!("answer-{id}"), "answer", &frame.t("f-answer"), &of(frame, codes::ANSWERS.codes), "confirmed"))
                    button { (frame.t("answer-send")) }
                }
            }
        }
    }
}

/// What is agreed to, and taking it back.
pub(super) fn consent(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("f-consents")) }
            ul.plain {
                @for scope in codes::CONSENT_SCOPES.codes {
                    @let granted = case.granted.iter().any(|own| own == scope);
                    li.row {
                        span { (frame.words.code(scope)) " " span class={ "chip" @if granted { " accent" } } { (frame.t(if granted { "consent-granted" } else { "consent-not" })) } }
                        @if granted {
                            form.inline method="post" action={ "/incident/" (case.id) } {
                                (frame.csrf())
                                input type="hidden" name="do" value="withdraw";
                                input type="hidden" name="scope" value=(scope);
                                button.plain.small aria-label={ (frame.t("consent-withdraw")) ": " (frame.words.code(scope)) } { (frame.t("consent-withdraw")) }
                            }
                        }
                    }
                }
            }
            p.hint { (frame.t("consent-below")) }
        }
    }
}

/// Linking to another incident.
pub(super) fn link(frame: &Frame, case: &CaseView) -> Markup {
    folded(
        frame,
        case,
        "do-link",
        "link",
        &html! {
            (parts::select("link-kind", "kind", &frame.t("f-kind"), &of(frame, codes::LINK_KINDS.codes), "same_event"))
            (text(frame, "link-to", "to", "link-to", "link-to-hint", true))
        },
    )
}

/// What is seldom done.
pub(super) fn rest(frame: &Frame, case: &CaseView) -> Markup {
    html! { p.no-print { a href={ "/incident/" (case.id) "/erase" } { (frame.t("erase-link")) } } }
}
