//! A change written by hand, column by column.

use super::*;

/// A change made by hand, with every part of it in reach. As it is it writes null to the root's key `k`.
pub struct Hand {
    pub deps: Vec<ChangeHash>,
    pub actor: [u8; 8],
    pub seq: u64,
    pub start_op: u64,
    pub others: Vec<[u8; 8]>,
    pub columns: Vec<(u32, Vec<u8>)>,
    pub message: Vec<u8>,
    pub extra: Vec<u8>,
}

pub const OBJ_ACTOR: u32 = 0x01;
pub const OBJ_CTR: u32 = 0x02;
pub const KEY: u32 = 0x15;
pub const INSERT: u32 = 0x34;
pub const ACTION: u32 = 0x42;
pub const META: u32 = 0x56;
pub const PRED_GROUP: u32 = 0x70;
pub const PRED_ACTOR: u32 = 0x71;
pub const PRED_CTR: u32 = 0x73;

impl Hand {
    pub fn on(setting: &Setting) -> Self {
        let columns = [
            (KEY, &b"\x7f\x01k"[..]),
            (INSERT, &[1]),
            (ACTION, &[0x7f, 1]),
            (META, &[0x7f, 0]),
            (PRED_GROUP, &[0x7f, 0]),
        ];
        Self {
            deps: setting.document.heads(),
            actor: STRANGER,
            seq: 1,
            start_op: Chunk::parse(&setting.base[1]).unwrap().max_op().unwrap() + 1,
            others: Vec::new(),
            columns: columns
                .map(|(spec, column)| (spec, column.to_vec()))
                .to_vec(),
            message: Vec::new(),
            extra: Vec::new(),
        }
    }

    pub fn column(mut self, spec: u32, column: &[u8]) -> Self {
        self.columns.retain(|(other, _)| *other != spec);
        self.columns.push((spec, column.to_vec()));
        self.columns.sort_by_key(|(spec, _)| *spec);
        self
    }

    pub fn without(mut self, spec: u32) -> Self {
        self.columns.retain(|(other, _)| *other != spec);
        self
    }

    pub fn deleting(self) -> Self {
        self.column(ACTION, &[0x7f, 3])
    }

    /// In an object of the first of these actors.
    pub fn in_object(mut self, others: &[[u8; 8]], counter: u64) -> Self {
        self.others = others.to_vec();
        let mut column = vec![0x7f];
        put_uleb(&mut column, counter);
        self.column(OBJ_ACTOR, &[0x7f, 1]).column(OBJ_CTR, &column)
    }

    /// Replacing operations of the first of these actors.
    pub fn replacing(mut self, others: &[[u8; 8]], counters: &[i64]) -> Self {
        self.others = others.to_vec();
        let literal = |values: Vec<i64>| {
            let mut column = Vec::new();
            put_leb(&mut column, -(values.len() as i64));
            values
                .into_iter()
                .for_each(|value| put_leb(&mut column, value));
            column
        };
        let deltas = counters
            .iter()
            .scan(0, |before, counter| {
                Some(counter - core::mem::replace(before, *counter))
            })
            .collect();
        let actors = if counters.len() == 1 {
            vec![0x7f, 1]
        } else {
            vec![counters.len() as u8, 1]
        };
        self.column(PRED_GROUP, &[0x7f, counters.len() as u8])
            .column(PRED_ACTOR, &actors)
            .column(PRED_CTR, &literal(deltas))
    }

    pub fn bytes(&self) -> Vec<u8> {
        let column_data: Vec<u8> = self
            .columns
            .iter()
            .flat_map(|(_, column)| column.iter().copied())
            .collect();
        let chunk = Chunk {
            hash: ChangeHash([0; 32]),
            deps: self.deps.clone(),
            actor: &self.actor,
            seq: self.seq,
            start_op: self.start_op,
            time: 0,
            message: &self.message,
            other_actors: self.others.iter().map(|actor| &actor[..]).collect(),
            columns: self
                .columns
                .iter()
                .map(|(spec, column)| (*spec, column.len()))
                .collect(),
            column_data: &column_data,
            extra: &self.extra,
        };
        chunk.assemble()
    }
}
