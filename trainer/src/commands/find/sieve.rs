//! Which finds are listed. Pure.

use std::collections::HashSet;

use store::training::Find;

const SECOND: i64 = 1000;
const DAY: i64 = 86_400 * SECOND;

/// A point in time as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Unix milliseconds.
    At(i64),
    /// Milliseconds ago.
    Ago(i64),
}

impl Since {
    /// Unix milliseconds, told now.
    pub fn before(self, now: i64) -> i64 {
        match self {
            Since::At(time) => time,
            Since::Ago(age) => now - age,
        }
    }
}

/// A date (2026-01-31, UTC) or an age (90m, 12h, 7d).
///
/// # Errors
/// A sentence on what is not understood.
pub fn parse(text: &str) -> Result<Since, String> {
    let bad = || format!("`{text}` is no time: write a date as 2026-01-31, or an age as 12h or 7d");
    let parts: Vec<&str> = text.split('-').collect();
    if let [year, month, day] = parts[..] {
        let number = |text: &str| text.parse::<i64>().map_err(|_| bad());
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day)
        {
            return Err(bad());
        }
        return Ok(Since::At(days(year, month, day) * DAY));
    }
    let split = text.len() - text.chars().next_back().map_or(0, char::len_utf8);
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        "d" => DAY,
        _ => return Err(bad()),
    };
    let number: i64 = number
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(bad)?;
    number.checked_mul(unit).map(Since::Ago).ok_or_else(bad)
}

/// Days from 1970-01-01; years are counted from March, so that a leap day is a year's last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// What is let through.
#[derive(Clone, Debug)]
pub struct Sieve {
    /// Of this site alone.
    pub site: Option<String>,
    /// Not older than this.
    pub since: Option<i64>,
    /// Re-uploads too.
    pub repeats: bool,
    /// At most so many.
    pub limit: usize,
}

impl Sieve {
    /// In the order given, which is by probability: of re-uploads the surest stays.
    pub fn sieve(&self, finds: Vec<Find>) -> Vec<Find> {
        let mut groups = HashSet::new();
        let is_of_site = |find: &Find| self.site.as_ref().is_none_or(|site| *site == find.site);
        finds
            .into_iter()
            .filter(is_of_site)
            .filter(|find| self.since.is_none_or(|since| find.since >= since))
            .filter(|find| groups.insert(find.group) || self.repeats)
            .take(self.limit)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_ages_are_understood_and_nonsense_is_refused() {
        let table = [
            ("1970-01-01", Since::At(0)),
            ("2000-03-01", Since::At(11_017 * DAY)),
            ("2026-01-31", Since::At(20_484 * DAY)),
            ("7d", Since::Ago(7 * DAY)),
            ("90m", Since::Ago(90 * 60 * SECOND)),
        ];
        for (text, since) in table {
            assert_eq!(parse(text), Ok(since), "{text}");
        }
        for bad in [
            "",
            "d",
            "7",
            "0d",
            "-1d",
            "2026-13-01",
            "2026-1",
            "7猫",
            "99999999999999999d",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Since::Ago(5).before(12), 7);
    }

    #[test]
    fn a_site_a_time_and_a_number_are_kept_to_and_of_re_uploads_the_surest() {
        let find = |cover: i64, site: &str, group, since| Find {
            url: String::new(),
            title: String::new(),
            site: site.into(),
            probability: 1.0 / cover as f64,
            sha256: [0; 32],
            cover,
            group,
            since,
            region: None,
        };
        let finds = || {
            vec![
                find(1, "a", 1, 9),
                find(2, "b", 1, 9),
                find(3, "a", 3, 5),
                find(4, "a", 4, 9),
            ]
        };
        let all = Sieve {
            site: None,
            since: None,
            repeats: false,
            limit: usize::MAX,
        };
        let covers = |sieve: Sieve| -> Vec<i64> {
            sieve
                .sieve(finds())
                .into_iter()
                .map(|find| find.cover)
                .collect()
        };
        assert_eq!(covers(all.clone()), [1, 3, 4]);
        assert_eq!(
            covers(Sieve {
                repeats: true,
                ..all.clone()
            }),
            [1, 2, 3, 4]
        );
        assert_eq!(
            covers(Sieve {
                site: Some("a".into()),
                ..all.clone()
            }),
            [1, 3, 4]
        );
        assert_eq!(
            covers(Sieve {
                since: Some(6),
                ..all.clone()
            }),
            [1, 4]
        );
        assert_eq!(covers(Sieve { limit: 2, ..all }), [1, 3]);
    }
}
