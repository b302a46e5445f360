//! From national to the server above it: months that a person published, each once. A server works without it; what waits, waits.

use std::time::Duration;

use vicinity_store::StoreError;
use vicinity_store::review::ReviewStore;
use vicinity_sync::enrol::EnrolLink;
use vicinity_sync::pins::Pins;
use vicinity_sync::uplink;
use vicinity_sync::windows::{WINDOWS_MAX, WINDOWS_PATH, Windows, WindowsReply};

use crate::jobs::upstream::{self, Life, UpstreamError};
use crate::machine::Machine;
use crate::storage::writer::Writer;

/// Seconds between contacts: a month closes once a month, and nobody waits for it.
const IDLE_SECONDS: u64 = 3600;
/// The setting with the device id under which this server has published.
const PUBLISHED_AS: &str = "published_as";
/// What a national server is at the one above.
pub(crate) const COUNTRY: &str = "country";
/// Publishes what is closed, once an hour. Runs until aborted.
pub async fn run(writer: Writer<dyn ReviewStore>, machine: Machine, link: Option<EnrolLink>) {
    let mut life = Life::new(&machine);
    let mut failures = 0u32;
    loop {
        let pause = match contact(&writer, &machine, link.as_ref(), &mut life).await {
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
                    // If this fails, the next contact learns it again.
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

/// Another server above, or a new enrolment, has nothing yet: it gets all that was published, as it was made.
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
    link: Option<&EnrolLink>,
    life: &mut Life,
) -> Result<Option<usize>, UpstreamError> {
    let Some(mut upstream) = upstream::enrolled(writer, machine, link, COUNTRY).await? else {
        return Ok(None);
    };
    let device = upstream.device().as_bytes().to_vec();
    writer.step(move |store| begin(store, &device)).await??;
    let mut months = 0;
    loop {
        let windows = writer
            .step(move |store| store.unsent_windows(WINDOWS_MAX))
            .await??;
        let message = Windows::new(&windows, Pins::mark(upstream.pins()));
        let reply: WindowsReply = uplink::decode(
            &upstream
                .send(life, WINDOWS_PATH, uplink::encode(&message))
                .await?,
        )?;
        if upstream.learn(reply.pins) {
            upstream::keep(writer, &upstream).await?;
        }
        let sent: Vec<String> = windows.into_iter().map(|window| window.month).collect();
        months += sent.len();
        let is_all = sent.len() < WINDOWS_MAX;
        writer
            .step(move |store| store.windows_sent(&sent))
            .await??;
        if is_all {
            return Ok(Some(months));
        }
    }
}
