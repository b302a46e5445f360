//! The story's incidents: from the fixtures, moved in time by the seed, so that there are enough to count.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use vicinity_core::time::parse_local;

use super::world::World;

const SENEGAL: &str = include_str!("../../../../fixtures/incidents/senegal.jsonl");
const MEXICO: &str = include_str!("../../../../fixtures/incidents/mexico.jsonl");
const CAMBODIA: &str = include_str!("../../../../fixtures/incidents/cambodia.jsonl");
const KYRGYZSTAN: &str = include_str!("../../../../fixtures/incidents/kyrgyzstan.jsonl");
const INDIA: &str = include_str!("../../../../fixtures/incidents/india.jsonl");

/// Lines of the fixtures for a hub: `near` its own country's, and others so that scripts and languages meet.
pub fn pool(near: Near) -> Result<Vec<Value>> {
    let files = match near {
        Near::Dakar => [SENEGAL, SENEGAL, MEXICO],
        Near::PhnomPenh => [CAMBODIA, INDIA, KYRGYZSTAN],
    };
    files
        .iter()
        .flat_map(|file| file.lines())
        .map(|line| serde_json::from_str(line).context("a fixture is no JSON"))
        .collect()
}

/// Where a hub is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Near {
    /// Senegal.
    Dakar,
    /// Cambodia.
    PhnomPenh,
}

/// `count` lines of a pool, each moved by some days of the seed's, never into the future.
pub fn draw(world: &World, pool: &[Value], count: usize) -> String {
    let mut lines = String::new();
    for _ in 0..count {
        let line = &pool[world.below(pool.len() as u64) as usize];
        let back = SignedDuration::from_hours(24 * world.below(45) as i64);
        let mut line = line.clone();
        move_back(&mut line, back);
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    lines
}

/// Moves every time in a line back.
fn move_back(value: &mut Value, by: SignedDuration) {
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| move_back(value, by)),
        Value::Array(list) => list.iter_mut().for_each(|value| move_back(value, by)),
        Value::String(text) => {
            if let Some(moved) = moved(text, by) {
                *text = moved;
            }
        }
        _ => {}
    }
}

fn moved(text: &str, by: SignedDuration) -> Option<String> {
    if text.len() < 10 || !text.starts_with("20") {
        return None;
    }
    if text.ends_with('Z') {
        return Some(
            text.parse::<Timestamp>()
                .ok()?
                .checked_sub(by)
                .ok()?
                .to_string(),
        );
    }
    let local = parse_local(text)?;
    let wall = local.wall.checked_sub(by).ok()?;
    Some(if local.has_time {
        format!("{}T{:02}:{:02}", wall.date(), wall.hour(), wall.minute())
    } else {
        wall.date().to_string()
    })
}
