//! Sign-in: the one-time link, the sign-in form, the reader's settings, and the error page.

use maud::{Markup, html};

use crate::draw;
use crate::frame::{Frame, Theme};
use crate::parts::{self, Choice};
use crate::words::{Language, Said};

/// Least characters of a password.
pub const PASSWORD_MIN_CHARS: usize = 12;

/// The page of a one-time link.
pub struct Welcome<'a> {
    /// Where the form goes: the link's own path.
    pub path: &'a str,
    /// The person it is for.
    pub handle: &'a str,
    /// The key of the second factor, to type into an app.
    pub key: &'a str,
    /// The same key as a URI, to scan with an app.
    pub uri: &'a str,
    /// Text id of the last attempt's problem.
    pub problem: Option<&'static str>,
}

/// The page of a one-time link: a password and a second factor.
#[must_use]
pub fn welcome(frame: &Frame, welcome: &Welcome<'_>) -> Markup {
    let title = frame.with("welcome", &[("handle", Said::Text(welcome.handle))]);
    let body = html! {
        div.narrow.stack.wide {
            h1 { (title) }
            p { (frame.t("welcome-intro")) }
            @if let Some(problem) = welcome.problem { (parts::problem(&frame.t(problem))) }
            form.stack.wide method="post" action=(welcome.path) autocomplete="off" {
                section.sheet {
                    h2 { (frame.t("welcome-password-step")) }
                    input type="hidden" name="handle" value=(welcome.handle) autocomplete="username";
                    div {
                        label for="password" { (frame.t("sign-in-password")) }
                        span.hint id="password-hint" { (frame.t("welcome-password-hint")) }
                        input id="password" name="password" type="password" autocomplete="new-password" required minlength=(PASSWORD_MIN_CHARS) aria-describedby="password-hint";
                    }
                }
                section.sheet {
                    h2 { (frame.t("welcome-code-step")) }
                    p { (frame.t("welcome-code-hint")) }
                    (draw::qr(welcome.uri, &frame.t("welcome-code-step")))
                    p { span.quiet { (frame.t("welcome-key")) ": " } span.mono { (welcome.key) } }
                    (code_field(frame, "welcome-code-now", ""))
                }
                div { button { (frame.t("welcome-enter")) } }
            }
        }
    };
    frame.page(&title, "", &body)
}

fn code_field(frame: &Frame, label: &str, hint: &str) -> Markup {
    html! {
        div {
            label for="code" { (frame.t(label)) }
            @if !hint.is_empty() { span.hint id="code-hint" { (frame.t(hint)) } }
            input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[\\p{Nd}\\p{Cf}\\s]{6,20}" required aria-describedby=[(!hint.is_empty()).then_some("code-hint")];
        }
    }
}

/// The sign-in form. `problem` is the text of the last attempt's problem.
#[must_use]
pub fn sign_in(frame: &Frame, problem: Option<&str>) -> Markup {
    let body = html! {
        div.narrow.stack.wide {
            h1 { (frame.t("sign-in")) }
            @if let Some(problem) = problem { (parts::problem(problem)) }
            p { (frame.t("sign-in-hint")) }
            form.sheet method="post" action="/sign-in" {
                div { label for="handle" { (frame.t("sign-in-handle")) } input id="handle" name="handle" autocomplete="username" autocapitalize="none" spellcheck="false" required; }
                div { label for="password" { (frame.t("sign-in-password")) } input id="password" name="password" type="password" autocomplete="current-password" required; }
                (code_field(frame, "sign-in-code", "sign-in-code-hint"))
                div { button { (frame.t("sign-in")) } }
            }
        }
    };
    frame.page(&frame.t("sign-in"), "", &body)
}

/// A reader's own settings: language, light or dark.
#[must_use]
pub fn settings(frame: &Frame) -> Markup {
    let languages = Language::ALL.map(|language| Choice::new(language.code(), language.name()));
    let themes = Theme::ALL.map(|theme| {
        Choice::new(
            theme.code(),
            frame.t(&format!("appearance-{}", theme.code())),
        )
    });
    let body = html! {
        div.narrow.stack.wide {
            h1 { (frame.t("settings")) }
            form.sheet method="post" action="/settings" {
                (frame.csrf())
                (parts::select("language", "language", &frame.t("language"), &languages, frame.words.language().code()))
                (parts::select("theme", "theme", &frame.t("appearance"), &themes, frame.theme.code()))
                div { button { (frame.t("save")) } }
            }
        }
    };
    frame.page(&frame.t("settings"), "/settings", &body)
}

/// The error page.
#[must_use]
pub fn error(frame: &Frame, text: &str) -> Markup {
    let body = html! { div.narrow.stack.wide { h1 { (frame.t("error-title")) } p { (text) } p { a href=(frame.back) { (frame.t("back")) } } } };
    frame.page(&frame.t("error-title"), "", &body)
}
