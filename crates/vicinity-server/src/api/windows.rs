//! A country's published months, taken by the server above it.

use vicinity_core::access::Action;
use vicinity_core::published::{Window, last_closed};
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_store::review::ReviewStore;
use vicinity_sync::message::Refused;
use vicinity_sync::uplink;
use vicinity_sync::windows::{WINDOWS_PATH, Windows, WindowsReply};

use crate::access::gate::{Proven, SealedRequest};
use crate::net::error::ApiError;
use crate::net::tls;
use crate::storage::clock_record::ClockReading;

/// By how much a country's clock may be ahead of this one's.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

/// A country's months.
pub struct WindowsRequest;

impl SealedRequest for WindowsRequest {
    const NAME: &'static str = "windows";
    const PATH: &'static str = WINDOWS_PATH;
    const ACTION: Action = Action::Publish;
    type Message = (Vec<Window>, u32);

    fn decode(body: &[u8], _: Timestamp) -> Result<Self::Message, Refused> {
        let windows: Windows = uplink::decode(body)?;
        let pins = windows.pins;
        Ok((windows.into_windows()?, pins))
    }
}

/// Takes a country's months: each as it came first. Gives whose they are, how many, and the answer.
///
/// # Errors
/// The store, or a clock in doubt.
pub fn take(
    store: &mut (dyn ReviewStore + 'static),
    request: Proven<WindowsRequest, u32>,
    reading: ClockReading,
) -> Result<(u32, usize, WindowsReply), ApiError> {
    // A month is taken once: none is while it is unknown whether it is over.
    if reading.doubt.is_some() {
        return Err(Refused::Busy.into());
    }
    let (country, now) = (request.caller(), reading.now);
    let (windows, pins) = request.into_message();
    // A month that is not over cannot have been counted, and a month that is taken stays: refuse it.
    let closed = last_closed(now.checked_add(AHEAD).unwrap_or(now));
    if windows.iter().any(|window| window.month > closed) {
        return Err(Refused::Malformed.into());
    }
    store.take_windows(country, &windows, now)?;
    Ok((
        country,
        windows.len(),
        WindowsReply {
            pins: tls::news(store.setting(tls::PINS)?, pins),
        },
    ))
}
