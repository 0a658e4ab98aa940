//! What the paths of an import name: the files below folders, files, and the lines of lists,
//! which may be URLs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use cli::{Failure, Result};
use url::Url;
use walkdir::WalkDir;

/// Endings of files that are tried as pictures when met in a folder. What a file holds is
/// told from its bytes; this only keeps notes and archives out of the failures.
const PICTURES: [&str; 9] = [
    "jpg", "jpeg", "jpe", "png", "webp", "gif", "bmp", "avif", "jfif",
];
const LISTS: [&str; 4] = ["txt", "csv", "jsonl", "ndjson"];

/// What is to be imported.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// On disk, in path order.
    pub files: Vec<PathBuf>,
    /// On the web, in the order of the lists.
    pub urls: Vec<Url>,
}

/// Every picture that `paths` name, each once.
///
/// # Errors
/// Bad input: a path that does not exist, a list that cannot be read, nothing found.
pub fn find(paths: &[PathBuf]) -> Result<Found> {
    let (mut found, mut urls) = (Vec::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            found.extend(in_folder(path)?);
        } else if !path.exists() {
            return Err(missing(path));
        } else if ending_is(path, &LISTS) {
            for item in in_list(path)? {
                match item {
                    Item::File(file) => found.push(file),
                    Item::Url(url) => urls.push(url),
                }
            }
        } else {
            found.push(absolute(path));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    let mut seen = HashSet::new();
    urls.retain(|url: &Url| seen.insert(url.clone()));
    if found.is_empty() && urls.is_empty() {
        return Err(Failure::usage(format!(
            "no pictures in {}\nWhisker looks for files ending in {}.",
            list(paths),
            PICTURES.join(", ")
        )));
    }
    Ok(Found { files: found, urls })
}

fn missing(path: &Path) -> Failure {
    Failure::usage(format!(
        "there is no file or folder {}\nCheck the path; a folder is searched with all below it.",
        path.display()
    ))
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
    names.join(", ")
}

/// The identity of a file: links and `..` resolved, so that one file is imported once.
pub fn absolute(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

fn ending_is(path: &Path, endings: &[&str]) -> bool {
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    endings
        .iter()
        .any(|known| known.eq_ignore_ascii_case(ending))
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry =
            entry.map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
        if entry.file_type().is_file() && ending_is(entry.path(), &PICTURES) {
            found.push(absolute(entry.path()));
        }
    }
    Ok(found)
}

enum Item {
    File(PathBuf),
    Url(Url),
}

/// Paths in a list are relative to the list.
fn in_list(path: &Path) -> Result<Vec<Item>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!(
            "the list {} cannot be read: {error}",
            path.display()
        ))
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let lines = if ending_is(path, &["csv"]) {
        column(path, &text)?
    } else if ending_is(path, &["jsonl", "ndjson"]) {
        fields(path, &text)?
    } else {
        text.lines().map(str::to_owned).collect()
    };
    let names = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(names.map(|name| item(folder, name)).collect())
}

fn item(folder: &Path, name: &str) -> Item {
    match Url::parse(name) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Item::Url(url),
        Ok(url) if url.scheme() == "file" => {
            let file = url.to_file_path().unwrap_or_else(|()| folder.join(name));
            Item::File(absolute(&file))
        }
        _ => Item::File(absolute(&folder.join(name))),
    }
}

const COLUMNS: [&str; 3] = ["file", "path", "url"];

fn column(path: &Path, text: &str) -> Result<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let bad = |error: csv::Error| Failure::usage(format!("the list {}: {error}", path.display()));
    let header = reader.headers().map_err(bad)?.clone();
    let Some(at) = header
        .iter()
        .position(|name| COLUMNS.contains(&name.trim()))
    else {
        return Err(Failure::usage(format!(
            "the list {} has no column named file, path or url\nIts first line must name the columns.",
            path.display()
        )));
    };
    reader
        .records()
        .map(|record| Ok(record.map_err(bad)?.get(at).unwrap_or_default().to_owned()))
        .collect()
}

fn fields(path: &Path, text: &str) -> Result<Vec<String>> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(i, line)| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            let name = COLUMNS.iter().find_map(|name| value.get(name)?.as_str());
            name.map(str::to_owned).ok_or_else(|| {
                Failure::usage(format!(
                    "line {} of {} is no JSON object with file, path or url",
                    i + 1,
                    path.display()
                ))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_files_and_lists_name_the_same_file_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("cats")).unwrap();
        for name in ["cats/b.JPG", "cats/a.png", "cats/notes.md"] {
            std::fs::write(at(name), "x").unwrap();
        }
        std::fs::write(at("list.txt"), "# mine\ncats/a.png\n\n").unwrap();
        std::fs::write(at("list.csv"), "label,file\ncat,cats/b.JPG\n").unwrap();
        std::fs::write(at("list.jsonl"), "{\"path\":\"cats/a.png\"}\n").unwrap();
        let paths: Vec<_> = ["cats", "list.txt", "list.csv", "list.jsonl"]
            .map(at)
            .into();
        let found = find(&paths).unwrap();
        assert_eq!(
            found.files,
            [absolute(&at("cats/a.png")), absolute(&at("cats/b.JPG"))]
        );
    }

    #[test]
    fn the_lines_of_a_list_may_be_urls() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list.txt");
        let text = "https://example.org/a.jpg\nhttp://example.org/b.png\nhttps://example.org/a.jpg\nfile:///c.jpg\n";
        std::fs::write(&list, text).unwrap();
        let found = find(&[list]).unwrap();
        let urls: Vec<_> = found.urls.iter().map(Url::as_str).collect();
        assert_eq!(
            urls,
            ["https://example.org/a.jpg", "http://example.org/b.png"]
        );
        assert_eq!(found.files, [Path::new("/c.jpg")]);
    }

    #[test]
    fn what_cannot_be_found_is_a_sentence_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let error = find(std::slice::from_ref(&gone)).unwrap_err();
        assert_eq!(error.exit, cli::Exit::Usage);
        assert!(error.message.contains(&gone.display().to_string()));
        let error = find(&[folder.path().to_owned()]).unwrap_err();
        assert!(error.message.starts_with("no pictures in"), "{error}");
    }

    #[test]
    fn a_list_without_a_known_column_says_what_it_must_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.csv");
        std::fs::write(&path, "picture\na.png\n").unwrap();
        let error = find(&[path]).unwrap_err();
        assert!(error.message.contains("no column named file"), "{error}");
    }
}
