//! One server at several addresses: they are tried in turn, and each failure is reported with its reason.

use core::fmt;
use std::io;

use ureq::config::ConfigBuilder;
use ureq::http::header::RETRY_AFTER;
use ureq::http::{HeaderValue, StatusCode};
use ureq::typestate::AgentScope;
use ureq::{Agent, Error};

use crate::client::{self, HandshakeFailed};
use crate::pin::Pin;

/// Why an address brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The resolver knows no such name.
    #[error("the name is not known on this network")]
    NoName,
    /// The machine is there and refuses.
    #[error("nothing listens there")]
    Refused,
    /// Neither yes nor no.
    #[error("no answer in time")]
    Silent,
    /// No way on this network.
    #[error("this network does not lead there")]
    NoWay,
    /// Somebody without a pinned key.
    #[error("another server answers there, with another key")]
    OtherKey,
    /// Somebody who speaks something else.
    #[error("what answers there does not speak TLS 1.3")]
    NoTls,
    /// Closed before anything of the request was sent.
    #[error("the connection was closed at once")]
    Closed,
    /// The connection broke. Whether the request arrived is not known.
    #[error("the connection was cut")]
    Cut,
}

/// An address that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Host and port.
    pub address: String,
    /// Why.
    pub why: Why,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.why)
    }
}

/// All failures in one line.
#[must_use]
pub fn told(failures: &[Failure]) -> String {
    failures
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Whether the server had another key than the pinned ones, at every address.
#[must_use]
pub fn is_other_key(failures: &[Failure]) -> bool {
    !failures.is_empty() && failures.iter().all(|failure| failure.why == Why::OtherKey)
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Vec<u8>,
    /// After how many seconds it asks to be asked again (`Retry-After`).
    pub retry_after: Option<u64>,
}

/// The ways to one server.
pub struct Ways {
    agent: Agent,
    scheme: &'static str,
    addresses: Vec<String>,
    first: usize,
}

impl Ways {
    /// Ways to the holder of one of these keys by these addresses; without a key in clear. Names are resolved at each try, and no
    /// proxy is used: see [`client::agent`].
    #[must_use]
    pub fn new(config: ConfigBuilder<AgentScope>, pins: &[Pin], addresses: Vec<String>) -> Self {
        let scheme = if pins.is_empty() { "http" } else { "https" };
        Self {
            agent: client::agent(config.http_status_as_error(false), pins),
            scheme,
            addresses,
            first: 0,
        }
    }

    /// Posts a body to a path, and reads at most that many bytes of the answer. Continues to the next address only where nothing can
    /// have arrived at the one before.
    ///
    /// # Errors
    /// What each address said. After [`Why::Cut`] the request may have arrived.
    pub fn post(&mut self, path: &str, body: &[u8], limit: u64) -> Result<Answer, Vec<Failure>> {
        let (agent, scheme) = (&self.agent, self.scheme);
        let one = |address: &str| {
            let mut response = agent
                .post(format!("{scheme}://{address}{path}"))
                .send(body)?;
            let body = response
                .body_mut()
                .with_config()
                .limit(limit)
                .read_to_vec()?;
            Ok(Answer {
                status: response.status(),
                body,
                retry_after: response.headers().get(RETRY_AFTER).and_then(seconds),
            })
        };
        in_turn(&self.addresses, &mut self.first, |address| {
            one(address).map_err(|error| why(&error))
        })
    }
}

/// The seconds that a header says; none of a date, which is of another clock.
fn seconds(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.trim().parse().ok()
}

/// Tries addresses from `first` on until one answers, which is the first one from then on. Stops where a request may have arrived:
/// the next one then begins at the address after it.
fn in_turn<T>(
    addresses: &[String],
    first: &mut usize,
    mut one: impl FnMut(&str) -> Result<T, Why>,
) -> Result<T, Vec<Failure>> {
    let (count, begun) = (addresses.len(), *first);
    let mut failures = Vec::new();
    for at in (0..count).map(|step| (begun + step) % count) {
        match one(&addresses[at]) {
            Ok(answer) => {
                *first = at;
                return Ok(answer);
            }
            Err(why) => failures.push(Failure {
                address: addresses[at].clone(),
                why,
            }),
        }
        if failures
            .last()
            .is_some_and(|failure| failure.why == Why::Cut)
        {
            *first = (at + 1) % count;
            break;
        }
    }
    Err(failures)
}

/// Why there is no answer. Whatever came after the connection stood is [`Why::Cut`].
fn why(error: &Error) -> Why {
    match error {
        Error::HostNotFound | Error::Timeout(ureq::Timeout::Resolve) => Why::NoName,
        Error::ConnectionFailed => Why::Refused,
        Error::Timeout(ureq::Timeout::Connect) => Why::Silent,
        Error::Io(error) => of_io(error),
        _ => Why::Cut,
    }
}

fn of_io(error: &io::Error) -> Why {
    if let Some(HandshakeFailed(error)) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<HandshakeFailed>())
    {
        let inner = error.get_ref();
        return match (
            inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()),
            inner.and_then(|inner| inner.downcast_ref::<Error>()),
        ) {
            (Some(rustls::Error::InvalidCertificate(_)), _) => Why::OtherKey,
            (Some(_), _) => Why::NoTls,
            (_, Some(Error::Timeout(_))) => Why::Silent,
            _ => Why::Closed,
        };
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Why::Refused,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::NetworkDown => Why::NoWay,
        _ => Why::Cut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Vec<String> {
        ["a:1", "b:2", "c:3"].map(str::to_owned).to_vec()
    }

    #[test]
    fn each_address_is_tried_in_turn_and_the_one_that_answers_comes_first_from_then_on() {
        let (mut first, mut tried) = (0, Vec::new());
        let answer = in_turn(&addresses(), &mut first, |address| {
            tried.push(address.to_owned());
            if address == "b:2" {
                Ok(7)
            } else {
                Err(Why::Refused)
            }
        });
        assert_eq!((answer, first), (Ok(7), 1));
        assert_eq!(tried, ["a:1", "b:2"]);
        tried.clear();
        let failed = in_turn::<u8>(&addresses(), &mut first, |address| {
            tried.push(address.to_owned());
            Err(if address == "b:2" {
                Why::NoName
            } else {
                Why::Silent
            })
        });
        assert_eq!(tried, ["b:2", "c:3", "a:1"]);
        assert_eq!(
            told(&failed.unwrap_err()),
            "b:2: the name is not known on this network; c:3: no answer in time; a:1: no answer in time"
        );
    }

    #[test]
    fn a_request_that_may_have_arrived_is_sent_to_no_other_address() {
        let (mut first, mut tried) = (0, 0);
        let failed = in_turn::<u8>(&addresses(), &mut first, |_| {
            tried += 1;
            Err(Why::Cut)
        });
        assert_eq!(
            (failed.unwrap_err().len(), tried, first),
            (1, 1, 1),
            "the next request begins elsewhere"
        );
        assert!(
            in_turn::<u8>(&[], &mut 0, |_| Err(Why::Cut))
                .unwrap_err()
                .is_empty()
        );
    }

    #[test]
    fn a_retry_after_counts_where_it_is_seconds() {
        for (value, said) in [
            ("60", Some(60)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("-1", None),
            ("soon", None),
            ("Tue, 01 Dec 2026 05:00:00 GMT", None),
            ("", None),
        ] {
            assert_eq!(
                seconds(&HeaderValue::from_str(value).unwrap()),
                said,
                "{value}"
            );
        }
    }

    #[test]
    fn an_answer_has_its_status_its_body_and_when_to_ask_again() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut asked, mut some) = (Vec::new(), [0; 1024]);
            while !asked.ends_with(b"asked") {
                let read = io::Read::read(&mut stream, &mut some).unwrap();
                asked.extend_from_slice(&some[..read]);
            }
            io::Write::write_all(&mut stream, b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 90\r\ncontent-length: 4\r\n\r\nslow").unwrap();
        });
        let answer = Ways::new(Agent::config_builder(), &[], vec![address])
            .post("/sync", b"asked", 10)
            .unwrap();
        assert_eq!(
            answer,
            Answer {
                status: StatusCode::TOO_MANY_REQUESTS,
                body: b"slow".to_vec(),
                retry_after: Some(90)
            }
        );
        server.join().unwrap();
    }

    #[test]
    fn another_key_is_said_only_where_every_address_has_one() {
        let failure = |why| Failure {
            address: "a:1".to_owned(),
            why,
        };
        assert!(is_other_key(&[
            failure(Why::OtherKey),
            failure(Why::OtherKey)
        ]));
        assert!(
            !is_other_key(&[failure(Why::OtherKey), failure(Why::Silent)]) && !is_other_key(&[])
        );
    }
}
