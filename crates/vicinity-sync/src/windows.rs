//! A national server and the one above it: months that may be published, each once.

use minicbor::{Decode, Encode};
use vicinity_core::published::Window;

use crate::message::Refused;

/// Where national servers post.
pub const WINDOWS_PATH: &str = "/v1/windows";
/// Months of one message.
pub const WINDOWS_MAX: usize = 24;
/// Cells of one month: every code of every dimension, several times over.
const CELLS_MAX: usize = 1000;

/// Months on their way up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Default)]
#[cbor(array)]
pub struct Windows {
    #[n(0)]
    windows: Vec<WindowRow>,
    /// [`Pins::mark`](crate::pins::Pins::mark) of the pins that the sender knows.
    #[n(1)]
    pub pins: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct WindowRow {
    #[n(0)]
    month: String,
    #[n(1)]
    cells: Vec<CellRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
struct CellRow {
    #[n(0)]
    dimension: String,
    #[n(1)]
    code: String,
    #[n(2)]
    count: u64,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Default)]
#[cbor(array)]
pub struct WindowsReply {
    /// The pins of the upper server's keys, if the sender knows others.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub pins: Option<Vec<u8>>,
}

impl Windows {
    /// A message.
    #[must_use]
    pub fn new(windows: &[Window], pins: u32) -> Self {
        let row = |window: &Window| WindowRow {
            month: window.month.clone(),
            cells: window
                .cells
                .iter()
                .map(|((dimension, code), count)| CellRow {
                    dimension: dimension.clone(),
                    code: code.clone(),
                    count: *count,
                })
                .collect(),
        };
        Self {
            windows: windows.iter().map(row).collect(),
            pins,
        }
    }

    /// The months, each of them one that may be published.
    ///
    /// # Errors
    /// Too many, or one with anything else in it: then none of them counts.
    pub fn into_windows(self) -> Result<Vec<Window>, Refused> {
        if self.windows.len() > WINDOWS_MAX
            || self
                .windows
                .iter()
                .any(|window| window.cells.len() > CELLS_MAX)
        {
            return Err(Refused::TooLarge);
        }
        let window = |row: WindowRow| Window {
            month: row.month,
            cells: row
                .cells
                .into_iter()
                .map(|cell| ((cell.dimension, cell.code), cell.count))
                .collect(),
        };
        let windows: Vec<Window> = self.windows.into_iter().map(window).collect();
        if windows.iter().all(Window::is_well_formed) {
            Ok(windows)
        } else {
            Err(Refused::Malformed)
        }
    }
}
