//! Numbers and times for people, where no script is there to do it in their own time zone.

use maud::{Markup, html};

/// Digits in groups of three: 1,240.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if n < 0 {
        format!("-{grouped}")
    } else {
        grouped
    }
}

/// A share as 12.5 %; nothing of nothing is nothing.
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    // Counts are far below 2^53.
    format!("{:.1} %", 100.0 * part as f64 / whole as f64)
}

/// A probability as 0.35 %, with as many digits as it has, up to four.
pub fn score(probability: f64) -> String {
    format!("{} %", (probability * 1e6).round() / 1e4)
}

/// A duration as 45 s, 12 min or 1 h 05 min.
pub fn duration(ms: i64) -> String {
    let seconds = ms.saturating_add(500) / 1000;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Year, month and day of a day since 1970-01-01, by the proleptic Gregorian calendar
/// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
pub fn date(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// 2026-11-24.
pub fn day(day: i64) -> String {
    let (year, month, day) = date(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// 2026-11-24T12:00:00Z (RFC 3339); what is outside of its years 0 to 9999 is their end.
pub fn timestamp(ms: i64) -> String {
    let ms = ms.clamp(-62_167_219_200_000, 253_402_300_799_999);
    let (days, rest) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) / 1000);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", day(days))
}

/// A moment, in UTC until the script writes it in the person's own zone.
pub fn moment(ms: i64) -> Markup {
    let exact = timestamp(ms);
    let short = format!("{} {} UTC", &exact[..10], &exact[11..16]);
    html! { time datetime=(exact) { (short) } }
}

/// A link's target, if it is one that a browser may open.
pub fn link(url: &str) -> Option<&str> {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme)?;
    ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_durations_short() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1240, "1,240"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(number(n), text);
        }
        for (ms, text) in [
            (400, "0 s"),
            (59_400, "59 s"),
            (90_000, "2 min"),
            (3_900_000, "1 h 05 min"),
            (i64::MAX, "2562047788015 h 12 min"),
        ] {
            assert_eq!(duration(ms), text);
        }
        assert_eq!(percent(1, 8), "12.5 %");
        assert_eq!(score(0.0035), "0.35 %");
        assert_eq!(score(0.29), "29 %");
        assert_eq!(percent(0, 0), "0 %");
    }

    #[test]
    fn days_are_dates() {
        for (n, text) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (-1, "1969-12-31"),
            (20_781, "2026-11-24"),
        ] {
            assert_eq!(day(n), text);
        }
        assert_eq!(timestamp(i64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(timestamp(i64::MIN), "0000-01-01T00:00:00Z");
        let shown = moment(1_700_000_000_000).into_string();
        assert!(shown.contains("2023-11-14T22:13:20Z") && shown.contains("2023-11-14 22:13 UTC"));
    }

    #[test]
    fn only_pages_of_the_web_are_links() {
        for (url, is) in [
            ("https://a.test/v", true),
            ("HTTP://a.test", true),
            ("javascript://a.test/%0aalert(1)", false),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            (" https://a.test", false),
            ("", false),
        ] {
            assert_eq!(link(url).is_some(), is, "{url}");
        }
    }
}
