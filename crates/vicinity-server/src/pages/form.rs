//! Fields of a form or of an address, by name.

use vicinity_core::text;

use crate::pages::answer::PageError;

/// Fields, as they came.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl core::fmt::Debug for Form {
    /// What people type into forms belongs in no log.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Form of {} fields", self.0.len())
    }
}

impl Form {
    /// Fields in the form in which browsers send them. Whatever is no such field is left out.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// Fields that are known already.
    #[must_use]
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// The same with another value of a field.
    #[must_use]
    pub fn replacing(&self, name: &str, value: &str) -> Self {
        let others = self.0.iter().filter(|(own, _)| own != name).cloned();
        Self(
            others
                .chain([(name.to_owned(), value.to_owned())])
                .collect(),
        )
    }

    /// The first field of a name, without white space around it; empty if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map_or("", |(_, value)| value.trim())
    }

    /// Whether a field of that name came, filled or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// The first field of a name exactly as it came: a password may begin with a space.
    #[must_use]
    pub fn exact(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map_or("", |(_, value)| value)
    }

    /// What a device, a hub or a country is to be called; `None` if nothing was typed.
    ///
    /// # Errors
    /// A text that is no name: several lines, or more than [`text::NAME_MAX_LETTERS`] letters.
    pub fn name(&self, field: &str) -> Result<Option<String>, PageError> {
        let name = |typed| text::name(typed).ok_or(PageError::Refused("refused-name"));
        Ok(self.filled(field).map(name).transpose()?.map(str::to_owned))
    }

    /// The field of a name, if anything was typed or chosen.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name_and_missing_ones_are_empty() {
        let form = Form::parse(b"a=1&b=+x%26y+&a=2&empty=&bare");
        assert_eq!(
            (form.get("a"), form.get("b"), form.exact("b"), form.get("c")),
            ("1", "x&y", " x&y ", "")
        );
        assert_eq!(
            (form.filled("empty"), form.filled("bare"), form.filled("b")),
            (None, None, Some("x&y"))
        );
    }

    #[test]
    fn what_was_typed_is_not_in_the_debug_form() {
        assert_eq!(
            format!("{:?}", Form::parse(b"password=secret")),
            "Form of 1 fields"
        );
    }
}
