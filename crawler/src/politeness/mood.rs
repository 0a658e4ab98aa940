//! How an answer changes when its host may be asked again: pure, with the time as an argument.
//!
//! Errors multiply the gap and successes take a little off it; nothing gets faster because
//! errors come fast. A deadline that the site names is kept, ours are made of gaps.

use store::frontier::Host;

use crate::fault::Fault;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// The longest gap, and the longest cool-down of our own that is waited for: reports of
/// temporary bans speak of 5 to 30 minutes.
pub const LONGEST_WAIT: i64 = 15 * MINUTE;
/// A refusal's first cool-down; doubled each time.
const FIRST_REFUSAL: i64 = 30 * MINUTE;
/// Refusals further apart than this do not add up.
const REFUSALS_FADE: i64 = 2 * DAY;
/// After a captcha page another page is asked when this is over: five minutes at Bilibili's gap of
/// 4 s, and never longer.
const CAPTCHA_GAPS: i64 = 75;
const CAPTCHA_WAIT: i64 = 5 * MINUTE;
/// Captcha pages in a row after which they are no chance but a refusal.
const CAPTCHAS: u32 = 3;
/// Captcha pages of a host in a day after which its day is over.
const CAPTCHAS_A_DAY: u32 = 24;
/// Gaps of cool-down after a first 429 or 503 without a deadline: 30 s at a gap of 1 s.
const THROTTLED_GAPS: i64 = 30;
/// Gaps of cool-down after a first time-out or failed connection.
const SILENT_GAPS: i64 = 5;
/// Cool-downs in a row after which asking again is no longer polite.
const PATIENCE: u32 = 6;
/// Failed connections in a row after which there is no network or no such host.
const UNREACHABLE: u32 = 3;
/// Answers 403 in a row that are a ban and not single forbidden pages.
const BAN: u32 = 5;
/// The share of the gap that a success takes off a slowed-down one.
const RECOVERY: i64 = 10;

/// How a request went, for the host.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// It answered. The quota, if it tells of one.
    Fine(Option<Quota>),
    /// It did not, or not well.
    Fault(&'a Fault),
}

/// What rate-limit headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests in a window.
    pub limit: i64,
    /// Requests left in this window.
    pub remaining: i64,
    /// When the window ends, Unix milliseconds.
    pub reset: i64,
}

/// What is to be told of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be asked after its gap.
    Open,
    /// It is in a cool-down that is waited for.
    Waiting,
    /// It refused us, and is not asked again by this run.
    Refused,
    /// It cannot be reached.
    Unreachable,
}

/// The host after the answer that came at `now`; `jitter` stretches the gap, in thousandths.
pub fn observe(host: &mut Host, outcome: Outcome<'_>, now: i64, jitter: i64) -> Verdict {
    host.refused = false;
    let verdict = match outcome {
        Outcome::Fine(quota) => fine(host, quota, now),
        Outcome::Fault(fault) => faulty(host, fault, now),
    };
    // Counted from the end of the answer, and one more because times are cut to milliseconds.
    let gap = host.gap_ms() * jitter.max(1000) / 1000 + 1;
    host.next_at = host.next_at.max(now + gap);
    verdict
}

fn fine(host: &mut Host, quota: Option<Quota>, now: i64) -> Verdict {
    host.cooldowns = 0;
    host.forbidden = 0;
    host.captchas = 0;
    host.reason = None;
    let floor = host.floor_ms.max(host.crawl_delay_ms);
    let less = host.interval_ms - (floor / RECOVERY).max(1);
    host.interval_ms = if less > floor { less } else { 0 };
    if let Some(quota) = quota {
        host.next_at = host.next_at.max(spread(quota, now));
    }
    Verdict::Open
}

/// The last tenth of a quota is spread over the rest of its window.
fn spread(quota: Quota, now: i64) -> i64 {
    let left = quota.reset.saturating_sub(now).clamp(0, LONGEST_WAIT);
    if quota.remaining.saturating_mul(10) > quota.limit {
        return now;
    }
    now + left / quota.remaining.max(0).saturating_add(1)
}

fn faulty(host: &mut Host, fault: &Fault, now: i64) -> Verdict {
    match fault {
        Fault::Throttled { until, .. } | Fault::Unavailable { until } => {
            slow_down(host);
            cool_down(host, THROTTLED_GAPS, *until, fault, now)
        }
        Fault::NoRobots(_) => {
            slow_down(host);
            cool_down(host, THROTTLED_GAPS, None, fault, now)
        }
        Fault::Timeout(_) => {
            slow_down(host);
            cool_down(host, SILENT_GAPS, None, fault, now)
        }
        Fault::Unreachable(_) => {
            let verdict = cool_down(host, SILENT_GAPS, None, fault, now);
            if host.cooldowns >= UNREACHABLE {
                host.refused = true;
                return Verdict::Unreachable;
            }
            verdict
        }
        Fault::Risk(_) => {
            slow_down(host);
            refuse(host, fault.to_string(), now)
        }
        Fault::Captcha => captcha(host, fault, now),
        Fault::Forbidden(_) => {
            host.cooldowns = 0;
            host.forbidden += 1;
            if host.forbidden < BAN {
                return Verdict::Open;
            }
            slow_down(host);
            refuse(host, format!("{BAN} times in a row: {fault}"), now)
        }
        // No whole answer, so it proves nothing.
        Fault::Server(_) | Fault::Incomplete(_) => Verdict::Open,
        // The page's affair: the host itself answers.
        Fault::NotFound
        | Fault::Gone
        | Fault::Status(_)
        | Fault::TooLarge { .. }
        | Fault::BadRedirect(_)
        | Fault::RedirectLoop(_)
        | Fault::BlockedAddress(_)
        | Fault::Robots
        | Fault::OptOut(_)
        | Fault::NotUnderstood(_)
        | Fault::Picture(_)
        | Fault::Panicked(_) => {
            host.cooldowns = 0;
            host.captchas = 0;
            Verdict::Open
        }
    }
}

fn slow_down(host: &mut Host) {
    host.interval_ms = (2 * host.gap_ms()).min(LONGEST_WAIT);
}

fn cool_down(
    host: &mut Host,
    gaps: i64,
    deadline: Option<i64>,
    fault: &Fault,
    now: i64,
) -> Verdict {
    let floor = host.floor_ms.max(host.crawl_delay_ms);
    let ours = (gaps * floor) << host.cooldowns.min(20);
    let wait = match deadline {
        // A day is as good as never; a date in the past is no reason to hurry.
        Some(until) => until.saturating_sub(now).clamp(host.gap_ms().min(DAY), DAY),
        None => ours.min(LONGEST_WAIT),
    };
    host.cooldowns += 1;
    host.cooldown_until = host.cooldown_until.max(now + wait);
    host.reason = Some(fault.to_string());
    if wait > LONGEST_WAIT || host.cooldowns > PATIENCE {
        host.refused = true;
        return Verdict::Refused;
    }
    Verdict::Waiting
}

/// Some sites answer a share of all requests with a captcha, whoever asks: it is waited out, and
/// what is asked next is another page. Many in a row, or in a day, are an answer, too.
fn captcha(host: &mut Host, fault: &Fault, now: i64) -> Verdict {
    // A day that begins in the future was written by a wrong clock.
    if !(0..DAY).contains(&(now - host.captcha_from)) {
        (host.captcha_from, host.captcha_day) = (now, 0);
    }
    host.captcha_day += 1;
    host.captchas += 1;
    if host.captchas >= CAPTCHAS {
        host.captchas = 0;
        return refuse(host, format!("{CAPTCHAS} times in a row: {fault}"), now);
    }
    if host.captcha_day >= CAPTCHAS_A_DAY {
        host.cooldown_until = host.cooldown_until.max(host.captcha_from + DAY);
        host.refused = true;
        host.reason = Some(format!("{CAPTCHAS_A_DAY} times in a day: {fault}"));
        return Verdict::Refused;
    }
    let wait = (CAPTCHA_GAPS * host.floor_ms).min(CAPTCHA_WAIT);
    host.cooldown_until = host.cooldown_until.max(now + wait);
    host.reason = Some(fault.to_string());
    Verdict::Waiting
}

fn refuse(host: &mut Host, reason: String, now: i64) -> Verdict {
    if now - host.risk_at > REFUSALS_FADE {
        host.risks = 0;
    }
    let wait = (FIRST_REFUSAL << host.risks.min(10)).min(DAY);
    host.risks += 1;
    host.risk_at = now;
    host.cooldown_until = host.cooldown_until.max(now + wait);
    host.refused = true;
    host.reason = Some(reason);
    Verdict::Refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_766_000_000_000;

    fn host(floor_ms: i64) -> Host {
        Host {
            name: "https://example.org".into(),
            floor_ms,
            ..Host::default()
        }
    }

    fn throttled(until: Option<i64>) -> Fault {
        let words = "HTTP 429".into();
        Fault::Throttled { words, until }
    }

    fn see(host: &mut Host, fault: &Fault, now: i64) -> Verdict {
        observe(host, Outcome::Fault(fault), now, 1000)
    }

    #[test]
    fn the_next_request_waits_for_the_gap_and_never_less() {
        for (floor, delay, jitter, wait) in [
            (1000, 0, 1000, 1001),
            (1000, 0, 1500, 1501),
            (1000, 2500, 1000, 2501),
            (1000, 0, 0, 1001),
        ] {
            let mut host = host(floor);
            host.crawl_delay_ms = delay;
            let verdict = observe(&mut host, Outcome::Fine(None), NOW, jitter);
            assert_eq!((verdict, host.next_at), (Verdict::Open, NOW + wait));
        }
    }

    #[test]
    fn a_deadline_of_the_sites_own_is_kept() {
        let mut host = host(1000);
        let verdict = see(&mut host, &throttled(Some(NOW + 7000)), NOW);
        assert_eq!(
            (verdict, host.cooldown_until),
            (Verdict::Waiting, NOW + 7000)
        );
        assert!(!host.refused);
    }

    #[test]
    fn a_deadline_in_the_past_is_no_reason_to_hurry_and_a_distant_one_ends_the_run() {
        let mut past = host(1000);
        see(&mut past, &throttled(Some(NOW - 5000)), NOW);
        assert_eq!(past.cooldown_until, NOW + 2000);
        let mut distant = host(1000);
        let verdict = see(&mut distant, &throttled(Some(NOW + 400 * DAY)), NOW);
        assert_eq!(verdict, Verdict::Refused);
        assert_eq!(distant.cooldown_until, NOW + DAY);
    }

    #[test]
    fn without_a_deadline_waiting_doubles_until_it_is_impolite_to_go_on() {
        let mut host = host(1000);
        let (mut now, mut waits) = (NOW, Vec::new());
        let last = loop {
            let verdict = see(&mut host, &throttled(None), now);
            waits.push((host.cooldown_until - now) / 1000);
            now = host.cooldown_until;
            if verdict != Verdict::Waiting {
                break verdict;
            }
        };
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(last, Verdict::Refused);
    }

    #[test]
    fn errors_double_the_gap_and_successes_take_it_back_step_by_step() {
        let mut host = host(1000);
        see(&mut host, &Fault::Timeout("total"), NOW);
        see(&mut host, &Fault::Timeout("total"), NOW);
        assert_eq!(host.gap_ms(), 4000);
        let mut successes = 0;
        while host.gap_ms() > 1000 {
            observe(&mut host, Outcome::Fine(None), NOW, 1000);
            successes += 1;
        }
        assert_eq!((successes, host.interval_ms, host.cooldowns), (30, 0, 0));
    }

    #[test]
    fn refusals_cool_down_for_half_an_hour_doubled_each_time_to_a_day_and_fade() {
        let mut host = host(4000);
        let risk = Fault::Risk("HTTP 412".into());
        let mut now = NOW;
        for hours in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 24.0] {
            assert_eq!(see(&mut host, &risk, now), Verdict::Refused);
            assert_eq!(host.cooldown_until - now, (hours * 3_600_000.0) as i64);
            now = host.cooldown_until;
            observe(&mut host, Outcome::Fine(None), now, 1000);
        }
        now += 3 * DAY;
        see(&mut host, &risk, now);
        assert_eq!(host.cooldown_until - now, FIRST_REFUSAL);
    }

    #[test]
    fn a_captcha_page_is_waited_out_for_five_minutes_and_a_page_between_begins_the_count_anew() {
        let mut host = host(4000);
        let mut now = NOW;
        for answer in [true, false, true, true, false, true, true] {
            if answer {
                let verdict = see(&mut host, &Fault::Captcha, now);
                assert_eq!(verdict, Verdict::Waiting);
                assert_eq!(host.cooldown_until, now + 5 * MINUTE);
                assert_eq!(
                    host.gap_ms(),
                    4000,
                    "what is slow enough is not slowed down"
                );
                now = host.cooldown_until;
            } else {
                observe(&mut host, Outcome::Fine(None), now, 1000);
                now = host.next_at;
            }
        }
        see(&mut host, &Fault::NotUnderstood("no state".into()), now);
        let verdict = see(&mut host, &Fault::Captcha, now);
        assert_eq!(verdict, Verdict::Waiting, "any other answer ends a row");
    }

    #[test]
    fn the_third_captcha_page_in_a_row_is_a_refusal_and_each_refusal_doubles_the_next_up_to_a_day()
    {
        let mut host = host(4000);
        let mut now = NOW;
        for hours in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 24.0] {
            host.captcha_day = 0;
            let verdicts: Vec<_> = (0..3)
                .map(|_| {
                    now = now.max(host.cooldown_until);
                    see(&mut host, &Fault::Captcha, now)
                })
                .collect();
            let waiting = Verdict::Waiting;
            assert_eq!(verdicts, [waiting, waiting, Verdict::Refused]);
            assert!(host.refused);
            assert_eq!(host.cooldown_until - now, (hours * 3_600_000.0) as i64);
        }
    }

    #[test]
    fn a_host_shows_two_dozen_captcha_pages_in_a_day_and_then_its_day_is_over() {
        let mut host = host(4000);
        let mut now = NOW;
        for n in 1..=24 {
            let verdict = see(&mut host, &Fault::Captcha, now);
            let over = n == 24;
            assert_eq!(verdict == Verdict::Refused, over, "{n}");
            if !over {
                now = host.cooldown_until;
                observe(&mut host, Outcome::Fine(None), now, 1000);
            }
        }
        assert_eq!(host.cooldown_until, NOW + DAY);
        assert!(host.refused && host.reason.as_deref().unwrap().starts_with("24 times"));
        host.captcha_from = NOW + 9 * DAY;
        let verdict = see(&mut host, &Fault::Captcha, NOW + DAY);
        assert_eq!(
            (verdict, host.captcha_day),
            (Verdict::Waiting, 1),
            "a new day"
        );
    }

    #[test]
    fn a_captcha_is_waited_for_in_gaps_on_loopback_only() {
        // Below the site's own gap a pace is for loopback.
        for (floor, wait) in [(1, 75), (20, 1500), (4000, 5 * MINUTE), (9000, 5 * MINUTE)] {
            let mut host = host(floor);
            see(&mut host, &Fault::Captcha, NOW);
            assert_eq!(host.cooldown_until - NOW, wait, "{floor}");
        }
    }

    #[test]
    fn single_forbidden_pages_are_nothing_but_five_in_a_row_are_a_ban() {
        let mut host = host(1000);
        for _ in 0..4 {
            assert_eq!(see(&mut host, &Fault::Forbidden(403), NOW), Verdict::Open);
        }
        observe(&mut host, Outcome::Fine(None), NOW, 1000);
        let verdicts: Vec<_> = (0..5)
            .map(|_| see(&mut host, &Fault::Forbidden(403), NOW))
            .collect();
        assert_eq!(verdicts[3..], [Verdict::Open, Verdict::Refused]);
        assert!(host.reason.unwrap().contains("5 times in a row"));
    }

    #[test]
    fn a_host_that_cannot_be_reached_is_given_up_soon() {
        let mut host = host(1000);
        let fault = Fault::Unreachable("no such name".into());
        let verdicts: Vec<_> = (0..3).map(|_| see(&mut host, &fault, NOW)).collect();
        assert_eq!(
            verdicts,
            [Verdict::Waiting, Verdict::Waiting, Verdict::Unreachable]
        );
    }

    #[test]
    fn the_last_tenth_of_a_quota_is_spread_over_its_window() {
        for (remaining, wait) in [(50, 1001), (6, 1001), (5, 1667), (1, 5000), (0, 10_000)] {
            let mut host = host(1000);
            let quota = Quota {
                limit: 50,
                remaining,
                reset: NOW + 10_000,
            };
            observe(&mut host, Outcome::Fine(Some(quota)), NOW, 1000);
            assert!((host.next_at - NOW - wait).abs() <= 1, "{remaining}");
        }
    }

    #[test]
    fn no_quota_that_a_header_can_hold_makes_a_host_wait_for_ever_or_overflows() {
        let extremes = [i64::MIN, -1, 0, 1, NOW, i64::MAX];
        for limit in extremes {
            for remaining in extremes {
                for reset in extremes {
                    let mut host = host(1000);
                    let quota = Quota {
                        limit,
                        remaining,
                        reset,
                    };
                    observe(&mut host, Outcome::Fine(Some(quota)), NOW, 1000);
                    let wait = host.next_at - NOW;
                    assert!((1001..=LONGEST_WAIT).contains(&wait), "{quota:?}: {wait}");
                }
            }
        }
    }

    #[test]
    fn no_deadline_that_a_header_can_hold_is_kept_for_longer_than_a_day() {
        for until in [i64::MIN, -1, i64::MAX] {
            let mut host = host(1000);
            see(&mut host, &throttled(Some(until)), NOW);
            let wait = host.cooldown_until - NOW;
            assert!((2000..=DAY).contains(&wait), "{until}: {wait}");
        }
    }

    fn any_fault() -> impl Strategy<Value = Option<Fault>> {
        prop_oneof![
            Just(None),
            Just(Some(throttled(None))),
            (-DAY..2 * DAY).prop_map(|d| Some(throttled(Some(NOW + d)))),
            Just(Some(Fault::Unavailable { until: None })),
            Just(Some(Fault::Timeout("total"))),
            Just(Some(Fault::Unreachable("dns".into()))),
            Just(Some(Fault::Forbidden(403))),
            Just(Some(Fault::Risk("412".into()))),
            Just(Some(Fault::Captcha)),
            Just(Some(Fault::NotFound)),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_no_gap_is_undercut_and_no_deadline_moves_nearer(
            faults in proptest::collection::vec(any_fault(), 1..30), floor in 0i64..6000,
        ) {
            let mut host = host(floor);
            let mut now = NOW;
            for fault in &faults {
                let before = host.cooldown_until;
                let outcome = fault.as_ref().map_or(Outcome::Fine(None), Outcome::Fault);
                let verdict = observe(&mut host, outcome, now, 1000);
                prop_assert!(host.next_at > now + floor);
                prop_assert!(host.cooldown_until >= before);
                prop_assert!(host.gap_ms() <= LONGEST_WAIT.max(floor));
                prop_assert_eq!(host.refused, matches!(verdict, Verdict::Refused | Verdict::Unreachable));
                now = host.next_at.max(host.cooldown_until);
            }
        }
    }
}
