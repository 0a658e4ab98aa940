//! Names this process in a claim, so that a claim of a dead one need not run out.

use std::fs;

/// This process: machine, number, and when it started, because numbers are used again.
pub fn me() -> String {
    let number = std::process::id();
    let started = started(number).unwrap_or_default();
    format!("{} {number} {started}", machine())
}

/// Whether the process that a claim names is known to be gone: it was on this machine,
/// and no process of that number started then.
pub fn is_dead(holder: &str) -> bool {
    let mut words = holder.rsplitn(3, ' ');
    let (Some(started_then), Some(number), Some(there)) =
        (words.next(), words.next(), words.next())
    else {
        return false;
    };
    let Ok(number) = number.parse() else {
        return false;
    };
    let tells = fs::exists("/proc/self/stat").unwrap_or(false);
    tells && there == machine() && started(number).as_deref() != Some(started_then)
}

/// The boot's id: the same name on two machines, or before a restart, is another machine.
fn machine() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map_or_else(|_| "unknown".into(), |id| id.trim().into())
}

/// Clock ticks from boot to the start of a process, field 22 of its stat (proc(5)); the
/// second field is a name in brackets that may hold anything.
fn started(number: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let after_name = &stat[stat.rfind(')')? + 1..];
    after_name.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_one_that_started_at_another_time_does_not() {
        let me = me();
        assert!(!is_dead(&me));
        let (place, _) = me.rsplit_once(' ').expect("three words");
        assert!(is_dead(&format!("{place} 1")));
    }

    #[test]
    fn nothing_is_known_of_other_machines_or_other_names() {
        assert!(!is_dead("elsewhere 1 1"));
        assert!(!is_dead("a"));
        assert!(!is_dead("a b c"));
    }
}
