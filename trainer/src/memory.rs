//! How much memory this process has used and the machine has left, where the system tells.

use std::fs;

/// Bytes that this process has held at most (`VmHWM` of proc(5)).
pub fn peak() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
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
    fn bytes_are_told_in_two_digits() {
        assert_eq!(text(12_400_000), "12 MB");
        assert_eq!(text(2_345_000_000), "2.3 GB");
    }
}
