//! The export page: files to download, and pushing counts to a DHIS2 server.

use maud::{Markup, html};

use crate::frame::{Frame, Tier};
use crate::parts::{self, Choice};
use crate::words::Said;

/// DHIS2's answer to a push.
pub struct Pushed {
    /// Whether it was a dry run, of which DHIS2 stores nothing.
    pub dry: bool,
    /// DHIS2's status word.
    pub status: String,
    /// Number of values by outcome: the text id of the outcome, and the count.
    pub counts: [(&'static str, u64); 5],
    /// Whether every value was taken.
    pub whole: bool,
    /// Rejected objects, each with the reason.
    pub conflicts: Vec<(String, String)>,
    /// Other text of the answer.
    pub description: String,
}

/// The page. `stretch` is the initial range of months; `pushed` is the outcome of the push just made.
#[must_use]
pub fn exports(frame: &Frame, stretch: &(String, String), pushed: Option<&Pushed>) -> Markup {
    let is_hub = frame.place == Tier::Hub;
    let rows: &[(&str, &str)] = if is_hub {
        &[
            ("csv", "exports-csv"),
            ("xlsx", "exports-xlsx"),
            ("care", "exports-care"),
        ]
    } else {
        &[
            ("csv", "exports-csv"),
            ("hxl", "exports-hxl"),
            ("xlsx", "exports-xlsx"),
            ("json", "exports-json"),
        ]
    };
    let body = html! {
        (parts::title(&frame.t("nav-exports"), frame.t("exports-below")))
        @if let Some(pushed) = pushed { (summary(frame, pushed)) }
        section.sheet {
            h2 { (frame.t("exports-rows")) }
            p { (frame.t(if is_hub { "exports-rows-hub" } else { "exports-rows-national" })) }
            (file(frame, "rows", rows, stretch))
        }
        @if !is_hub {
            section.sheet {
                h2 { (frame.t("exports-counts")) }
                p { (frame.t("picture-below")) }
                (file(frame, "counts", &[("dhis2", "exports-dhis2"), ("geojson", "exports-geojson")], stretch))
            }
            section.sheet { h2 { (frame.t("exports-push")) } (push(frame, stretch)) }
        }
    };
    frame.page(&frame.t("nav-exports"), "/exports", &body)
}

fn months(frame: &Frame, id: &str, stretch: &(String, String)) -> Markup {
    html! {
        (parts::field(&format!("{id}-from"), "from", &frame.t("picture-from"), "", "month", &stretch.0, false))
        (parts::field(&format!("{id}-to"), "to", &frame.t("picture-to"), "", "month", &stretch.1, false))
    }
}

fn file(frame: &Frame, what: &str, forms: &[(&str, &str)], stretch: &(String, String)) -> Markup {
    let forms: Vec<Choice> = forms
        .iter()
        .map(|(form, name)| Choice::new(*form, frame.t(name)))
        .collect();
    html! {
        form method="get" action={ "/exports/" (what) } {
            div.fields {
                (parts::select(&format!("{what}-form"), "form", &frame.t("exports-form"), &forms, ""))
                (months(frame, what, stretch))
                div { button { (frame.t("exports-take")) } }
            }
        }
    }
}

fn push(frame: &Frame, stretch: &(String, String)) -> Markup {
    html! {
        p { (frame.t("exports-push-below")) }
        form.stack method="post" action="/exports/push" {
            (frame.csrf())
            div.fields {
                (parts::field("push-url", "url", &frame.t("exports-url"), "https://dhis2.example.org", "url", "", true))
                (parts::field("push-token", "token", &frame.t("exports-token"), &frame.t("exports-token-hint"), "password", "", true))
                (months(frame, "push", stretch))
            }
            label.choice for="push-dry" { input id="push-dry" type="checkbox" name="dry" value="yes" checked; (frame.t("exports-dry")) }
            div { button { (frame.t("exports-push-do")) } }
        }
    }
}

fn summary(frame: &Frame, pushed: &Pushed) -> Markup {
    html! {
        section.notice.problem[!pushed.whole] role=(if pushed.whole { "status" } else { "alert" }) {
            h2 { (frame.t(if pushed.dry { "exports-pushed-dry" } else { "exports-pushed" })) " " (pushed.status) }
            ul.figures {
                @for (name, count) in &pushed.counts { li.figure { b { (frame.words.count(*count)) } span { (frame.t(name)) } } }
            }
            @if !pushed.whole { p { b { (frame.t("exports-not-whole")) } } }
            @if !pushed.description.is_empty() { p { (frame.with("exports-said", &[("text", Said::Text(&pushed.description))])) } }
            @if !pushed.conflicts.is_empty() {
                ul.plain { @for (object, value) in &pushed.conflicts { li { code { (object) } " " (value) } } }
            }
        }
    }
}
