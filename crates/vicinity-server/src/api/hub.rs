//! What devices ask of a hub.

use std::sync::Arc;

use vicinity_store::hub::Peer;

use crate::access::gate::{Open, Sealed};
use crate::api::alerts::{self, AlertAsk};
use crate::api::exchange::{self, Exchanged, SyncRequest};
use crate::api::routes::{Answer, Enrol};
use crate::api::server::HubServer;
use crate::api::statements::{self, AskRequest, BlobRequest};
use crate::net::error::ApiError;
use crate::net::routes::Routes;
use crate::net::tls;

/// Adds a hub's routes for devices.
#[must_use]
pub fn routes<S: HubServer>(routes: Routes<S>) -> Routes<S> {
    let routes = routes
        .sealed(sync)
        .sealed(blob)
        .sealed(statement)
        .sealed(alert)
        .open(enrol);
    routes.probes(
        |store| store.setting(tls::ADDRESS).map(drop),
        |store| store.counts(),
    )
}

/// An answer to a device that brings no changes.
fn answer((peer, body): (Peer, Vec<u8>)) -> Answer {
    Answer {
        body,
        caller: peer.number,
        role: peer.role.code(),
        brought: 0,
        given: 0,
    }
}

async fn sync<S: HubServer>(hub: Arc<S>, request: Sealed<SyncRequest>) -> Result<Answer, ApiError> {
    let mut machine = hub.machine().clone();
    let now = (machine.now)();
    let exchanged = hub
        .gate()
        .proven(request, now, move |store, request| {
            exchange::sync(store, request, now, &mut machine)
        })
        .await?;
    let Exchanged {
        answer: body,
        peer,
        verdicts,
        given,
        skew_seconds,
    } = exchanged;
    hub.clock().heard(peer.number, skew_seconds);
    hub.metrics().changes(&verdicts, given);
    if !verdicts.is_empty() {
        hub.changed();
    }
    Ok(Answer {
        body,
        caller: peer.number,
        role: peer.role.code(),
        brought: verdicts.len(),
        given,
    })
}

async fn blob<S: HubServer>(hub: Arc<S>, request: Sealed<BlobRequest>) -> Result<Answer, ApiError> {
    let now = (hub.machine().now)();
    hub.gate()
        .proven(request, now, move |store, request| {
            statements::blob(store, request, now)
        })
        .await
        .map(answer)
}

async fn statement<S: HubServer>(
    hub: Arc<S>,
    request: Sealed<AskRequest>,
) -> Result<Answer, ApiError> {
    let now = (hub.machine().now)();
    hub.gate()
        .proven(request, now, move |store, request| {
            statements::statement(store, request, now)
        })
        .await
        .map(answer)
}

async fn alert<S: HubServer>(hub: Arc<S>, request: Sealed<AlertAsk>) -> Result<Answer, ApiError> {
    let now = (hub.machine().now)();
    let asked = hub
        .gate()
        .proven(request, now, move |store, request| {
            alerts::ask(store, request, now)
        })
        .await?;
    hub.changed();
    Ok(answer(asked))
}

async fn enrol<S: HubServer>(hub: Arc<S>, request: Open<Enrol>) -> Result<Answer, ApiError> {
    let now = (hub.machine().now)();
    hub.gate()
        .with_code(request, now, move |store, body| {
            exchange::enrol(store, body, now)
        })
        .await
        .map(answer)
}
