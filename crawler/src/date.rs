//! Dates: as sites write them, as people type them, as people read them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const DAY_MS: i64 = 86_400_000;

/// Unix milliseconds of `2025-12-17`, `2025-12-17T19:33:20Z`, `…20.000Z` or `…20+02:00`
/// (ISO 8601 as RFC 9557 has it); without a zone it is UTC. Nothing for anything else, a day
/// or an offset that no calendar has included.
pub fn iso8601(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let local: DateTime = text.parse().ok()?;
    let moment = local.to_zoned(TimeZone::UTC).ok()?;
    Some(moment.timestamp().as_millisecond())
}

/// A moment as typed after `--since`: an ISO 8601 date, or an age such as `90m`, `2h`, `3d`.
pub fn since(text: &str, now: i64) -> Option<i64> {
    let unit = match text.chars().next_back()? {
        's' => 1000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => DAY_MS,
        _ => return iso8601(text),
    };
    let age: i64 = text[..text.len() - 1].parse().ok()?;
    now.checked_sub(age.checked_mul(unit)?)
}

/// `14:05:00 UTC`, with `tomorrow` or a number of days when it is not today.
pub fn clock(at: i64, now: i64) -> String {
    let second = at.rem_euclid(DAY_MS) / 1000;
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    let day = match at.div_euclid(DAY_MS) - now.div_euclid(DAY_MS) {
        0 => String::new(),
        1 => " tomorrow".to_owned(),
        days => format!(" in {days} days"),
    };
    format!("{h:02}:{m:02}:{s:02} UTC{day}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_sites_become_milliseconds() {
        for (text, ms) in [
            ("1970-01-01", Some(0)),
            ("2025-12-17T19:33:20.000Z", Some(1_766_000_000_000)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000)),
            ("2025-12-17T21:33:20+02:00", Some(1_766_000_000_000)),
            ("2025-12-17 14:03:20-0530", Some(1_766_000_000_000)),
            ("1969-12-31T23:59:59.5Z", Some(-500)),
            (" 2025-12-17T21:33+02 ", Some(1_765_999_980_000)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_799_000)),
            ("yesterday", None),
            ("2025-02-30", None),
            ("2025-12-17T00:00:00+00:9223372036854775807", None),
            ("2025-12-17T00:00:00+99:00", None),
            ("99999999999999999999-01-01", None),
            ("2025-13-01", None),
            ("2025-12-17T25:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(iso8601(text), ms, "{text}");
        }
    }

    #[test]
    fn ages_count_back_from_now() {
        let now = 1_766_000_000_000;
        for (text, ms) in [
            ("30s", Some(now - 30_000)),
            ("90m", Some(now - 5_400_000)),
            ("2h", Some(now - 7_200_000)),
            ("3d", Some(now - 3 * DAY_MS)),
            ("2025-12-17", Some(now - 70_400_000)),
            ("d", None),
            ("9223372036854775807d", None),
            ("-9223372036854775807s", None),
            ("soon", None),
        ] {
            assert_eq!(since(text, now), ms, "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_as_a_time_of_day() {
        let now = 1_766_000_000_000;
        assert_eq!(clock(now, now), "19:33:20 UTC");
        assert_eq!(clock(now + 6 * 3_600_000, now), "01:33:20 UTC tomorrow");
        assert_eq!(clock(now + 3 * DAY_MS, now), "19:33:20 UTC in 3 days");
    }
}
