//! What goes wrong with a page. The errors are facts; one function judges what to do.

use cover::Refusal;

/// Why a page did not bring what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// 404.
    #[error("there is nothing at this address (HTTP 404)")]
    NotFound,
    /// 410.
    #[error("what was at this address is gone for good (HTTP 410)")]
    Gone,
    /// 401, 403, 451.
    #[error("the site does not let us have this (HTTP {0})")]
    Forbidden(u16),
    /// Any other answer that is not ours to repeat.
    #[error("the site answers HTTP {0}")]
    Status(u16),
    /// 429, or a site's own way of saying so.
    #[error("the site asks us to slow down ({words})")]
    Throttled {
        /// In the site's words.
        words: String,
        /// The deadline that the site names, Unix milliseconds.
        until: Option<i64>,
    },
    /// 503.
    #[error("the site is out of service for now (HTTP 503)")]
    Unavailable {
        /// The deadline that the site names, Unix milliseconds.
        until: Option<i64>,
    },
    /// Whether anything may be asked cannot be said: its robots.txt cannot be read.
    #[error("its robots.txt cannot be read: {0}")]
    NoRobots(String),
    /// Any other 5xx.
    #[error("the site has an error of its own (HTTP {0})")]
    Server(u16),
    /// 412, a risk code, a wall in place of robots.txt: it takes us for an attack.
    #[error("the site refuses us: {0}")]
    Risk(String),
    /// HTTP 200 with a puzzle in place of the page: by chance, not for good.
    #[error("a captcha instead of the page")]
    Captcha,
    /// No connection: name, network, refusal, TLS.
    #[error("the site cannot be reached: {0}")]
    Unreachable(String),
    /// A deadline passed.
    #[error("the answer did not come in time ({0})")]
    Timeout(&'static str),
    /// The connection broke, or the body is shorter than announced.
    #[error("the answer broke off: {0}")]
    Incomplete(String),
    /// The body is larger than is read.
    #[error("the answer is larger than {most} bytes")]
    TooLarge {
        /// The most that is read.
        most: usize,
    },
    /// A redirect that leads nowhere.
    #[error("the redirect leads nowhere: {0}")]
    BadRedirect(String),
    /// More redirects than are followed.
    #[error("redirected more than {0} times")]
    RedirectLoop(u32),
    /// An address that is not of the public web, or not of this crawl.
    #[error("this address is not asked: {0}")]
    BlockedAddress(String),
    /// robots.txt says no.
    #[error("robots.txt forbids this address")]
    Robots,
    /// `X-Robots-Tag` says that pictures are not for training.
    #[error("the site opts out ({0})")]
    OptOut(String),
    /// The page came, and is not what was expected.
    #[error("the page is not understood: {0}")]
    NotUnderstood(String),
    /// The picture came, and is none.
    #[error("{0}")]
    Picture(#[from] Refusal),
    /// Our code met something that it says cannot be.
    #[error("Whisker has a fault that this page has found: {0}")]
    Panicked(String),
}

/// What a task that did not end said last.
pub fn panic_words(error: tokio::task::JoinError) -> String {
    let Ok(payload) = error.try_into_panic() else {
        return "the task was taken away".into();
    };
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".into())
}

impl Fault {
    /// The stable name under which failures are stored, counted and put back.
    pub fn class(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Gone => "gone",
            Self::Forbidden(_) => "forbidden",
            Self::Status(_) => "status",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable { .. } => "unavailable",
            Self::NoRobots(_) => "unavailable",
            Self::Server(_) => "server-error",
            Self::Risk(_) | Self::Captcha => "refused",
            Self::Unreachable(_) => "unreachable",
            Self::Timeout(_) => "timeout",
            Self::Incomplete(_) => "incomplete",
            Self::TooLarge { .. } => "too-many-bytes",
            Self::BadRedirect(_) => "bad-redirect",
            Self::RedirectLoop(_) => "redirect-loop",
            Self::BlockedAddress(_) => "blocked-address",
            Self::Robots => "robots",
            Self::OptOut(_) => "opt-out",
            Self::NotUnderstood(_) => "not-understood",
            Self::Picture(refusal) => refusal.class(),
            Self::Panicked(_) => "panicked",
        }
    }
}

/// What to do with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Ask again when the host may be asked again: the page is not to blame.
    WhenTheHostMay,
    /// Ask again after so many of the host's gaps.
    After {
        /// Gaps to wait.
        gaps: i64,
    },
    /// It will not get better.
    GiveUp,
}

/// Gaps to wait before the first repetition; each further one doubles it.
const FIRST_WAIT: i64 = 4;

/// Judges a fault, given how many attempts of this page have failed before.
pub fn judge(fault: &Fault, attempts: u32) -> Judgement {
    let tries = match fault {
        // The host's affair, and bounded there: see `politeness`.
        Fault::Throttled { .. } | Fault::Risk(_) | Fault::Captcha => {
            return Judgement::WhenTheHostMay;
        }
        Fault::Unavailable { .. } | Fault::NoRobots(_) => 5,
        Fault::Unreachable(_) => 4,
        Fault::Server(_) | Fault::Timeout(_) | Fault::Incomplete(_) => 3,
        // Length and type were right, the picture was not: perhaps a bad copy.
        Fault::Picture(Refusal::Truncated { .. }) => 2,
        Fault::NotFound
        | Fault::Gone
        | Fault::Forbidden(_)
        | Fault::Status(_)
        | Fault::TooLarge { .. }
        | Fault::BadRedirect(_)
        | Fault::RedirectLoop(_)
        | Fault::BlockedAddress(_)
        | Fault::Robots
        | Fault::OptOut(_)
        | Fault::NotUnderstood(_)
        | Fault::Picture(_)
        | Fault::Panicked(_) => 1,
    };
    if attempts + 1 >= tries {
        return Judgement::GiveUp;
    }
    Judgement::After {
        gaps: FIRST_WAIT << attempts.min(8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cover::Format;

    /// How often a page is asked for in all, and the gaps before each repetition.
    fn waits(fault: &Fault) -> Vec<i64> {
        let mut waits = Vec::new();
        while let Judgement::After { gaps } = judge(fault, waits.len() as u32) {
            waits.push(gaps);
        }
        waits
    }

    #[test]
    fn each_fault_is_repeated_as_often_as_it_may_get_better() {
        let truncated = Refusal::Truncated {
            format: Format::Jpeg,
        };
        for (fault, want) in [
            (Fault::NotFound, vec![]),
            (Fault::Gone, vec![]),
            (Fault::Forbidden(403), vec![]),
            (Fault::Status(418), vec![]),
            (Fault::Unavailable { until: None }, vec![4, 8, 16, 32]),
            (Fault::NoRobots("HTTP 500".into()), vec![4, 8, 16, 32]),
            (Fault::Server(500), vec![4, 8]),
            (Fault::Unreachable("dns".into()), vec![4, 8, 16]),
            (Fault::Timeout("total"), vec![4, 8]),
            (Fault::Incomplete("reset".into()), vec![4, 8]),
            (Fault::TooLarge { most: 1 }, vec![]),
            (Fault::BadRedirect("file:".into()), vec![]),
            (Fault::RedirectLoop(5), vec![]),
            (Fault::BlockedAddress("10.0.0.1".into()), vec![]),
            (Fault::Robots, vec![]),
            (Fault::OptOut("noai".into()), vec![]),
            (Fault::NotUnderstood("no state".into()), vec![]),
            (Fault::Picture(truncated), vec![4]),
            (Fault::Picture(Refusal::NotAnImage), vec![]),
            (Fault::Panicked("injected".into()), vec![]),
        ] {
            assert_eq!(waits(&fault), want, "{fault}");
        }
    }

    #[test]
    fn what_is_the_hosts_affair_never_uses_up_a_page() {
        let throttled = Fault::Throttled {
            words: "429".into(),
            until: None,
        };
        for fault in [throttled, Fault::Risk("412".into()), Fault::Captcha] {
            assert_eq!(judge(&fault, 99), Judgement::WhenTheHostMay, "{fault}");
        }
    }
}
