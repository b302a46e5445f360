//! Prints enrolment links.

use anyhow::Result;
use serde_json::json;
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
