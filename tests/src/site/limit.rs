//! PeerTube's limit: so many requests in a fixed window, then 429 until it ends.

use std::time::{Duration, Instant};

/// One client's window; loopback has one client.
#[derive(Debug)]
pub struct Window {
    requests: u32,
    length: Duration,
    start: Instant,
    used: u32,
}

/// What the headers say.
#[derive(Debug, PartialEq)]
pub struct Standing {
    /// Requests in a window.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// Seconds until the window ends, rounded up.
    pub reset: u64,
    /// Whether this request is over the limit.
    pub over: bool,
}

impl Window {
    /// A window of `seconds` that admits `requests`.
    pub fn new((requests, seconds): (u32, u64), now: Instant) -> Self {
        Self {
            requests,
            length: Duration::from_secs(seconds),
            start: now,
            used: 0,
        }
    }

    /// Counts one request.
    pub fn count(&mut self, now: Instant) -> Standing {
        if now.duration_since(self.start) >= self.length {
            (self.start, self.used) = (now, 0);
        }
        self.used += 1;
        let left = self.length.saturating_sub(now.duration_since(self.start));
        Standing {
            limit: self.requests,
            remaining: self.requests.saturating_sub(self.used),
            reset: left.as_millis().div_ceil(1000) as u64,
            over: self.used > self.requests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_admits_its_number_and_opens_again_when_it_ends() {
        let start = Instant::now();
        let mut window = Window::new((2, 10), start);
        let at = |ms| start + Duration::from_millis(ms);
        assert!(!window.count(at(0)).over);
        assert_eq!(
            window.count(at(100)),
            Standing {
                limit: 2,
                remaining: 0,
                reset: 10,
                over: false
            }
        );
        assert_eq!(
            window.count(at(9_500)),
            Standing {
                limit: 2,
                remaining: 0,
                reset: 1,
                over: true
            }
        );
        assert!(!window.count(at(10_000)).over);
    }
}
