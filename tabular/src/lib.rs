//! Files of rows as people and their programs write them: spreadsheets, editors, scripts.
//!
//! Pure but for [`read`]: bytes in, rows out. A file is read as it was meant, and what cannot be read is one bad
//! row with its line and a reason; it never takes the other rows with it.
//!
//! - [`read`]: the bytes of a file
//! - [`decode`]: bytes to text, whatever the encoding and the line ends
//! - [`lines`]: a text file, a value a line
//! - [`table`]: CSV and its kin: commas, semicolons, tabs or bars between the cells
//! - [`objects`]: JSONL, one object a line

mod decode;
mod file;
mod table;

pub use decode::decode;
pub use file::read;
pub use table::{Table, table};

/// A row by the names of its columns. Names are in lower case and values trimmed; an empty
/// cell is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(Vec<(String, String)>);

/// A line of the file, counted from 1, and its row or the reason why it is none.
pub type Line = (usize, Result<Row, String>);

impl Row {
    fn new(cells: impl Iterator<Item = (String, String)>) -> Self {
        let filled = cells.filter_map(|(name, value)| {
            let value = value.trim();
            (!value.is_empty()).then(|| (column_name(&name), value.to_owned()))
        });
        Self(filled.collect())
    }

    /// The value of a column, if it is filled.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut cells = self.0.iter();
        cells.find_map(|(column, value)| (column == name).then_some(value.as_str()))
    }

    /// The value of the first of these columns that is filled.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }
}

fn column_name(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The lines of a text that hold anything, trimmed, with their numbers.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate();
    numbered.filter_map(|(n, line)| {
        let line = line.trim();
        (!line.is_empty()).then_some((n + 1, line))
    })
}

/// The rows of JSONL (<https://jsonlines.org>). Texts, numbers and booleans are values; `null`
/// is an empty cell.
pub fn objects(text: &str) -> Vec<Line> {
    lines(text).map(|(n, line)| (n, object(line))).collect()
}

fn object(line: &str) -> Result<Row, String> {
    use serde_json::Value;
    let value = serde_json::from_str(line).map_err(|error| format!("it is not JSON: {error}"))?;
    let Value::Object(fields) = value else {
        return Err("it is not a JSON object".into());
    };
    let mut cells = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            // What is nested is no value of ours, and may stand beside one.
            Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        cells.push((name, text));
    }
    Ok(Row::new(cells.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers_over_blank_ones() {
        let read: Vec<_> = lines("a\n\n  b \n\nc").collect();
        assert_eq!(read, [(1, "a"), (3, "b"), (5, "c")]);
    }

    #[test]
    fn an_object_is_a_row_and_anything_else_is_a_bad_line() {
        let rows =
            objects("{\"File\":\" a.jpg \",\"n\":3,\"x\":null,\"y\":[1]}\n\n[1]\n{\"file\":\n");
        let (line, row) = &rows[0];
        let row = row.as_ref().expect("an object");
        assert_eq!(
            (*line, row.get("file"), row.get("n")),
            (1, Some("a.jpg"), Some("3"))
        );
        assert_eq!((row.get("x"), row.get("y")), (None, None));
        assert_eq!(rows[1], (3, Err("it is not a JSON object".into())));
        let (line, broken) = &rows[2];
        assert_eq!(*line, 4);
        assert!(
            broken
                .as_ref()
                .expect_err("cut off")
                .starts_with("it is not JSON")
        );
    }

    #[test]
    fn the_first_filled_column_is_taken() {
        let cells = [("file", ""), ("path", "b.jpg"), ("url", "c")];
        let row = Row::new(cells.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(row.first(&["file", "path", "url"]), Some("b.jpg"));
    }
}
