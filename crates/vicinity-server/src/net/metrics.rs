//! Figures for Prometheus. Labels are fixed words: no name, no id, no incident.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use vicinity_core::admit::Verdict;
use vicinity_store::hub::HubCounts;

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    route: &'static str,
    result: &'static str,
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ChangeLabels {
    verdict: &'static str,
}

/// What a server counts.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    changes: Family<ChangeLabels, Counter>,
    given: Counter,
    seconds: Histogram,
    gauges: Vec<Gauge>,
}

const GAUGES: [(&str, &str); 6] = [
    ("incidents", "Incidents held"),
    ("feed_seq", "Head of the feed"),
    ("devices", "Devices enrolled"),
    ("changes_waiting", "Changes that wait for ancestors"),
    ("changes_quarantined", "Changes refused and kept aside"),
    (
        "projections_unsent",
        "Projections national has not confirmed",
    ),
];

impl Metrics {
    /// Metrics under a prefix.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let mut registry = Registry::with_prefix(prefix);
        let (requests, changes, given) = (Family::default(), Family::default(), Counter::default());
        let seconds = Histogram::new(exponential_buckets(0.001, 2.0, 14));
        registry.register(
            "requests",
            "Requests, by route and result",
            Family::clone(&requests),
        );
        registry.register(
            "changes",
            "Changes from devices, by verdict",
            Family::clone(&changes),
        );
        registry.register(
            "changes_given",
            "Changes given to devices",
            Counter::clone(&given),
        );
        registry.register(
            "request_seconds",
            "Seconds from a request to its answer",
            seconds.clone(),
        );
        let gauges = GAUGES.map(|(name, help)| {
            let gauge = Gauge::default();
            registry.register(name, help, Gauge::clone(&gauge));
            gauge
        });
        Self {
            registry,
            requests,
            changes,
            given,
            seconds,
            gauges: gauges.into(),
        }
    }

    /// Counts a request.
    pub fn request(&self, route: &'static str, result: &'static str, seconds: f64) {
        self.requests
            .get_or_create(&RequestLabels { route, result })
            .inc();
        self.seconds.observe(seconds);
    }

    /// Counts what a device brought and was given.
    pub fn changes(&self, verdicts: &[Verdict], given: usize) {
        for verdict in verdicts {
            let verdict = match verdict {
                Verdict::Stored => "stored",
                Verdict::Duplicate => "duplicate",
                Verdict::Pending => "pending",
                Verdict::NotYet => "not_yet",
                Verdict::Rejected(refusal) => refusal.code(),
            };
            self.changes.get_or_create(&ChangeLabels { verdict }).inc();
        }
        self.given.inc_by(given as u64);
    }

    /// The text for Prometheus, with fresh counts.
    #[must_use]
    pub fn text(&self, counts: &HubCounts) -> String {
        let HubCounts {
            incidents,
            feed_seq,
            devices,
            waiting,
            quarantined,
            projections_unsent,
        } = *counts;
        for (gauge, value) in self.gauges.iter().zip([
            incidents,
            feed_seq,
            devices,
            waiting,
            quarantined,
            projections_unsent,
        ]) {
            gauge.set(value.cast_signed());
        }
        let mut out = String::new();
        if text::encode(&mut out, &self.registry).is_err() {
            out.clear();
        }
        out
    }
}
