//! How much a session sends at once, and how often it tries again.

/// Bytes of the smallest batch, compressed.
pub const BATCH_MIN_BYTES: u32 = 16 * 1024;
/// Bytes of the largest batch, compressed, with room for the rest of the message.
pub const BATCH_MAX_BYTES: u32 = crate::compress::BODY_MAX_BYTES as u32 - 8 * 1024;
/// Bytes of the first batch a device ever sends.
pub const BATCH_START_BYTES: u32 = 64 * 1024;
/// What a batch of changes compresses to, at the least; a batch that turns out larger is halved.
const RATIO: usize = 3;
/// Failures in a row after which a session ends; the next one continues where it stood.
const FAILURES_MAX: u32 = 5;
/// Milliseconds of the shortest wait after a cut, halved: each further failure doubles it.
const CUT_MILLIS: u64 = 100;
/// The same after a hub that is busy.
const BUSY_MILLIS: u64 = 250;

/// The batch size that works, and the failures since something did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    batch_bytes: u32,
    /// By how much the batch in hand turned out too large.
    shrink: u32,
    /// Bytes of changes, uncompressed, that the hub takes in one request: known once it left some for later.
    taken_bytes: Option<usize>,
    /// Failures since the hub took something.
    failures: u32,
}

impl Pace {
    pub(super) fn new(batch_bytes: u32) -> Self {
        Self {
            batch_bytes: batch_bytes.clamp(BATCH_MIN_BYTES, BATCH_MAX_BYTES),
            shrink: 1,
            taken_bytes: None,
            failures: 0,
        }
    }

    pub(super) fn batch_bytes(self) -> u32 {
        self.batch_bytes
    }

    /// Bytes of changes to gather for one batch.
    pub(super) fn raw_bytes(self) -> usize {
        (self.batch_bytes as usize * RATIO / self.shrink as usize)
            .min(self.taken_bytes.unwrap_or(usize::MAX))
            .max(1)
    }

    /// The hub took `taken` of the `sent` bytes of changes. Where that was not all, the rest crossed the network for nothing:
    /// the next requests carry as much as was taken, and an eighth more after each that was taken whole.
    pub(super) fn note_taken(&mut self, taken: usize, sent: usize) {
        if taken < sent {
            self.taken_bytes = (taken > 0).then_some(taken).or(self.taken_bytes);
        } else if let Some(bytes) = &mut self.taken_bytes {
            *bytes += *bytes / 8;
        }
    }

    /// Whether a frame is small enough to go; if not, less is gathered the next time.
    pub(super) fn fits(&mut self, frame_bytes: usize, splits: bool) -> bool {
        if splits && frame_bytes > self.batch_bytes.max(BATCH_MIN_BYTES) as usize {
            self.shrink *= 2;
            return false;
        }
        self.shrink = 1;
        true
    }

    /// A batch went well: the next one may be larger.
    pub(super) fn grow(&mut self) {
        self.batch_bytes = (self.batch_bytes * 2).min(BATCH_MAX_BYTES);
    }

    /// Halves the batch; `false` if it is the smallest.
    pub(super) fn halve(&mut self) -> bool {
        let halves = self.batch_bytes > BATCH_MIN_BYTES;
        self.batch_bytes = (self.batch_bytes / 2).max(BATCH_MIN_BYTES);
        halves
    }

    /// The hub took something.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The milliseconds to wait after a cut; `None` if there were too many.
    pub(super) fn cut(&mut self) -> Option<u64> {
        self.failures += 1;
        (self.failures < FAILURES_MAX).then(|| CUT_MILLIS << self.failures)
    }

    /// The milliseconds to wait for a busy hub; `None` if it was asked too often.
    pub(super) fn busy(&mut self) -> Option<u64> {
        if self.failures >= FAILURES_MAX {
            return None;
        }
        self.failures += 1;
        Some(BUSY_MILLIS << self.failures)
    }

    /// The hub answered and took nothing; `false` if that happened too often.
    pub(super) fn stalled(&mut self) -> bool {
        self.failures += 1;
        self.failures < FAILURES_MAX
    }
}
