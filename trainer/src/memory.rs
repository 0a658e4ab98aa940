//! How much memory this process has used and the machine has left, where the system tells.

use std::fs;

/// Bytes that this process has held at most (`VmHWM` of proc(5)).
pub fn peak() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Bytes that this process holds now (`VmRSS`).
pub fn resident() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Bytes that new work may take without swapping (`MemAvailable` of proc(5)).
pub fn available() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// A line `Name:   123 kB` → bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The bytes that a person means by `123456`, `800MB` or `2GB`.
///
/// # Errors
/// In words, anything else.
pub fn parse(text: &str) -> Result<u64, String> {
    let units = [
        ("KB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("", 1.0),
    ];
    let upper = text.to_uppercase();
    let parsed = units.iter().find_map(|(unit, bytes)| {
        let number = upper.strip_suffix(unit)?.trim_end();
        Some(number.parse::<f64>().ok()? * bytes)
    });
    match parsed {
        Some(bytes) if bytes >= 1.0 && bytes.is_finite() => Ok(bytes as u64),
        _ => Err("say bytes, or as 800MB or 2GB".into()),
    }
}

/// `1.5 GB`, in powers of ten as disks and the system's own tools count.
pub fn text(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_system_are_read_as_bytes() {
        let status = "Name:\ttrainer\nVmHWM:\t    2048 kB\n";
        assert_eq!(field(status, "VmHWM:"), Some(2_097_152));
        assert_eq!(field(status, "VmRSS:"), None);
    }

    #[test]
    fn bytes_are_read_as_they_are_told() {
        let table = [
            ("123", 123),
            ("800MB", 800_000_000),
            ("1.5 gb", 1_500_000_000),
        ];
        for (text, bytes) in table {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "0", "-1GB", "much", "nan"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_told_in_two_digits() {
        assert_eq!(text(12_400_000), "12 MB");
        assert_eq!(text(2_345_000_000), "2.3 GB");
    }
}
