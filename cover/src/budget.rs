//! The memory of decodes in hand. All decodes of a program share it: what does not fit waits,
//! and what is larger than all of it is decoded alone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// For pixels of decodes in hand, in bytes: four pictures of 12 megapixels at three bytes a pixel.
/// With what a program needs otherwise it stays under 250 MB.
const IN_HAND: u64 = 150_000_000;
/// Less is not worth a lock, in bytes: the covers that a training reads are of this kind.
const NOTHING: u64 = 1 << 20;

static BUDGET: Budget = Budget::new(IN_HAND);

/// A share of the memory, for as long as it is held.
#[derive(Debug)]
pub(crate) struct Share {
    of: &'static Budget,
    bytes: u64,
}

/// A share of `bytes`, once there is room for it.
pub(crate) fn share(bytes: u64) -> Share {
    BUDGET.take(bytes)
}

#[derive(Debug)]
struct Budget {
    bytes: u64,
    used: Mutex<u64>,
    /// Whose turn it is to wait for room: a large picture would otherwise wait until no small
    /// one comes.
    turn: Mutex<()>,
    freed: Condvar,
}

impl Budget {
    const fn new(bytes: u64) -> Self {
        Self {
            bytes,
            used: Mutex::new(0),
            turn: Mutex::new(()),
            freed: Condvar::new(),
        }
    }

    fn take(&'static self, bytes: u64) -> Share {
        let bytes = bytes.min(self.bytes);
        if bytes < NOTHING {
            return Share { of: self, bytes: 0 };
        }
        let _turn = lock(&self.turn);
        let mut used = lock(&self.used);
        while *used > self.bytes - bytes {
            used = self
                .freed
                .wait(used)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *used += bytes;
        Share { of: self, bytes }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.bytes > 0 {
            *lock(&self.of.used) -= self.bytes;
            self.of.freed.notify_all();
        }
    }
}

/// What a panic left is a number all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    const MB: u64 = 1 << 20;

    #[test]
    fn what_is_in_hand_never_exceeds_the_budget_and_what_is_larger_goes_alone() {
        static BUDGET: Budget = Budget::new(10 * MB);
        static HELD: AtomicU64 = AtomicU64::new(0);
        static MOST: AtomicU64 = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for n in 0..200 {
                        let bytes = (2 + (thread * 7 + n) % 12) * MB;
                        let _share = BUDGET.take(bytes);
                        let counted = bytes.min(10 * MB);
                        let now = HELD.fetch_add(counted, Ordering::SeqCst) + counted;
                        MOST.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        HELD.fetch_sub(counted, Ordering::SeqCst);
                    }
                });
            }
        });
        let most = MOST.load(Ordering::SeqCst);
        assert!(most <= 10 * MB, "{most} bytes at once");
        assert_eq!(*lock(&BUDGET.used), 0, "all of it is given back");
    }
}
