//! From national to the server above it: months that may be published, each once. A server works without it; what waits, waits.

use std::time::Duration;

use vicinity_core::access::Action;
use vicinity_core::published::{Window, last_closed};
use vicinity_core::time::{SignedDuration, Timestamp};
use vicinity_store::StoreError;
use vicinity_store::review::ReviewStore;
use vicinity_sync::enrol::EnrolLink;
use vicinity_sync::message::Refused;
use vicinity_sync::pins::Pins;
use vicinity_sync::uplink;
use vicinity_sync::windows::{WINDOWS_MAX, WINDOWS_PATH, Windows, WindowsReply};

use crate::clock::{Clock, ClockReading};
use crate::exchange::ExchangeError;
use crate::gate::{Proven, SealedRequest};
use crate::machine::Machine;
use crate::tls;
use crate::upstream::{self, Life, UpstreamError};
use crate::writer::Writer;

/// Seconds between contacts: a month closes once a month, and nobody waits for it.
const IDLE_SECONDS: u64 = 3600;
/// The setting that says as whom this server has published.
const PUBLISHED_AS: &str = "published_as";
/// What a national server is at the one above.
pub(crate) const COUNTRY: &str = "country";
/// By how much a country's clock may be ahead of this one's.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

/// A country's months.
pub struct WindowsRequest;

impl SealedRequest for WindowsRequest {
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
) -> Result<(u32, usize, WindowsReply), ExchangeError> {
    // A month is taken once: none is while nobody knows whether it is over.
    if reading.doubt.is_some() {
        return Err(Refused::Busy.into());
    }
    let (country, now) = (request.asker(), reading.now);
    let (windows, pins) = request.into_message();
    // A month that is not over cannot have been counted: whoever fills it keeps the true one out.
    let closed = last_closed(now.checked_add(AHEAD).unwrap_or(now));
    if windows.iter().any(|window| window.month > closed) {
        return Err(Refused::Malformed.into());
    }
    store.take_windows(country, &windows, now)?;
    Ok((country, windows.len(), WindowsReply { pins: tls::news(store.setting(tls::PINS)?, pins) }))
}

/// Publishes what is closed, now and then. Ends never; abort it.
pub async fn run(writer: Writer<dyn ReviewStore>, machine: Machine, clock: Clock, link: Option<EnrolLink>) {
    let mut life = Life::new(&machine);
    let mut failures = 0u32;
    loop {
        let pause = match contact(&writer, &machine, &clock, link.as_ref(), &mut life).await {
            Ok(Some(months)) => {
                failures = 0;
                if months > 0 {
                    tracing::info!(months, "published to the server above");
                }
                IDLE_SECONDS
            }
            Ok(None) => return,
            Err(error) => {
                if matches!(error, UpstreamError::Revoked) {
                    // Whatever comes of it, the next contact hears it again.
                    upstream::note_revoked(&writer).await.ok();
                }
                failures += 1;
                tracing::warn!(%error, failures, "the server above");
                upstream::backoff(failures, &error)
            }
        };
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
}

/// Another server above, or an enrolment made anew, has nothing yet: it gets all that was published, as it was made.
fn begin(store: &mut (dyn ReviewStore + 'static), device: &[u8]) -> Result<(), StoreError> {
    if store.setting(PUBLISHED_AS)?.as_deref() != Some(device) {
        store.publish_again()?;
        store.set_setting(PUBLISHED_AS, device)?;
    }
    Ok(())
}

async fn contact(
    writer: &Writer<dyn ReviewStore>,
    machine: &Machine,
    clock: &Clock,
    link: Option<&EnrolLink>,
    life: &mut Life,
) -> Result<Option<usize>, UpstreamError> {
    let Some(mut upstream) = upstream::enrolled(writer, machine, link, COUNTRY).await? else { return Ok(None) };
    let device = upstream.device().as_bytes().to_vec();
    writer.step(move |store| begin(store, &device)).await??;
    let mut months = 0;
    loop {
        let ClockReading { now, doubt } = clock.read();
        // A month is made once: none is while it may not be over yet.
        if doubt.is_some() {
            return Ok(Some(months));
        }
        let windows = writer.step(move |store| store.publish_to(&last_closed(now), WINDOWS_MAX, now)).await??;
        let message = Windows::new(&windows, Pins::mark(upstream.pins()));
        let reply: WindowsReply = uplink::decode(&upstream.send(life, WINDOWS_PATH, uplink::encode(&message)).await?)?;
        if upstream.learn(reply.pins) {
            upstream::keep(writer, &upstream).await?;
        }
        let sent: Vec<String> = windows.into_iter().map(|window| window.month).collect();
        months += sent.len();
        let is_all = sent.len() < WINDOWS_MAX;
        writer.step(move |store| store.windows_sent(&sent)).await??;
        if is_all {
            return Ok(Some(months));
        }
    }
}

#[cfg(test)]
mod tests;
