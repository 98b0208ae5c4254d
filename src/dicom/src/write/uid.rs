//! UIDs made from content: the same content has the same UID, in every run and on every machine.

/// The name space of UIDs that are made here: any fixed 16 bytes, so that nobody else's names give the same UIDs.
const SPACE: [u8; 16] = *b"delta-radiomics/";

/// A UID of parts: "2.25." and the decimal value of a UUID (PS3.5 B.2) of version 5, which is made of a SHA-1
/// (RFC 9562 5.5). Parts do not run into each other: "a" and "bc" differ from "ab" and "c".
pub fn uid(parts: &[&[u8]]) -> String {
    let mut name = Vec::new();
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_le_bytes());
        name.extend_from_slice(part);
    }
    format!("2.25.{}", uuid5(SPACE, &name))
}

/// A UUID of version 5 as a number (RFC 9562 5.5).
fn uuid5(space: [u8; 16], name: &[u8]) -> u128 {
    let [a, b, c, d, _] = sha1(&[&space, name].concat());
    let bits = (u128::from(a) << 96) | (u128::from(b) << 64) | (u128::from(c) << 32) | u128::from(d);
    let without = bits & !(0xf << 76) & !(0x3 << 62);
    without | (0x5 << 76) | (0x2 << 62)
}

/// SHA-1 (FIPS 180-4 6.1), which names and does not protect.
fn sha1(message: &[u8]) -> [u32; 5] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if message.len() % 64 >= 56 {
        padded.resize(padded.len() + 64, 0);
    }
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());

    let mut state: [u32; 5] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    for block in padded.as_chunks::<64>().0 {
        let mut words = [0; 80];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for t in 16..80 {
            words[t] = (words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (t, word) in words.into_iter().enumerate() {
            let (f, k) = match t {
                0..20 => ((b & c) | (!b & d), 0x5a827999),
                20..40 => (b ^ c ^ d, 0x6ed9eba1),
                40..60 => ((b & c) | (b & d) | (c & d), 0x8f1bbcdc),
                _ => (b ^ c ^ d, 0xca62c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, add) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(add);
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha1_and_uuid5_give_the_values_of_their_standards() {
        let abc = [0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d];
        assert_eq!(sha1(b"abc"), abc);
        let two_blocks = [0x84983e44, 0x1c3bd26e, 0xbaae4aa1, 0xf95129e5, 0xe54670f1];
        assert_eq!(sha1(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), two_blocks);
        // RFC 9562 appendix A.4: www.example.com in the name space of DNS.
        let dns = 0x6ba7b810_9dad_11d1_80b4_00c04fd430c8_u128.to_be_bytes();
        assert_eq!(uuid5(dns, b"www.example.com"), 0x2ed6657d_e927_568b_95e1_2665a8aea6a2);
    }

    #[test]
    fn uids_are_valid_and_of_all_parts() {
        let made = uid(&[b"lesion", b"1"]);
        assert!(made.len() <= 64 && made.bytes().all(|b| b == b'.' || b.is_ascii_digit()));
        assert_eq!(made, uid(&[b"lesion", b"1"]));
        assert_ne!(uid(&[b"a", b"bc"]), uid(&[b"ab", b"c"]));
        assert_ne!(uid(&[b"a"]), uid(&[b"a", b""]));
    }
}
