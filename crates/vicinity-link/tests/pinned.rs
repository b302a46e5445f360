//! Whom the agent talks to, over real sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PublicKeyData, date_time_ymd};
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection, Stream};
use ureq::Proxy;
use ureq::config::Config;
use vicinity_link::{Failure, Pin, Ways, Why, agent, is_other_key};

/// Shows one certificate, whatever key it signs with.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn pin(key: &KeyPair) -> Pin {
    Pin::of(&key.subject_public_key_info())
}

/// A server that shows a certificate of one key, signs with another, and answers one request; its address.
fn serve(of: &KeyPair, signs: &KeyPair, params: CertificateParams) -> String {
    let certificate = params.self_signed(of).unwrap().der().clone();
    let key = any_supported_type(&PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(
        signs.serialize_der(),
    )))
    .unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap();
    let shows = Shows(Arc::new(CertifiedKey::new(vec![certificate], key)));
    let config = Arc::new(
        config
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(shows)),
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(config).unwrap();
        let mut stream = Stream::new(&mut connection, &mut socket);
        let mut request = [0; 4096];
        // A client that refuses this server goes away before it asks.
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
                .unwrap();
        }
    });
    address
}

fn get(address: &str, pins: &[Pin]) -> Result<String, ureq::Error> {
    agent(Config::builder(), pins)
        .get(format!("https://{address}/"))
        .call()?
        .body_mut()
        .read_to_string()
}

fn post(addresses: &[&str], pins: &[Pin]) -> Result<Vec<u8>, Vec<Failure>> {
    let addresses = addresses.iter().map(ToString::to_string).collect();
    Ways::new(Config::builder(), pins, addresses)
        .post("/", b"asked", 100)
        .map(|answer| answer.body)
}

/// An address at which nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

#[test]
fn an_expired_certificate_of_the_pinned_key_is_accepted() {
    let (key, mut params) = (key(), CertificateParams::default());
    (params.not_before, params.not_after) = (date_time_ymd(1990, 1, 1), date_time_ymd(1999, 1, 1));
    assert_eq!(get(&serve(&key, &key, params), &[pin(&key)]).unwrap(), "ok");
}

#[test]
fn the_next_pin_is_as_good_as_the_first() {
    let (current, next) = (key(), key());
    assert_eq!(
        get(
            &serve(&next, &next, CertificateParams::default()),
            &[pin(&current), pin(&next)]
        )
        .unwrap(),
        "ok"
    );
}

#[test]
fn another_key_is_refused_and_told_apart_from_a_bad_link() {
    let (pinned, other) = (key(), key());
    let failures = post(
        &[&serve(&other, &other, CertificateParams::default())],
        &[pin(&pinned)],
    )
    .unwrap_err();
    assert!(is_other_key(&failures), "{failures:?}");
}

/// Everybody can show the certificate; only the key's holder can sign.
#[test]
fn the_pinned_certificate_without_its_key_is_refused() {
    let (pinned, other) = (key(), key());
    let failures = post(
        &[&serve(&pinned, &other, CertificateParams::default())],
        &[pin(&pinned)],
    )
    .unwrap_err();
    assert!(is_other_key(&failures), "{failures:?}");
}

#[test]
fn without_a_pin_nobody_is_talked_to() {
    let key = key();
    assert!(get(&serve(&key, &key, CertificateParams::default()), &[]).is_err());
}

#[test]
fn no_proxy_stands_between_our_own_servers() {
    let key = key();
    let address = serve(&key, &key, CertificateParams::default());
    // What `HTTPS_PROXY` in the environment would set.
    let config =
        Config::builder().proxy(Some(Proxy::new(&format!("http://{}", nowhere())).unwrap()));
    let mut answer = agent(config, &[pin(&key)])
        .get(format!("https://{address}/"))
        .call()
        .unwrap();
    assert_eq!(answer.body_mut().read_to_string().unwrap(), "ok");
}

#[test]
fn who_does_not_answer_is_passed_over_and_named_with_the_reason_if_nobody_does() {
    let (pinned, other) = (key(), key());
    let stranger = || serve(&other, &other, CertificateParams::default());
    let (silent, own) = (
        nowhere(),
        serve(&pinned, &pinned, CertificateParams::default()),
    );
    assert_eq!(
        post(
            &[&silent, "no-such-name.invalid:1", &stranger(), &own],
            &[pin(&pinned)]
        )
        .unwrap(),
        b"ok"
    );
    let failures = post(
        &[&silent, "no-such-name.invalid:1", &stranger()],
        &[pin(&pinned)],
    )
    .unwrap_err();
    assert_eq!(
        failures
            .iter()
            .map(|failure| failure.why)
            .collect::<Vec<_>>(),
        [Why::Refused, Why::NoName, Why::OtherKey]
    );
    assert_eq!(failures[0].address, silent);
}
