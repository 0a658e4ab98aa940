//! What a turn costs the database, in statements: a number of its own test program, because the
//! counter sees all that the process asks.

// A test that unwraps is a test that fails.
#![allow(clippy::unwrap_used)]

#[path = "store/support.rs"]
#[allow(dead_code)]
mod support;

use std::sync::atomic::{AtomicU64, Ordering};

use store::confirm::Confirm;
use store::sheet::NewSheet;
use store::{Pool, Queue};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use support::{NEAR, arrival, far, fresh};

static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// Counts what sqlx tells of each statement that it ran.
struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, _: &Event<'_>) {
        STATEMENTS.fetch_add(1, Ordering::SeqCst);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Statements of a turn: for the sheet, and for its confirm.
async fn turn(at: &support::Fixture, queue: Queue, size: u32) -> (u64, u64) {
    let name = format!("{queue:?}-{size}");
    let new = NewSheet {
        id: &name,
        annotator: "mia",
        pool: Pool::Negative,
        queue,
        size,
        plant: true,
        seed: 1,
    };
    let before = STATEMENTS.load(Ordering::SeqCst);
    let sheet = at.store.open_sheet(at.topic, &new, 1).await.unwrap();
    assert_eq!(sheet.tiles.len(), size as usize, "{queue:?}");
    let opened = STATEMENTS.load(Ordering::SeqCst);
    let confirm = Confirm {
        sheet: &name,
        annotator: "mia",
        touched: &[],
        visible_ms: None,
    };
    at.store.confirm_sheet(at.topic, &confirm, 2).await.unwrap();
    let confirmed = STATEMENTS.load(Ordering::SeqCst);
    (opened - before, confirmed - opened)
}

#[tokio::test]
async fn a_sheet_and_its_confirm_cost_as_many_statements_as_any_other() {
    tracing::subscriber::set_global_default(Counter).unwrap();
    let at = fresh().await;
    let covers: Vec<_> = (0..700).map(|n| arrival(n, far(n))).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    for queue in [
        Queue::Newest,
        Queue::Random,
        Queue::Likely,
        Queue::Uncertain,
    ] {
        let small = turn(&at, queue, 12).await;
        let large = turn(&at, queue, 120).await;
        assert!(small.0 > 5, "{queue:?}: statements are counted: {small:?}");
        assert_eq!(small.0, large.0, "{queue:?}: no statement a tile");
        assert!(large.0 <= 16, "{queue:?}: {large:?} for a sheet");
        assert_eq!(small.1, large.1, "{queue:?}: no statement a cover");
        assert!(large.1 <= 14, "{queue:?}: {large:?} for a confirm");
    }
}
