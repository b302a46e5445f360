//! A frail disk under statements.

use vicinity_core::ids::IncidentId;
use vicinity_core::time::Timestamp;
use vicinity_store::StoreError;
use vicinity_store::device::DeviceStore;
use vicinity_store::hub::{HubStore, Peer};
use vicinity_store::row::IncidentRow;
use vicinity_store::statement::{
    AuditRow, BlobPiece, BlobState, Carried, DeviceStatements, HeldStatement, HubStatements,
    KeptWrap, PlainStatement, SealedStatement, WaitingBlob,
};

use super::Frail;

type Result<T> = core::result::Result<T, StoreError>;

impl HubStatements for Frail<'_, dyn HubStore> {
    fn set_recipient(&mut self, device: u32, recipient: &str) -> Result<()> {
        self.room()?.set_recipient(device, recipient)
    }
    fn recipients(&mut self) -> Result<Vec<(u32, String)>> {
        self.room()?.recipients()
    }
    fn incident_in_scope(
        &mut self,
        peer: &Peer,
        incident: IncidentId,
    ) -> Result<Option<IncidentRow>> {
        self.room()?.incident_in_scope(peer, incident)
    }
    fn take_piece(
        &mut self,
        peer: &Peer,
        piece: &BlobPiece<'_>,
        quota_bytes: u64,
        now: Timestamp,
    ) -> Result<BlobState> {
        self.room()?.take_piece(peer, piece, quota_bytes, now)
    }
    fn forget_stale_blobs(&mut self, now: Timestamp) -> Result<()> {
        self.room()?.forget_stale_blobs(now)
    }

    fn statement_bringer(&mut self, incident: IncidentId, entry: &str) -> Result<Option<u32>> {
        self.room()?.statement_bringer(incident, entry)
    }

    fn drop_blob(&mut self, peer: &Peer, hash: [u8; 32]) -> Result<()> {
        self.room()?.drop_blob(peer, hash)
    }
    fn keep_batch(
        &mut self,
        peer: &Peer,
        hash: [u8; 32],
        wrap: &KeptWrap,
        key_set: u64,
        statements: &[SealedStatement],
        refused: &[u32],
        now: Timestamp,
    ) -> Result<()> {
        self.room()?
            .keep_batch(peer, hash, wrap, key_set, statements, refused, now)
    }
    fn sealed_statements(&mut self, incident: IncidentId) -> Result<Vec<(String, u64)>> {
        self.room()?.sealed_statements(incident)
    }
    fn sealed_statement(
        &mut self,
        incident: IncidentId,
        entry: &str,
        offset: u64,
        max_bytes: usize,
    ) -> Result<Option<HeldStatement>> {
        self.room()?
            .sealed_statement(incident, entry, offset, max_bytes)
    }
    fn note_opened(&mut self, peer: &Peer, entry_hash: [u8; 32], now: Timestamp) -> Result<()> {
        self.room()?.note_opened(peer, entry_hash, now)
    }
    fn audit(&mut self) -> Result<Vec<AuditRow>> {
        self.room()?.audit()
    }
    fn newest_old_wrap(&mut self, key_set: u64) -> Result<u64> {
        self.room()?.newest_old_wrap(key_set)
    }
    fn old_wraps(&mut self, key_set: u64, after: u64, max: usize) -> Result<Vec<(u64, KeptWrap)>> {
        self.room()?.old_wraps(key_set, after, max)
    }
    fn rewrap(&mut self, wrap: &KeptWrap, key_set: u64) -> Result<bool> {
        self.room()?.rewrap(wrap, key_set)
    }
}

impl DeviceStatements for Frail<'_, dyn DeviceStore> {
    fn unsealed(
        &mut self,
        max_bytes: usize,
        max_statements: usize,
        not: &[IncidentId],
    ) -> Result<Vec<PlainStatement>> {
        self.room()?.unsealed(max_bytes, max_statements, not)
    }
    fn keep_blob(
        &mut self,
        hash: [u8; 32],
        blob: &[u8],
        statements: &[(IncidentId, String)],
    ) -> Result<()> {
        self.room()?.keep_blob(hash, blob, statements)
    }
    fn next_blob(&mut self) -> Result<Option<WaitingBlob>> {
        self.room()?.next_blob()
    }
    fn waiting_blobs(&mut self) -> Result<Vec<WaitingBlob>> {
        self.room()?.waiting_blobs()
    }
    fn blob_piece(&mut self, number: i64, offset: u64, max_bytes: usize) -> Result<Vec<u8>> {
        self.room()?.blob_piece(number, offset, max_bytes)
    }
    fn blob_delivered(&mut self, number: i64, refused: &[u32], forget: bool) -> Result<u64> {
        self.room()?.blob_delivered(number, refused, forget)
    }
    fn unseal_blob(&mut self, number: i64) -> Result<()> {
        self.room()?.unseal_blob(number)
    }
    fn attached(&mut self, incident: IncidentId, hash: [u8; 32]) -> Result<Option<String>> {
        self.room()?.attached(incident, hash)
    }
    fn carried(&mut self, incident: IncidentId) -> Result<Vec<(String, Carried)>> {
        self.room()?.carried(incident)
    }
}
