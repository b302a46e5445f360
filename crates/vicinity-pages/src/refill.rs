//! Puts submitted values back into a form when the server rejects it. The page is rendered as usual; then this module finds
//! the submitted form in the HTML and fills its fields. It works for any form without code for that form.

use maud::{Markup, PreEscaped, html};

use crate::frame::Frame;

/// Hidden fields that differ with every page load, so they do not identify a form.
const OF_THE_PAGE: [&str; 3] = ["csrf", "once", "seen"];
/// The tag that opens the content of a page.
const CONTENT: &str = "<main id=\"content\" tabindex=\"-1\">";

/// A submitted form.
pub struct Sent<'a> {
    /// The form's `action`.
    pub action: &'a str,
    /// Names and values, in the order sent.
    pub fields: &'a [(String, String)],
}

/// The page with the submitted values in their form. If the page no longer has the form, the values appear at the top of the
/// page, to be copied.
#[must_use]
pub fn refilled(frame: &Frame, page: &str, sent: &Sent<'_>) -> String {
    fill(page, sent).unwrap_or_else(|| {
        let typed: Vec<&str> = sent.fields.iter().map(|(_, value)| value.trim()).filter(|value| !value.is_empty()).collect();
        let box_of: Markup = html! {
            section.notice.problem role="alert" { p { (frame.t("kept-no-form")) } @for value in typed { pre { (value) } } }
        };
        page.replacen(CONTENT, &format!("{CONTENT}{}", box_of.0), 1)
    })
}

fn fill(page: &str, sent: &Sent<'_>) -> Option<String> {
    let form = forms(page).find(|form| form.is_of(page, sent))?;
    let mut filled = String::with_capacity(page.len() + 1024);
    filled.push_str(&opened(&page[..form.begin]));
    filled.push_str(
        &Filling {
            left: sent.fields.to_vec(),
            chosen: None,
        }
        .fields(&page[form.begin..form.end]),
    );
    filled.push_str(&page[form.end..]);
    Some(filled)
}

/// Byte range of a form in a page, without `</form>`.
struct FormSpan {
    begin: usize,
    end: usize,
}

fn forms(page: &str) -> impl Iterator<Item = FormSpan> {
    page.match_indices("<form").filter_map(|(begin, _)| {
        Some(FormSpan {
            begin,
            end: begin + page[begin..].find("</form>")?,
        })
    })
}

impl FormSpan {
    /// Whether this form was submitted: same action, method `post`, and the same hidden fields except [`OF_THE_PAGE`].
    fn is_of(&self, page: &str, sent: &Sent<'_>) -> bool {
        let mut tags = tags(&page[self.begin..self.end]);
        let leads_there = tags.next().is_some_and(|form| {
            form.attribute("action") == Some(&escaped(sent.action))
                && form.attribute("method") == Some("post")
        });
        let hidden =
            tags.filter(|tag| tag.name() == "input" && tag.attribute("type") == Some("hidden"));
        let mut told =
            hidden.filter(|tag| !OF_THE_PAGE.contains(&tag.attribute("name").unwrap_or_default()));
        leads_there
            && told.all(|tag| {
                let is_it = |(name, value): &(String, String)| {
                    tag.attribute("name") == Some(&escaped(name))
                        && tag.attribute("value") == Some(&escaped(value))
                };
                sent.fields.iter().any(is_it)
            })
    }
}

/// A tag from `<` to `>`. `maud` writes attribute values in double quotes and escapes `>` in them.
#[derive(Clone, Copy)]
struct Tag<'a> {
    text: &'a str,
    /// Byte offset after the tag in the HTML that was searched.
    end: usize,
}

fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + html[at..].find('<')?;
        at = begin + html[begin..].find('>')? + 1;
        Some(Tag {
            text: &html[begin..at],
            end: at,
        })
    })
}

impl<'a> Tag<'a> {
    fn name(&self) -> &'a str {
        self.text
            .trim_start_matches('<')
            .split([' ', '>'])
            .next()
            .unwrap_or_default()
    }

    /// The value of an attribute, still escaped.
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let begin = self.text.find(&format!(" {name}=\""))? + name.len() + 3;
        self.text[begin..].split('"').next()
    }

    fn has(&self, name: &str) -> bool {
        self.text.contains(&format!(" {name} ")) || self.text.ends_with(&format!(" {name}>"))
    }

    /// The tag without one attribute.
    fn without(&self, name: &str) -> String {
        match self.attribute(name) {
            Some(value) => self.text.replacen(&format!(" {name}=\"{value}\""), "", 1),
            None if self.text.ends_with(&format!(" {name}>")) => {
                format!("{}>", self.text.trim_end_matches(&format!(" {name}>")))
            }
            None => self.text.replacen(&format!(" {name} "), " ", 1),
        }
    }
}

/// Adds an attribute to a tag.
fn with(tag: &str, attribute: &str) -> String {
    format!("{} {attribute}>", tag.trim_end_matches('>'))
}

/// Fills the fields of one form.
struct Filling {
    /// Submitted values that are not in a field yet.
    left: Vec<(String, String)>,
    /// The submitted value of the current `<select>`.
    chosen: Option<String>,
}

impl Filling {
    fn fields(mut self, form: &str) -> String {
        let (mut filled, mut copied) = (String::new(), 0);
        for tag in tags(form) {
            if tag.end <= copied {
                continue;
            }
            filled.push_str(&form[copied..tag.end - tag.text.len()]);
            copied = tag.end;
            match tag.name() {
                "input" => filled.push_str(&self.input(&tag)),
                "select" => {
                    self.chosen = self.take(tag.attribute("name"));
                    filled.push_str(tag.text);
                }
                "option" => filled.push_str(&self.option(&tag)),
                "textarea" => {
                    filled.push_str(tag.text);
                    if let Some(text) = self.take(tag.attribute("name"))
                        && let Some(length) = form[tag.end..].find("</textarea>")
                    {
                        // Browsers drop a line break at the start of a textarea.
                        filled.push('\n');
                        filled.push_str(&escaped(&text.replace("\r\n", "\n")));
                        copied = tag.end + length;
                    }
                }
                _ => filled.push_str(tag.text),
            }
        }
        filled.push_str(&form[copied..]);
        filled
    }

    /// Removes and returns the next submitted value of a field. `name` is escaped, as in the tag.
    fn take(&mut self, name: Option<&str>) -> Option<String> {
        let at = self
            .left
            .iter()
            .position(|(own, _)| Some(escaped(own).as_str()) == name)?;
        Some(self.left.remove(at).1)
    }

    fn input(&mut self, tag: &Tag<'_>) -> String {
        match tag.attribute("type").unwrap_or("text") {
            "hidden" | "password" | "submit" | "button" | "file" => tag.text.to_owned(),
            "checkbox" | "radio" => {
                let value = tag.attribute("value").unwrap_or("on");
                let is_it = |(own, sent): &(String, String)| {
                    Some(escaped(own).as_str()) == tag.attribute("name") && escaped(sent) == value
                };
                let plain = if tag.has("checked") {
                    tag.without("checked")
                } else {
                    tag.text.to_owned()
                };
                if self.left.iter().any(is_it) {
                    with(&plain, "checked")
                } else {
                    plain
                }
            }
            _ => match self.take(tag.attribute("name")) {
                Some(value) => with(
                    &tag.without("value"),
                    &format!("value=\"{}\"", escaped(&value)),
                ),
                None => tag.text.to_owned(),
            },
        }
    }

    fn option(&self, tag: &Tag<'_>) -> String {
        let Some(chosen) = &self.chosen else {
            return tag.text.to_owned();
        };
        let plain = if tag.has("selected") {
            tag.without("selected")
        } else {
            tag.text.to_owned()
        };
        if tag.attribute("value") == Some(&escaped(chosen)) {
            with(&plain, "selected")
        } else {
            plain
        }
    }
}

/// The HTML before a form, with every `<details>` around the form opened.
fn opened(before: &str) -> String {
    let mut folds: Vec<Tag<'_>> = Vec::new();
    for tag in tags(before) {
        match tag.name() {
            "details" => folds.push(tag),
            "/details" => drop(folds.pop()),
            _ => {}
        }
    }
    let (mut open, mut copied) = (String::new(), 0);
    for fold in folds.iter().filter(|fold| !fold.has("open")) {
        open.push_str(&before[copied..fold.end - fold.text.len()]);
        open.push_str(&with(fold.text, "open"));
        copied = fold.end;
    }
    open.push_str(&before[copied..]);
    open
}

/// The text escaped as HTML.
fn escaped(text: &str) -> String {
    let PreEscaped(escaped) = html! { (text) };
    escaped
}

#[cfg(test)]
mod tests;
