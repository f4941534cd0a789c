//! Signs in who a message claims to be from, and in what was found out about it.

use super::{
    Message, lures,
    tables::{self, Brand},
};
use crate::{
    codec::hosts::registrable,
    domain::{
        address::Address,
        spam::{Outcome, Sign, Standing},
    },
};

/// Words that firms and offices use of themselves, and people do not.
const OFFICIAL: &[&str] = &[
    " support",
    " service",
    " services",
    " security",
    " securite",
    " team",
    " equipe",
    " billing",
    " account",
    " accounts",
    " admin",
    " administrator",
    " notification",
    " notifications",
    " alert",
    " alerts",
    " helpdesk",
    " help desk",
    " it department",
    " customer",
    " client",
    " bank",
    " banque",
    " office",
    " hr ",
    " human resources",
    " payroll",
    " postmaster",
    " webmaster",
    " department",
    " no-reply",
    " noreply",
    " verification",
    " update",
    " updates",
    " info ",
    " mailer",
    " mail delivery",
    " server",
    " delivery",
    " livraison",
    " compliance",
    " assistance",
    " facturation",
    " direction",
    " kundenservice",
    " sicherheit",
    " seguridad",
    " soporte",
    " atendimento",
    " finance",
    " treasury",
    " fund",
    " foundation",
    " lottery",
    " court",
    " police",
    " ministry",
    " tresor",
];

/// Whether the sender says little of himself: a free mailbox, or answers that go elsewhere.
pub(super) fn is_loose(message: &Message<'_>) -> bool {
    tables::is_free_mail(&message.home) || reply_elsewhere(message).is_some()
}

/// The domain that answers go to, where it is another than the author's.
fn reply_elsewhere(message: &Message<'_>) -> Option<String> {
    let reply = message.reading.reply_to.first()?;
    let reply = Message::domain_of(&reply.address);
    (reply != message.home && message.reading.list_id.is_none()).then_some(reply)
}

/// The firm that stands in a text of [`lures::folded`] letters, and is not at home there.
pub(super) fn brand_in(text: &str, with_words: bool) -> Option<&'static Brand> {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '@' && c != '/');
    // Whether a name ends where it should: not inside of a word or of a host's name.
    let ends = |rest: &str| {
        let mut after = rest.chars();
        let next = after.next();
        apart(next) && !(next == Some('.') && after.next().is_some_and(char::is_alphanumeric))
    };
    let mut first: Option<(usize, &'static Brand)> = None;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if apart(before) && c.is_alphanumeric() {
            let rest = text.get(at..).unwrap_or_default();
            let named = |brand: &Brand| (with_words || !brand.common) && rest.strip_prefix(brand.name).is_some_and(ends);
            // The first of the table counts, wherever it stands.
            let left = first.map_or(usize::MAX, |(number, _)| number);
            let like = tables::brands_from(c).iter().take_while(|(number, _)| *number < left);
            first = like.copied().find(|(_, brand)| named(brand)).or(first);
        }
        before = Some(c);
    }
    first.map(|(_, brand)| brand)
}

/// The signs of the sender.
pub(super) fn signs(message: &Message<'_>, out: &mut Vec<Sign>) {
    let reading = message.reading;
    let Some(author) = reading.author() else {
        out.push(Sign::NoFrom);
        return;
    };
    name(message, &author.name, &author.address, out);
    address(message, &author.address, out);
    if let Some(reply) = reply_elsewhere(message) {
        out.push(if tables::is_free_mail(&reply) && !tables::is_free_mail(&message.home) {
            Sign::ReplyToFreemail
        } else {
            Sign::ReplyElsewhere
        });
    }
    let owners = &message.around.owner;
    if owners.contains(&author.address) && message.around.checks.dmarc != Outcome::Pass && message.around.checks.spf != Outcome::Pass {
        out.push(Sign::FromYourself);
    }
    if let Some(envelope) = &message.around.mail_from
        && Message::domain_of(envelope) != message.home
        && reading.list_id.is_none()
    {
        out.push(Sign::EnvelopeElsewhere);
    }
    number(message, out);
    checks(message, out);
    out.push(match message.around.standing {
        Standing::Stranger => Sign::Stranger,
        Standing::Heard(times) if times >= 4 => Sign::HeardOften,
        Standing::Heard(_) => Sign::Heard,
        Standing::Known => Sign::Known,
    });
}

/// Whether a brand is at home at the author's domain, or has it say so by a signature that was checked.
fn at_home(message: &Message<'_>, brand: &Brand) -> bool {
    tables::is_home(brand, &message.home)
}

fn name(message: &Message<'_>, name: &str, address: &Address, out: &mut Vec<Sign>) {
    let folded = lures::folded(name, 200);
    let local = lures::folded(address.local(), 80);
    let free = tables::is_free_mail(&message.home);
    let mailbox = [folded.as_str(), local.as_str()].concat();
    if let Some(brand) = brand_in(&folded, true)
        && !at_home(message, brand)
        && message.reading.list_id.is_none()
    {
        out.push(Sign::BrandName);
    } else if let Some(brand) = brand_in(&local, false)
        && !at_home(message, brand)
        && local.len() < 40
        && message.reading.list_id.is_none()
    {
        out.push(Sign::BrandName);
    }
    let subject = lures::folded(&message.reading.subject, 300);
    let links_home = |brand: &Brand| message.links.iter().any(|link| tables::is_home(brand, &registrable(&link.host)));
    let bound = message.reading.list_id.is_some() || !message.reading.references.is_empty();
    if let Some(brand) = brand_in(&subject, false)
        && !at_home(message, brand)
        && !links_home(brand)
        && !bound
    {
        out.push(Sign::BrandSubject);
    } else if !message.links.is_empty() || free {
        let text = lures::folded(message.text, 3_000);
        if let Some(brand) = brand_in(&text, false)
            && text.matches(brand.name).count() > 1
            && !at_home(message, brand)
            && !links_home(brand)
            && !bound
        {
            out.push(Sign::BrandText);
        }
    }
    let official = OFFICIAL.iter().any(|word| mailbox.contains(word));
    if official && free {
        out.push(Sign::FreemailFirm);
    } else if official && !message.links.is_empty() {
        out.push(Sign::OfficialName);
    }
    if let Some(other) = name
        .split(|c: char| c.is_whitespace() || "<>()\"',;".contains(c))
        .find_map(|word| Address::parse(word).ok())
        && other.domain().contains('.')
        && Message::domain_of(&other) != message.home
        && message.reading.list_id.is_none()
    {
        out.push(Sign::NameIsAddress);
    }
    if poses_as_home(message, &folded) {
        out.push(Sign::PosesAsHome);
    }
    if lures::mixed_words(name, 20) > 0 || lures::split_words(name, 200) > 0 {
        out.push(Sign::MixedScripts);
    }
}

/// Whether a display name has the owner's own domain in it, and the author is of another.
fn poses_as_home(message: &Message<'_>, folded: &str) -> bool {
    message.around.owner.iter().any(|owner| {
        let home = Message::domain_of(owner);
        let label = home.split('.').next().unwrap_or_default();
        let named = folded.contains(&home) || (label.len() > 3 && folded.split([' ', '.', '-']).any(|word| word == label));
        home != message.home && !tables::is_free_mail(&home) && named
    })
}

fn address(message: &Message<'_>, address: &Address, out: &mut Vec<Sign>) {
    let (home, host) = (message.home.as_str(), address.domain());
    if tables::is_cheap(host) {
        out.push(Sign::CheapDomain);
    }
    let label = home.split('.').next().unwrap_or_default();
    if tables::is_imitated(host, home, |rest| rest.len() < 8 || host.contains('-')) {
        out.push(Sign::BrandDomain);
    }
    let scripts = home.split('.').any(|label| label.starts_with("xn--")) || lures::mixed_words(home, 5) > 0;
    if scripts {
        out.push(Sign::ScriptsInDomain);
    }
    if is_made_up(address.local()) || is_made_up(label) {
        out.push(Sign::MadeUpAddress);
    }
    let digits = label.chars().filter(char::is_ascii_digit).count();
    if digits >= 4 || label.matches('-').count() > 2 || tables::is_free_host(host) {
        out.push(Sign::OddDomain);
    }
}

/// Whether a name looks as if a program made it up: long, and many digits among the letters, or hardly a vowel.
pub(super) fn is_made_up(name: &str) -> bool {
    let name: Vec<char> = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if name.len() < 8 || name.len() > 64 {
        return false;
    }
    let digits = name.iter().filter(|c| c.is_ascii_digit()).count();
    let letters = name.len() - digits;
    let vowels = name.iter().filter(|c| "aeiouyAEIOUY".contains(**c)).count();
    let turns = name
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit()))
        .count();
    let longest = name
        .split(|c| "aeiouyAEIOUY0123456789".contains(*c))
        .map(<[char]>::len)
        .max()
        .unwrap_or_default();
    turns >= 4 || (letters >= 8 && vowels * 6 < letters) || longest >= 6
}

/// The message's number (`Message-ID`) names whoever made it.
fn number(message: &Message<'_>, out: &mut Vec<Sign>) {
    let Some(number) = &message.reading.message_id else {
        out.push(Sign::NoNumber);
        return;
    };
    let domain = number.rsplit_once('@').map(|(_, domain)| registrable(domain)).unwrap_or_default();
    let envelope = message.around.mail_from.as_ref().map(Message::domain_of);
    let related = domain == message.home || Some(&domain) == envelope.as_ref();
    if !related && message.reading.list_id.is_none() {
        out.push(Sign::NumberElsewhere);
    }
}

fn checks(message: &Message<'_>, out: &mut Vec<Sign>) {
    let checks = message.around.checks;
    match checks.dmarc {
        Outcome::Fail | Outcome::Soft if checks.strict => out.push(Sign::DmarcStrict),
        Outcome::Fail | Outcome::Soft => out.push(Sign::DmarcFail),
        Outcome::Pass => out.push(Sign::DmarcPass),
        Outcome::Unknown | Outcome::Absent => (),
    }
    match checks.spf {
        Outcome::Fail => out.push(Sign::SpfFail),
        Outcome::Soft => out.push(Sign::SpfSoft),
        Outcome::Absent => out.push(Sign::SpfAbsent),
        Outcome::Unknown | Outcome::Pass => (),
    }
    let signed: Vec<String> = message
        .fields("dkim-signature")
        .take(10)
        .filter_map(|value| {
            let domain = value.split(';').find_map(|tag| tag.trim().strip_prefix("d="))?;
            Some(registrable(domain.trim()))
        })
        .collect();
    match checks.dkim {
        Outcome::Fail | Outcome::Soft => out.push(Sign::DkimFail),
        _ if signed.is_empty() => out.push(Sign::Unsigned),
        Outcome::Unknown | Outcome::Absent | Outcome::Pass => {
            let own = signed.contains(&message.home);
            match (own, message.reading.list_id.is_some()) {
                (true, _) if checks.dmarc != Outcome::Pass => out.push(Sign::SignedByAuthor),
                (false, false) => out.push(Sign::SignedByOther),
                _ => (),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nobody_gave_are_told_from_names() {
        for made in ["xk7d92mq4a1z", "bcdfghjklm", "a1b2c3d4e5", "qwrtzpsd"] {
            assert!(is_made_up(made), "{made}");
        }
        for name in [
            "alice.martin",
            "schwarzenegger",
            "john1984",
            "newsletter",
            "christophe",
            "support",
            "abc123",
        ] {
            assert!(!is_made_up(name), "{name}");
        }
    }

    #[test]
    fn a_firm_is_named_by_whole_words() {
        let name = |text: &str, words| brand_in(&lures::folded(text, 200), words).map(|brand| brand.name);
        assert_eq!(name("PayPal Service", false), Some("paypal"));
        assert_eq!(name("paypalooza", false), None);
        assert_eq!(name("Crédit Agricole", false), Some("credit agricole"));
        assert_eq!(name("an orange", false), None);
        assert_eq!(name("Orange", true), Some("orange"));
        assert_eq!(name("groups", false), None);
    }
}
