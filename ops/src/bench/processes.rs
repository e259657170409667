//! What processes cost: CPU time and memory, as the kernel counts them.

use std::collections::HashSet;
use std::fs;

/// CPU and memory of a process with all its descendants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Milliseconds of CPU since each process began, those that ended included.
    pub cpu_ms: u64,
    /// Memory in KiB, shared pages counted in part.
    pub pss_kib: u64,
}

/// Ticks of a second in /proc; 100 on every Linux that this runs on (`getconf CLK_TCK`).
const TICKS_A_SECOND: u64 = 100;

struct Stat {
    pid: u32,
    parent: u32,
    own_ticks: u64,
    /// With those of children that ended.
    ticks: u64,
}

/// Reads one line of /proc/PID/stat; the name stands in brackets and may hold anything.
fn parse_stat(line: &str) -> Option<Stat> {
    let (head, tail) = line.rsplit_once(") ")?;
    let pid = head.split(' ').next()?.parse().ok()?;
    let fields: Vec<&str> = tail.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    // From the third field on: state, ppid, …, utime, stime, and those of children that ended.
    let own_ticks = number(11)? + number(12)?;
    Some(Stat {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        own_ticks,
        ticks: own_ticks + number(13)? + number(14)?,
    })
}

fn pss_kib(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// The cost of a process alone, without its descendants, also those that ended.
#[must_use]
pub fn own_cost(pid: u32) -> Cost {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let own_ticks = parse_stat(&line).map_or(0, |stat| stat.own_ticks);
    Cost {
        cpu_ms: own_ticks * 1_000 / TICKS_A_SECOND,
        pss_kib: pss_kib(pid),
    }
}

/// The cost of a process and its descendants so far.
#[must_use]
pub fn cost(root: u32) -> Cost {
    let stats: Vec<Stat> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .filter_map(|line| parse_stat(&line))
        .collect();
    let mut family = HashSet::from([root]);
    loop {
        let before = family.len();
        family.extend(
            stats
                .iter()
                .filter(|stat| family.contains(&stat.parent))
                .map(|stat| stat.pid)
                .collect::<Vec<_>>(),
        );
        if family.len() == before {
            break;
        }
    }
    let ticks: u64 = stats
        .iter()
        .filter(|stat| family.contains(&stat.pid))
        .map(|stat| stat.ticks)
        .sum();
    Cost {
        cpu_ms: ticks * 1_000 / TICKS_A_SECOND,
        pss_kib: family.iter().map(|pid| pss_kib(*pid)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let line = "42 (a) b) S 7 0 0 0 0 0 0 0 0 0 5 6 1 2 20 0 1 0 0 0";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.pid, stat.parent), (42, 7));
        assert_eq!((stat.own_ticks, stat.ticks), (11, 14));
    }

    #[test]
    fn this_process_costs_something() {
        assert!(cost(std::process::id()).pss_kib > 0);
    }
}
