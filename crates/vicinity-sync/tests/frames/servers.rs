//! Samples of what hubs, national servers and the server above them send to each other.

use vicinity_core::advocacy::Advocacy;
use vicinity_core::counts::{Contribution, MonthTable};
use vicinity_core::ids::{AdvocacyId, ProjectionId};
use vicinity_core::published::Window;
use vicinity_sync::advocacy::LogReport;
use vicinity_sync::alert::{AlertReply, AlertReport, rows};
use vicinity_sync::tables::TablesPart;
use vicinity_sync::uplink::{AnswerRow, Question, Reply, Report, Row};
use vicinity_sync::windows::{Windows, WindowsReply};

use super::alert;

pub(crate) fn report() -> Report {
    let row = |byte: u8, version, json: Option<&str>| {
        Row::new(
            ProjectionId::from_bytes([byte; 16]),
            version,
            json.map(str::to_owned),
        )
    };
    Report {
        rows: vec![
            row(0x51, 3, Some(r#"{"week":"2026-W47"}"#)),
            row(0x52, 4, None),
        ],
        questions_received: vec![9, 10],
        answers: vec![AnswerRow {
            question: 9,
            answer: "confirmed".into(),
        }],
        pins: 0x0102_0304,
        ..Report::default()
    }
}

pub(crate) fn reply() -> Reply {
    let questions = vec![Question::new(
        11,
        ProjectionId::from_bytes([0x51; 16]),
        "which_week".into(),
    )];
    Reply {
        held: vec![Some(4), None],
        questions,
        pins: Some(vec![9; 64]),
        ..Reply::default()
    }
}

pub(crate) fn report_alerts() -> Report {
    Report {
        alerts: Some(AlertReport {
            own_hash: 5,
            near_hash: 1 << 63,
            own: Some(rows(&[alert()])),
        }),
        ..Report::default()
    }
}

pub(crate) fn reply_alerts() -> Reply {
    Reply {
        alerts: Some(AlertReply {
            wanted: true,
            near: Some(Vec::new()),
        }),
        ..Reply::default()
    }
}

pub(crate) fn report_log() -> Report {
    let text = str::to_owned;
    let entry = Advocacy {
        id: AdvocacyId::from_bytes([0xad; 16]),
        day: text("2026-11-03"),
        action: text("training"),
        kind: text("health_worker"),
        area: text("SN-DK"),
        outcome: text("awaited"),
    };
    Report {
        advocacy: Some(LogReport::new(7, Some(vec![entry]))),
        ..Report::default()
    }
}

pub(crate) fn reply_log() -> Reply {
    Reply {
        log_wanted: Some(true),
        ..Reply::default()
    }
}

pub(crate) fn report_tables() -> Report {
    let facets = [("gender", "woman"), ("violation_group", "rights")];
    let one = |survivor, is_seen| Contribution {
        month: "2026-10".into(),
        area: "SN-DK".into(),
        facets: facets
            .map(|(dimension, code)| (dimension.to_owned(), code.to_owned()))
            .into(),
        is_seen,
        survivor: vec![survivor],
    };
    let counted = MonthTable::of(&[one(1, true), one(1, false), one(2, false)]);
    let tables: Vec<MonthTable> = counted
        .into_values()
        .chain([MonthTable::empty("2026-11")])
        .collect();
    Report {
        tables: TablesPart::of(&tables).pop(),
        tables_mark: Some([7; 16]),
        ..Report::default()
    }
}

pub(crate) fn reply_tables() -> Reply {
    Reply {
        tables_lost: Some(true),
        tables_refused: Some(true),
        ..Reply::default()
    }
}

pub(crate) fn windows() -> Windows {
    let cells = [("", "", 40), ("response", "within_24h", 30)]
        .map(|(dimension, code, count)| ((dimension.to_owned(), code.to_owned()), count));
    Windows::new(
        &[
            Window {
                month: "2026-09".into(),
                cells: cells.into(),
            },
            Window {
                month: "2026-10".into(),
                ..Window::default()
            },
        ],
        0x0102_0304,
    )
}

pub(crate) fn windows_reply() -> WindowsReply {
    WindowsReply {
        pins: Some(vec![9; 64]),
    }
}
