//! A network that loses, cuts, doubles and reorders.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use vicinity_device::link::{Link, LinkFailure};

/// The outcome of one request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Both arrive.
    Arrives,
    /// The request does not arrive.
    RequestLost,
    /// The request arrives; its answer does not, and the sender notices.
    AnswerLost,
    /// The request arrives; of its answer only a part does, as thousandths.
    AnswerTruncated(u16),
    /// The request arrives twice, and the first answer counts.
    Doubled,
    /// The request arrives twice, and the second answer counts.
    SecondAnswer,
    /// An old request, of anyone who it was, arrives again before this one.
    Overtaken,
}

/// How the network is today.
#[derive(Debug)]
pub enum Weather {
    /// Everything arrives.
    Calm,
    /// Each request is harmed with this probability.
    Stormy(Box<StdRng>, f64),
    /// Fates one after the other, then calm.
    Script(VecDeque<Fate>),
}

impl Weather {
    /// Network faults.
    #[must_use]
    pub fn stormy(seed: u64, harm: f64) -> Self {
        Self::Stormy(Box::new(StdRng::seed_from_u64(seed)), harm)
    }

    /// Fates one after the other, then calm.
    #[must_use]
    pub fn script(fates: &[Fate]) -> Self {
        Self::Script(fates.iter().copied().collect())
    }

    /// The fate of the next request.
    pub fn next_fate(&mut self) -> Fate {
        match self {
            Self::Calm => Fate::Arrives,
            Self::Script(fates) => fates.pop_front().unwrap_or(Fate::Arrives),
            Self::Stormy(rng, harm) => Self::stormy_fate(rng, *harm),
        }
    }

    fn stormy_fate(rng: &mut StdRng, harm: f64) -> Fate {
        if !rng.random_bool(harm) {
            return Fate::Arrives;
        }
        match rng.random_range(0..6) {
            0 => Fate::RequestLost,
            1 => Fate::AnswerLost,
            2 => Fate::AnswerTruncated(rng.random_range(0..1000)),
            3 => Fate::Doubled,
            4 => Fate::SecondAnswer,
            _ => Fate::Overtaken,
        }
    }
}

/// Something that answers requests.
pub trait Host {
    /// The answer to a request.
    ///
    /// # Errors
    /// A refusal, or nobody is there.
    fn answer(&mut self, request: &[u8]) -> Result<Vec<u8>, LinkFailure>;

    /// An old request, if one was kept.
    fn old_request(&mut self) -> Option<Vec<u8>>;
}

/// The way to a host through the weather.
pub struct Wire<'a> {
    /// Who answers.
    pub host: &'a mut dyn Host,
    /// What happens on the way.
    pub weather: &'a mut Weather,
    /// Requests posted.
    pub requests: u64,
}

impl<'a> Wire<'a> {
    /// A way to a host.
    pub fn new(host: &'a mut dyn Host, weather: &'a mut Weather) -> Self {
        Self {
            host,
            weather,
            requests: 0,
        }
    }
}

impl Link for Wire<'_> {
    fn post(&mut self, _path: &str, body: &[u8]) -> Result<Vec<u8>, LinkFailure> {
        self.requests += 1;
        match self.weather.next_fate() {
            Fate::Arrives => self.host.answer(body),
            Fate::RequestLost => Err(LinkFailure::Cut),
            Fate::AnswerLost => {
                self.host.answer(body).ok();
                Err(LinkFailure::Cut)
            }
            Fate::AnswerTruncated(thousandths) => {
                let mut answer = self.host.answer(body)?;
                answer.truncate(answer.len() * usize::from(thousandths) / 1000);
                Ok(answer)
            }
            Fate::Doubled => {
                let first = self.host.answer(body);
                self.host.answer(body).ok();
                first
            }
            Fate::SecondAnswer => {
                self.host.answer(body).ok();
                self.host.answer(body)
            }
            Fate::Overtaken => {
                if let Some(old) = self.host.old_request() {
                    self.host.answer(&old).ok();
                }
                self.host.answer(body)
            }
        }
    }
}
