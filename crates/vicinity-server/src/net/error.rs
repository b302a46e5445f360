//! Why a request of a device, a hub or a country is refused: the one error of every handler under [`crate::api`].

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vicinity_core::access::Denied;
use vicinity_store::StoreError;
use vicinity_sync::message::Refused;
use vicinity_sync::order::WipeOrder;

/// A refusal. Its code is the whole body of the answer, except for a wipe order.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Refused for the reason that it names, with that reason's status. [`Refused::Busy`] asks for another try after a second.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The device was revoked. 403; the body is the signed order to wipe itself.
    #[error("this device was revoked by its hub")]
    Revoked(WipeOrder),
    /// Too much in too short a time. 429, with the seconds to wait in `retry-after`.
    #[error("too much in too short a time")]
    SlowDown(u64),
    /// The store failed. 500; the log has the cause, the answer has not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self::Refused(match denied {
            Denied::Unproven => Refused::NotEnrolled,
            _ => Refused::NotAllowed,
        })
    }
}

impl ApiError {
    /// The reason as clients know it.
    #[must_use]
    pub fn refused(&self) -> Refused {
        match self {
            Self::Refused(refused) => *refused,
            Self::Revoked(_) => Refused::Revoked,
            Self::SlowDown(_) => Refused::SlowDown,
            Self::Store(_) => Refused::Failed,
        }
    }

    /// Seconds after which another try is worth it.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Refused(Refused::Busy) => Some(1),
            Self::SlowDown(seconds) => Some(*seconds),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Store(error) = &self {
            tracing::error!(%error, "store failed");
        }
        let (refused, retry_after) = (self.refused(), self.retry_after());
        let status =
            StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = if let Self::Revoked(order) = &self {
            order.to_body()
        } else {
            refused.code().to_owned()
        };
        let mut response = (status, body).into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
