//! What another server noted of its checks of the sender (RFC 8601), for mail that it kept for somebody.
//!
//! Claims: anybody can write such a field. One stands above a `Received` line only where a server that
//! the message reached later wrote it, or where that server let a forged one pass; so only the topmost
//! field counts, and only above a `Received` line. Nothing that arrives at our own door is read here.

use crate::domain::spam::{Checks, Outcome};

/// Octets of the field that are read.
const MOST: usize = 4_096;

/// The checks that the topmost field of a header block tells of.
pub fn topmost(head: &str) -> Checks {
    let mut field = String::new();
    let mut inside = false;
    for line in head.lines() {
        if line.starts_with([' ', '\t']) {
            if inside && field.len() < MOST {
                field.push(' ');
                field.push_str(line.trim());
            }
            continue;
        }
        inside = false;
        let name = line.split(':').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("authentication-results") && field.is_empty() {
            field = line.split_once(':').map(|(_, value)| value.to_owned()).unwrap_or_default();
            inside = true;
        } else if name.eq_ignore_ascii_case("received") && !field.is_empty() {
            return read(&field);
        }
    }
    Checks::default()
}

/// The results of one field; of several of a kind the best counts.
fn read(field: &str) -> Checks {
    let field = without_comments(field).to_ascii_lowercase();
    let mut checks = Checks::default();
    for part in field.split(';') {
        let Some((method, rest)) = part.trim().split_once('=') else {
            continue;
        };
        let outcome = match rest.split_whitespace().next().unwrap_or_default() {
            "pass" | "bestguesspass" => Outcome::Pass,
            "fail" | "hardfail" | "permerror" => Outcome::Fail,
            "softfail" => Outcome::Soft,
            "none" | "neutral" => Outcome::Absent,
            _ => Outcome::Unknown,
        };
        match method.trim() {
            "spf" => checks.spf = better(checks.spf, outcome),
            "dkim" => checks.dkim = better(checks.dkim, outcome),
            "dmarc" => {
                checks.dmarc = better(checks.dmarc, outcome);
                checks.strict |= [
                    "p=reject",
                    "p=quarantine",
                    "action=quarantine",
                    "action=oreject",
                    "action=reject",
                    "dis=quarantine",
                    "dis=reject",
                ]
                .iter()
                .any(|word| part.contains(word));
            }
            _ => (),
        }
    }
    checks
}

fn better(one: Outcome, other: Outcome) -> Outcome {
    let rank = |outcome| match outcome {
        Outcome::Pass => 4,
        Outcome::Soft => 3,
        Outcome::Fail => 2,
        Outcome::Absent => 1,
        Outcome::Unknown => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// A value without its comments; words of a policy in one are kept, for large providers write them there.
fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_u32;
    let mut comment = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    let policy = comment
                        .split_whitespace()
                        .filter(|word| word.to_ascii_lowercase().starts_with("p=") || word.to_ascii_lowercase().starts_with("dis="));
                    out.extend(policy.flat_map(|word| [" ", word]));
                    comment.clear();
                }
            }
            c if depth == 0 => out.push(c),
            c => comment.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_server_noted_is_read_and_what_a_sender_wrote_is_not() {
        let note = "Authentication-Results: mx.example; dkim=none (no; signature); dkim=pass header.i=@a;\r\n spf=softfail (x) smtp.mailfrom=b;\r\n dmarc=fail (p=REJECT sp=NONE) header.from=c\r\n";
        let checks = topmost(&format!("{note}Received: from a\r\nAuthentication-Results: y; dmarc=pass\r\n"));
        let expected = Checks {
            spf: Outcome::Soft,
            dkim: Outcome::Pass,
            dmarc: Outcome::Fail,
            strict: true,
        };
        assert_eq!(checks, expected);
        assert_eq!(topmost(&format!("Received: from a\r\n{note}")), Checks::default());
    }
}
