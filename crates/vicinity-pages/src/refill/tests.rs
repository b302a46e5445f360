use super::*;
use crate::frame::tests::national;
use crate::words::Language;

fn sent(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A page with two forms that lead to the same place and a third one, in folds.
fn page() -> String {
    let form = |doing: &str| {
        html! {
            details { summary { (doing) } form.stack method="post" action="/incident/7" autocomplete="off" {
                input type="hidden" name="csrf" value="fresh"; input type="hidden" name="once" value="fresh"; input type="hidden" name="do" value=(doing);
                input type="hidden" name="seen" value="now";
                input id="a" name="reason" type="text" value="" maxlength="280" required;
                input name="due" type="date" value="2026-12-01";
                select name="code" { option value="one" selected { "One" } option value="two" { "Two" } }
                textarea name="note" rows="5" { "old" }
                input type="checkbox" name="done" value="yes" checked;
                input type="checkbox" name="more" value="yes";
                input name="token" type="password" value="";
                button { "Save" }
            } }
        }
    };
    let body = html! { (form("act")) (form("follow")) form method="post" action="/other" { input name="reason" type="text" value=""; } };
    national(Language::English).page("x", "", &body).0
}

fn fields_of<'a>(page: &'a str, doing: &str) -> &'a str {
    let begin = page.find(&format!("<summary>{doing}</summary>")).unwrap();
    &page[begin..begin + page[begin..].find("</form>").unwrap()]
}

#[test]
fn what_was_typed_stands_in_the_form_that_it_was_typed_into_and_in_no_other() {
    let typed = sent(&[
        ("do", "follow"),
        ("seen", "before"),
        ("reason", "\"<b>&"),
        ("due", "2026-12-24"),
        ("code", "two"),
        ("note", "a\r\nb </textarea><script>"),
        ("more", "yes"),
    ]);
    let filled = refilled(
        &national(Language::English),
        &page(),
        &Sent {
            action: "/incident/7",
            fields: &typed,
        },
    );
    let form = fields_of(&filled, "follow");
    assert!(
        form.contains("value=\"&quot;&lt;b&gt;&amp;\"") && form.contains("value=\"2026-12-24\""),
        "{form}"
    );
    assert!(
        form.contains("<option value=\"one\">") && form.contains("<option value=\"two\" selected>"),
        "{form}"
    );
    assert!(
        form.contains(
            "<textarea name=\"note\" rows=\"5\">\na\nb &lt;/textarea&gt;&lt;script&gt;</textarea>"
        ),
        "{form}"
    );
    assert!(
        form.contains("name=\"done\" value=\"yes\">")
            && form.contains("name=\"more\" value=\"yes\" checked>"),
        "{form}"
    );
    assert!(
        form.contains("name=\"csrf\" value=\"fresh\"")
            && form.contains("name=\"seen\" value=\"now\""),
        "what is of the page stays: {form}"
    );
    assert!(
        filled.contains("<details open><summary>follow</summary>")
            && filled.contains("<details><summary>act</summary>")
    );
    assert_eq!(fields_of(&filled, "act"), fields_of(&page(), "act"));
    assert_eq!(
        filled.split("action=\"/other\"").nth(1),
        page().split("action=\"/other\"").nth(1)
    );
}

#[test]
fn a_secret_does_not_come_back() {
    let typed = sent(&[("do", "act"), ("token", "d2pat_secret")]);
    assert!(
        !refilled(
            &national(Language::English),
            &page(),
            &Sent {
                action: "/incident/7",
                fields: &typed
            }
        )
        .contains("d2pat_secret")
    );
}

#[test]
fn where_the_form_is_gone_what_was_typed_is_shown_to_be_copied() {
    for (action, doing) in [("/incident/7", "answer"), ("/incident/8", "act")] {
        let typed = sent(&[("do", doing), ("reason", "two <words>")]);
        let filled = refilled(
            &national(Language::English),
            &page(),
            &Sent {
                action,
                fields: &typed,
            },
        );
        assert!(filled.contains("<pre>two &lt;words&gt;</pre>"), "{filled}");
        assert_eq!(
            filled.matches("<form").count(),
            page().matches("<form").count()
        );
    }
}
