//! Routes of devices and of other servers. A handler extracts, calls and answers; metrics and log are written here, for every
//! route in the same way.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use vicinity_core::access::Action;
use vicinity_store::StoreError;
use vicinity_store::hub::HubCounts;
use vicinity_sync::enrol::ENROL_PATH;

use crate::access::gate::{Open, OpenRequest, Sealed, SealedRequest};
use crate::api::server::Server;
use crate::net::error::ApiError;
use crate::net::http;
use crate::net::metrics::Metrics;
use crate::net::routes::{Route, Routes};

/// An enrolment: a device's at a hub, a hub's at national.
pub struct Enrol;
/// Whether the server lives.
pub struct Health;
/// The server's figures.
pub struct Figures;

impl OpenRequest for Enrol {
    const NAME: &'static str = "enrol";
    const METHOD: &'static str = "POST";
    const PATH: &'static str = ENROL_PATH;
    const ACTION: Action = Action::Enrol;
}

impl OpenRequest for Health {
    const NAME: &'static str = "health";
    const METHOD: &'static str = "GET";
    const PATH: &'static str = "/health";
    const ACTION: Action = Action::SeeHealth;
}

impl OpenRequest for Figures {
    const NAME: &'static str = "metrics";
    const METHOD: &'static str = "GET";
    const PATH: &'static str = "/metrics";
    const ACTION: Action = Action::SeeMetrics;
}

/// What a handler answers, and what the log says of it.
pub(crate) struct Answer {
    /// The body.
    pub(crate) body: Vec<u8>,
    /// Who asked: the number of a device, a hub or a country.
    pub(crate) caller: u32,
    /// As what.
    pub(crate) role: &'static str,
    /// How many changes, rows or months the request brought.
    pub(crate) brought: usize,
    /// How many changes the answer gives.
    pub(crate) given: usize,
}

/// Runs a handler and answers with its outcome. Writes the request's result and seconds to the metrics, and a line to the log.
async fn measured(
    metrics: &Metrics,
    route: &'static str,
    handler: impl Future<Output = Result<Answer, ApiError>>,
) -> Response {
    let started = Instant::now();
    let result = handler.await;
    let seconds = started.elapsed().as_secs_f64();
    let millis = (seconds * 1000.0) as u64;
    match result {
        Ok(Answer {
            body,
            caller,
            role,
            brought,
            given,
        }) => {
            metrics.request(route, "ok", seconds);
            tracing::info!(route, caller, role, brought, given, millis, "request");
            http::frame(body)
        }
        Err(error) => {
            let refused = error.refused().code();
            metrics.request(route, refused, seconds);
            tracing::info!(route, refused, millis, "request");
            error.into_response()
        }
    }
}

impl<S: Server> Routes<S> {
    /// Adds a route for requests in envelopes.
    pub(crate) fn sealed<A: SealedRequest, F>(
        self,
        handler: impl Fn(Arc<S>, Sealed<A>) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
    {
        let serve = async move |State(server): State<Arc<S>>, request: Sealed<A>| {
            measured(
                server.metrics(),
                A::NAME,
                handler(Arc::clone(&server), request),
            )
            .await
        };
        self.add(
            Route {
                method: "POST",
                path: A::PATH,
                action: A::ACTION,
                page: A::PATH,
            },
            post(serve),
        )
    }

    /// Adds a route for requests that anyone may make.
    pub(crate) fn open<A: OpenRequest, F>(
        self,
        handler: impl Fn(Arc<S>, Open<A>) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Answer, ApiError>> + Send + 'static,
    {
        let serve = async move |State(server): State<Arc<S>>, request: Open<A>| {
            measured(
                server.metrics(),
                A::NAME,
                handler(Arc::clone(&server), request),
            )
            .await
        };
        self.add(
            Route {
                method: A::METHOD,
                path: A::PATH,
                action: A::ACTION,
                page: A::PATH,
            },
            post(serve),
        )
    }

    /// Adds `GET /health` and `GET /metrics`. Neither is in the metrics or in the log.
    pub(crate) fn probes(
        self,
        alive: fn(&mut S::Store) -> Result<(), StoreError>,
        counts: fn(&mut S::Store) -> Result<HubCounts, StoreError>,
    ) -> Self {
        let health = async move |State(server): State<Arc<S>>,
                                 request: Open<Health>|
                    -> Result<Response, ApiError> {
            server
                .gate()
                .alive(request, (server.machine().now)(), alive)
                .await?;
            Ok("ok\n".into_response())
        };
        let figures = async move |State(server): State<Arc<S>>,
                                  request: Open<Figures>|
                    -> Result<Response, ApiError> {
            let counts = server
                .gate()
                .figures(request, (server.machine().now)(), counts)
                .await?;
            Ok(server.metrics().text(&counts).into_response())
        };
        self.add(probe::<Health>(), get(health))
            .add(probe::<Figures>(), get(figures))
    }
}

fn probe<A: OpenRequest>() -> Route {
    Route {
        method: A::METHOD,
        path: A::PATH,
        action: A::ACTION,
        page: A::PATH,
    }
}
