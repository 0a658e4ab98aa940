//! SQL is literal text in a `statements!` block at the top of the module whose verbs use it.
//! The texts are ones that SQLite and PostgreSQL both accept where they can be; a test
//! prepares every one of them against a migrated database.

/// Declares named SQL texts, and `STATEMENTS`, the list of all of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)*) => {
        $($(#[$doc])* const $name: &str = $sql;)*
        /// Every statement of this module, for the test that prepares them.
        #[cfg(test)]
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use statements;

#[cfg(test)]
mod tests {
    use sqlx::{Executor, SqlSafeStr};

    #[tokio::test]
    async fn every_statement_prepares_against_a_migrated_database() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::open::tests::fresh(folder.path()).await;
        let all = [
            crate::open::STATEMENTS,
            crate::topic::STATEMENTS,
            crate::cover::STATEMENTS,
            crate::near::STATEMENTS,
            crate::news::STATEMENTS,
            crate::remake::STATEMENTS,
            crate::export::STATEMENTS,
            crate::decision::STATEMENTS,
            crate::stroke::STATEMENTS,
            crate::queue::STATEMENTS,
            crate::audit::STATEMENTS,
            crate::slice::STATEMENTS,
            crate::planted::STATEMENTS,
            crate::trust::STATEMENTS,
            crate::sheet::STATEMENTS,
            crate::confirm::STATEMENTS,
            crate::progress::STATEMENTS,
            crate::history::STATEMENTS,
            crate::statistics::STATEMENTS,
            crate::freshness::STATEMENTS,
            crate::found::STATEMENTS,
            crate::alike::STATEMENTS,
            crate::frontier::STATEMENTS,
            crate::frontier::clock::STATEMENTS,
            crate::frontier::host::STATEMENTS,
            crate::frontier::overview::STATEMENTS,
            crate::frontier::page::STATEMENTS,
            crate::frontier::settle::STATEMENTS,
            crate::label::STATEMENTS,
            crate::training::attempt::STATEMENTS,
            crate::training::feature::STATEMENTS,
            crate::training::fold::STATEMENTS,
            crate::training::model::STATEMENTS,
            crate::training::round::STATEMENTS,
            crate::training::origin::STATEMENTS,
            crate::training::prediction::STATEMENTS,
            crate::training::run::STATEMENTS,
            crate::training::score::STATEMENTS,
            crate::training::suspect::STATEMENTS,
        ];
        let mut connection = store.write().acquire().await.unwrap();
        for (name, sql) in all.concat() {
            let prepared = connection.prepare(sql.into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {}", prepared.err().unwrap());
        }
    }
}
