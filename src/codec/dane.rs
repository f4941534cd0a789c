//! DANE for mail servers (RFC 6698, RFC 7671, RFC 7672): what a TLSA record says and whether a certificate is
//! the one that it means. Looking records up and the session are `net`'s.
//!
//! Only what RFC 7672 section 3.1 gives a mail server counts: DANE-TA (2) and DANE-EE (3). The others are
//! passed over as unusable.

use aws_lc_rs::digest;

/// Octets of the largest association that is kept: a whole certificate.
pub const MAX_DATA: usize = 16 * 1024;

/// Which certificate a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usage {
    /// One that the server's own must lead to (DANE-TA, 2).
    Anchor,
    /// The server's own (DANE-EE, 3): neither its names nor its dates matter.
    Server,
}

/// What of the certificate is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Whole,
    Key,
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Exact,
    Sha256,
    Sha512,
}

/// A TLSA record that a mail server can be checked with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Association {
    usage: Usage,
    part: Part,
    form: Form,
    data: Vec<u8>,
}

impl Association {
    /// Of a record's three numbers and its data; `None` where it is unusable (RFC 7671 section 4.1, RFC 7672
    /// section 3.1.3).
    pub fn of(usage: u8, selector: u8, matching: u8, data: &[u8]) -> Option<Self> {
        let usage = match usage {
            2 => Usage::Anchor,
            3 => Usage::Server,
            _ => return None,
        };
        let part = match selector {
            0 => Part::Whole,
            1 => Part::Key,
            _ => return None,
        };
        let (form, fits) = match matching {
            0 => (Form::Exact, !data.is_empty() && data.len() <= MAX_DATA),
            1 => (Form::Sha256, data.len() == 32),
            2 => (Form::Sha512, data.len() == 64),
            _ => return None,
        };
        fits.then(|| Self {
            usage,
            part,
            form,
            data: data.to_vec(),
        })
    }

    /// Which certificate it is about.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The record as it is written (RFC 6698 section 2.2), in capital digits.
    pub fn written(&self) -> String {
        let usage = if self.usage == Usage::Anchor { 2 } else { 3 };
        let part = u8::from(self.part == Part::Key);
        let form = match self.form {
            Form::Exact => 0,
            Form::Sha256 => 1,
            Form::Sha512 => 2,
        };
        let digits: String = self.data.iter().map(|octet| format!("{octet:02X}")).collect();
        format!("{usage} {part} {form} {digits}")
    }

    /// Whether this certificate (DER) is the one that it means.
    pub fn means(&self, certificate: &[u8]) -> bool {
        let part = match self.part {
            Part::Whole => Some(certificate),
            Part::Key => public_key(certificate),
        };
        part.is_some_and(|part| match self.form {
            Form::Exact => part == self.data,
            Form::Sha256 => digest::digest(&digest::SHA256, part).as_ref() == self.data,
            Form::Sha512 => digest::digest(&digest::SHA512, part).as_ref() == self.data,
        })
    }
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 section 4.1), with its tag and length.
pub(super) fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    // version [0], then serial number, signature, issuer, validity, subject.
    if let Some((_, rest)) = element(fields, 0xa0) {
        fields = rest;
    }
    for tag in [0x02, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        fields = element(fields, tag)?.1;
    }
    let (_, rest) = element(fields, SEQUENCE)?;
    fields.get(..fields.len().checked_sub(rest.len())?)
}

/// The content of the DER element (X.690 section 8.1) that begins here, and what follows it.
pub(super) fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, length, rest @ ..] = bytes else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (octets.iter().fold(0_usize, |sum, octet| sum << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate's frame, and the key in it.
    fn certificate() -> (Vec<u8>, Vec<u8>) {
        let sequence = |tag: u8, content: &[u8]| {
            let mut out = vec![tag];
            match content.len() {
                length @ 0..=127 => out.push(length as u8),
                length => out.extend([0x82, (length >> 8) as u8, length as u8]),
            }
            out.extend(content);
            out
        };
        let key = sequence(0x30, &[7; 300]);
        let mut fields = sequence(0xa0, &[2, 1, 2]);
        fields.extend(sequence(2, &[9]));
        for _ in 0..4 {
            fields.extend(sequence(0x30, b"x"));
        }
        fields.extend(&key);
        fields.extend(sequence(0xa3, b"more"));
        let body = [sequence(0x30, &fields), sequence(0x30, b"algorithm"), sequence(3, b"signature")].concat();
        (sequence(0x30, &body), key)
    }

    #[test]
    fn a_record_means_one_certificate() {
        let (certificate, key) = certificate();
        let (sha256, sha512) = (digest::digest(&digest::SHA256, &key), digest::digest(&digest::SHA512, &certificate));
        for (selector, matching, data) in [
            (0, 0, certificate.as_slice()),
            (1, 0, &key),
            (1, 1, sha256.as_ref()),
            (0, 2, sha512.as_ref()),
        ] {
            let record = Association::of(3, selector, matching, data).unwrap();
            assert!(record.means(&certificate), "{selector} {matching}");
            assert!(!record.means(&certificate[1..]) && !record.means(b""));
            let mut other = certificate.clone();
            // In the middle is the key.
            let middle = other.len() / 2;
            other[middle] ^= 1;
            assert!(!record.means(&other));
        }
        for len in 0..certificate.len() {
            let _ = public_key(&certificate[..len]);
        }
    }

    #[test]
    fn what_a_mail_server_cannot_use_is_passed_over() {
        for (usage, selector, matching, length) in [
            (0, 0, 1, 32),
            (1, 1, 1, 32),
            (3, 2, 1, 32),
            (3, 1, 3, 32),
            (3, 1, 1, 31),
            (3, 1, 2, 32),
            (2, 0, 0, 0),
            (255, 255, 255, 1),
        ] {
            assert_eq!(Association::of(usage, selector, matching, &vec![0; length]), None);
        }
        assert_eq!(Association::of(2, 0, 1, &[0; 32]).unwrap().usage(), Usage::Anchor);
    }
}
