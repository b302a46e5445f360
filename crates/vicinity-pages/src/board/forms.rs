//! The forms of an incident's page. Each is folded until opened. A rejected form is shown again with the submitted values.

use maud::{Markup, html};
use vicinity_core::codes;
use vicinity_core::consent::HUB_RESPONSE;
use vicinity_core::incident::Incident;
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_core::value::{NOTE_MAX_LETTERS, PSEUDONYM_MAX_LETTERS};

use super::case::{CaseView, Holder, Seen};
use super::list::short;
use super::values::{self, fact};
use crate::frame::Frame;
use crate::parts::{self, Choice, Line};
use crate::words::Said;

/// How far ahead a follow-up can be planned.
const FOLLOWUP_DAYS_MAX: i64 = 2 * 365;

/// Longest pasted URL, in letters.
const ADDRESS_MAX: usize = 200;

/// Submitted values of a rejected form, to fill it again. Empty when a form is shown first.
#[derive(Default)]
pub struct Given(Vec<(String, String)>);

impl Given {
    /// Names and values as submitted.
    #[must_use]
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    fn or<'a>(&'a self, name: &str, otherwise: &'a str) -> &'a str {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map_or(otherwise, |(_, value)| value)
    }
}

/// Label of an edit's field, by the field's path.
#[must_use]
pub fn label_of(frame: &Frame, path: &str) -> String {
    match path {
        "transition.to" => frame.t("f-status"),
        "triage.level" => frame.t("f-triage"),
        "followup.due_at" => frame.t("follow-due"),
        // The last part of a field's path is its name.
        _ => frame
            .words
            .label("f-", path.rsplit('.').next().unwrap_or(path)),
    }
}

/// Title of a form.
fn title(frame: &Frame, doing: &str) -> String {
    frame.t(match doing {
        "act" => "do-act",
        "refer" => "do-refer",
        "follow" => "do-follow",
        "move" => "do-move",
        "triage" => "do-triage",
        "link" => "do-link",
        "assign" => "do-assign",
        "withdraw" => "f-consents",
        "occurred" => "f-occurred",
        "reported" => "f-reported-at",
        _ => "incident-respond",
    })
}

/// A form that writes one edit, chosen by `doing`. Autocomplete is off: people share the computer, and a form that a browser
/// fills again would be sent twice.
fn form(frame: &Frame, case: &CaseView, doing: &str, given: &Given) -> Markup {
    let seen = match doing {
        "move" => &case.seen.status,
        "triage" => &case.seen.triage,
        _ => "",
    };
    html! {
        form.stack method="post" action={ "/incident/" (case.id) } autocomplete="off" {
            (frame.csrf())
            (frame.once())
            input type="hidden" name="do" value=(doing);
            @if !seen.is_empty() { input type="hidden" name="seen" value=(seen); }
            (fields(frame, case, doing, given))
            div { button { (frame.t("save")) } }
        }
    }
}

fn folded(frame: &Frame, case: &CaseView, doing: &str) -> Markup {
    html! { details { summary { (title(frame, doing)) } (form(frame, case, doing, &Given::default())) } }
}

fn of(frame: &Frame, codes: &[&str]) -> Vec<Choice> {
    codes
        .iter()
        .map(|code| Choice::new(*code, frame.words.code(code)))
        .collect()
}

fn reason(frame: &Frame, id: &str, hint: &str, given: &Given) -> Markup {
    let longest = parts::units(NOTE_MAX_LETTERS);
    parts::line(&Line {
        id,
        name: "reason",
        label: &frame.t("f-reason"),
        hint: &frame.t(hint),
        value: given.or("reason", ""),
        longest,
        ..Line::default()
    })
}

fn partner(frame: &Frame, given: &Given) -> Markup {
    let (label, hint, longest) = (
        frame.t("f-partner"),
        frame.t("hint-pseudonym"),
        parts::units(PSEUDONYM_MAX_LETTERS),
    );
    parts::line(&Line {
        id: "refer-partner",
        name: "partner",
        label: &label,
        hint: &hint,
        value: given.or("partner", ""),
        longest,
        required: false,
    })
}

fn fields(frame: &Frame, case: &CaseView, doing: &str, given: &Given) -> Markup {
    let select = |id: &str, name: &str, label: &str, codes: &[&str], first: &str| {
        parts::select(
            id,
            name,
            &frame.t(label),
            &of(frame, codes),
            given.or(name, first),
        )
    };
    match doing {
        "act" => html! {
            (select("act-code", "code", "f-code", codes::ACTION_CODES.codes, "lives_first_line"))
            (select("act-outcome", "outcome", "f-outcome", codes::OUTCOMES.codes, "done"))
            (select("act-accepted", "accepted", "f-accepted", codes::ACCEPTED.codes, "yes"))
        },
        "refer" => html! {
            (select("refer-service", "service", "f-service", codes::ACTION_CODES.codes, "legal_advice"))
            (partner(frame, given))
            (select("refer-state", "state", "f-state", codes::REFERRAL_STATES.codes, "sent"))
        },
        "follow" => follow(frame, case, given),
        "occurred" => html! {
            (date(frame, "occurred-at", "date", &frame.t("correct-day"), given))
            (select("occurred-precision", "precision", "f-precision", &["day", "week", "month"], "day"))
        },
        "reported" => {
            let zone = case.incident.local_zone();
            let label = frame.with(
                "correct-time",
                &[("zone", Said::Text(zone.iana_name().unwrap_or("UTC")))],
            );
            date(frame, "reported-at", "datetime-local", &label, given)
        }
        "move" => html! {
            (select("move-to", "to", "f-status", codes::STATUSES.codes, &case.status))
            (reason(frame, "move-reason", "hint-no-names", given))
        },
        "triage" => html! {
            (select("triage-level", "level", "f-triage", codes::TRIAGE_LEVELS.codes, &case.level))
            (reason(frame, "triage-reason", "hint-lowering", given))
        },
        "link" => html! {
            (select("link-kind", "kind", "f-kind", codes::LINK_KINDS.codes, "same_event"))
            (parts::line(&Line { id: "link-to", name: "to", label: &frame.t("link-to"), hint: &frame.t("link-to-hint"), value: given.or("to", ""), longest: ADDRESS_MAX, required: true }))
        },
        _ => html! {},
    }
}

/// Forms to add an action, refer, follow up, move the status, set the triage and assign.
pub(super) fn respond(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("incident-respond")) }
            @for doing in ["act", "refer", "follow", "move", "triage"] { (folded(frame, case, doing)) }
            details { summary { (title(frame, "assign")) } (assign(frame, case)) }
            (answer(frame, case))
        }
    }
}

fn date(frame: &Frame, id: &str, kind: &str, label: &str, given: &Given) -> Markup {
    let last = if kind == "date" { 10 } else { 16 };
    // The browser may be in another time zone, so the form accepts up to one day ahead. The server checks the time again.
    let ahead = frame
        .now
        .checked_add(SignedDuration::from_hours(24))
        .unwrap_or(frame.now);
    let max: String = frame
        .zone
        .to_datetime(ahead)
        .to_string()
        .chars()
        .take(last)
        .collect();
    html! { div { label for=(id) { (label) } input id=(id) name="at" type=(kind) value=(given.or("at", "")) max=(max) required; } }
}

/// Impossible times, and the forms that correct them.
pub(super) fn impossible(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet.attention {
            h2 { (frame.t("impossible-title")) }
            p { (frame.t("impossible-below")) }
            @for field in &case.impossible {
                @let doing = if *field == "occurred" { "occurred" } else { "reported" };
                @let told = case.incident.register(field).map(|value| fact(frame, field, value)).unwrap_or_default();
                h3 { (title(frame, doing)) ": " (told) }
                (form(frame, case, doing, &Given::default()))
            }
        }
    }
}

/// Plans a follow-up, or records one that was done, planned or not.
fn follow(frame: &Frame, case: &CaseView, given: &Given) -> Markup {
    let day = |at: Timestamp| frame.zone.to_datetime(at).date().to_string();
    let (first, last) = followup_days(&case.incident, frame.now);
    let planned = case
        .incident
        .entries("followups")
        .filter(|entry| entry.text("done_at").is_none());
    let planned = planned
        .filter_map(|entry| Some(Choice::new(entry.id(), frame.day(entry.instant("due_at")?))));
    let choices: Vec<Choice> = planned
        .chain([Choice::new("", frame.t("follow-other"))])
        .collect();
    html! {
        div {
            label for="follow-due" { (frame.t("follow-due")) }
            span.hint id="follow-due-hint" { (frame.t("follow-due-hint")) }
            input id="follow-due" name="due" type="date" value=(given.or("due", &day(frame.now))) min=(day(first)) max=(day(last)) aria-describedby="follow-due-hint";
        }
        label.choice for="follow-done" { input id="follow-done" type="checkbox" name="done" value="yes" checked[given.or("done", "") == "yes"]; (frame.t("follow-done")) }
        @if let [first, _, ..] = choices.as_slice() {
            (parts::select("follow-planned", "planned", &frame.t("follow-planned"), &choices, given.or("planned", &first.value)))
        }
        (parts::select("follow-safety", "safety_changed", &frame.t("f-safety-changed"), &of(frame, codes::YES_NO.codes), given.or("safety_changed", "unknown")))
    }
}

/// Earliest and latest time of a follow-up: from the report (or now, if its time is unknown) to two years from now.
#[must_use]
pub fn followup_days(incident: &Incident, now: Timestamp) -> (Timestamp, Timestamp) {
    let last = now
        .checked_add(SignedDuration::from_hours(24 * FOLLOWUP_DAYS_MAX))
        .unwrap_or(Timestamp::MAX);
    (incident.reported_at().unwrap_or(now), last)
}

fn assign(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        @if case.devices.is_empty() { p.quiet { (frame.t("assign-nobody")) } }
        ul.plain {
            @for Holder { number, name, has_it } in &case.devices {
                li.row {
                    span { (parts::device(frame, *number, name.as_deref())) @if *has_it { " " span.chip.accent { (frame.t("assign-has")) } } }
                    (parts::button(frame, &format!("/incident/{}/assign", case.id), &[("device", &number.to_string()), ("to", if *has_it { "no" } else { "yes" }), ("seen", &case.seen.devices)],
                        &frame.with(if *has_it { "assign-take-back" } else { "assign-give" }, &[("number", Said::Text(&number.to_string()))]), "plain small"))
                }
            }
        }
    }
}

/// Open questions from national about this incident.
fn answer(frame: &Frame, case: &CaseView) -> Markup {
    let open: Vec<(String, String)> = case
        .incident
        .entries("queries")
        .filter(|query| query.text("answer").is_none())
        .map(|query| {
            (
                query.id().to_owned(),
                query.text("question").unwrap_or_default().to_owned(),
            )
        })
        .collect();
    html! {
        @for (id, question) in open {
            div.stack.attention {
                h3 { (frame.t("answer-asked")) ": " (frame.words.code(&question)) }
                form.row.end method="post" action={ "/incident/" (case.id) } autocomplete="off" {
                    (frame.csrf())
                    (frame.once())
                    input type="hidden" name="do" value="answer";
                    input type="hidden" name="id" value=(id);
                    (parts::select(&format!("answer-{id}"), "answer", &frame.t("f-answer"), &of(frame, codes::ANSWERS.codes), "confirmed"))
                    button { (frame.t("answer-send")) }
                }
            }
        }
    }
}

/// Granted consents, and the forms that withdraw them. A withdrawal that erases the incident first leads to a page that confirms it.
pub(super) fn consent(frame: &Frame, case: &CaseView) -> Markup {
    html! {
        section.sheet {
            h2 { (frame.t("f-consents")) }
            ul.plain {
                @for scope in codes::CONSENT_SCOPES.codes {
                    @let granted = case.granted.iter().any(|own| own == scope);
                    li.row {
                        span { (frame.words.code(scope)) " " span class={ "chip" @if granted { " accent" } } { (frame.t(if granted { "consent-granted" } else { "consent-not" })) } }
                        @if granted && *scope == HUB_RESPONSE {
                            a.button.plain.small href={ "/incident/" (case.id) "/withdraw" } { (frame.t("withdraw-link")) }
                        } @else if granted {
                            form.inline method="post" action={ "/incident/" (case.id) } {
                                (frame.csrf())
                                (withdrawal(scope, &case.seen))
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

fn withdrawal(scope: &str, seen: &Seen) -> Markup {
    html! {
        input type="hidden" name="do" value="withdraw";
        input type="hidden" name="scope" value=(scope);
        input type="hidden" name="seen" value=(seen.consents);
    }
}

/// The form that links another incident.
pub(super) fn link(frame: &Frame, case: &CaseView) -> Markup {
    folded(frame, case, "link")
}

/// Rare actions: the link to the page that erases the incident.
pub(super) fn rest(frame: &Frame, case: &CaseView) -> Markup {
    html! { p.no-print { a href={ "/incident/" (case.id) "/erase" } { (frame.t("erase-link")) } } }
}

/// The page that confirms the erasure of an incident.
#[must_use]
pub fn erase(frame: &Frame, id: &str) -> Markup {
    let title = frame.with("erase-title", &[("id", Said::Text(short(id)))]);
    asks_once_more(
        frame,
        id,
        &title,
        ("erase-what", "erase-sure", "erase-do"),
        &format!("/incident/{id}/erase"),
        &html! {},
    )
}

/// The page that confirms a withdrawal that erases the incident.
#[must_use]
pub fn withdraw(frame: &Frame, id: &str, seen: &Seen) -> Markup {
    let title = frame.with("withdraw-title", &[("id", Said::Text(short(id)))]);
    asks_once_more(
        frame,
        id,
        &title,
        ("withdraw-what", "withdraw-sure", "withdraw-do"),
        &format!("/incident/{id}"),
        &withdrawal(HUB_RESPONSE, seen),
    )
}

fn asks_once_more(
    frame: &Frame,
    id: &str,
    title: &str,
    (what, sure, act): (&str, &str, &str),
    action: &str,
    hidden: &Markup,
) -> Markup {
    let body = html! {
        div.narrow.stack.wide {
            h1 { (title) }
            p { (frame.t(what)) }
            form.sheet method="post" action=(action) {
                (frame.csrf())
                (hidden)
                label.choice for="sure" { input id="sure" type="checkbox" name="sure" value="yes" required; (frame.t(sure)) }
                div.row { button.grave { (frame.t(act)) } a.button.plain href={ "/incident/" (id) } { (frame.t("cancel")) } }
            }
        }
    };
    frame.page(title, "/", &body)
}

/// Current status or triage, for the form that sets it; empty for other forms.
fn now(frame: &Frame, case: &CaseView, doing: &str) -> Markup {
    let said = |map: &[(String, String)]| {
        map.iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>()
            .join(" · ")
    };
    match doing {
        "move" => {
            let last = case.incident.entries("transitions").last();
            let told = ["at", "by", "reason"].into_iter().filter_map(|key| {
                Some((
                    frame.words.label("f-", key),
                    values::said(
                        frame,
                        last?.json().get(key).filter(|value| !value.is_null())?,
                    ),
                ))
            });
            html! { p { (frame.t("f-status")) ": " span.chip.accent { (frame.words.code(&case.status)) } } p.quiet { (said(&told.collect::<Vec<_>>())) } }
        }
        "triage" => {
            let reason = case
                .incident
                .register("triage")
                .and_then(|triage| triage.get("reason")?.as_str());
            html! { p { (frame.t("f-triage")) ": " (parts::triage(frame, &case.level)) } @if let Some(reason) = reason { p.quiet { (frame.t("f-reason")) ": " (reason) } } }
        }
        _ => html! {},
    }
}

/// The page of a rejected form: the problem, the current state, and the form with the submitted values.
#[must_use]
pub fn again(frame: &Frame, case: &CaseView, doing: &str, given: &Given, problem: &str) -> Markup {
    let title = frame.with("incident-title", &[("id", Said::Text(short(&case.id)))]);
    let body = html! {
        div.narrow.stack.wide {
            h1 { (title) }
            (parts::problem(problem))
            @match doing {
                "withdraw" => (consent(frame, case)),
                "assign" => section.sheet { h2 { (self::title(frame, doing)) } (assign(frame, case)) },
                "answer" => (answer(frame, case)),
                _ => section.sheet { h2 { (self::title(frame, doing)) } (now(frame, case, doing)) (form(frame, case, doing, given)) },
            }
            p { a href={ "/incident/" (case.id) } { (frame.t("back")) } }
        }
    };
    frame.page(&title, "/", &body)
}
