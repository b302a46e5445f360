//! The incident: what it holds, how it merges, who may see it.
//!
//! Nothing in here does I/O, reads a clock or draws randomness: bytes, times and random bytes come as arguments. Read
//! in this order: [`fields`] and [`codes`] (what an incident holds), [`draft`] and [`edit`] (how it gets there),
//! [`document`] (how it merges), [`incident`] (how it reads), then what is derived from it.

pub mod access;
pub mod admit;
pub mod advocacy;
pub mod alert;
pub mod areas;
pub mod band;
pub mod batch;
pub mod board;
pub mod canonical;
pub mod care;
mod cascade;
pub mod chunk;
pub mod classify;
pub mod clocks;
pub mod codes;
pub mod consent;
pub mod counts;
pub mod dictionary;
pub mod document;
pub mod doubt;
pub mod draft;
pub mod edit;
mod field_error;
pub mod fields;
mod form;
pub mod gate;
pub mod guard;
pub mod hex;
pub mod ids;
pub mod incident;
pub mod json;
pub mod ladder;
pub mod local;
mod mark;
pub mod projection;
pub mod published;
pub mod reached;
pub mod reading;
pub mod remark;
pub mod risk;
mod room;
pub mod show;
mod skeleton;
pub mod spelling;
pub mod status;
pub mod tables;
pub mod text;
pub mod time;
pub mod timeline;
pub mod triage;
pub mod value;
mod write;
pub mod zone;
