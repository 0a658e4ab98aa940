//! CSV (RFC 4180) and what is called so.

use crate::{Line, Row, column_name};

/// A table and the names of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    /// What stands below the names.
    pub rows: Vec<Line>,
}

impl Table {
    /// Whether it has a column of this name.
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }
}

/// What may stand between two cells: spreadsheets of half of Europe write semicolons.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// The rows below the first line, which names the columns. The delimiter is the one that
/// stands most often in that line. Rows of empty cells alone are left out, as spreadsheets
/// write them behind the last; a cell that is missing at the end of a row is an empty one.
/// A text of blanks is no table.
pub fn table(text: &str) -> Option<Table> {
    let header = text.lines().find(|line| !line.trim().is_empty())?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(header))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    // Rows of cells that are all empty say nothing, also above the header.
    let mut records = reader.records().filter(|record| {
        record.as_ref().map_or(true, |record| {
            record.iter().any(|cell| !cell.trim().is_empty())
        })
    });
    let names = records.next()?.ok()?;
    Some(Table {
        rows: records.map(|record| line(text, &names, record)).collect(),
        columns: names.iter().map(column_name).collect(),
    })
}

fn delimiter(header: &str) -> u8 {
    let count = |delimiter: u8| header.bytes().filter(|&byte| byte == delimiter).count();
    // The last of several maxima is taken: so a comma wins over what is as frequent.
    let most = DELIMITERS.into_iter().rev().max_by_key(|&one| count(one));
    most.unwrap_or(b',')
}

fn line(text: &str, names: &csv::StringRecord, record: csv::Result<csv::StringRecord>) -> Line {
    let record = match record {
        Ok(record) => record,
        Err(error) => return (number(text, error.position()), Err(error.to_string())),
    };
    let at = number(text, record.position());
    let mut more = record.iter().skip(names.len());
    if more.any(|cell| !cell.trim().is_empty()) {
        let why = format!(
            "it has {} cells, and the first line names {}",
            record.len(),
            names.len()
        );
        return (at, Err(why));
    }
    let cells = names.iter().zip(&record);
    let cells = cells.map(|(name, value)| (name.to_owned(), value.to_owned()));
    (at, Ok(Row::new(cells)))
}

/// The line that a record begins on: its position is that of the empty lines before it.
fn number(text: &str, position: Option<&csv::Position>) -> usize {
    let Some(position) = position else { return 0 };
    let byte = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(byte..).unwrap_or_default();
    let empty = rest.bytes().take_while(|&byte| byte == b'\n').count();
    let line = usize::try_from(position.line()).unwrap_or(usize::MAX);
    line.saturating_add(empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files(text: &str) -> Vec<(usize, Option<String>)> {
        let rows = table(text).expect("a header").rows;
        let file = |row: Row| row.get("file").map(str::to_owned);
        rows.into_iter()
            .map(|(n, row)| (n, row.ok().and_then(file)))
            .collect()
    }

    #[test]
    fn every_delimiter_and_header_is_read() {
        for text in [
            "file,label\na.jpg,cat\n",
            "file;label\na.jpg;cat\n",
            "file\tlabel\na.jpg\tcat\n",
            "file|label\na.jpg|cat\n",
            " File , LABEL \n a.jpg , cat \n",
            "file\na.jpg\n",
            "file,label\na.jpg,cat\n,\n,,\n",
            "file,label\na.jpg\n",
            "file,label\na.jpg,cat,,\n",
            "\n,\nfile,label\na.jpg,cat\n",
        ] {
            let named: Vec<_> = files(text).into_iter().map(|(_, file)| file).collect();
            assert_eq!(named, [Some("a.jpg".to_owned())], "{text:?}");
        }
    }

    #[test]
    fn a_ragged_line_is_named_and_the_rest_is_read() {
        let text = "file,label\na.jpg,cat\n\nb.jpg,cat,3,4\nc.jpg,\"two\nlines\"\nd.jpg,cat\n";
        let want = [
            (2, Some("a.jpg")),
            (4, None),
            (5, Some("c.jpg")),
            (7, Some("d.jpg")),
        ];
        let want = want.map(|(n, file)| (n, file.map(str::to_owned)));
        assert_eq!(files(text), want);
        let rows = table(text).expect("a header").rows;
        let why = "it has 4 cells, and the first line names 2";
        assert_eq!(rows[1].1, Err(why.into()));
    }

    #[test]
    fn a_text_of_blanks_has_no_header() {
        for text in ["", "\n \n", "\t\n"] {
            assert_eq!(table(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn cells_survive_whatever_is_in_them(cells in prop::collection::vec("[a-z,;\"\n\t |]{0,9}x", 1..9)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["file", "note"]).expect("memory takes it");
            for cell in &cells {
                writer.write_record([cell.as_str(), "1"]).expect("memory takes it");
            }
            let bytes = writer.into_inner().expect("memory takes it");
            let rows = table(std::str::from_utf8(&bytes).expect("it was text")).expect("a header").rows;
            let back: Vec<_> = rows.into_iter().map(|(_, row)| row.expect("a row").get("file").map(str::to_owned)).collect();
            let want: Vec<_> = cells.iter().map(|cell| Some(cell.trim().to_owned())).collect();
            prop_assert_eq!(back, want);
        }
    }
}
