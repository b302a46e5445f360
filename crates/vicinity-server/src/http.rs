//! What both servers share: limits, timeouts, refusals as answers, and an end that loses nothing.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_rustls::rustls::ServerConfig;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use vicinity_sync::compress::BODY_MAX_BYTES;
use vicinity_sync::message::Refused;
use vicinity_sync::order::WipeOrder;

use crate::exchange::ExchangeError;
use crate::tls::TlsListener;
use crate::writer::WriterError;

/// Bytes of the largest request: a body and its envelope.
const REQUEST_MAX_BYTES: usize = BODY_MAX_BYTES + 4096;
/// A slow phone on a bad link gets this long for its body, and as long for the answer.
const BODY_SECONDS: u64 = 60;

/// A refusal as an answer: its code is the whole body.
pub struct ApiError(pub Refused);

impl From<WriterError> for ApiError {
    fn from(error: WriterError) -> Self {
        Self(match error {
            WriterError::Busy => Refused::Busy,
            WriterError::NotKept => Refused::Failed,
        })
    }
}

impl From<ExchangeError> for ApiError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Refused(refused) => Self(refused),
            ExchangeError::Revoked(_) => Self(Refused::Revoked),
            ExchangeError::Store(error) => {
                tracing::error!(%error, "store failed");
                Self(Refused::Failed)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.0.code()).into_response();
        if self.0 == Refused::Busy {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("1"));
        }
        response
    }
}

/// A request's body. One that is too large, or that never came whole, is refused with a code as everything else is.
pub struct Frame(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Frame {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError(Refused::TooLarge)),
            Err(_) => Err(ApiError(Refused::Malformed)),
        }
    }
}

/// A frame as an answer, without a header that nobody reads.
#[must_use]
pub fn frame(bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().remove(CONTENT_TYPE);
    response
}

/// The refusal of a revoked device, with the order to wipe itself.
#[must_use]
pub fn wipe(order: &WipeOrder) -> Response {
    let status = StatusCode::from_u16(Refused::Revoked.status()).unwrap_or(StatusCode::FORBIDDEN);
    (status, order.to_body()).into_response()
}

/// Puts the limits around a router.
pub fn limited(router: Router) -> Router {
    router
        .layer(DefaultBodyLimit::max(REQUEST_MAX_BYTES))
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(BODY_SECONDS)))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(2 * BODY_SECONDS)))
        .layer(CatchPanicLayer::new())
}

/// Serves until `shutdown`, then finishes what is under way.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    match tls {
        Some(config) => axum::serve(TlsListener::start(listener, config)?, router).with_graceful_shutdown(shutdown).await,
        None => axum::serve(listener, router).with_graceful_shutdown(shutdown).await,
    }
}
