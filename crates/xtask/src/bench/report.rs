//! What is printed: figures, their targets, and what others need for the same.

use crate::bench::workloads::Figures;
use std::fmt::Write;
use std::time::Duration;

/// The most that a workload may cost. What is not there has no target.
#[derive(Default, Clone, Copy)]
struct Limits {
    kilobytes: Option<f64>,
    requests: Option<u64>,
    hub_cpu: Option<f64>,
    device_cpu: Option<f64>,
    log_cpu: Option<f64>,
    hub_peak_megabytes: Option<f64>,
    wall: Option<f64>,
}

/// A workload: what it is, what it may cost, and what others need for it.
pub struct Workload {
    /// As `W1`.
    pub name: &'static str,
    what: &'static str,
    limits: Limits,
    /// Measured by us over loopback with the same shape of incidents, without TLS, durable where the peer says so.
    peers: &'static str,
}

const NONE: Limits = Limits {
    kilobytes: None,
    requests: None,
    hub_cpu: None,
    device_cpu: None,
    log_cpu: None,
    hub_peak_megabytes: None,
    wall: None,
};

/// All of them. The peers' figures are for 1,000 incidents of 4.5 edits each.
pub const WORKLOADS: [Workload; 6] = [
    Workload {
        name: "W1",
        what: "push incidents logged offline with their edits",
        limits: Limits {
            kilobytes: Some(620.0),
            hub_cpu: Some(0.15),
            device_cpu: Some(0.3),
            log_cpu: Some(0.6),
            wall: Some(0.66),
            ..NONE
        },
        peers: "PouchDB 1,953 kB, 80 requests, 1.32 s, hub 0.71 CPU s, device 1.27 (+2.49 to log); automerge-repo 2,236 kB, 8.4 s, hub 10.5 CPU s",
    },
    Workload {
        name: "W2",
        what: "a new responder's device pulls everything",
        limits: Limits {
            kilobytes: Some(300.0),
            hub_cpu: Some(0.3),
            device_cpu: Some(0.3),
            ..NONE
        },
        peers: "PouchDB 569 kB, 58 requests, 0.84 s; automerge-repo 2,222 kB, 8.6 s",
    },
    Workload {
        name: "W3",
        what: "one edit after a restart of the hub",
        limits: Limits {
            kilobytes: Some(1.0),
            requests: Some(1),
            ..NONE
        },
        peers: "PouchDB 9.6 kB, 12 requests (85 kB the first time); Kinto 5.5 kB; automerge-repo 336 kB",
    },
    Workload {
        name: "W4",
        what: "nothing changed, after a restart of the hub",
        limits: Limits {
            kilobytes: Some(0.6),
            requests: Some(1),
            hub_cpu: Some(0.001),
            ..NONE
        },
        peers: "PouchDB 5.9 kB, 9 requests; Kinto in RAM 0.73 kB; automerge-repo 333 kB",
    },
    Workload {
        name: "W5",
        what: "two devices edit the same 200 incidents: all kept, 200 conflicts seen by both and by the hub",
        limits: Limits {
            kilobytes: Some(150.0),
            ..NONE
        },
        peers: "automerge 1,009 kB; PouchDB shows one side only",
    },
    Workload {
        name: "W6",
        what: "50 devices with 20 incidents each at once",
        limits: Limits {
            hub_cpu: Some(0.4),
            hub_peak_megabytes: Some(60.0),
            wall: Some(0.8),
            ..NONE
        },
        peers: "Jazz 2.0 s; PouchDB 2.7 s, hub 1.45 CPU s, 135 MB; automerge-repo 7.7 s, 9.4 CPU s, 264 MB",
    },
];

const HEADING: &str = "Workload,What,kB up + down,Requests,Hub CPU s,Devices CPU s,Logging CPU s,Hub peak MB,Wall s,Met,Target,Others";

impl Workload {
    fn row(&self, figures: &Figures) -> Vec<String> {
        let kilobytes = |bytes: u64| bytes as f64 / 1e3;
        let missed = self.limits.missed(figures);
        vec![
            self.name.to_owned(),
            self.what.to_owned(),
            format!(
                "{} + {} = {}",
                short(kilobytes(figures.up)),
                short(kilobytes(figures.down)),
                short(kilobytes(figures.up + figures.down))
            ),
            figures.requests.to_string(),
            seconds(figures.hub_cpu),
            seconds(figures.device_cpu),
            figures.log_cpu.map(seconds).unwrap_or_default(),
            short(figures.hub_peak as f64 / 1e6),
            seconds(figures.wall),
            if missed.is_empty() {
                "yes".to_owned()
            } else {
                format!("NO: {}", missed.join(", "))
            },
            self.limits.to_string(),
            self.peers.to_owned(),
        ]
    }
}

impl Limits {
    fn missed(&self, figures: &Figures) -> Vec<&'static str> {
        let above = |limit: Option<f64>, value: f64| limit.is_some_and(|limit| value > limit);
        let checks = [
            (
                "bytes",
                above(self.kilobytes, (figures.up + figures.down) as f64 / 1e3),
            ),
            (
                "requests",
                self.requests.is_some_and(|limit| figures.requests > limit),
            ),
            (
                "hub CPU",
                above(self.hub_cpu, figures.hub_cpu.as_secs_f64()),
            ),
            (
                "device CPU",
                above(self.device_cpu, figures.device_cpu.as_secs_f64()),
            ),
            (
                "logging CPU",
                above(
                    self.log_cpu,
                    figures.log_cpu.unwrap_or_default().as_secs_f64(),
                ),
            ),
            (
                "hub memory",
                above(self.hub_peak_megabytes, figures.hub_peak as f64 / 1e6),
            ),
            ("wall", above(self.wall, figures.wall.as_secs_f64())),
        ];
        checks
            .into_iter()
            .filter(|(_, missed)| *missed)
            .map(|(name, _)| name)
            .collect()
    }
}

impl std::fmt::Display for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            self.kilobytes.map(|limit| format!("{limit} kB")),
            self.requests.map(|limit| format!("{limit} request")),
            self.hub_cpu.map(|limit| format!("hub {limit} CPU s")),
            self.device_cpu.map(|limit| format!("device {limit} CPU s")),
            self.log_cpu.map(|limit| format!("logging {limit} CPU s")),
            self.hub_peak_megabytes
                .map(|limit| format!("hub {limit} MB")),
            self.wall.map(|limit| format!("wall {limit} s")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        write!(f, "<= {}", parts.join(", "))
    }
}

/// A single figure with its target.
pub struct Line {
    /// What was measured.
    pub what: String,
    value: f64,
    limit: f64,
    at_least: bool,
    unit: &'static str,
    peers: &'static str,
}

impl Line {
    pub fn at_most(what: impl Into<String>, value: f64, limit: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            value,
            limit,
            at_least: false,
            unit,
            peers: "",
        }
    }

    pub fn at_least(what: impl Into<String>, value: f64, limit: f64, unit: &'static str) -> Self {
        Self {
            at_least: true,
            ..Self::at_most(what, value, limit, unit)
        }
    }

    pub fn beside(self, peers: &'static str) -> Self {
        Self { peers, ..self }
    }

    fn row(&self) -> Vec<String> {
        let met = if self.at_least {
            self.value >= self.limit
        } else {
            self.value <= self.limit
        };
        let sign = if self.at_least { ">=" } else { "<=" };
        vec![
            self.what.clone(),
            format!("{} {}", short(self.value), self.unit),
            if met { "yes" } else { "NO" }.to_owned(),
            format!("{sign} {} {}", self.limit, self.unit),
            self.peers.to_owned(),
        ]
    }
}

/// The table of the workloads that ran.
pub fn workloads(ran: &[(&'static Workload, Figures)]) -> String {
    table(
        &HEADING.split(',').collect::<Vec<_>>(),
        &ran.iter()
            .map(|(workload, figures)| workload.row(figures))
            .collect::<Vec<_>>(),
    )
}

/// The table of single figures.
pub fn single(lines: &[Line]) -> String {
    table(
        &["Figure", "Measured", "Met", "Target", "Others"],
        &lines.iter().map(Line::row).collect::<Vec<_>>(),
    )
}

/// A Markdown table, padded so that it can be read as it is.
fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let width = |at: usize| {
        rows.iter()
            .filter_map(|row| row.get(at))
            .map(|cell| cell.chars().count())
            .chain([heading[at].len(), 3])
            .max()
            .unwrap_or(3)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        // Writing to a text cannot fail.
        writeln!(text, "| {} |", cells.join(" | ")).ok();
    };
    line(&mut heading.iter().copied());
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(&mut dashes.iter().map(String::as_str));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    text
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.01 {
        format!("{seconds:.4}")
    } else {
        format!("{seconds:.2}")
    }
}

/// A number with three digits or all before the point.
fn short(value: f64) -> String {
    match value {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_its_limit_is_named() {
        let figures = Figures {
            up: 900,
            down: 200,
            requests: 2,
            hub_cpu: Duration::from_millis(2),
            ..Figures::default()
        };
        let [_, _, edited, unchanged, ..] = &WORKLOADS;
        assert_eq!(edited.limits.missed(&figures), ["bytes", "requests"]);
        assert_eq!(
            unchanged.limits.missed(&figures),
            ["bytes", "requests", "hub CPU"]
        );
        assert!(
            edited
                .limits
                .missed(&Figures {
                    up: 500,
                    requests: 1,
                    ..figures
                })
                .is_empty()
        );
    }

    #[test]
    fn a_rate_must_reach_its_target_and_a_cost_stay_below() {
        assert_eq!(Line::at_least("rate", 4000.0, 4000.0, "/s").row()[2], "yes");
        assert_eq!(Line::at_least("rate", 3999.0, 4000.0, "/s").row()[2], "NO");
        assert_eq!(Line::at_most("cost", 25.1, 25.0, "MB").row()[2], "NO");
    }

    #[test]
    fn a_table_is_padded_markdown() {
        assert_eq!(
            table(&["a", "long"], &[vec!["x".into(), "é".into()]]),
            "| a   | long |\n| --- | ---- |\n| x   | é    |\n"
        );
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.456, 45.67, 1234.5].map(short), ["0.46", "45.7", "1234"]);
    }
}
