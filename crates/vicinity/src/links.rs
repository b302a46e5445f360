//! Prints enrolment links.

use anyhow::{Context, Result};
use serde_json::json;
use vicinity_core::text;
use vicinity_server::hub;

use crate::output;

/// A link as a picture for a camera.
pub fn qr(link: &str) -> Option<String> {
    Some(
        qrcode::QrCode::new(link)
            .ok()?
            .render::<qrcode::render::unicode::Dense1x2>()
            .build(),
    )
}

/// Prints a link: bare for scripts, with a QR code on a terminal.
pub fn print(link: &str, json: bool) -> Result<()> {
    use std::io::IsTerminal;
    if json {
        return output::line(json!({"link": link, "minutes": hub::CODE_MINUTES}));
    }
    output::line(link)?;
    if std::io::stdout().is_terminal()
        && let Some(code) = qr(link)
    {
        output::line(code)?;
        output::line(format!(
            "good for one device and {} minutes",
            hub::CODE_MINUTES
        ))?;
    }
    Ok(())
}

/// A name from the command line, as it is kept.
pub fn name(text: &str) -> Result<&str> {
    text::name(text).context("a name is one line of 1 to 40 letters")
}
