//! Pages of conflicts, questions and alerts, and the hub's page: devices, people reached, refused changes, erasures.

use maud::{Markup, html};
use vicinity_core::reached::Reached;
use vicinity_core::time::Timestamp;

use super::case::Side;
use super::incident;
use super::list::short;
use crate::draw;
use crate::frame::Frame;
use crate::parts;
use crate::words::Said;

/// A conflict in one incident.
pub struct ConflictView {
    /// Id of the incident.
    pub id: String,
    /// Path of the field.
    pub field: String,
    /// Its sides.
    pub sides: Vec<Side>,
}

/// The page of conflicts.
#[must_use]
pub fn conflicts(frame: &Frame, conflicts: &[ConflictView]) -> Markup {
    let body = html! {
        (parts::title(&frame.t("nav-conflicts"), frame.t("incident-conflicts-below")))
        div.stack.wide data-live="" {
            @if conflicts.is_empty() { p.sheet { (frame.t("conflicts-none")) } }
            @for conflict in conflicts {
                section.sheet {
                    h2 { a href={ "/incident/" (conflict.id) } { (frame.with("incident-title", &[("id", Said::Text(short(&conflict.id)))])) } }
                    (incident::conflict(frame, &conflict.id, &conflict.field, &conflict.sides))
                }
            }
        }
    };
    frame.page(&frame.t("nav-conflicts"), "/conflicts", &body)
}

/// A question from national.
pub struct QuestionView {
    /// The incident.
    pub id: String,
    /// Its number at national.
    pub number: u64,
    /// The question, a code.
    pub question: String,
    /// The answer, a code; `None` while open.
    pub answer: Option<String>,
    /// The incident of this hub that may be the same.
    pub other: Option<String>,
    /// Whether another row at national may be the same incident; of another hub, unless `other` names it.
    pub is_elsewhere: bool,
}

/// Which incident may be the same.
fn other(frame: &Frame, row: &QuestionView) -> Markup {
    html! {
        @if let Some(other) = &row.other {
            div { (frame.t("questions-same-here")) " " a href={ "/incident/" (other) } { (short(other)) } }
        } @else if row.is_elsewhere {
            div.hint { (frame.t("questions-same-elsewhere")) }
        }
    }
}

/// The page of questions.
#[must_use]
pub fn questions(frame: &Frame, questions: &[QuestionView]) -> Markup {
    let body = html! {
        (parts::title(&frame.t("nav-questions"), frame.t("questions-below")))
        div data-live="" {
            @if questions.is_empty() { p.sheet { (frame.t("questions-none")) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(frame.t("nav-questions")) {
                    table.cards {
                        thead { tr { th scope="col" { (frame.t("f-question")) } th scope="col" { (frame.t("f-incident")) } th scope="col" { (frame.t("f-answer")) } } }
                        tbody {
                            @for row in questions {
                                tr {
                                    th scope="row" { (row.number) " · " (frame.words.code(&row.question)) (other(frame, row)) }
                                    td data-label=(frame.t("f-incident")) { a href={ "/incident/" (row.id) } { (short(&row.id)) } }
                                    td data-label=(frame.t("f-answer")) { @match &row.answer { Some(answer) => (frame.words.code(answer)), None => span.chip.amber { (frame.t("questions-open")) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    frame.page(&frame.t("nav-questions"), "/questions", &body)
}

/// An alert about an aggressor.
pub struct AlertView {
    /// Area that the alert applies to.
    pub area: String,
    /// The warning.
    pub text: String,
    /// When it ends.
    pub ends: Timestamp,
    /// Whether it came from another hub.
    pub from_elsewhere: bool,
}

/// The page of active alerts.
#[must_use]
pub fn alerts(frame: &Frame, alerts: &[AlertView]) -> Markup {
    let body = html! {
        (parts::title(&frame.t("alerts-title"), frame.t("alerts-below")))
        @if alerts.is_empty() { p.sheet { (frame.t("alerts-none")) } }
        ul.plain.stack {
            @for alert in alerts {
                li.sheet {
                    p { (alert.text) }
                    p.quiet { span.chip { (alert.area) } " " (frame.t("alerts-ends")) " " (frame.moment(alert.ends)) @if alert.from_elsewhere { " · " (frame.t("alerts-elsewhere")) } }
                }
            }
        }
        p.hint { (frame.t("alerts-how")) " " code { "vicinity device alert publish" } }
    };
    frame.page(&frame.t("alerts-title"), "/hub", &body)
}

/// A device.
pub struct DeviceView {
    /// Its number.
    pub number: u32,
    /// Name that people gave it.
    pub name: Option<String>,
    /// Role, a code.
    pub role: String,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// Seconds by which the hub's clock is ahead of the device's.
    pub skew_seconds: Option<i64>,
    /// Its pending changes: they wait for earlier ones.
    pub pending: u64,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Check digits, to compare with those that the device shows.
    pub check: String,
}

/// A key that opens statements, or waits for an approval.
pub struct KeyView {
    /// Number and name of its device; `None` for the recovery key, and for a device that the hub does not know.
    pub device: Option<(u32, Option<String>)>,
    /// Whether it is the recovery key.
    pub is_recovery: bool,
    /// When it was approved; `None` while it waits.
    pub since: Option<Timestamp>,
    /// The device that approved it: number and name.
    pub by: Option<(u32, Option<String>)>,
    /// Whether the recovery key approved it.
    pub by_recovery: bool,
    /// The digits that the device shows.
    pub digits: String,
}

/// Refused changes of one incident.
pub struct RefusedView {
    /// The incident.
    pub id: String,
    /// Device that sent them, by number, and what people call it.
    pub device: (u32, Option<String>),
    /// Reason, a code.
    pub reason: String,
    /// When they were refused.
    pub at: Timestamp,
    /// Number of changes.
    pub changes: u64,
}

/// An erased incident.
pub struct ErasureView {
    /// The incident.
    pub id: String,
    /// When it was erased.
    pub at: Timestamp,
    /// Places that have confirmed the erasure, and all places.
    pub confirmed: (u64, u64),
    /// Devices that have not confirmed, what people call each, and when it was last seen.
    pub outstanding: Vec<(u32, Option<String>, Option<Timestamp>)>,
}

/// Data of the hub's page.
pub struct HubView {
    /// Devices.
    pub devices: Vec<DeviceView>,
    /// Keys that open statements, or wait.
    pub keys: Vec<KeyView>,
    /// Refused changes.
    pub refused: Vec<RefusedView>,
    /// Erased incidents.
    pub erasures: Vec<ErasureView>,
    /// People reached, by month, latest first.
    pub reached: Vec<Reached>,
    /// Figures at the top: the text id of the name, and the count.
    pub figures: Vec<(&'static str, u64)>,
}

/// The hub's page.
#[must_use]
pub fn hub(frame: &Frame, hub: &HubView) -> Markup {
    let body = html! {
        (parts::title(&frame.t("nav-hub"), frame.t("hub-below")))
        ul.figures { @for (name, count) in &hub.figures { li.figure { b { (frame.words.count(*count)) } span { (frame.t(name)) } } } }
        p { a href="/alerts" { (frame.t("alerts-title")) } " · " a href="/hub/areas" { (frame.t("areas-title")) } }
        (devices(frame, &hub.devices))
        (keys(frame, &hub.keys))
        (reached(frame, &hub.reached))
        (refused(frame, &hub.refused))
        (erasures(frame, &hub.erasures))
    };
    frame.page(&frame.t("nav-hub"), "/hub", &body)
}

fn devices(frame: &Frame, devices: &[DeviceView]) -> Markup {
    html! {
        section.stack {
            h2 { (frame.t("hub-devices")) }
            div.scroll tabindex="0" role="region" aria-label=(frame.t("hub-devices")) {
                table.cards {
                    thead { tr { @for head in ["hub-device", "hub-role", "hub-seen", "hub-skew", "hub-pending", "hub-check", "hub-do"] { th scope="col" { (frame.t(head)) } } } }
                    tbody {
                        @for device in devices {
                            tr {
                                th scope="row" { (parts::device(frame, device.number, device.name.as_deref())) }
                                td data-label=(frame.t("hub-role")) { (frame.words.label("role-", &device.role)) }
                                td data-label=(frame.t("hub-seen")) { @match device.last_seen { Some(at) => (frame.away(at)), None => (frame.t("never")) } }
                                td data-label=(frame.t("hub-skew")) { @match device.skew_seconds { Some(skew) => (skewed(frame, skew)), None => "–" } }
                                td data-label=(frame.t("hub-pending")) { (frame.words.count(device.pending)) }
                                td data-label=(frame.t("hub-check")) { span.mono { (device.check) } }
                                td data-label=(frame.t("hub-do")) {
                                    @if device.revoked { span.chip { (frame.t("hub-revoked")) } } @else {
                                        (parts::rename(frame, "/hub/name", "device", device.number, device.name.as_deref()))
                                        (revoke(frame, device.number))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            details.sheet {
                summary { (frame.t("hub-invite")) }
                form.row.end method="post" action="/hub/invite" {
                    (frame.csrf())
                    (parts::select("invite-role", "role", &frame.t("hub-role"), &["educator", "responder"].map(|role| parts::Choice::new(role, frame.words.label("role-", role))), "educator"))
                    (parts::field("invite-name", "name", &frame.t("name-name"), &frame.t("name-hint"), "text", "", false))
                    button { (frame.t("hub-invite-do")) }
                }
            }
        }
    }
}

/// Who can open statements, since when, and approved by whom.
fn keys(frame: &Frame, keys: &[KeyView]) -> Markup {
    let whose = |device: &Option<(u32, Option<String>)>, is_recovery: bool| {
        html! {
            @match (device, is_recovery) {
                (_, true) => (frame.t("keys-recovery")),
                (Some((number, name)), _) => (parts::device(frame, *number, name.as_deref())),
                (None, _) => (frame.t("keys-unknown")),
            }
        }
    };
    html! {
        section.stack {
            h2 { (frame.t("keys-title")) }
            p.quiet { (frame.t("keys-below")) }
            @if !keys.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(frame.t("keys-title")) {
                    table.cards {
                        thead { tr { @for head in ["hub-device", "keys-since", "keys-by", "keys-digits"] { th scope="col" { (frame.t(head)) } } } }
                        tbody {
                            @for key in keys {
                                tr {
                                    th scope="row" { (whose(&key.device, key.is_recovery)) }
                                    td data-label=(frame.t("keys-since")) { @match key.since { Some(at) => (frame.away(at)), None => span.chip { (frame.t("keys-wait")) } } }
                                    td data-label=(frame.t("keys-by")) { @if key.since.is_some() { (whose(&key.by, key.by_recovery)) } @else { "–" } }
                                    td data-label=(frame.t("keys-digits")) { span.mono { (key.digits) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Months in the table. National has the earlier ones as well.
const REACHED_SHOWN: usize = 12;

fn reached(frame: &Frame, months: &[Reached]) -> Markup {
    html! {
        section.stack {
            h2 { (frame.t("reached-title")) }
            p.quiet { (frame.t("reached-below")) }
            @if !months.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(frame.t("reached-title")) {
                    table {
                        thead { tr { th scope="col" { (frame.t("reached-month")) } th.number scope="col" { (frame.t("reached-people")) } th scope="col" { (frame.t("reached-nil")) } } }
                        tbody {
                            @for of in months.iter().take(REACHED_SHOWN) {
                                tr {
                                    th scope="row" { (frame.words.month(&of.month)) }
                                    td.number { @match of.people { Some(people) => (frame.words.count(people.into())), None => "–" } }
                                    td { @if of.is_nil { (frame.words.code("yes")) } @else { "–" } }
                                }
                            }
                        }
                    }
                }
            }
            details.sheet {
                summary { (frame.t("reached-enter")) }
                form.row.end method="post" action="/hub/reached" {
                    (frame.csrf())
                    (parts::field("reached-month", "month", &frame.t("reached-month"), "", "month", "", true))
                    (parts::field("reached-people", "people", &frame.t("reached-people"), &frame.t("reached-hint"), "number", "", false))
                    label.choice for="reached-nil" { input id="reached-nil" type="checkbox" name="nil" value="yes"; (frame.t("reached-nil")) }
                    button { (frame.t("reached-save")) }
                }
            }
        }
    }
}

/// The clock is reported as right if it is off by less than 120 seconds.
fn skewed(frame: &Frame, skew: i64) -> Markup {
    if skew.abs() < 120 {
        return html! { (frame.t("hub-clock-right")) };
    }
    let span = frame.words.span(skew.unsigned_abs());
    html! { span.chip.amber { (frame.with(if skew > 0 { "hub-clock-behind" } else { "hub-clock-ahead" }, &[("span", Said::Text(&span))])) } }
}

fn revoke(frame: &Frame, number: u32) -> Markup {
    let number = number.to_string();
    html! {
        details {
            summary { (frame.t("hub-revoke")) span.visually-hidden { " " (number) } }
            form.stack method="post" action="/hub/revoke" {
                (frame.csrf())
                input type="hidden" name="device" value=(number);
                label.choice for={ "sure-" (number) } { input id={ "sure-" (number) } type="checkbox" name="sure" value="yes" required; (frame.t("hub-revoke-sure")) }
                button.grave.small { (frame.t("hub-revoke-do")) }
            }
        }
    }
}

fn refused(frame: &Frame, refused: &[RefusedView]) -> Markup {
    let heads = [
        "hub-why",
        "hub-device",
        "f-incident",
        "hub-when",
        "hub-changes",
    ]
    .map(|id| frame.t(id));
    let rows: Vec<Vec<String>> = refused
        .iter()
        .map(|row| {
            vec![
                frame.words.label("why-", &row.reason),
                parts::device(frame, row.device.0, row.device.1.as_deref()),
                short(&row.id).to_owned(),
                frame.told(row.at),
                frame.words.count(row.changes),
            ]
        })
        .collect();
    html! {
        section.stack {
            h2 { (frame.t("hub-refused")) }
            p.quiet { (frame.t("hub-refused-below")) }
            @if rows.is_empty() { p.sheet { (frame.t("hub-refused-none")) } } @else { (parts::table(&frame.t("hub-refused"), &heads.each_ref().map(String::as_str), 4, &rows)) }
        }
    }
}

fn erasures(frame: &Frame, erasures: &[ErasureView]) -> Markup {
    html! {
        section.stack {
            h2 { (frame.t("hub-erased")) }
            @if erasures.is_empty() { p.sheet { (frame.t("hub-erased-none")) } }
            ul.plain.stack {
                @for row in erasures {
                    li.sheet {
                        p { b { (short(&row.id)) } " · " (frame.moment(row.at)) }
                        p { (frame.with("hub-erased-on", &[("confirmed", Said::Count(row.confirmed.0)), ("places", Said::Count(row.confirmed.1))])) }
                        @for (device, name, seen) in &row.outstanding {
                            p.quiet {
                                (parts::device(frame, *device, name.as_deref())) ": " (frame.t("hub-not-seen")) " "
                                @match seen { Some(at) => (frame.moment(*at)), None => (frame.t("never")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The page with a new enrolment link and its QR code.
#[must_use]
pub fn invited(frame: &Frame, link: &str, role: &str) -> Markup {
    let body = html! {
        div.narrow.stack.wide {
            h1 { (frame.t("hub-invite")) }
            p { (frame.with("invited-below", &[("role", Said::Text(&frame.words.label("role-", role)))])) }
            (draw::qr(link, &frame.t("hub-invite")))
            code.block { (link) }
            p { a href="/hub" { (frame.t("back")) } }
        }
    };
    frame.page(&frame.t("hub-invite"), "/hub", &body)
}
