//! The processor, as `/proc` describes it.

use super::{Surroundings, word};

/// How the processor names itself; ARM gives numbers, of which the common server cores are translated.
pub(super) fn model(seen: &Surroundings<'_>) -> Option<String> {
    let text = seen.file("proc/cpuinfo")?;
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| word(value)).flatten()
        })
    };
    field("model name").or_else(|| {
        let (implementer, part) = (field("CPU implementer")?, field("CPU part")?);
        Some(core(&implementer, &part).map_or_else(|| format!("implementer {implementer} part {part}"), str::to_owned))
    })
}

/// Names of ARM cores by `MIDR_EL1`, as in the kernel's `cputype.h`.
fn core(implementer: &str, part: &str) -> Option<&'static str> {
    Some(match (implementer, part) {
        ("0x41", "0xd03") => "Cortex-A53",
        ("0x41", "0xd08") => "Cortex-A72",
        ("0x41", "0xd0b") => "Cortex-A76",
        ("0x41", "0xd0c") => "Neoverse-N1",
        ("0x41", "0xd40") => "Neoverse-V1",
        ("0x41", "0xd49") => "Neoverse-N2",
        ("0x41", "0xd4f") => "Neoverse-V2",
        _ => return None,
    })
}

/// How many processors the process may run on, whatever its quota.
pub(super) fn count(seen: &Surroundings<'_>) -> Option<u32> {
    let allowed = seen.file("proc/self/status").and_then(|status| {
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        list.trim().split(',').map(range).sum::<Option<u32>>()
    });
    // The standard library's answer is lowered by a quota, which stands in a field of its own.
    allowed.filter(|count| *count > 0).or_else(|| u32::try_from(std::thread::available_parallelism().ok()?.get()).ok())
}

/// `3` or `0-7`.
fn range(text: &str) -> Option<u32> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    last.checked_sub(first)?.checked_add(1).filter(|count| *count <= 1 << 16)
}
