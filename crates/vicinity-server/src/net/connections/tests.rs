//! Over pipes in memory, under a clock that jumps to what is waited for next.

use axum::body::Bytes;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use vicinity_link::ServerKey;

use super::patience::TAKEN_SECONDS;
use super::*;

const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
/// Bytes that are in progress in a pipe.
const PIPE_BYTES: usize = 1024;
const LARGE_BYTES: usize = 100 * 1024;

/// A connection that is served.
struct Line {
    far: DuplexStream,
    served: JoinHandle<()>,
    serving: watch::Sender<()>,
    since: Instant,
}

impl Line {
    #[expect(clippy::disallowed_methods, reason = "pages of no server")]
    fn new(tls: Option<TlsAcceptor>) -> Self {
        let router =
            Router::new()
                .route(
                    "/",
                    get(|request: Request| async move {
                        crate::net::http::address(&request).to_string()
                    }),
                )
                .route(
                    "/large",
                    get(|| async { Bytes::from(vec![7; LARGE_BYTES]) }),
                )
                .route(
                    "/slow",
                    get(|| async { sleep(Duration::from_secs(100)).await }),
                );
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let (serving, end) = watch::channel(());
        let from = Remote(IpAddr::from([10, 0, 0, 7]), Arc::default());
        let served = tokio::spawn(connection(near, from, tls, router, end));
        Self {
            far,
            served,
            serving,
            since: Instant::now(),
        }
    }

    /// The answer to a request without a body, its head and its body.
    async fn ask(&mut self, request: &[u8]) -> String {
        self.far.write_all(request).await.unwrap();
        let mut answer = vec![0; PIPE_BYTES];
        let length = self.far.read(&mut answer).await.unwrap();
        String::from_utf8(answer[..length].to_vec()).unwrap()
    }

    /// Waits until the server has closed it; gives what was still sent, and the seconds since it began.
    async fn closed(mut self) -> (Vec<u8>, u64) {
        let mut rest = Vec::new();
        self.far.read_to_end(&mut rest).await.unwrap();
        self.served.await.unwrap();
        (rest, self.since.elapsed().as_secs())
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_nothing_or_half_a_head_is_closed() {
    for said in [&b""[..], &ASK[..20]] {
        let mut line = Line::new(None);
        line.far.write_all(said).await.unwrap();
        assert_eq!(line.closed().await, (Vec::new(), HEAD_SECONDS));
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_a_head_byte_by_byte_gets_no_more_time() {
    let mut line = Line::new(None);
    for byte in ASK {
        sleep(Duration::from_secs(HEAD_SECONDS / 4)).await;
        if line.far.write_all(&[*byte]).await.is_err() {
            break;
        }
    }
    assert!(
        line.served.is_finished()
            && line.since.elapsed().as_secs() <= HEAD_SECONDS + HEAD_SECONDS / 4
    );
}

#[tokio::test(start_paused = true)]
async fn who_does_not_finish_a_handshake_is_closed() {
    let config = ServerKey::generate().unwrap().config().unwrap();
    let line = Line::new(Some(TlsAcceptor::from(config)));
    assert_eq!(line.closed().await, (Vec::new(), HANDSHAKE_SECONDS));
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_while_it_is_used_and_closed_when_nothing_more_is_asked() {
    let mut line = Line::new(None);
    for _ in 0..5 {
        let answer = line.ask(ASK).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\n10.0.0.7"),
            "{answer}"
        );
        sleep(Duration::from_secs(HEAD_SECONDS - 1)).await;
    }
    assert_eq!(
        line.closed().await,
        (Vec::new(), 4 * (HEAD_SECONDS - 1) + HEAD_SECONDS)
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_take_long_to_make() {
    let mut line = Line::new(None);
    assert!(
        line.ask(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 200 OK")
    );
    assert_eq!(line.since.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn an_answer_over_a_slow_link_comes_whole() {
    let mut line = Line::new(None);
    line.far
        .write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let (mut bytes, mut piece) = (Vec::new(), vec![0; PIPE_BYTES]);
    loop {
        sleep(Duration::from_secs(5)).await;
        match line.far.read(&mut piece).await.unwrap() {
            0 => break,
            length => bytes.extend_from_slice(&piece[..length]),
        }
    }
    assert!(bytes.ends_with(&[7; LARGE_BYTES]), "{} bytes", bytes.len());
    assert!(
        line.since.elapsed().as_secs() > 10 * HEAD_SECONDS,
        "the link was not slow"
    );
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_of_an_answer_is_closed() {
    let mut line = Line::new(None);
    line.far
        .write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    (&mut line.served).await.unwrap();
    assert_eq!(line.since.elapsed().as_secs(), TAKEN_SECONDS);
}

#[tokio::test(start_paused = true)]
async fn an_end_waits_for_what_was_asked_and_for_no_one_who_asks_nothing() {
    let config = ServerKey::generate().unwrap().config().unwrap();
    let (shaking, mut kept, mut asking) = (
        Line::new(Some(TlsAcceptor::from(config))),
        Line::new(None),
        Line::new(None),
    );
    kept.ask(ASK).await;
    asking
        .far
        .write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    sleep(Duration::from_secs(10)).await;
    for line in [&shaking, &kept, &asking] {
        line.serving.send(()).unwrap();
    }
    assert_eq!(shaking.closed().await, (Vec::new(), 10));
    assert_eq!(kept.closed().await, (Vec::new(), 10));
    let (answer, after) = asking.closed().await;
    assert!(
        answer.starts_with(b"HTTP/1.1 200 OK") && after == 100,
        "after {after} s"
    );
}

#[test]
fn one_address_fills_its_share_and_leaves_room_for_others_until_all_is_full() {
    let address = |last| IpAddr::from([10, 0, 0, last]);
    let mut places = ConnectionSlots::default();
    let mut taken: Vec<_> = (0..ADDRESS_MAX)
        .map(|_| places.take(address(1)).unwrap())
        .collect();
    assert!(places.take(address(1)).is_none());
    assert!(places.take(address(2)).is_some());
    // Who goes makes room, and an IPv4 address is the same however it is written.
    taken.pop();
    let mapped = IpAddr::from(Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped());
    taken.push(places.take(mapped).unwrap());
    assert!(places.take(address(1)).is_none() && places.take(mapped).is_none());
    for other in 2..=4 {
        taken.extend((0..ADDRESS_MAX).map(|_| places.take(address(other)).unwrap()));
    }
    assert_eq!(taken.len(), ALL_MAX);
    assert!(places.take(address(9)).is_none());
    drop(taken);
    assert!(places.take(address(9)).is_some());
    assert_eq!(places.taken.len(), 1, "nobody is remembered who is gone");
}

#[test]
fn a_proxy_on_this_machine_may_have_all_and_nobody_else_on_it() {
    for proxy in [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
        IpAddr::from(Ipv4Addr::LOCALHOST.to_ipv6_mapped()),
    ] {
        let mut places = ConnectionSlots::default();
        let taken: Vec<_> = (0..ALL_MAX).map(|_| places.take(proxy).unwrap()).collect();
        assert!(places.take(proxy).is_none());
        drop(taken);
    }
    let mut places = ConnectionSlots::default();
    let taken: Vec<_> = std::iter::from_fn(|| places.take(IpAddr::from([127, 0, 0, 2]))).collect();
    assert_eq!(taken.len(), ADDRESS_MAX);
}
