use super::*;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

/// Names of what was found, relative to the folder.
fn names(folder: &tempfile::TempDir, found: &Found) -> Vec<String> {
    let root = absolute(folder.path());
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().display().to_string();
    found.files.iter().map(name).collect()
}

#[test]
fn folders_files_and_lists_name_the_same_file_once() {
    let folder = folder(&[
        ("cats/b.JPG", b"x"),
        ("cats/a.png", b"x"),
        ("cats/notes.md", b"x"),
        ("list.txt", b"# mine\ncats/a.png\n\n"),
        ("list.csv", b"label,file\ncat,cats/b.JPG\n"),
        ("list.jsonl", b"{\"path\":\"cats/a.png\"}\n"),
        ("again.txt", b"cats\n"),
    ]);
    let paths = ["cats", "list.txt", "list.csv", "list.jsonl", "again.txt"];
    let found = find(&paths.map(|name| folder.path().join(name))).unwrap();
    assert_eq!(names(&folder, &found), ["cats/a.png", "cats/b.JPG"]);
    assert_eq!(found.bad, []);
}

#[test]
fn the_lines_of_a_list_may_be_urls() {
    let text = "https://example.org/a.jpg\nHTTP://example.org/b.png\ta caption\n\
                https://example.org/a.jpg#top\nfile:///c.jpg\n";
    let folder = folder(&[("list.txt", text.as_bytes())]);
    let found = find(&[folder.path().join("list.txt")]).unwrap();
    let urls: Vec<_> = found.urls.iter().map(Url::as_str).collect();
    assert_eq!(
        urls,
        ["https://example.org/a.jpg", "http://example.org/b.png"]
    );
    assert_eq!(found.files, [Path::new("/c.jpg")]);
}

#[test]
fn every_form_of_a_list_names_its_files() {
    let wide: Vec<u8> = "\u{feff}a.jpg\r\nb.jpg"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (list, text) in [
        ("l.txt", &b"\xef\xbb\xbfa.jpg\nb.jpg\n"[..]),
        ("l.txt", b"a.jpg\rb.jpg\r"),
        ("l.txt", &wide),
        ("l.txt", b"a.jpg\twhat it shows\n# a remark\nb.jpg"),
        ("l.csv", b"Label, File \ncat,a.jpg\ncat,b.jpg\n,\n"),
        ("l.csv", b"file;label\na.jpg;cat\nb.jpg;cat\n"),
        ("l.tsv", b"label\tpath\ncat\ta.jpg\ncat\tb.jpg\n"),
        ("l.csv", b"file,path\na.jpg,\n,b.jpg\n"),
        (
            "l.jsonl",
            b"\xef\xbb\xbf{\"file\":\"a.jpg\"}\n{\"Path\":\"b.jpg\"}\n",
        ),
    ] {
        let folder = folder(&[("a.jpg", b""), ("b.jpg", b""), (list, text)]);
        let found = find(&[folder.path().join(list)]).unwrap();
        assert_eq!(names(&folder, &found), ["a.jpg", "b.jpg"], "{text:?}");
        assert_eq!(found.bad, [], "{text:?}");
    }
}

#[test]
fn a_name_may_begin_with_a_hash() {
    for (list, text) in [
        ("l.txt", "# none\n#1.jpg\n"),
        ("l.csv", "file\n#1.jpg\n"),
        ("l.jsonl", "{\"file\":\"#1.jpg\"}"),
    ] {
        let folder = folder(&[("#1.jpg", b""), (list, text.as_bytes())]);
        let found = find(&[folder.path().join(list)]).unwrap();
        assert_eq!(names(&folder, &found), ["#1.jpg"], "{list}");
    }
}

#[test]
fn a_bad_line_is_named_and_the_others_are_read() {
    let folder = folder(&[
        ("a.jpg", b""),
        ("l.csv", b"file,label\n\nx,y,z\na.jpg,cat\n,cat\n"),
        (
            "l.jsonl",
            b"\n{\"file\":\n{\"file\":\"a.jpg\"}\n{\"n\":1}\n",
        ),
    ]);
    for (list, lines) in [("l.csv", [3, 5]), ("l.jsonl", [2, 4])] {
        let path = folder.path().join(list);
        let found = find(std::slice::from_ref(&path)).unwrap();
        assert_eq!(names(&folder, &found), ["a.jpg"], "{list}");
        let bad: Vec<_> = found.bad.iter().map(|bad| bad.item.clone()).collect();
        assert_eq!(bad, lines.map(|n| format!("{} line {n}", path.display())));
        assert!(found.bad.iter().all(|bad| bad.class == "bad-line"));
    }
}

#[test]
fn what_a_folder_holds_is_tried_counted_or_litter() {
    let jpeg = b"\xff\xd8\xff\xe0";
    let folder = folder(&[
        ("a.jpg", jpeg),
        ("b.jpg_large", jpeg),
        ("IMG_1.HEIC", b"x"),
        ("scan", b"II\x2a\x00"),
        ("notes.md", b"x"),
        ("empty", b""),
        ("._a.jpg", b"x"),
        ("thumbs.db", b"x"),
        ("@eaDir/a.jpg", jpeg),
    ]);
    let found = find(&[folder.path().to_owned()]).unwrap();
    assert_eq!(names(&folder, &found), ["a.jpg", "b.jpg_large"]);
    assert_eq!(counts(&found.left_out), "1 HEIC, 1 TIFF, 2 other files");
    assert_eq!(found.bad, []);
}

#[test]
fn what_is_no_name_is_a_bad_line() {
    let long = "x".repeat(9000);
    let text = format!("ftp://a.example/b.jpg\nhttp://[broken\n{long}\nhttps://a.example/c.jpg\n");
    let folder = folder(&[("l.txt", text.as_bytes())]);
    let found = find(&[folder.path().join("l.txt")]).unwrap();
    assert_eq!(found.urls.len(), 1);
    assert!(found.files.is_empty(), "{:?}", found.files);
    let lines: Vec<_> = found
        .bad
        .iter()
        .map(|bad| bad.item.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(lines, ["1", "2", "3"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_read() {
    let folder = folder(&[]);
    let pipe = folder.path().join("l.csv");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let error = find(&[pipe]).unwrap_err();
    assert!(error.message.contains("it is not a file"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_are_not() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("in/a.jpg", b""), ("far/b.jpg", b"")]);
    let at = |name: &str| folder.path().join(name);
    symlink(at("far/b.jpg"), at("in/b.jpg")).unwrap();
    symlink(at("in"), at("in/around")).unwrap();
    symlink(at("nowhere.jpg"), at("in/gone.jpg")).unwrap();
    let found = find(&[at("in")]).unwrap();
    assert_eq!(names(&folder, &found), ["in/a.jpg", "far/b.jpg"]);
    let bad: Vec<_> = found
        .bad
        .iter()
        .map(|bad| (bad.item.clone(), bad.class))
        .collect();
    assert_eq!(
        bad,
        [(at("in/gone.jpg").display().to_string(), "unreadable")]
    );
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
    let folder = folder(&[("l.csv", b"picture\na.png\n"), ("empty.csv", b"\n")]);
    for list in ["l.csv", "empty.csv"] {
        let error = find(&[folder.path().join(list)]).unwrap_err();
        assert!(error.message.contains("no column named file"), "{error}");
    }
}
