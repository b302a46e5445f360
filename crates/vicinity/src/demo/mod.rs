//! `vicinity demo`: the whole way on this machine, in plain words.
//!
//! Everything is real: servers on loopback sockets, databases on disk, the same code as in the field. Only the clock is
//! the story's own, and the random bytes come from the seed. The demo checks what it tells: it fails if two phones and
//! the hub do not hold the same in the end.

mod advocacy;
mod cast;
mod incidents;
mod losses;
mod servers;
mod stage;
mod story;
mod world;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::DemoArguments;
use crate::{output, serving};

pub fn run(arguments: &DemoArguments) -> Result<ExitCode> {
    let runtime = serving::runtime()?;
    let world = world::World::new(arguments.seed)?;
    let told = story::tell(&world, &runtime)?;
    if arguments.exit {
        told.end(&runtime)?;
        return Ok(ExitCode::SUCCESS);
    }
    world.run_on();
    output::line(told.how_to_go_on(&world)?)?;
    runtime.block_on(async { serving::told_to_stop().await });
    told.end(&runtime)?;
    Ok(ExitCode::SUCCESS)
}
