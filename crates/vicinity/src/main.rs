//! The program: arguments in, printing out. Everything else is in the libraries.

mod alerts;
mod args;
mod bundle;
mod clock;
mod conflicts;
mod demo;
mod device;
mod device_keys;
mod hub;
mod hub_areas;
mod hub_erase;
mod hub_keeping;
mod hub_store;
mod hub_verify;
mod links;
mod locking;
mod machine;
mod national;
mod national_export;
mod national_publish;
mod national_risk;
mod national_store;
mod network;
mod opening;
mod output;
mod people;
mod secrets;
mod serving;
mod session;
mod statements;
mod stopping;
mod usage;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage::complain(error),
    };
    let result = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Hub(arguments) => hub::run(arguments),
        Command::National(arguments) => national::run(arguments),
        Command::Device(arguments) => device::run(arguments),
        Command::Code => people::code().map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "vicinity",
                &mut std::io::stdout(),
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => clap_mangen::Man::new(Arguments::command())
            .render(&mut std::io::stdout())
            .map(|()| ExitCode::SUCCESS)
            .map_err(Into::into),
    };
    result.unwrap_or_else(|error| {
        if output::is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        output::warn(format_args!("{error:#}"));
        ExitCode::FAILURE
    })
}
