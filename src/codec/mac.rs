//! A keyed tag over several pieces (HMAC-SHA256, RFC 2104): what the box signs for itself and reads back,
//! such as a challenge that need not be remembered.

use aws_lc_rs::hmac;

/// The tag. Each piece counts with its length, so that no two lists of pieces have the same tag.
pub fn tag(key: &[u8; 32], pieces: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    for piece in pieces {
        context.update(&(piece.len() as u64).to_le_bytes());
        context.update(piece);
    }
    let mut out = [0; 32];
    out.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_do_not_run_into_each_other() {
        let key = [7; 32];
        assert_eq!(tag(&key, &[b"ab", b"c"]), tag(&key, &[b"ab", b"c"]));
        assert_ne!(tag(&key, &[b"ab", b"c"]), tag(&key, &[b"a", b"bc"]));
        assert_ne!(tag(&key, &[b"ab"]), tag(&[8; 32], &[b"ab"]));
    }
}
