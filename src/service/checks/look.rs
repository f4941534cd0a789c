//! One look: every question at the same time, then what the answers say.

use super::{
    INWARD, Inner, PORTS,
    judge::{self, Answered},
    own::{BELOW, Own},
};
use crate::{
    codec::{certificate, mta_sts::Mode, pgp::directory},
    domain::{
        address::Address,
        authentication::Outcome,
        check::{Check, Finding, Id, Place, changes, place},
        sending::Choice,
        time::Time,
    },
    net::{
        authenticate::{Authenticate, Envelope},
        dns::{Answer, Kind, reverse_name},
        here,
        https::Unfetched,
        mta_sts::{self, Unusable},
    },
    store::record::Standing,
};
use std::net::{IpAddr, SocketAddr};

/// Services that mail programs look for (RFC 6186, RFC 8314).
const PROGRAMS: [&str; 4] = ["_imaps._tcp", "_imap._tcp", "_submissions._tcp", "_submission._tcp"];
/// Octets of a key that is fetched.
const MAX_KEY: usize = 64 * 1024;
/// Published addresses that are asked about: no host of a home has as many.
const PUBLISHED: usize = 4;
/// A part of a certificate's life: when less than one in so many is left, its renewal has failed for a while.
const LATE: i64 = 6;

/// Seconds from the start after which it says something that nobody has come in by the mail port.
const AWAITED: i64 = 2 * 24 * 3600;

/// The names that were asked for.
struct Answers {
    host: Answered,
    mx: Answered,
    domain: Answered,
    dkim: Vec<Answered>,
    dmarc: Answered,
    sts: Answered,
    reports: Answered,
    tlsa: Answered,
    caa: Answered,
    key: Answered,
    below: Vec<Answered>,
    programs: Vec<Answered>,
}

async fn ask(inner: &Inner, own: &Own) -> Answers {
    let (domain, dns) = (&own.domain, &inner.dns);
    let look = |name: String, kind: Kind| async move { dns.look(&name, kind).await };
    let addresses = |name: String| async move {
        let (six, four) = tokio::join!(dns.look(&name, Kind::Aaaa), dns.look(&name, Kind::A));
        judge::both(&six, &four)
    };
    let (host, mx, text, dmarc, sts, reports, tlsa, caa) = tokio::join!(
        addresses(own.host.clone()),
        look(domain.clone(), Kind::Mx),
        look(domain.clone(), Kind::Txt),
        look(format!("_dmarc.{domain}"), Kind::Txt),
        look(format!("_mta-sts.{domain}"), Kind::Txt),
        look(format!("_smtp._tls.{domain}"), Kind::Txt),
        look(format!("_25._tcp.{}", own.host), Kind::Tlsa),
        look(domain.clone(), Kind::Caa),
    );
    let dkim = futures(own.dkim.iter().map(|(name, _)| look(name.clone(), Kind::Txt)));
    let below = futures(BELOW.iter().map(|(_, label)| addresses(format!("{label}.{domain}"))));
    let services = futures(PROGRAMS.iter().map(|label| look(format!("{label}.{domain}"), Kind::Srv)));
    let key = async {
        match &own.key {
            Some((name, _)) => dns.look(name, Kind::OpenPgpKey).await,
            None => Ok(Answer::default()),
        }
    };
    let (dkim, below, mut programs, autoconfig, key) = tokio::join!(dkim, below, services, addresses(format!("autoconfig.{domain}")), key);
    programs.push(autoconfig);
    Answers {
        host,
        mx,
        domain: text,
        dkim,
        dmarc,
        sts,
        reports,
        tlsa,
        caa,
        key,
        below,
        programs,
    }
}

/// All of them, one after another: few, and the name server remembers.
async fn futures<T, F: Future<Output = T>>(all: impl Iterator<Item = F>) -> Vec<T> {
    let mut done = Vec::new();
    for one in all {
        done.push(one.await);
    }
    done
}

/// What one look found, and what it taught about the next key.
pub(super) struct Looked {
    pub(super) checks: Vec<Check>,
    /// Whether the key that is to come is published; `None` where nobody answered.
    pub(super) next_published: Option<bool>,
}

/// Looks at everything.
pub(super) async fn look(inner: &Inner, own: &Own, standing: &Standing, now: Time) -> Looked {
    let answers = ask(inner, own).await;
    let (service, reach, reverse, lets) = tokio::join!(
        service(inner, own, &answers, now),
        reach(inner, own, &answers, standing, now),
        reverse(inner, own, &answers),
        lets(inner, own, &answers, now),
    );
    let mut checks = reach;
    checks.extend(reverse);
    checks.extend([
        judge::address(own, &answers.host),
        judge::mx(own, &answers.mx),
        judge::spf(own, lets, &answers.host, &answers.domain),
    ]);
    for (at, id) in [Id::DkimRsa, Id::DkimEd25519].into_iter().enumerate() {
        let nobody = Ok(Answer::default());
        checks.push(judge::dkim(id, own.dkim.get(at), answers.dkim.get(at).unwrap_or(&nobody)));
    }
    checks.extend([judge::dmarc(own, &answers.dmarc), judge::mta_sts(own, &answers.sts)]);
    let below = BELOW
        .iter()
        .zip(&answers.below)
        .map(|((id, label), answered)| judge::below(*id, own, label, &answers.host, answered));
    checks.extend(below);
    checks.extend([
        judge::tls_reports(own, &answers.reports),
        judge::tlsa(own, &answers.tlsa),
        judge::caa(own, &answers.caa),
        judge::openpgp(own, &answers.key),
        judge::programs(&answers.programs),
        judge::dnssec(&answers.mx),
    ]);
    checks.extend(service);
    checks.push(clock(inner, now));
    checks.extend(inner.more());
    checks.sort_by_key(|check| Id::ALL.iter().position(|id| *id == check.id));
    let next = own.keys.get(1);
    Looked {
        checks,
        next_published: match (next, &answers.tlsa) {
            (None, _) => Some(false),
            (Some(next), Ok(answer)) => Some(judge::publishes_next(next, answer)),
            (Some(_), Err(_)) => None,
        },
    }
}

/// What others find when they ask whether this box's addresses may send for the domain: the first that they would not take,
/// or that all may. `None` where a smarthost sends, whose addresses are its own to know, and where none of ours is known.
async fn lets(inner: &Inner, own: &Own, answers: &Answers, now: Time) -> Option<Outcome> {
    let sends_itself = inner.ways.chosen().await.ok().map(|(chosen, _)| chosen.choice == Choice::Never);
    if sends_itself == Some(false) {
        return None;
    }
    let mut found = None;
    let published: Vec<IpAddr> = answers.host.iter().flat_map(Answer::addresses).collect();
    let more = own.addresses.iter().filter(|address| !published.contains(address));
    for address in published.iter().take(PUBLISHED).chain(more) {
        let envelope = Envelope {
            peer: Some(*address),
            helo: own.host.clone(),
            mail_from: own.owner.clone(),
            at: now.0,
        };
        let (outcome, _) = Authenticate::new(inner.dns.clone(), &own.host).spf(&envelope).await;
        match (outcome, sends_itself) {
            (Outcome::Pass, _) => found = Some(Outcome::Pass),
            (_, Some(_)) => return Some(outcome),
            // A locked box cannot read whether it is a smarthost that sends.
            (_, None) => return Some(Outcome::NotKnown),
        }
    }
    found
}

/// The line: its address, and whether one gets in and out.
async fn reach(inner: &Inner, own: &Own, answers: &Answers, standing: &Standing, now: Time) -> Vec<Check> {
    let mut checks = vec![where_it_stands(standing, now)];
    let published: Vec<IpAddr> = answers.host.iter().flat_map(Answer::addresses).collect();
    for (id, at) in [Id::PortMail, Id::PortWeb, Id::PortSecure].into_iter().zip(0..) {
        let came = standing.inward.get(at).copied().unwrap_or(0);
        let since = now.0.saturating_sub(came);
        // A mail port that is open is knocked at every day, by strangers too; a box that was off has to wait for them.
        let silent = id == Id::PortMail && now.0.saturating_sub(inner.started.0) >= AWAITED;
        let finding = if came > 0 && (0..INWARD).contains(&since) {
            Finding::CameIn
        } else if came > 0 && since >= INWARD && silent {
            Finding::Old
        } else {
            let port = PORTS.get(at).copied().unwrap_or_default();
            // What DNS leads to is knocked at only where it can be this box: not at somebody else's door.
            let own = published.iter().find(|address| own.addresses.is_empty() || own.may_have(**address));
            match own {
                Some(address) if here::answers(SocketAddr::new(*address, port)).await => Finding::FromHere,
                _ => Finding::NobodyCame,
            }
        };
        checks.push(Check::plain(id, finding));
    }
    let out = match inner.ways.chosen().await {
        Ok((chosen, _)) if chosen.choice == Choice::Always => Finding::ByRelay,
        Ok((chosen, Some(_))) if chosen.choice == Choice::WhenShut => Finding::ByRelay,
        Ok((_, Some(_))) => Finding::Shut,
        Ok((chosen, None)) if chosen.reach.reached.is_some() => Finding::WentOut,
        _ => Finding::NotAsked,
    };
    checks.push(Check::plain(Id::PortOut, out));
    checks
}

/// The kind of address that the line has.
fn where_it_stands(standing: &Standing, now: Time) -> Check {
    let here = here::addresses();
    let changed: Vec<Time> = standing.changed.iter().copied().map(Time).collect();
    Check {
        seen: here.iter().map(IpAddr::to_string).collect(),
        ..Check::plain(Id::Place, line(&here, changes(&changed, now)))
    }
}

/// What these addresses make of a line. An IPv4 address that nobody outside reaches says more than an IPv6 one beside it that
/// everybody reaches: much of the world's mail comes by IPv4 only.
fn line(here: &[IpAddr], changing: bool) -> Finding {
    let kinds = |four: bool| here.iter().filter(move |it| it.is_ipv4() == four).map(|it| place(*it));
    let decides = kinds(true).find(|kind| matches!(kind, Place::Private | Place::Shared));
    match decides.or_else(|| kinds(true).chain(kinds(false)).min_by_key(|kind| *kind != Place::Public)) {
        Some(Place::Public) if changing => Finding::Changing,
        Some(Place::Public) => Finding::Public,
        Some(Place::Shared) => Finding::Shared,
        Some(Place::Private) => Finding::Behind,
        Some(Place::Local) => Finding::Local,
        None => Finding::NotAsked,
    }
}

/// The names of the addresses.
async fn reverse(inner: &Inner, own: &Own, answers: &Answers) -> [Check; 2] {
    let published = answers.host.iter().flat_map(Answer::addresses);
    let all: Vec<IpAddr> = own.addresses.iter().copied().chain(published).collect();
    let ask = |four: bool| {
        let address = all
            .iter()
            .copied()
            .find(|address| address.is_ipv4() == four && place(*address) == Place::Public);
        async move {
            let address = address?;
            Some((address, inner.dns.look(&reverse_name(address), Kind::Ptr).await))
        }
    };
    let (four, six) = tokio::join!(ask(true), ask(false));
    [judge::reverse(Id::ReverseV4, own, four), judge::reverse(Id::ReverseV6, own, six)]
}

/// What others find when they follow the records.
async fn service(inner: &Inner, own: &Own, answers: &Answers, now: Time) -> Vec<Check> {
    let found = |at: usize| {
        answers
            .below
            .get(at)
            .and_then(|answer| answer.as_ref().ok())
            .is_some_and(|it| !it.records.is_empty())
    };
    let (policy, key) = tokio::join!(policy(inner, own, found(0)), key(inner, own, found(1)));
    vec![shown(own, now), policy, key]
}

/// The certificate that both doors show.
fn shown(own: &Own, now: Time) -> Check {
    let Some(facts) = certificate::facts(&own.certificate) else {
        return Check::plain(Id::Certificate, Finding::Garbled);
    };
    let (left, life) = (facts.ends - now.0, facts.ends - facts.begins);
    let finding = if facts.is_own {
        Finding::SelfSigned
    } else if !facts.is_for(&own.host) {
        Finding::WrongName
    } else if left < life / LATE {
        Finding::Ending
    } else {
        Finding::Right
    };
    let (year, month, day, ..) = Time(facts.ends).civil();
    let seen = if facts.is_own {
        Vec::new()
    } else {
        vec![format!("{} · {year:04}-{month:02}-{day:02}", facts.issuer), facts.names.join(", ")]
    };
    Check {
        seen,
        ..Check::plain(Id::Certificate, finding)
    }
}

/// The policy as it is fetched from where it is announced.
async fn policy(inner: &Inner, own: &Own, has_host: bool) -> Check {
    if !has_host {
        return Check::plain(Id::MtaStsPolicy, Finding::NotAsked);
    }
    let finding = match mta_sts::fetch(&inner.https, &own.domain).await {
        Ok(found) if found != own.policy => Finding::Garbled,
        Ok(found) if found.mode == Mode::Enforce => Finding::Right,
        Ok(_) => Finding::Testing,
        Err(Unusable::Certificate) => Finding::Untrusted,
        Err(Unusable::Fetch) => Finding::Unreachable,
        Err(Unusable::Invalid) => Finding::Garbled,
    };
    Check::plain(Id::MtaStsPolicy, finding)
}

/// The owner's key as it is fetched.
async fn key(inner: &Inner, own: &Own, has_host: bool) -> Check {
    let plain = |finding| Check::plain(Id::WkdAnswer, finding);
    let (Some((_, octets)), Ok(owner), true) = (&own.key, Address::parse(&own.owner), has_host) else {
        return plain(Finding::NotAsked);
    };
    let [advanced, _] = directory::wkd_urls(&owner);
    plain(match inner.https.get(&advanced, MAX_KEY).await {
        Ok(page) if page.status == 200 && page.body == *octets => Finding::Right,
        Ok(_) => Finding::Garbled,
        Err(Unfetched::Certificate) => Finding::Untrusted,
        Err(_) => Finding::Unreachable,
    })
}

/// Seconds that the clock may be wrong by: codes of a second factor and certificates stand that.
const SKEW: i64 = 60;

/// The clock, by what other web servers said the time was.
fn clock(inner: &Inner, now: Time) -> Check {
    let finding = match inner.foreign.skew() {
        _ if now < crate::domain::release::RELEASED => Finding::Wrong,
        Some(skew) if skew.abs() > SKEW => Finding::Wrong,
        Some(_) => Finding::Right,
        None => Finding::NotAsked,
    };
    Check::plain(Id::Clock, finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_behind_a_router_decides_over_a_public_ipv6_one() {
        let said = |here: &[&str], changing| line(&here.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>(), changing);
        let six = "2a01:db8::1";
        for (here, finding) in [
            (&["192.168.1.10", six] as &[&str], Finding::Behind),
            (&["100.64.0.9", six], Finding::Shared),
            (&["192.168.1.10"], Finding::Behind),
            (&["8.8.8.8", six], Finding::Public),
            (&[six], Finding::Public),
            (&["8.8.8.8", "fd00::1"], Finding::Public),
            (&["127.0.0.1", six], Finding::Public),
            (&["fd00::1"], Finding::Behind),
            (&["127.0.0.1"], Finding::Local),
            (&[], Finding::NotAsked),
        ] {
            assert_eq!(said(here, false), finding, "{here:?}");
        }
        assert_eq!(said(&[six], true), Finding::Changing);
        assert_eq!(
            said(&["192.168.1.10", six], true),
            Finding::Behind,
            "there is more to do than to announce it"
        );
    }
}
