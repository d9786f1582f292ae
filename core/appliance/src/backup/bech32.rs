//! Bech32 (BIP 173), in which age writes its keys: upper-case `AGE-SECRET-KEY-1…`,
//! lower-case `age1…`. Without BIP 173's bound of 90 letters, as age has it.

const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn checksum(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let next = ((sum & 0x1ff_ffff) << 5) ^ u32::from(value);
        GENERATOR.iter().enumerate().filter(|(at, _)| top >> at & 1 == 1).fold(next, |sum, (_, word)| sum ^ word)
    })
}

/// The prefix as the checksum sees it.
fn spread(prefix: &str) -> impl Iterator<Item = u8> {
    let prefix = prefix.to_ascii_lowercase().into_bytes();
    let low: Vec<u8> = prefix.iter().map(|byte| byte & 31).collect();
    prefix.into_iter().map(|byte| byte >> 5).chain([0]).chain(low)
}

/// Regroups bits, most significant first; none when bits of value are left over.
fn regroup(from: &[u8], width: u32, to: u32, pad: bool) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut out) = (0u32, 0, Vec::new());
    let mask = (1u32 << to) - 1;
    for value in from {
        held = held << width | u32::from(*value);
        bits += width;
        while bits >= to {
            bits -= to;
            out.push(u8::try_from(held >> bits & mask).ok()?);
        }
        held &= (1 << bits) - 1;
    }
    if pad && bits > 0 {
        out.push(u8::try_from(held << (to - bits) & mask).ok()?);
    } else if !pad && (bits >= width || held != 0) {
        return None;
    }
    Some(out)
}

/// Writes bytes under a prefix, in lower case.
pub(super) fn encode(prefix: &str, bytes: &[u8]) -> String {
    let data = regroup(bytes, 8, 5, true).unwrap_or_default();
    let sum = checksum(spread(prefix).chain(data.iter().copied()).chain([0; 6])) ^ 1;
    let tail = (0..6).map(|at| (sum >> (5 * (5 - at)) & 31) as u8);
    let letters = data.iter().copied().chain(tail);
    let text: String = letters.filter_map(|at| LETTERS.get(usize::from(at))).map(|byte| char::from(*byte)).collect();
    format!("{}1{text}", prefix.to_ascii_lowercase())
}

/// Reads bytes under a prefix, in one case or the other.
pub(super) fn decode(prefix: &str, text: &str) -> Option<Vec<u8>> {
    if text.chars().any(|c| c.is_ascii_lowercase()) && text.chars().any(|c| c.is_ascii_uppercase()) {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let rest = text.strip_prefix(&prefix.to_ascii_lowercase())?.strip_prefix('1')?;
    let values: Option<Vec<u8>> = rest
        .bytes()
        .map(|byte| LETTERS.iter().position(|letter| *letter == byte).and_then(|at| u8::try_from(at).ok()))
        .collect();
    let values = values?;
    if checksum(spread(prefix).chain(values.iter().copied())) != 1 {
        return None;
    }
    let data = values.get(..values.len().checked_sub(6)?)?;
    regroup(data, 5, 8, false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_vector_of_bip_173_and_a_changed_letter() {
        // BIP 173, "Test vectors": a valid string with data.
        let text = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
        let bytes = decode("abcdef", text).unwrap();
        assert_eq!(encode("abcdef", &bytes), text);
        assert!(decode("abcdef", &text.replace('9', "8")).is_none());
        assert!(decode("abcde", text).is_none());
        assert!(decode("abcdef", "abcdef1Qpzry").is_none());
        assert_eq!(decode("age", &encode("age", &[7; 32]).to_uppercase()).unwrap(), [7; 32]);
    }
}
