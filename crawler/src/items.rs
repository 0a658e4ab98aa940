//! What the paths of an import name: the files below folders, files, and the lines of lists,
//! which may be URLs. What cannot be read is told beside what can; it ends nothing.

mod folder;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use cli::{Failure, Result};
use url::Url;

const LISTS: [&str; 5] = ["txt", "csv", "tsv", "jsonl", "ndjson"];
/// The columns of a list that name its pictures; the first that is filled counts.
const COLUMNS: [&str; 3] = ["file", "path", "url"];

/// Longer than a path or an address can be, in bytes.
const LONGEST_NAME: usize = 8192;

/// What is to be imported.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// On disk, in path order.
    pub files: Vec<PathBuf>,
    /// On the web, in the order of the lists.
    pub urls: Vec<Url>,
    /// What could not be looked into, each with its reason.
    pub bad: Vec<Bad>,
    /// Files of folders that are not tried, by kind: `HEIC`, `other files`.
    pub left_out: BTreeMap<String, u64>,
}

/// A folder that cannot be read, or a line of a list that names nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Bad {
    /// The path, with the line of a list.
    pub item: String,
    /// As failures are counted.
    pub class: &'static str,
    /// In words.
    pub reason: String,
}

impl Bad {
    fn unreadable(path: &Path, reason: impl ToString) -> Self {
        Self {
            item: path.display().to_string(),
            class: "unreadable",
            reason: reason.to_string(),
        }
    }

    fn line(list: &Path, line: usize, reason: String) -> Self {
        Self {
            item: format!("{} line {line}", list.display()),
            class: "bad-line",
            reason,
        }
    }
}

/// Every picture that `paths` name, each once.
///
/// # Errors
/// Bad input: a path that does not exist, a list that cannot be read at all, nothing found.
pub fn find(paths: &[PathBuf]) -> Result<Found> {
    let mut found = Found::default();
    for path in paths {
        if path.is_dir() {
            folder::search(path, &mut found);
        } else if !path.exists() {
            return Err(missing(path));
        } else if ending_is(path, &LISTS) {
            in_list(path, &mut found)?;
        } else {
            found.files.push(absolute(path));
        }
    }
    let mut seen = HashSet::new();
    found.files.retain(|path| seen.insert(path.clone()));
    let mut seen = HashSet::new();
    found.urls.retain(|url| seen.insert(url.clone()));
    if found.files.is_empty() && found.urls.is_empty() && found.bad.is_empty() {
        return Err(nothing(paths, &found.left_out));
    }
    Ok(found)
}

fn missing(path: &Path) -> Failure {
    Failure::usage(format!(
        "there is no file or folder {}\nCheck the path; a folder is searched with all below it.",
        path.display()
    ))
}

fn nothing(paths: &[PathBuf], left_out: &BTreeMap<String, u64>) -> Failure {
    let names: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
    let left_out = match left_out.is_empty() {
        true => String::new(),
        false => format!("\nLeft out: {}.", counts(left_out)),
    };
    Failure::usage(format!(
        "no pictures in {}{left_out}\nWhisker reads JPEG, PNG, WebP, GIF and BMP files, and lists that end in {}.",
        names.join(", "),
        LISTS.join(", ")
    ))
}

/// "2 HEIC, 1 TIFF".
pub fn counts(kinds: &BTreeMap<String, u64>) -> String {
    let parts: Vec<_> = kinds
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect();
    parts.join(", ")
}

/// The identity of a file: links and `..` resolved, so that one file is imported once.
pub fn absolute(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

fn ending_is(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().unwrap_or_default();
    endings
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Paths in a list are relative to the list.
fn in_list(path: &Path, found: &mut Found) -> Result<()> {
    let bytes = tabular::read(path).map_err(|error| {
        Failure::usage(format!(
            "the list {} cannot be read: {error}",
            path.display()
        ))
    })?;
    let text = tabular::decode(&bytes);
    let folder = path.parent().unwrap_or(Path::new("."));
    if ending_is(path, &["txt"]) {
        for (n, line) in tabular::lines(&text) {
            if let Some(name) = of_text(folder, line)
                && let Err(why) = take(folder, name, found)
            {
                found.bad.push(Bad::line(path, n, why));
            }
        }
        return Ok(());
    }
    let rows = match ending_is(path, &["jsonl", "ndjson"]) {
        true => tabular::objects(&text),
        false => columns(path, &text)?,
    };
    for (line, row) in rows {
        let named = row.and_then(|row| match row.first(&COLUMNS) {
            Some(name) => take(folder, name, found),
            None => Err(format!("none of {} is filled", COLUMNS.join(", "))),
        });
        if let Err(why) = named {
            found.bad.push(Bad::line(path, line, why));
        }
    }
    Ok(())
}

fn columns(path: &Path, text: &str) -> Result<Vec<tabular::Line>> {
    let table = tabular::table(text);
    let named = |table: &tabular::Table| COLUMNS.iter().any(|name| table.has(name));
    match table {
        Some(table) if named(&table) => Ok(table.rows),
        _ => Err(Failure::usage(format!(
            "the list {} has no column named file, path or url\nIts first line must name the columns.",
            path.display()
        ))),
    }
}

/// The name on a line of a plain list: a comment is none, a URL ends at the first blank, and
/// a file's name may be followed by a tab and a caption.
fn of_text<'a>(folder: &Path, line: &'a str) -> Option<&'a str> {
    if is_url(line) {
        return line.split_whitespace().next();
    }
    // Names of files may hold tabs, and begin with #.
    if line.len() <= LONGEST_NAME && folder.join(line).exists() {
        return Some(line);
    }
    if line.starts_with('#') {
        return None;
    }
    line.split('\t').next()
}

fn is_url(text: &str) -> bool {
    let begins = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// What a line of a list names: an address, a file, or a folder; else why it is none.
fn take(folder: &Path, name: &str, found: &mut Found) -> Result<(), String> {
    if name.len() > LONGEST_NAME {
        return Err(format!("a name of {} bytes is none", name.len()));
    }
    match Url::parse(name) {
        Ok(mut url) if matches!(url.scheme(), "http" | "https") => {
            // It is never sent, so two addresses that differ in it alone are one.
            url.set_fragment(None);
            found.urls.push(url);
        }
        Ok(url) if url.scheme() == "file" => {
            let file = url.to_file_path().unwrap_or_else(|()| folder.join(name));
            found.files.push(absolute(&file));
        }
        _ => {
            let path = folder.join(name);
            match path.is_dir() {
                true => folder::search(&path, found),
                false if is_address(name) && !path.exists() => {
                    return Err("it is not an address that can be asked".into());
                }
                false => found.files.push(absolute(&path)),
            }
        }
    }
    Ok(())
}

/// Whether it looks like one: `ftp://host/a.jpg`, `http://[broken`.
fn is_address(name: &str) -> bool {
    let scheme = name.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests;
