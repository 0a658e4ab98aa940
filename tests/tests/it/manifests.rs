//! The database is the only wire: no program knows another.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each of our packages may depend on among our own, tests and builds included.
const MAY_USE: [(&str, &[&str]); 9] = [
    ("store", &[]),
    ("cover", &[]),
    ("tabular", &[]),
    // The door that opens the store for all three programs.
    ("cli", &["store"]),
    ("crawler", &["cli", "cover", "store", "tabular"]),
    ("labeler", &["cli", "cover", "store", "tabular"]),
    ("trainer", &["cli", "cover", "store"]),
    // It is no program of the user's: it gives every reader foreign bytes.
    ("fuzz", &["cover", "crawler", "labeler", "store", "tabular"]),
    // It meets the programs as a user does.
    ("tests", &[]),
];

/// Our packages and, of each, all that its manifest names.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |of: &Value| of["name"].as_str().unwrap().to_string();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|p| {
            (
                name(p),
                p["dependencies"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(name)
                    .collect(),
            )
        })
        .collect()
}

#[test]
fn no_package_depends_on_another_of_ours_but_as_the_house_allows() {
    let manifests = manifests();
    let ours: BTreeSet<_> = manifests.keys().cloned().collect();
    assert_eq!(
        ours,
        MAY_USE.iter().map(|m| m.0.to_string()).collect(),
        "a new room needs its rule here"
    );
    for (package, allowed) in MAY_USE {
        let used: Vec<_> = manifests[package].intersection(&ours).collect();
        assert!(
            used.iter().all(|u| allowed.contains(&u.as_str())),
            "{package} uses {used:?}"
        );
    }
}

#[test]
fn only_the_crawler_speaks_to_the_network_and_only_the_trainer_to_tensors() {
    let manifests = manifests();
    for (crate_name, owner) in [
        ("reqwest", "crawler"),
        ("tch", "trainer"),
        ("sqlx", "store"),
    ] {
        // The tests look into the file as any other SQLite client would.
        let looks_in = |user: &str| crate_name == "sqlx" && user == "tests";
        let users: Vec<_> = manifests
            .iter()
            .filter(|m| m.1.contains(crate_name))
            .map(|m| m.0.as_str())
            .collect();
        assert!(
            users.iter().all(|&user| user == owner || looks_in(user)),
            "{crate_name} is used by {users:?}"
        );
    }
}
