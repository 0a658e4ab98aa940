//! Prevents a build that embeds yesterday's migrations: without this line cargo
//! does not notice a new file in the folder.
fn main() {
    println!("cargo:rerun-if-changed=../migrations/sqlite");
}
