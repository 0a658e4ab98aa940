//! Dates: as sites write them, as people type them, as people read them.

const DAY_MS: i64 = 86_400_000;

/// Unix milliseconds of `2025-12-17`, `2025-12-17T19:33:20Z`, `…20.000Z` or `…20+02:00`.
pub fn iso8601(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let plausible =
        (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let midnight = plausible.then(|| days_from_civil(year, month, day) * DAY_MS)?;
    Some(midnight + time_of_day(time)?)
}

/// Milliseconds since midnight UTC; the empty text is midnight.
fn time_of_day(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (clock, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, "Z"),
    };
    let mut parts = clock.splitn(3, ':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let sane = (0.0..24.0).contains(&hours)
        && (0.0..60.0).contains(&minutes)
        && (0.0..61.0).contains(&seconds);
    let local = sane.then_some(((hours * 60.0 + minutes) * 60.0 + seconds) * 1000.0)?;
    Some(local as i64 - offset(zone)?)
}

/// Milliseconds that `+02:00` is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits = rest.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let hours: i64 = hours.parse().ok()?;
    let minutes: i64 = if minutes.is_empty() {
        0
    } else {
        minutes.parse().ok()?
    };
    Some(sign * (hours * 60 + minutes) * 60_000)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
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
    Some(now - age.checked_mul(unit)?)
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
            ("yesterday", None),
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
