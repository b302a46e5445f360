//! Which modules of its crate a source file names: in `use` and in other paths, where they begin with `crate`, `super` or `self`.
//!
//! A path that begins with the bare name of a module below the file is not read: a parent may call its children.

use super::tokens::{Placed, Token, tokens};

/// What a source file names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Every path, in the order of the text.
    pub named: Vec<Named>,
    /// Modules of files that are compiled for tests only.
    pub test_modules: Vec<Vec<String>>,
}

/// A path from the crate's root: a module's, with the item's name behind it where the path has one.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub path: Vec<String>,
}

/// Reads a file that is the module `module` of its crate.
pub fn read(text: &str, module: &[String]) -> File {
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        module: module.to_vec(),
        open: Vec::new(),
        depth: 0,
        file: File::default(),
    };
    reader.read();
    reader.file
}

fn word<'a>(tokens: &[Placed<'a>], at: usize) -> Option<&'a str> {
    match tokens.get(at)?.token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

struct Reader<'t, 'a> {
    tokens: &'t [Placed<'a>],
    at: usize,
    module: Vec<String>,
    /// The depths at which the modules end that are written out in this file.
    open: Vec<usize>,
    depth: usize,
    file: File,
}

impl<'a> Reader<'_, 'a> {
    fn read(&mut self) {
        while let Some(Placed { token, .. }) = self.tokens.get(self.at) {
            match token {
                Token::Sign('#') if self.is_attribute(self.at) => self.attribute(),
                Token::Sign('{') => self.enter(),
                Token::Sign('}') => self.leave(),
                Token::Word("mod") if self.is_sign(self.at + 2, '{') => {
                    self.module
                        .extend(self.word(self.at + 1).map(str::to_owned));
                    self.open.push(self.depth);
                    self.at += 2;
                }
                // `impl Trait + use<'a>` imports nothing.
                Token::Word("use") if !self.is_sign(self.at + 1, '<') => {
                    self.at += 1;
                    self.tree(&[]);
                }
                Token::Word(word) if self.begins_path(word) => self.path(),
                _ => self.at += 1,
            }
        }
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        word(self.tokens, at)
    }

    fn is(&self, at: usize, token: Token<'_>) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|placed| placed.token == token)
    }

    fn is_sign(&self, at: usize, sign: char) -> bool {
        self.is(at, Token::Sign(sign))
    }

    fn enter(&mut self) {
        self.depth += 1;
        self.at += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.open.last() == Some(&self.depth) {
            self.open.pop();
            self.module.pop();
        }
        self.at += 1;
    }

    /// Passes an attribute, with what is behind it where that is compiled for tests only.
    fn attribute(&mut self) {
        let inner = usize::from(self.is_sign(self.at + 1, '!'));
        let end = self.end(self.at + inner + 1, ']');
        let words: Vec<&str> = (self.at..end).filter_map(|at| self.word(at)).collect();
        let is_for_tests =
            words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not");
        self.at = end;
        if is_for_tests && inner > 0 {
            self.at = self.tokens.len();
        } else if is_for_tests {
            while self.is_attribute(self.at) {
                self.at = self.end(self.at + 1, ']');
            }
            if let Some(at) = (self.at..self.at + 5).find(|at| self.word(*at) == Some("mod"))
                && self.is_sign(at + 2, ';')
            {
                let name = self.word(at + 1).map(str::to_owned);
                self.file
                    .test_modules
                    .push(self.module.iter().cloned().chain(name).collect());
            }
            self.at = self.end(self.at, '}');
        }
    }

    fn is_attribute(&self, at: usize) -> bool {
        self.is_sign(at, '#')
            && (self.is_sign(at + 1, '[') || self.is_sign(at + 1, '!') && self.is_sign(at + 2, '['))
    }

    /// The place behind what begins at `at`: behind the outermost sign `close`, or behind a semicolon outside of all brackets.
    fn end(&self, mut at: usize, close: char) -> usize {
        let mut depth = 0usize;
        while let Some(Placed { token, .. }) = self.tokens.get(at) {
            at += 1;
            match token {
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(token, Token::Sign(sign) if *sign == close || *sign == ';') {
                break;
            }
        }
        at
    }

    /// One tree of a `use`, behind what it has in common with others.
    fn tree(&mut self, outer: &[&'a str]) {
        let mut path = outer.to_vec();
        let Some(line) = self.tokens.get(self.at).map(|placed| placed.line) else {
            return;
        };
        if self.is(self.at, Token::Colons) && path.is_empty() {
            path.push("::");
            self.at += 1;
        }
        loop {
            if self.is_sign(self.at, '{') {
                self.at += 1;
                while self.at < self.tokens.len() && !self.is_sign(self.at, '}') {
                    self.tree(&path);
                    self.at += usize::from(self.is_sign(self.at, ','));
                }
                self.at += 1;
                return;
            }
            path.extend(self.word(self.at));
            self.at += 1;
            if !self.is(self.at, Token::Colons) {
                break;
            }
            self.at += 1;
        }
        if self.word(self.at) == Some("as") {
            self.at += 2;
        }
        self.name(line, &path);
    }

    /// Whether a path into this crate begins here: not further inside another path, nor in `pub(in crate::here)`.
    fn begins_path(&self, word: &str) -> bool {
        let before = |count: usize| {
            self.at
                .checked_sub(count)
                .and_then(|at| self.tokens.get(at))
                .map(|placed| placed.token)
        };
        let goes_on = match before(1) {
            Some(Token::Colons) => true,
            Some(Token::Word("in")) => before(2) == Some(Token::Sign('(')),
            _ => false,
        };
        matches!(word, "crate" | "super" | "self")
            && self.is(self.at + 1, Token::Colons)
            && !goes_on
    }

    fn path(&mut self) {
        let line = self.tokens[self.at].line;
        let mut path = Vec::new();
        while let Some(word) = self.word(self.at) {
            path.push(word);
            self.at += 1;
            if !self.is(self.at, Token::Colons) {
                break;
            }
            self.at += 1;
        }
        // A macro is at the crate's root wherever it is written.
        let is_macro = self.is_sign(self.at, '!') && path.len() == 2 && path[0] == "crate";
        if !is_macro {
            self.name(line, &path);
        }
    }

    /// Notes a path, if it leads into this crate.
    fn name(&mut self, line: usize, path: &[&str]) {
        let mut named = match path.first() {
            Some(&"crate") => Vec::new(),
            Some(&("super" | "self")) => self.module.clone(),
            _ => return,
        };
        for part in path
            .iter()
            .take(1)
            .filter(|part| **part == "super")
            .chain(path.iter().skip(1))
        {
            match *part {
                "super" => drop(named.pop()),
                "self" => {}
                part => named.push(part.to_owned()),
            }
        }
        self.file.named.push(Named { line, path: named });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let module = ["outer".to_owned(), "own".to_owned()];
        read(text, &module)
            .named
            .iter()
            .map(|named| format!("{} {}", named.line, named.path.join("::")))
            .collect()
    }

    #[test]
    fn uses_and_paths_are_read_from_where_the_file_is() {
        assert_eq!(
            named("use crate::a::{b, c::{self, D as E}};"),
            ["1 a::b", "1 a::c", "1 a::c::D"]
        );
        assert_eq!(
            named("use super::a::*;\nuse super::super::b::C;"),
            ["1 outer::a", "2 b::C"]
        );
        assert_eq!(
            named("fn f() -> super::A { crate::b::c::<D>(self::e::F) }"),
            ["1 outer::A", "1 b::c", "1 outer::own::e::F"]
        );
        assert_eq!(
            named("mod child;\npub use self::child::A;\nfn f() { child::g() }"),
            ["2 outer::own::child::A"]
        );
        assert_eq!(
            named("macro_rules! m { () => { $crate::a::b() } }"),
            ["1 a::b"]
        );
    }

    #[test]
    fn modules_that_are_written_out_have_the_files_around_them() {
        assert_eq!(
            named("mod inner { use super::A; }\nuse super::B;"),
            ["1 outer::own::A", "2 outer::B"]
        );
    }

    #[test]
    fn other_crates_texts_and_comments_name_nothing() {
        for text in [
            "use std::fmt; use ::serde::de; use age::a;",
            "// use crate::a;\n/* crate::b /* */ crate::c */",
            r####"const A: &str = "crate::a \" crate::b"; const B: &str = r#"crate::c " crate::d"#; const C: char = '"';"####,
            "pub(in crate::outer) fn f<'a>(x: &'a str) -> impl Sized + use<'a> {}",
        ] {
            assert!(named(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_compiled_for_tests_only_is_passed_over() {
        assert_eq!(
            named(
                "#[cfg(test)]\nuse crate::a;\n#[cfg(test)]\n#[expect(x)]\npub(crate) fn f(a: [u8; 2]) { crate::b(); }\nuse crate::c;"
            ),
            ["6 c"]
        );
        assert_eq!(
            named(
                "#[cfg(test)]\nfn f() -> [u8; 2] { crate::b() }\nfn g() { for a in crate::c::ALL[..crate::d::MAX] {} }"
            ),
            ["3 c::ALL", "3 d::MAX"]
        );
        assert_eq!(
            named("#[cfg(not(test))]\nuse crate::a;\n#[derive(Debug)]\nstruct S;"),
            ["2 a"]
        );
        assert!(named("#![cfg(test)]\nuse crate::a;").is_empty());
        assert_eq!(
            read("#[cfg(test)]\npub(crate) mod tests;", &["own".to_owned()]).test_modules,
            [["own", "tests"]]
        );
    }
}
