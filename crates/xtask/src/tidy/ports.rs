//! Every method of a storage port is called by the contract that every engine keeps.

use std::path::Path;

const PORTS: &str = "crates/vicinity-store/src";
const CONTRACT: &str = "crates/vicinity-testkit/src/contract";
/// A trait of the store that is no port: it is handed to engines.
const NO_PORT: &str = "Random";

/// Methods of ports, and the text of the contract.
#[derive(Default)]
pub struct Ports {
    methods: Vec<(String, String)>,
    contract: String,
}

impl Ports {
    /// Takes in a Rust file, if it is a port's or the contract's.
    pub fn add(&mut self, path: &Path, text: &str) {
        if path.starts_with(PORTS) {
            self.methods.extend(methods(text));
        }
        if path.starts_with(CONTRACT) {
            self.contract.push_str(text);
        }
    }

    /// Methods that no case of the contract calls.
    pub fn problems(&self) -> Vec<String> {
        // A call may be broken over two lines, but not between its dot and its bracket.
        let is_called = |method: &str| self.contract.contains(&format!(".{method}("));
        self.methods
            .iter()
            .filter(|(_, method)| !is_called(method))
            .map(|(port, method)| format!("{CONTRACT}: no case calls {port}::{method}"))
            .collect()
    }
}

/// The methods of a file's traits, each with its trait. Both are indented as rustfmt does.
fn methods(text: &str) -> Vec<(String, String)> {
    let word = |rest: &str| {
        rest.chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect::<String>()
    };
    let (mut port, mut methods) = (None, Vec::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("pub trait ") {
            port = Some(word(rest)).filter(|name| name != NO_PORT);
        } else if line == "}" {
            port = None;
        } else if let (Some(port), Some(rest)) = (&port, line.strip_prefix("    fn ")) {
            methods.push((port.clone(), word(rest)));
        }
    }
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_no_case_calls_is_named_with_its_port() {
        let mut ports = Ports::default();
        let store = "pub trait Hub: Forms {
    /// Counts.
    fn counts(&mut self) -> u64;
    fn ask(
        &mut self,
    );
}
fn free() {}
pub trait Random {
    fn bytes(&mut self);
}
";
        ports.add(Path::new("crates/vicinity-store/src/hub.rs"), store);
        let case = "pub fn it_counts() {\n    store\n        .counts()\n}\n";
        let path = Path::new("crates/vicinity-testkit/src/contract/hub.rs");
        ports.add(path, case);
        assert_eq!(
            ports.problems(),
            ["crates/vicinity-testkit/src/contract: no case calls Hub::ask"]
        );
    }
}
