//! What hubs and countries ask of national.

use std::sync::Arc;

use vicinity_store::hub::{HubCounts, Role};
use vicinity_store::review::ReviewStore;
use vicinity_sync::enrol::{EnrolAnswer, EnrolLink, EnrolRequest};
use vicinity_sync::message::Refused;
use vicinity_sync::uplink;

use crate::access::gate::{Open, Sealed};
use crate::api::report::{self, ReportRequest};
use crate::api::routes::{Answer, Enrol};
use crate::api::server::NationalServer;
use crate::api::windows::{self, WindowsRequest};
use crate::jobs::publish::COUNTRY;
use crate::net::error::ApiError;
use crate::net::routes::Routes;
use crate::net::tls;

/// Adds national's routes for hubs and countries.
#[must_use]
pub fn routes<S: NationalServer>(routes: Routes<S>) -> Routes<S> {
    routes.sealed(report).sealed(windows).open(enrol).probes(
        |store| store.setting(tls::ADDRESS).map(drop),
        |store| {
            let hubs = store.hubs()?;
            Ok(HubCounts {
                devices: hubs.len() as u64,
                incidents: hubs.iter().map(|hub| hub.projections).sum(),
                ..HubCounts::default()
            })
        },
    )
}

async fn enrol<S: NationalServer>(
    national: Arc<S>,
    request: Open<Enrol>,
) -> Result<Answer, ApiError> {
    let now = (national.machine().now)();
    let step = move |store: &mut (dyn ReviewStore + 'static),
                     body: &[u8]|
          -> Result<(u32, &'static str, Vec<u8>), ApiError> {
        let request: EnrolRequest = vicinity_sync::enrol::decode(body)?;
        let (code, device) = (EnrolLink::code_hash(&request.code), request.device());
        let (number, role) = match store.enrol_country(code, device, request.key, now)? {
            Some(number) => (number, COUNTRY),
            None => (
                store
                    .enrol(code, device, request.key, now)?
                    .ok_or(Refused::NotEnrolled)?,
                Role::Hub.code(),
            ),
        };
        Ok((number, role, store.setting(tls::PINS)?.unwrap_or_default()))
    };
    let (number, role, pins) = national.gate().with_code(request, now, step).await?;
    let answer = EnrolAnswer {
        number,
        role: role.to_owned(),
        survivor_key: Vec::new(),
        hub_key: [0; 32],
        bundle_key: String::new(),
        pins,
        zone: None,
        root: None,
    };
    Ok(Answer {
        body: vicinity_sync::enrol::encode(&answer),
        caller: number,
        role,
        brought: 0,
        given: 0,
    })
}

async fn report<S: NationalServer>(
    national: Arc<S>,
    request: Sealed<ReportRequest>,
) -> Result<Answer, ApiError> {
    let (reading, shares) = (national.clock().read(), Arc::clone(national.shares()));
    let step = move |store: &mut (dyn ReviewStore + 'static), request| {
        report::take_all(store, request, &shares, reading)
    };
    let (hub, rows, reply) = national.gate().proven(request, reading.now, step).await?;
    if rows > 0 {
        national.changed();
    }
    Ok(Answer {
        body: uplink::encode(&reply),
        caller: hub,
        role: Role::Hub.code(),
        brought: rows,
        given: reply.questions.len(),
    })
}

async fn windows<S: NationalServer>(
    national: Arc<S>,
    request: Sealed<WindowsRequest>,
) -> Result<Answer, ApiError> {
    let reading = national.clock().read();
    let (country, months, reply) = national
        .gate()
        .proven(request, reading.now, move |store, request| {
            windows::take(store, request, reading)
        })
        .await?;
    Ok(Answer {
        body: uplink::encode(&reply),
        caller: country,
        role: COUNTRY,
        brought: months,
        given: 0,
    })
}
