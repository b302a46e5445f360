//! As much HTTP/1.1 as the tests need: post any bytes at all, and read what a proxy kept.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A request as it went over the wire.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its path.
    pub path: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Status and body, for an answer that is a text.
    #[must_use]
    pub fn text(&self) -> (u16, String) {
        (
            self.status,
            String::from_utf8_lossy(&self.body).into_owned(),
        )
    }
}

/// Posts a body.
#[must_use]
pub fn post(address: &str, path: &str, body: &[u8]) -> Answer {
    exchange(address, &posted(address, path, body))
}

/// Posts a body to a server that may be gone, or cut the line.
#[must_use]
pub fn try_post(address: &str, path: &str, body: &[u8]) -> Option<Answer> {
    try_exchange(address, &posted(address, path, body)).ok()
}

fn posted(address: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Gets a page as a text.
#[must_use]
pub fn get(address: &str, path: &str) -> String {
    let answer = exchange(
        address,
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes(),
    );
    assert_eq!(answer.status, 200, "{path}");
    String::from_utf8(answer.body).expect("the page is a text")
}

/// Sends any bytes and reads the answer to them.
#[must_use]
#[track_caller]
pub fn exchange(address: &str, bytes: &[u8]) -> Answer {
    try_exchange(address, bytes).unwrap_or_else(|error| panic!("no answer from {address}: {error}"))
}

/// The same, where there may be none.
fn try_exchange(address: &str, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut writer = stream.try_clone()?;
    let bytes = bytes.to_vec();
    // In a thread, since a server may refuse before it has read everything; it then closes, and the rest cannot be sent.
    let writing = std::thread::spawn(move || writer.write_all(&bytes).ok());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    writing.join().expect("writing does not panic");
    let parts = split(&answer).and_then(|(head, body)| {
        Some((head.split_whitespace().nth(1)?.parse().ok()?, body.to_vec()))
    });
    let (status, body) =
        parts.ok_or_else(|| std::io::Error::other(format!("{} bytes", answer.len())))?;
    Ok(Answer { status, body })
}

/// A whole request, for who answers it: the lines of its head, and its body.
#[must_use]
pub fn received(stream: &TcpStream) -> (Vec<String>, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let mut body = vec![
        0;
        header(&head, "content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0)
    ];
    reader.read_exact(&mut body).ok();
    (head, body)
}

/// A header among the lines of a head.
#[must_use]
pub fn header<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    head.iter().find_map(|line| {
        line.split_once(": ")
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// The requests that a client sent over one connection.
#[must_use]
pub fn requests(mut bytes: &[u8]) -> Vec<Request> {
    let mut requests = Vec::new();
    while let Some((head, rest)) = split(bytes) {
        let path = head
            .split_whitespace()
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")
                .and_then(|value| value.trim().parse().ok())
        });
        let length: usize = length.unwrap_or(0);
        let Some(body) = rest.get(..length) else {
            break;
        };
        requests.push(Request {
            path,
            body: body.to_vec(),
        });
        bytes = &rest[length..];
    }
    requests
}

fn split(bytes: &[u8]) -> Option<(String, &[u8])> {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((
        String::from_utf8_lossy(&bytes[..at]).into_owned(),
        &bytes[at + 4..],
    ))
}
