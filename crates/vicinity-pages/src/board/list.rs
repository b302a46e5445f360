//! The board: the list of incidents, most urgent first.

use maud::{Markup, html};
use vicinity_core::clocks::{self, Clock, State};
use vicinity_core::codes;
use vicinity_core::time::Timestamp;

use crate::frame::Frame;
use crate::parts::{self, Choice};
use crate::words::Said;

/// One incident in the list.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Triage level, a code.
    pub level: String,
    /// Status of the response, a code.
    pub status: String,
    /// The next clock to act on.
    pub clock: Option<Clock>,
    /// When it was reported.
    pub reported_at: Option<Timestamp>,
    /// Codes of violations.
    pub violations: Vec<String>,
    /// Kinds of perpetrators.
    pub kinds: Vec<String>,
    /// The setting, a code; empty if not stated.
    pub setting: String,
    /// The area; empty if not stated.
    pub area: String,
    /// Number of fields in conflict.
    pub conflicts: usize,
    /// Whether a person is in danger or held now.
    pub danger: Danger,
    /// Whether no clock of the incident can still be acted on.
    pub over: bool,
}

/// Danger marks, shown next to the triage level.
#[derive(Debug, Clone, Copy, Default)]
pub struct Danger {
    /// A person is in danger now.
    pub danger: bool,
    /// A person is held now.
    pub held: bool,
}

/// The chosen filters, as in the URL; an empty one filters nothing.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// `open`, `closed`, a status, or empty.
    pub status: String,
    /// A triage level.
    pub level: String,
    /// A kind of perpetrator.
    pub kind: String,
    /// A group of violations.
    pub group: String,
    /// An area.
    pub area: String,
    /// A setting.
    pub setting: String,
    /// Name of the next clock to act on.
    pub clock: String,
    /// `overdue`, `conflicts`, `questions`, or empty.
    pub only: String,
}

/// A page of the board.
#[derive(Debug, Clone)]
pub struct List {
    /// The chosen filters.
    pub choices: Choices,
    /// Areas to choose from.
    pub areas: Vec<String>,
    /// The lines, most urgent first.
    pub lines: Vec<Line>,
    /// Number of lines on all pages.
    pub total: u64,
    /// This page, from 0.
    pub page: u32,
    /// Number of pages.
    pub pages: u32,
    /// Open incidents of each level, red first.
    pub open: [u64; 3],
    /// Open incidents with an overdue clock that can still be acted on.
    pub overdue: u64,
}

/// The page of the board.
#[must_use]
pub fn list(frame: &Frame, list: &List) -> Markup {
    let body = html! {
        (parts::title(&frame.t("board-title"), frame.t("board-below")))
        (parts::notice_of_new(frame))
        (find(frame))
        div data-live="figures" { (figures(frame, list)) }
        (filter(frame, list))
        div.stack.wide data-live="list" {
            p.quiet role="status" { (frame.with("board-count", &[("count", Said::Count(list.total))])) }
            @if list.lines.is_empty() { p.sheet { (frame.t("board-empty")) } } @else { (table(frame, &list.lines)) }
            (pager(frame, list))
        }
    };
    frame.page(&frame.t("board-title"), "/", &body)
}

/// The form that searches for an incident.
fn find(frame: &Frame) -> Markup {
    html! {
        form.row.end role="search" method="get" action="/find" {
            (parts::field("find", "incident", &frame.t("f-incident"), &frame.t("find-hint"), "search", "", true))
            button.plain { (frame.t("find-do")) }
        }
    }
}

/// The page of search results: several, or none.
#[must_use]
pub fn found(frame: &Frame, lines: &[Line]) -> Markup {
    let title = frame.t("find-title");
    let below = frame.with("board-count", &[("count", Said::Count(lines.len() as u64))]);
    let body = html! {
        (parts::title(&title, below))
        (find(frame))
        @if lines.is_empty() { p.sheet role="status" { (frame.t("find-none")) } } @else { (table(frame, lines)) }
    };
    frame.page(&title, "/", &body)
}

fn figures(frame: &Frame, list: &List) -> Markup {
    let levels = [
        ("red", list.open[0]),
        ("amber", list.open[1]),
        ("green", list.open[2]),
    ];
    html! {
        ul.figures {
            @for (level, count) in levels {
                li { a.figure href={ "/?status=open&level=" (level) } { b { (frame.words.count(count)) } span { (parts::triage(frame, level)) } } }
            }
            li { a.figure href="/?status=open&only=overdue" { b { (frame.words.count(list.overdue)) } span { (frame.t("board-overdue")) } } }
        }
    }
}

fn filter(frame: &Frame, list: &List) -> Markup {
    let chosen = &list.choices;
    let any = || Choice::new("", frame.t("all"));
    let of = |codes: &[&str]| {
        [any()]
            .into_iter()
            .chain(
                codes
                    .iter()
                    .map(|code| Choice::new(*code, frame.words.code(code))),
            )
            .collect::<Vec<_>>()
    };
    let statuses = [
        any(),
        Choice::new("open", frame.t("board-not-closed")),
        Choice::new("closed", frame.t("board-closed")),
    ];
    let clocks = [any()]
        .into_iter()
        .chain(clocks::NAMES.map(|clock| Choice::new(clock, frame.words.label("clock-", clock))))
        .collect::<Vec<_>>();
    let areas = [any()]
        .into_iter()
        .chain(list.areas.iter().map(|area| Choice::new(area, area)))
        .collect::<Vec<_>>();
    let groups = codes_of_groups();
    let only = [
        any(),
        Choice::new("overdue", frame.t("board-overdue")),
        Choice::new("conflicts", frame.t("nav-conflicts")),
        Choice::new("questions", frame.t("board-asked")),
    ];
    html! {
        details.sheet open[has_any(chosen)] {
            summary { (frame.t("board-filter")) }
            form method="get" action="/" {
                div.fields {
                    (parts::select("f-status", "status", &frame.t("f-status"), &statuses, &chosen.status))
                    (parts::select("f-level", "level", &frame.t("f-triage"), &of(codes::TRIAGE_LEVELS.codes), &chosen.level))
                    (parts::select("f-clock", "clock", &frame.t("board-next-clock"), &clocks, &chosen.clock))
                    (parts::select("f-only", "only", &frame.t("board-only"), &only, &chosen.only))
                    (parts::select("f-kind", "kind", &frame.t("f-perpetrators"), &of(codes::PERPETRATOR_KINDS.codes), &chosen.kind))
                    (parts::select("f-group", "group", &frame.t("f-violations"), &of(&groups), &chosen.group))
                    (parts::select("f-area", "area", &frame.t("f-place-area"), &areas, &chosen.area))
                    (parts::select("f-setting", "setting", &frame.t("f-place-setting"), &of(codes::SETTINGS.codes), &chosen.setting))
                }
                div.row.actions { button { (frame.t("board-show")) } a.button.plain href="/" { (frame.t("board-show-all")) } }
            }
        }
    }
}

fn codes_of_groups() -> Vec<&'static str> {
    codes::ViolationGroup::ALL
        .iter()
        .map(|(group, _)| group.name())
        .collect()
}

fn has_any(chosen: &Choices) -> bool {
    let Choices {
        level,
        kind,
        group,
        area,
        setting,
        clock,
        only,
        ..
    } = chosen;
    [level, kind, group, area, setting, clock, only]
        .iter()
        .any(|choice| !choice.is_empty())
}

/// Lines in the given order. Those that are `over` follow under their own heading.
fn table(frame: &Frame, lines: &[Line]) -> Markup {
    let heads = [
        "f-incident",
        "board-next-clock",
        "f-violations",
        "f-perpetrators",
        "f-place",
        "f-status",
        "f-reported-at",
    ];
    let (over, live): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.over);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(frame.t("board-title")) {
            table.cards {
                thead { tr { @for head in heads { th scope="col" { (frame.t(head)) } } } }
                @if !live.is_empty() { tbody { @for line in live { (row(frame, line)) } } }
                @if !over.is_empty() {
                    tbody.over {
                        tr { th colspan=(heads.len()) scope="rowgroup" { (frame.t("board-over")) } }
                        @for line in over { (row(frame, line)) }
                    }
                }
            }
        }
    }
}

fn row(frame: &Frame, line: &Line) -> Markup {
    let label = |id: &str| frame.t(id);
    html! {
        tr {
            th scope="row" {
                a.mono href={ "/incident/" (line.id) } { (short(&line.id)) } " "
                span.chips { (parts::triage(frame, &line.level)) (marks(frame, line.danger)) }
            }
            td data-label=(label("board-next-clock")) { @if let Some(clock) = &line.clock { (running(frame, clock)) } @else { span.quiet { (frame.t("none")) } } }
            td data-label=(label("f-violations")) {
                (joined(frame, &line.violations))
                @if line.conflicts > 0 { " " span.chip.accent { (frame.with("board-conflicts", &[("count", Said::Count(line.conflicts as u64))])) } }
            }
            td data-label=(label("f-perpetrators")) { (joined(frame, &line.kinds)) }
            td data-label=(label("f-place")) { @if !line.setting.is_empty() { (frame.words.code(&line.setting)) " " } span.quiet.nowrap { (line.area) } }
            td data-label=(label("f-status")) { (frame.words.code(&line.status)) }
            td data-label=(label("f-reported-at")) { @if let Some(at) = line.reported_at { (frame.away(at)) } }
        }
    }
}

/// Danger marks as chips.
pub(super) fn marks(frame: &Frame, danger: Danger) -> Markup {
    html! {
        @if danger.danger { span.chip.grave { (frame.t("f-danger-now")) } }
        @if danger.held { span.chip.grave { (frame.t("f-held-now")) } }
    }
}

/// A clock: its name and due time, and its state unless it is running.
#[must_use]
pub fn running(frame: &Frame, clock: &Clock) -> Markup {
    let class = match clock.state {
        State::Overdue | State::MissedWindow => "clock late",
        State::Met => "clock met",
        _ => "clock",
    };
    html! {
        span class=(class) {
            b { (frame.words.label("clock-", clock.name)) } " "
            @match (clock.state, clock.due_at) {
                (State::Running, Some(due)) => (frame.away(due)),
                (state, due) => { (frame.words.label("state-", state.code())) @if let Some(due) = due { " · " (frame.away(due)) } }
            }
        }
    }
}

/// Names of codes, separated by commas.
pub(super) fn joined(frame: &Frame, codes: &[String]) -> String {
    codes
        .iter()
        .map(|code| frame.words.code(code))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The part of an id before the first dash: short enough to read aloud.
pub(super) fn short(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

fn pager(frame: &Frame, list: &List) -> Markup {
    let to = |page: u32| {
        let Choices {
            status,
            level,
            kind,
            group,
            area,
            setting,
            clock,
            only,
        } = &list.choices;
        format!(
            "/?status={status}&level={level}&kind={kind}&group={group}&area={area}&setting={setting}&clock={clock}&only={only}&page={page}"
        )
    };
    parts::pager(frame, list.page, list.pages, &to)
}
