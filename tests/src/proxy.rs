//! A TCP proxy that keeps every byte that passes, in both directions.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use vicinity_sync::compress;
use vicinity_sync::envelope::Envelope;
use vicinity_sync::statement::Piece;
use vicinity_sync::uplink;

use crate::http::{self, Request};

/// What passed over one connection.
#[derive(Clone, Default)]
pub struct Connection {
    /// From who connected.
    pub up: Vec<u8>,
    /// From who was connected to.
    pub down: Vec<u8>,
}

type Kept = Arc<Mutex<Vec<Connection>>>;

/// A proxy before one address.
pub struct Proxy {
    /// Its own host and port.
    pub address: String,
    kept: Kept,
    cut_after: Arc<AtomicU64>,
}

impl Proxy {
    /// Starts a proxy. It ends with the test's process.
    #[must_use]
    pub fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener
            .local_addr()
            .expect("a listener has an address")
            .to_string();
        let (kept, target, cut_after) = (
            Kept::default(),
            target.to_owned(),
            Arc::new(AtomicU64::new(u64::MAX)),
        );
        let (keep, cut) = (Arc::clone(&kept), Arc::clone(&cut_after));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A target that is down looks to the client like a link that is cut.
                if let Ok(server) = TcpStream::connect(&target) {
                    join(&client, &server, &keep, &cut);
                }
            }
        });
        Self {
            address,
            kept,
            cut_after,
        }
    }

    /// Cuts the connection, both ways, once this number of further bytes has passed.
    pub fn cut_after(&self, bytes: u64) {
        self.cut_after.store(bytes, Ordering::SeqCst);
    }

    /// Never cuts again.
    pub fn mend(&self) {
        self.cut_after.store(u64::MAX, Ordering::SeqCst);
    }

    /// What has passed so far, by connection.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        self.kept.lock().expect("no thread panicked").clone()
    }

    /// Forgets what has passed.
    pub fn forget(&self) {
        // Connections still open write into their places, so the places stay.
        self.kept
            .lock()
            .expect("no thread panicked")
            .iter_mut()
            .for_each(|connection| *connection = Connection::default());
    }

    /// Every byte that went up.
    #[must_use]
    pub fn up(&self) -> Vec<u8> {
        self.connections()
            .into_iter()
            .flat_map(|connection| connection.up)
            .collect()
    }

    /// The requests that went up whole.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.connections()
            .iter()
            .flat_map(|connection| http::requests(&connection.up))
            .collect()
    }

    /// What the envelopes that went up to a path hold.
    #[must_use]
    pub fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        let to = self
            .requests()
            .into_iter()
            .filter(|request| request.path == path);
        to.map(|request| Envelope::decode(&request.body).expect("an envelope").body)
            .collect()
    }

    /// The pieces of sealed statements that went up.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        self.bodies("/v1/blob")
            .iter()
            .map(|body| uplink::decode(body).expect("a piece"))
            .collect()
    }

    /// Every byte that went up, and behind them what envelopes hold, opened as far as anybody on the way can.
    #[must_use]
    pub fn opened(&self) -> Vec<u8> {
        let mut bytes = self.up();
        // What enrols comes in no envelope.
        for envelope in self
            .requests()
            .iter()
            .filter_map(|request| Envelope::decode(&request.body).ok())
        {
            bytes.extend(compress::inflate(&envelope.body).expect("a frame"));
        }
        bytes
    }

    /// How many bytes passed, headers and all.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.connections()
            .iter()
            .map(|connection| connection.up.len() + connection.down.len())
            .sum()
    }
}

fn join(client: &TcpStream, server: &TcpStream, kept: &Kept, cut: &Arc<AtomicU64>) {
    let place = {
        let mut kept = kept.lock().expect("no thread panicked");
        kept.push(Connection::default());
        kept.len() - 1
    };
    let clone = |stream: &TcpStream| stream.try_clone().expect("a socket can be cloned");
    for (from, to, is_up) in [
        (clone(client), clone(server), true),
        (clone(server), clone(client), false),
    ] {
        let (kept, cut) = (Arc::clone(kept), Arc::clone(cut));
        std::thread::spawn(move || {
            pump(from, to, &cut, |bytes| {
                let mut kept = kept.lock().expect("no thread panicked");
                let connection = &mut kept[place];
                if is_up {
                    connection.up.extend_from_slice(bytes)
                } else {
                    connection.down.extend_from_slice(bytes)
                }
            })
        });
    }
}

/// Passes bytes on until an end closes or the link is to be cut. A byte is kept before it is passed on: anyone who has
/// seen an answer finds it here.
fn pump(mut from: TcpStream, mut to: TcpStream, cut: &AtomicU64, keep: impl Fn(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let passed = may_pass(cut, read);
        keep(&buffer[..passed]);
        if to.write_all(&buffer[..passed]).is_err() {
            break;
        }
        if passed < read {
            // Cut: neither end hears anything any more.
            from.shutdown(Shutdown::Both).ok();
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

/// How many of these bytes may still pass. They are taken off at once: both directions share what is left.
fn may_pass(cut: &AtomicU64, bytes: usize) -> usize {
    let taken = cut.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        (left != u64::MAX).then(|| left.saturating_sub(bytes as u64))
    });
    taken.map_or(bytes, |left| {
        usize::try_from(left).unwrap_or(usize::MAX).min(bytes)
    })
}
