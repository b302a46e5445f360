//! JSON in one form: the same bytes for the same content, whatever the order of keys and the blanks between them.

use serde_json::Value;

/// The bytes of a value in that form. They are made to be hashed and are never parsed: lengths come before what they
/// count, so that no two values have the same bytes.
#[must_use]
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(b'0'),
        Value::Bool(value) => out.push(if *value { b't' } else { b'f' }),
        Value::Number(number) => text(b'n', &number.to_string(), out),
        Value::String(value) => text(b's', value, out),
        Value::Array(list) => {
            length(b'l', list.len(), out);
            list.iter().for_each(|value| write(value, out));
        }
        Value::Object(object) => {
            length(b'o', object.len(), out);
            let mut sorted: Vec<_> = object.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            for (key, value) in sorted {
                text(b'k', key, out);
                write(value, out);
            }
        }
    }
}

fn length(kind: u8, length: usize, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend((length as u64).to_be_bytes());
}

fn text(kind: u8, text: &str, out: &mut Vec<u8>) {
    length(kind, text.len(), out);
    out.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Vec<u8> {
        bytes(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_order_of_keys_and_blanks_do_not_matter() {
        assert_eq!(
            of(r#"{"a": 1, "b": {"d": [true, null], "c": "x"}}"#),
            of(r#"{ "b":{"c":"x","d":[true,null]},"a":1 }"#)
        );
        assert_eq!(
            of(r#""caf\u00e9""#),
            of(r#""café""#),
            "a letter is the same however it is written"
        );
    }

    #[test]
    fn other_values_have_other_bytes() {
        let values = [
            "null",
            "true",
            "false",
            "1",
            "-1",
            "1.5",
            r#""""#,
            r#""1""#,
            r#""a""#,
            "[]",
            "[[]]",
            "{}",
            r#"["a","b"]"#,
            r#"["b","a"]"#,
            r#"["ab"]"#,
            r#"{"a":"b"}"#,
            r#"{"ab":""}"#,
            r#"{"a":"b","c":[]}"#,
            r#"{"a":["b"]}"#,
            r#"["a",["b"]]"#,
            r#"[["a"],"b"]"#,
            r#"{"a":null}"#,
        ];
        let mut all: Vec<Vec<u8>> = values.iter().map(|json| of(json)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), values.len());
    }
}
