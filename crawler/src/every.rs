//! `run --every`: the same crawl again and again, with no more haste than once.
//!
//! What a site may be asked, and when, is in the database, as it is for a crawl that is begun by
//! hand: a repetition changes nothing of it.

use std::time::{Duration, Instant};

use cli::{Exit, Outcome, Printer, Result, Stop};
use store::{Store, TopicId};

use crate::manners::Manners;
use crate::run::{self, Begin};

/// A length of time such as 90s, 30m, 1h, 2d.
///
/// # Errors
/// A sentence on what is not understood.
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let number: Option<u64> = number.parse().ok();
    let millis = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    number
        .zip(millis)
        .and_then(|(number, millis)| number.checked_mul(millis))
        .filter(|millis| *millis > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| format!("`{text}` is no length of time\nWrite it as 90s, 30m, 1h or 2d."))
}

/// Crawls, waits until `every` after the beginning, and crawls again, until the user stops. A
/// crawl that was not finished, because its site refused, is gone on with.
///
/// # Errors
/// Bad input, or what the database says.
pub async fn repeat(
    (store, topic, manners): (&Store, TopicId, &Manners),
    begin: impl Fn() -> Result<Begin>,
    every: Duration,
    printer: &Printer,
    stop: &Stop,
) -> Result<Outcome> {
    loop {
        let began = Instant::now();
        let outcome = run::run(store, topic, &begin()?, manners, printer, stop).await?;
        if matches!(outcome.exit, Exit::Failed | Exit::Usage) {
            return Ok(outcome);
        }
        if let Some(json) = &outcome.json {
            printer.object(json);
        }
        if !stop.asked() {
            let left = every.saturating_sub(began.elapsed());
            printer.note(format!("again in {} s; Ctrl-C ends", left.as_secs()));
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = stop.wait() => {}
            }
        }
        if stop.asked() {
            return Ok(Outcome {
                exit: Exit::Stopped,
                json: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_understood_and_nonsense_is_refused() {
        let table = [
            ("200ms", 200),
            ("90s", 90_000),
            ("30m", 1_800_000),
            ("1h", 3_600_000),
            ("2d", 172_800_000),
        ];
        for (text, millis) in table {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in [
            "",
            "1",
            "h",
            "0h",
            "-1h",
            "1.5h",
            "1 h",
            "99999999999999999999d",
            "9999999999999999d",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
