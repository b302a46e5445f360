//! What both servers share: limits, timeouts, and refusals as answers.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use vicinity_sync::compress::BODY_MAX_BYTES;
use vicinity_sync::message::Refused;

use crate::net::error::ApiError;
use crate::net::network;

/// Bytes of the largest request: a body and its envelope.
const REQUEST_MAX_BYTES: usize = BODY_MAX_BYTES + 4096;
/// A slow phone on a bad link gets this long for its body, and as long for the answer.
const BODY_SECONDS: u64 = 60;

/// A request's body. One that is too large, or that never came whole, is refused with a code as everything else is.
pub struct RequestBytes(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RequestBytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Bytes::from_request(request, state).await {
            Ok(bytes) => Ok(Self(bytes)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Refused::TooLarge.into())
            }
            Err(_) => Err(Refused::Malformed.into()),
        }
    }
}

/// Where a connection comes from, and the trusted proxies; every request has it with it.
#[derive(Debug, Clone)]
pub(crate) struct Remote(pub(crate) IpAddr, pub(crate) Arc<[IpAddr]>);

/// Where a request comes from; nowhere if it came over no connection.
#[must_use]
pub fn address(request: &Request) -> IpAddr {
    let remote = request.extensions().get::<Remote>();
    remote.map_or(
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        |Remote(from, proxies)| network::client(*from, request.headers(), proxies),
    )
}

/// A frame as an answer, without a header that nobody reads.
#[must_use]
pub fn frame(bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().remove(CONTENT_TYPE);
    response
}

/// Puts the limits around a router.
pub fn limited(router: Router) -> Router {
    router
        .layer(DefaultBodyLimit::max(REQUEST_MAX_BYTES))
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(
            BODY_SECONDS,
        )))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(2 * BODY_SECONDS),
        ))
        .layer(CatchPanicLayer::new())
}
