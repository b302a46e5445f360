//! Every page, in every language, on a phone and on a desk, in light and in dark: read by everybody, and asking nobody else.
//! `VICINITY_PICTURES` names a folder into which the pages are drawn.

use vicinity_tests::browser::{Browser, Screen};

use super::scene::Scene;

const LANGUAGES: [&str; 5] = ["en", "fr", "es", "ru", "km"];

/// What a page must be, whatever it shows.
fn assert_fit(browser: &Browser, page: &str) {
    let missing =
        browser.script("return document.body.innerText.match(/\\[[a-z]+(-[a-z0-9]+)*\\]/g)");
    assert!(
        missing.is_null(),
        "{page}: texts that are not there: {missing}"
    );
    let wide = browser.script(
        "const width = document.documentElement.clientWidth;
         if (document.documentElement.scrollWidth <= width) return [];
         return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > width + 1 && !one.closest('.scroll'))
            .map((one) => one.outerHTML.slice(0, 120));",
    );
    assert_eq!(wide, serde_json::json!([]), "{page} scrolls sideways");
    let cut = browser.script(
        "const inside = (text, chart) => text.left >= chart.left - 0.5 && text.right <= chart.right + 0.5 && text.top >= chart.top - 0.5 && text.bottom <= chart.bottom + 0.5;
         return [...document.querySelectorAll('svg.chart text')].filter((one) => one.getBoundingClientRect().width > 0)
            .filter((one) => !inside(one.getBoundingClientRect(), one.closest('svg').getBoundingClientRect())).map((one) => one.textContent);",
    );
    assert_eq!(
        cut,
        serde_json::json!([]),
        "{page}: letters of a chart are cut off"
    );
}

fn assert_readable(browser: &Browser, page: &str) {
    assert_eq!(browser.axe(), Vec::<String>::new(), "{page}");
}

/// What a person reads of the page's main part, except times: how far away they are changes while a page is read twice.
fn text_without_times(browser: &Browser) -> String {
    let text = browser.script(
        "const main = document.querySelector('main');
         main.querySelectorAll('time').forEach((one) => one.replaceChildren());
         return main.innerText",
    );
    let text = text.as_str().unwrap().to_owned();
    assert!(!text.is_empty());
    text
}

/// The pages that docs/pictures shows.
const PICTURES: [&str; 12] = [
    "hub-board-wide",
    "hub-board-phone-dark",
    "hub-incident-wide",
    "hub-advocacy-wide",
    "hub-report-wide",
    "national-queue-wide",
    "national-row-wide",
    "national-picture-km",
    "national-picture-wide",
    "national-picture-phone",
    "national-publish-wide",
    "national-publish-phone",
];

fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("VICINITY_PICTURES").filter(|_| PICTURES.contains(&name))
    {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            std::path::Path::new(&folder).join(format!("{name}.png")),
            browser.picture(),
        )
        .unwrap();
    }
}

/// Names and addresses of pages.
type Pages = Vec<(&'static str, String)>;

/// Every page on a phone and on a desk, in light and in dark, with scripts and without.
fn walk_in_every_way(browser: &Browser, place: &str, origin: &str, pages: &Pages) {
    for (name, page) in pages {
        for (screen, dark) in [
            (Screen::Wide, false),
            (Screen::Wide, true),
            (Screen::Phone, false),
            (Screen::Phone, true),
        ] {
            browser.show_on(screen);
            browser.prefer_dark(dark);
            browser.go(page);
            assert_fit(browser, page);
            assert_readable(browser, page);
            let screen = if screen == Screen::Phone {
                "phone"
            } else {
                "wide"
            };
            picture(
                browser,
                &format!("{place}-{name}-{screen}{}", if dark { "-dark" } else { "" }),
            );
        }
        // Without scripts the same can be read.
        let read = text_without_times(browser);
        browser.run_scripts(false);
        browser.go(page);
        assert_eq!(text_without_times(browser), read, "{page} without scripts");
        browser.run_scripts(true);
    }
    assert_asked_nobody_else(browser, origin);
}

/// Every page in every language, on a phone.
fn walk_in_every_language(browser: &Browser, place: &str, origin: &str, pages: &Pages) {
    for language in LANGUAGES {
        browser.show_on(Screen::Wide);
        browser.go(&format!("{origin}/settings"));
        browser.choose("#language", language);
        browser.follow("main button");
        browser.wait_for("p.notice:not([hidden])");
        browser.show_on(Screen::Phone);
        for (name, page) in pages {
            browser.go(page);
            // A reader of a page that is not there is not signed in, and reads as their browser says.
            assert!(
                *name == "lost"
                    || browser.script("return document.documentElement.lang") == language,
                "{page} in {language}"
            );
            assert_fit(browser, &format!("{page} in {language}"));
            if ["board", "picture"].contains(name) {
                picture(browser, &format!("{place}-{name}-{language}"));
            }
        }
    }
    assert_asked_nobody_else(browser, origin);
}

fn assert_asked_nobody_else(browser: &Browser, origin: &str) {
    let elsewhere: Vec<String> = browser
        .asked_for()
        .into_iter()
        .filter(|url| !url.starts_with(origin))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

/// Puts something into the log, so that its pages show what they show.
fn advocate(browser: &Browser, page: &str) {
    browser.go(page);
    browser.choose("#w-kind", "police");
    browser.fill("#w-note", "the new commander");
    browser.follow("form[action='/advocacy'][method=post] button");
    browser.wait_for("p.notice:not([hidden])");
}

/// A browser at the hub, and all pages of it.
fn at_hub(scene: &Scene) -> (Browser, Pages) {
    let browser = scene.at_hub();
    advocate(&browser, &scene.hub_page("/advocacy"));
    let pages = [
        ("board", "/".to_owned()),
        ("all", "/?status=".to_owned()),
        ("found", "/find?incident=00000000".to_owned()),
        ("incident", format!("/incident/{}", scene.ids[0])),
        ("incident-answered", format!("/incident/{}", scene.ids[1])),
        ("erase", format!("/incident/{}/erase", scene.ids[0])),
        ("withdraw", format!("/incident/{}/withdraw", scene.ids[0])),
        ("conflicts", "/conflicts".to_owned()),
        ("questions", "/questions".to_owned()),
        ("alerts", "/alerts".to_owned()),
        ("advocacy", "/advocacy".to_owned()),
        ("report", "/report".to_owned()),
        ("report-others", "/report?for=others".to_owned()),
        ("exports", "/exports".to_owned()),
        ("hub", "/hub".to_owned()),
        ("areas", "/hub/areas".to_owned()),
        ("settings", "/settings".to_owned()),
        ("lost", "/nowhere".to_owned()),
    ];
    (
        browser,
        pages
            .map(|(name, path)| (name, scene.hub_page(&path)))
            .into(),
    )
}

/// A browser at national, and all pages of it.
fn at_national(scene: &Scene) -> (Browser, Pages) {
    scene.logs_a_month_to_publish();
    let browser = scene.at_national();
    advocate(&browser, &scene.national_page("/advocacy"));
    let row = scene.site.national_export()[0]["projection"]
        .as_str()
        .unwrap()
        .to_owned();
    let pages = [
        ("news", "/".to_owned()),
        ("queue", "/queue".to_owned()),
        ("row", format!("/projection/{row}")),
        ("picture", "/picture?from=2026-06&to=2026-11".to_owned()),
        ("picture-published", "/picture?as=published".to_owned()),
        ("publish", "/publish?month=2026-10".to_owned()),
        ("hubs", "/hubs".to_owned()),
        ("countries", "/countries".to_owned()),
        ("advocacy", "/advocacy?from=2026-06&to=2026-11".to_owned()),
        ("report", "/report".to_owned()),
        ("report-published", "/report?for=others".to_owned()),
        ("settings", "/settings".to_owned()),
    ];
    (
        browser,
        pages
            .map(|(name, path)| (name, scene.national_page(&path)))
            .into(),
    )
}

#[test]
fn every_page_of_the_hub_can_be_read_by_everybody_on_every_screen() {
    let scene = Scene::new();
    let (browser, pages) = at_hub(&scene);
    walk_in_every_way(&browser, "hub", &scene.hub_page(""), &pages);
}

#[test]
fn every_page_of_the_hub_can_be_read_in_every_language() {
    let scene = Scene::new();
    let (browser, pages) = at_hub(&scene);
    walk_in_every_language(&browser, "hub", &scene.hub_page(""), &pages);
}

#[test]
fn every_page_of_the_review_can_be_read_by_everybody_on_every_screen() {
    let scene = Scene::new();
    let (browser, pages) = at_national(&scene);
    walk_in_every_way(&browser, "national", &scene.national_page(""), &pages);
}

#[test]
fn every_page_of_the_review_can_be_read_in_every_language() {
    let scene = Scene::new();
    let (browser, pages) = at_national(&scene);
    walk_in_every_language(&browser, "national", &scene.national_page(""), &pages);
}
