//! Statements in memory.

use std::collections::BTreeMap;

use vicinity_core::ids::IncidentId;
use vicinity_store::StoreError;
use vicinity_store::statement::{Carried, DeviceStatements, PlainStatement, WaitingBlob};

use super::{Held, MemoryDevice, State};

type Result<T> = core::result::Result<T, StoreError>;

/// What is known of a statement besides its text.
#[derive(Clone, Default)]
pub(super) struct Way {
    pub(super) delivered: bool,
    /// The batch that it is in, and its place there.
    pub(super) blob: Option<(i64, u32)>,
}

#[derive(Clone)]
struct Blob {
    hash: [u8; 32],
    bytes: Vec<u8>,
    begun: bool,
}

/// Everything about statements but their texts.
#[derive(Clone, Default)]
pub(super) struct Statements {
    pub(super) ways: BTreeMap<(IncidentId, String), Way>,
    blobs: BTreeMap<i64, Blob>,
    last_blob: i64,
}

impl Statements {
    fn let_go(&mut self, number: i64) {
        for way in self.ways.values_mut().filter(|way| way.blob.is_some_and(|(blob, _)| blob == number)) {
            way.blob = None;
        }
        self.blobs.remove(&number);
    }
}

/// The class of a statement, as its incident names it.
pub(super) fn class<'a>(held: &'a Held, entry: &str) -> Option<&'a str> {
    held.row.incident.entries("statements").find(|named| named.id() == entry)?.text("class")
}

impl MemoryDevice {
    /// Batches that hold a statement of this incident are no more.
    pub(super) fn unseal_all_of(&mut self, incident: IncidentId) {
        let of = self.statements.ways.iter().filter(|((of, _), _)| *of == incident);
        let batches: Vec<i64> = of.filter_map(|(_, way)| Some(way.blob?.0)).collect();
        batches.into_iter().for_each(|number| self.statements.let_go(number));
    }
}

impl DeviceStatements for MemoryDevice {
    fn unsealed(&mut self, max_bytes: usize, max_statements: usize, not: &[IncidentId]) -> Result<Vec<PlainStatement>> {
        let mut all = Vec::new();
        for (incident, held) in self.documents.iter().filter(|(incident, held)| held.granted && held.shared && !not.contains(incident)) {
            if self.of(*incident).any(|change| change.state != State::HeldByHub) {
                continue;
            }
            for (entry, text) in &held.statements {
                let way = self.statements.ways.get(&(*incident, entry.clone())).cloned().unwrap_or_default();
                if way.delivered || way.blob.is_some() {
                    continue;
                }
                let class = class(held, entry).unwrap_or_default();
                all.push(PlainStatement { incident: *incident, entry: entry.clone(), class: class.to_owned(), body: text.clone() });
            }
        }
        all.sort_by_key(|statement| statement.body.len());
        let (mut taken, mut bytes): (Vec<PlainStatement>, usize) = (Vec::new(), 0);
        for statement in all {
            bytes += statement.body.len();
            if !taken.is_empty() && (bytes > max_bytes || taken.len() >= max_statements) {
                break;
            }
            taken.push(statement);
        }
        Ok(taken)
    }

    fn keep_blob(&mut self, hash: [u8; 32], blob: &[u8], statements: &[(IncidentId, String)]) -> Result<()> {
        self.statements.last_blob += 1;
        let number = self.statements.last_blob;
        self.statements.blobs.insert(number, Blob { hash, bytes: blob.to_vec(), begun: false });
        for (place, statement) in (0u32..).zip(statements) {
            self.statements.ways.entry(statement.clone()).or_default().blob = Some((number, place));
        }
        Ok(())
    }

    fn next_blob(&mut self) -> Result<Option<WaitingBlob>> {
        Ok(self.waiting_blobs()?.into_iter().next())
    }

    fn waiting_blobs(&mut self) -> Result<Vec<WaitingBlob>> {
        let waiting = |(number, blob): (&i64, &Blob)| WaitingBlob { number: *number, hash: blob.hash, total: blob.bytes.len() as u64, begun: blob.begun };
        let mut all: Vec<WaitingBlob> = self.statements.blobs.iter().map(waiting).collect();
        all.sort_by_key(|blob| (blob.total, blob.number));
        Ok(all)
    }

    fn blob_piece(&mut self, number: i64, offset: u64, max_bytes: usize) -> Result<Vec<u8>> {
        let Some(blob) = self.statements.blobs.get_mut(&number) else { return Ok(Vec::new()) };
        blob.begun = true;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(blob.bytes.len());
        Ok(blob.bytes[from..from.saturating_add(max_bytes).min(blob.bytes.len())].to_vec())
    }

    fn blob_delivered(&mut self, number: i64, refused: &[u32], forget: bool) -> Result<u64> {
        let mut delivered = 0;
        let blob = |way: &Way| way.blob.is_some_and(|(blob, _)| blob == number);
        let touched: Vec<IncidentId> = self.statements.ways.iter().filter(|(_, way)| blob(way)).map(|((incident, _), _)| *incident).collect();
        for ((incident, entry), way) in &mut self.statements.ways {
            let Some((_, place)) = way.blob.filter(|(blob, _)| *blob == number) else { continue };
            way.blob = None;
            if refused.contains(&place) {
                continue;
            }
            (way.delivered, delivered) = (true, delivered + 1);
            if forget && let Some(held) = self.documents.get_mut(incident) {
                held.statements.remove(entry);
            }
        }
        self.statements.let_go(number);
        for incident in touched {
            self.touch(incident);
        }
        Ok(delivered)
    }

    fn unseal_blob(&mut self, number: i64) -> Result<()> {
        self.statements.let_go(number);
        Ok(())
    }

    fn attached(&mut self, incident: IncidentId, hash: [u8; 32]) -> Result<Option<String>> {
        Ok(self.known.attached.get(&(incident, hash)).cloned())
    }

    fn carried(&mut self, incident: IncidentId) -> Result<Vec<(String, Carried)>> {
        let mut carried: BTreeMap<String, Carried> = BTreeMap::new();
        for entry in self.documents.get(&incident).iter().flat_map(|held| held.statements.keys()) {
            carried.insert(entry.clone(), Carried::Plain);
        }
        for ((_, entry), way) in self.statements.ways.iter().filter(|((of, _), _)| *of == incident) {
            let far = if way.delivered { Some(Carried::Delivered) } else { way.blob.map(|_| Carried::Sealed) };
            carried.extend(far.map(|far| (entry.clone(), far)));
        }
        Ok(carried.into_iter().collect())
    }
}
