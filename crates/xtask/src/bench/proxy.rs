//! A TCP proxy between devices and their hub that counts what passes: bytes both ways, and requests.

use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What passed, HTTP with its headers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// From devices to the hub.
    pub up: u64,
    /// From the hub to devices.
    pub down: u64,
    /// Requests.
    pub requests: u64,
}

impl Sub for Passed {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            up: self.up - before.up,
            down: self.down - before.down,
            requests: self.requests - before.requests,
        }
    }
}

#[derive(Default)]
struct Counters {
    up: AtomicU64,
    down: AtomicU64,
    requests: AtomicU64,
    hub: Mutex<String>,
}

/// The proxy. It listens until the process ends.
pub struct Proxy {
    counters: Arc<Counters>,
    address: String,
}

impl Proxy {
    /// Listens on a free port and passes everything on to the hub.
    pub fn start(hub: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free port for the proxy")?;
        let address = listener.local_addr()?.to_string();
        let counters = Arc::new(Counters {
            hub: Mutex::new(hub.to_owned()),
            ..Counters::default()
        });
        let shared = Arc::clone(&counters);
        std::thread::spawn(move || {
            for device in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A connection that cannot be passed on is cut: the device sees it, and the workload fails by that.
                std::thread::spawn(move || pass_on(&device, &shared).ok());
            }
        });
        Ok(Self { counters, address })
    }

    /// Where devices find it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The hub has moved.
    pub fn lead_to(&self, hub: &str) {
        if let Ok(mut address) = self.counters.hub.lock() {
            hub.clone_into(&mut address);
        }
    }

    /// Everything that passed so far.
    pub fn passed(&self) -> Passed {
        let of = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Passed {
            up: of(&self.counters.up),
            down: of(&self.counters.down),
            requests: of(&self.counters.requests),
        }
    }
}

fn pass_on(device: &TcpStream, counters: &Arc<Counters>) -> Result<()> {
    let address = counters
        .hub
        .lock()
        .map(|address| address.clone())
        .unwrap_or_default();
    let hub = TcpStream::connect(address)?;
    for stream in [device, &hub] {
        stream.set_nodelay(true)?;
    }
    let (mut from_hub, mut to_device) = (hub.try_clone()?, device.try_clone()?);
    let shared = Arc::clone(counters);
    let down = std::thread::spawn(move || {
        copy(&mut from_hub, &mut to_device, |bytes| {
            count(&shared.down, bytes.len())
        })
    });
    let mut requests = Requests::default();
    copy(&mut &*device, &mut &hub, |bytes| {
        count(&counters.up, bytes.len());
        count(&counters.requests, requests.begun_in(bytes));
    });
    down.join().ok();
    Ok(())
}

fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::SeqCst);
}

/// Copies until the end or a cut, each of which the other side is to see.
fn copy(from: &mut impl Read, to: &mut (impl Write + Shut), mut see: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        see(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    to.shut();
}

trait Shut {
    fn shut(&self);
}

impl Shut for TcpStream {
    fn shut(&self) {
        // It may have gone already.
        self.shutdown(Shutdown::Write).ok();
    }
}

impl Shut for &TcpStream {
    fn shut(&self) {
        (**self).shut();
    }
}

/// Finds where requests begin in what a device sends: heads end with an empty line, bodies have a stated length.
#[derive(Default)]
struct Requests {
    head: Vec<u8>,
    body_left: usize,
}

impl Requests {
    fn begun_in(&mut self, mut bytes: &[u8]) -> usize {
        let mut begun = 0;
        while !bytes.is_empty() {
            let of_body = self.body_left.min(bytes.len());
            self.body_left -= of_body;
            bytes = &bytes[of_body..];
            let Some((first, rest)) = bytes.split_first() else {
                break;
            };
            begun += usize::from(self.head.is_empty());
            self.head.push(*first);
            bytes = rest;
            if self.head.ends_with(b"\r\n\r\n") {
                self.body_left = content_length(&self.head);
                self.head.clear();
            }
        }
        begun
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    length
        .and_then(|length| length.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        b"POST /a HTTP/1.1\r\nContent-Length: 7\r\n\r\nPOST /xGET /b HTTP/1.1\r\nhost: h\r\n\r\n";

    #[test]
    fn requests_are_counted_however_they_are_cut() {
        for size in 1..TWO.len() {
            let mut requests = Requests::default();
            assert_eq!(
                TWO.chunks(size)
                    .map(|chunk| requests.begun_in(chunk))
                    .sum::<usize>(),
                2,
                "{size}"
            );
        }
    }

    #[test]
    fn what_passes_is_counted_and_arrives() {
        let hub = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start(&hub.local_addr().unwrap().to_string()).unwrap();
        let mut device = TcpStream::connect(proxy.address()).unwrap();
        device.write_all(TWO).unwrap();
        device.shutdown(Shutdown::Write).unwrap();
        let (mut served, _) = hub.accept().unwrap();
        let mut arrived = Vec::new();
        served.read_to_end(&mut arrived).unwrap();
        served.write_all(b"answer").unwrap();
        drop(served);
        let mut answer = Vec::new();
        device.read_to_end(&mut answer).unwrap();
        assert_eq!(
            (arrived.as_slice(), answer.as_slice()),
            (TWO, &b"answer"[..])
        );
        assert_eq!(
            proxy.passed(),
            Passed {
                up: TWO.len() as u64,
                down: 6,
                requests: 2
            }
        );
    }
}
