//! Ctrl-C once: stop taking work, finish what is in hand, save. Twice: leave now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::Exit;

/// Tells long work that the user wants to stop. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    notify: Arc<Notify>,
}

impl Stop {
    /// Listens for Ctrl-C and SIGTERM for as long as the program lives.
    pub fn listen() -> Self {
        let stop = Self::default();
        let heard = stop.clone();
        tokio::spawn(async move {
            loop {
                interrupted().await;
                if heard.asked.swap(true, Ordering::SeqCst) {
                    // Every write is one transaction or one rename: leaving here loses nothing saved.
                    std::process::exit(Exit::Stopped as i32);
                }
                crate::output::stderr(
                    "stopping: finishing what is in hand (Ctrl-C again to leave now)",
                );
                heard.notify.notify_waiters();
            }
        });
        stop
    }

    /// Whether to take no more work.
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Resolves once the user has asked.
    pub async fn wait(&self) {
        let notified = self.notify.notified();
        if !self.asked() {
            notified.await;
        }
    }
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    drop(tokio::signal::ctrl_c().await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_after_the_question_does_not_wait() {
        let stop = Stop::default();
        assert!(!stop.asked());
        stop.asked.store(true, Ordering::SeqCst);
        stop.wait().await;
        assert!(stop.asked());
    }
}
