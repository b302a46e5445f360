//! When a device checks every page of its file. That takes 4 milliseconds a megabyte, and old attachments must not slow each command.

use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::device::{DeviceSetting, DeviceStore};

/// Bytes of the largest file that is checked by every command: some 30 milliseconds.
const ALWAYS_MAX_BYTES: u64 = 8 << 20;
/// Seconds for which a larger one that was found whole is not looked at again.
const WHOLE_SECONDS: i64 = 24 * 60 * 60;

/// Whether a file of that many bytes is checked now. One that was found damaged is checked each time, and so is one that was
/// last looked at in the future: a clock was wrong then, or is now.
pub(crate) fn is_due(bytes: u64, whole_at: Option<Timestamp>, now: Timestamp) -> bool {
    let age = whole_at.map(|at| now.as_second().saturating_sub(at.as_second()));
    bytes <= ALWAYS_MAX_BYTES || age.is_none_or(|age| !(0..WHOLE_SECONDS).contains(&age))
}

/// When the file was last found whole.
pub(crate) fn whole_at(store: &mut dyn DeviceStore) -> Result<Option<Timestamp>, StoreError> {
    let seconds = store
        .setting(DeviceSetting::LookedAt)?
        .and_then(|bytes| bytes.try_into().ok())
        .map(i64::from_be_bytes);
    Ok(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
}

/// Keeps whether it is whole; a small file is checked anyway, and needs no write.
pub(crate) fn keep(
    store: &mut dyn DeviceStore,
    bytes: u64,
    is_whole: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    if bytes <= ALWAYS_MAX_BYTES {
        return Ok(());
    }
    store.set_settings(&[(
        DeviceSetting::LookedAt,
        is_whole.then(|| now.as_second().to_be_bytes().to_vec()),
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_is_looked_at_each_time_and_a_large_one_once_a_day() {
        let (now, day) = (1_000_000_000, WHOLE_SECONDS);
        for (bytes, whole_at, is) in [
            (0, None, true),
            (ALWAYS_MAX_BYTES, Some(now), true),
            (ALWAYS_MAX_BYTES + 1, None, true),
            (ALWAYS_MAX_BYTES + 1, Some(now), false),
            (u64::MAX, Some(now - day + 1), false),
            (ALWAYS_MAX_BYTES + 1, Some(now - day), true),
            (ALWAYS_MAX_BYTES + 1, Some(now + 1), true),
            (ALWAYS_MAX_BYTES + 1, Some(now - 100 * day), true),
        ] {
            let at = |seconds| Timestamp::from_second(seconds).unwrap();
            assert_eq!(
                is_due(bytes, whole_at.map(at), at(now)),
                is,
                "{bytes} {whole_at:?}"
            );
        }
    }
}
