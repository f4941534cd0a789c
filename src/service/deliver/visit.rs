//! One message at the servers that may take it: visited in order until one does, or says why not.

use super::{
    Error, Inner, Key, resting,
    way::{Care, Stop},
};
use crate::{
    codec::{idna, tls_report},
    domain::{
        ledger::Purpose,
        outgoing::{Delivery, Handed, Kind, Outcome, Recipient, Trouble, Via},
        sending::Unreached,
        time::Time,
        transport::TlsFacts,
    },
    net::{
        courier::{Courier, Envelope, Failure, Patience, Reply, Stage, Start, Visit, has_ascii_head},
        demand::Demand,
        outward::Outward,
    },
    store::record::Sending,
};
use std::{io, time::Duration};

/// How long somebody who looks on is kept waiting for a smarthost.
const QUICK: Duration = Duration::from_secs(10);

/// An open session, for one lane's messages of one kind.
pub(super) struct Session {
    courier: Courier,
    stop: Stop,
    care: Care,
}

impl Session {
    /// Whether it is with the server that the owner's choice still leads to.
    fn still_leads(&self, sending: &Sending) -> bool {
        match self.stop.via {
            Via::Smarthost | Via::SmarthostForShut => sending
                .smarthost()
                .is_some_and(|now| now.host == self.stop.host && now.port == self.stop.address.port()),
            Via::Direct | Via::Provider => true,
        }
    }

    /// Says goodbye.
    pub(super) async fn leave(self) {
        self.courier.leave().await;
    }
}

/// What an attempt came to.
pub(super) enum Attempt {
    /// This.
    Came(Outcome),
    /// The row is gone or was changed: there is nothing to write down.
    Gone,
}

/// What came of a message in one session.
enum Step {
    /// It is settled.
    Came(Outcome),
    /// Not here: the next server may take it.
    Elsewhere(Trouble),
    Gone,
}

impl Inner {
    /// Visits servers until the message is settled. A session that is open is used first, and one that still stands is
    /// left for the next message.
    pub(super) async fn attempt(
        &self,
        key: &Key,
        delivery: &Delivery,
        raw: &[u8],
        sending: &Sending,
        session: &mut Option<Session>,
    ) -> Result<Attempt, Error> {
        let care = match delivery.confidential {
            true => Care::Confidential,
            false if tls_report::is_regardless(raw) => Care::Regardless,
            false => Care::Usual,
        };
        if let Some(mut open) = session.take() {
            if open.care == care && open.still_leads(sending) {
                let (step, stands) = self.hand(&mut open, delivery, raw).await?;
                *session = stands.then_some(open);
                match step {
                    Step::Came(outcome) => return Ok(Attempt::Came(outcome)),
                    Step::Gone => return Ok(Attempt::Gone),
                    // A server may hang up after so many messages: it is visited anew.
                    Step::Elsewhere(_) => {}
                }
            } else {
                *session = Some(open);
            }
            if let Some(left) = session.take() {
                left.leave().await;
            }
        }
        let stops = match self.way(key, &delivery.domain, care, sending).await {
            Ok(stops) => stops,
            Err(trouble) => return Ok(Attempt::Came(Outcome::Trouble(trouble))),
        };
        let now = self.clock.now();
        let (mut worst, mut rest): (Option<Trouble>, _) = (None, None);
        for stop in &stops {
            if let Some(until) = self.rests.until(stop.address, now) {
                rest = Some(rest.map_or(until, |before: Time| before.min(until)));
                continue;
            }
            let trouble = match self.open(stop, delivery, care).await {
                Err(trouble) => trouble,
                Ok(mut open) => {
                    let (step, stands) = self.hand(&mut open, delivery, raw).await?;
                    *session = stands.then_some(open);
                    match step {
                        Step::Came(outcome) => return Ok(Attempt::Came(outcome)),
                        Step::Gone => return Ok(Attempt::Gone),
                        Step::Elsewhere(trouble) => trouble,
                    }
                }
            };
            if let Some(left) = session.take() {
                left.leave().await;
            }
            worst = Some(worst.filter(|worst| weight(worst) >= weight(&trouble)).unwrap_or(trouble));
        }
        Ok(Attempt::Came(match (worst, rest) {
            (Some(trouble), _) => Outcome::Trouble(trouble),
            (None, until) => {
                let (trouble, until) = resting(until.unwrap_or(now));
                Outcome::Rest(trouble, until)
            }
        }))
    }

    /// Connects; in clear after all where TLS fails and nothing is demanded of it (RFC 7435 section 3: better than to
    /// have it not arrive, and said).
    async fn open(&self, stop: &Stop, delivery: &Delivery, care: Care) -> Result<Session, Trouble> {
        let mut visited = self.visit(stop, delivery).await;
        self.watch(&delivery.domain, stop, &visited);
        let broken = |failure: &Failure| match failure {
            Failure::Tls(..) => true,
            Failure::Gone(stage, _) | Failure::Silent(stage) | Failure::Refused(stage, _) => *stage == Stage::Tls,
            _ => false,
        };
        if stop.demand == Demand::Nothing && visited.as_ref().is_err_and(broken) {
            let stop = Stop {
                start: Start::Never,
                ..stop.clone()
            };
            visited = self.visit(&stop, delivery).await;
        }
        self.note(&delivery.domain, stop, &visited).await;
        let mut courier = visited.map_err(|failure| trouble_of(&failure, &stop.host))?;
        if let Some(sign_in) = &stop.sign_in {
            let signed_in = courier.sign_in(sign_in).await;
            signed_in.map_err(|failure| trouble_of(&failure, &stop.host))?;
        }
        Ok(Session {
            courier,
            stop: stop.clone(),
            care,
        })
    }

    async fn visit(&self, stop: &Stop, delivery: &Delivery) -> Result<Courier, Failure> {
        let purpose = match stop.via {
            Via::Direct => Purpose::Delivery,
            Via::Smarthost | Via::SmarthostForShut => Purpose::Smarthost,
            Via::Provider => Purpose::Mailbox,
        };
        self.outward.dns.ledger().note(purpose, &stop.host);
        let visit = Visit {
            address: stop.address,
            host: &stop.host,
            domain: &idna::plain(&delivery.domain),
            own: &self.own,
            demand: &stop.demand,
            start: stop.start,
            patience: self.outward.patience,
            roots: self.outward.roots.clone(),
        };
        Courier::visit(&visit).await
    }

    /// Remembers who could be reached, for the next message and for what is said of port 25.
    async fn note(&self, domain: &str, stop: &Stop, visited: &Result<Courier, Failure>) {
        let direct = stop.sign_in.is_none() && stop.via == Via::Direct;
        let now = self.clock.now();
        let how = match visited {
            Err(Failure::Silent(Stage::Connect)) => Some(Unreached::Dropped),
            Err(Failure::Silent(Stage::Greeting)) => Some(Unreached::Silent),
            Err(Failure::Gone(Stage::Connect, error)) => match error.kind() {
                io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Some(Unreached::Refused),
                io::ErrorKind::TimedOut => Some(Unreached::Dropped),
                // Such as no IPv6 here: that says nothing of the port.
                _ => {
                    self.rests.rest(stop.address, now);
                    return;
                }
            },
            _ => None,
        };
        if how.is_some() {
            self.rests.rest(stop.address, now);
        } else {
            self.rests.end(stop.address);
        }
        if direct {
            // A locked box notes it the next time.
            let _ = self.met((domain, &stop.host), how).await;
        }
    }

    /// Hands the message over in a session; says whether the session still stands. An error is the store's: nothing was
    /// sent then.
    async fn hand(&self, session: &mut Session, delivery: &Delivery, raw: &[u8]) -> Result<(Step, bool), Error> {
        let (host, waiting) = (session.stop.host.clone(), delivery.waiting().collect::<Vec<&Recipient>>());
        if let Some(trouble) = unfit(&session.courier, delivery, &waiting, raw) {
            let elsewhere = trouble.kind == Kind::NoPromise;
            let trouble = trouble.at(&host);
            return Ok(if elsewhere {
                (Step::Elsewhere(trouble), true)
            } else {
                (Step::Came(Outcome::Trouble(trouble)), true)
            });
        }
        let told: Vec<String> = waiting.iter().map(|recipient| idna::address(&recipient.address)).collect();
        let to: Vec<&str> = told.iter().map(String::as_str).collect();
        let from = idna::address(&delivery.from);
        let envelope = Envelope {
            from: Some(&from),
            to: &to,
            require_tls: delivery.confidential,
        };
        let taken = match session.courier.announce(&envelope, raw).await {
            Ok(taken) => taken,
            Err(Failure::Refused(stage, reply)) => {
                // 503: it takes this session for one in the middle of something. That says nothing of the message.
                let lost = reply.code == 503;
                let (stands, again) = (reply.code != 421 && !lost, reply.is_temporary() || lost);
                let trouble = trouble_of(&Failure::Refused(stage, reply), &host);
                let reset = stands && session.courier.reset().await.is_ok();
                return Ok(if again {
                    (Step::Elsewhere(trouble), reset)
                } else {
                    (Step::Came(Outcome::Trouble(trouble)), reset)
                });
            }
            Err(failure) => return Ok((Step::Elsewhere(trouble_of(&failure, &host)), false)),
        };
        let answered = |answer: &dyn Fn(&Reply) -> Result<Box<Handed>, Trouble>| {
            let each = waiting.iter().zip(&taken);
            Outcome::Answered(each.map(|(recipient, reply)| (recipient.address.clone(), answer(reply))).collect())
        };
        if !taken.iter().any(Reply::is_good) {
            let stands = session.courier.reset().await.is_ok();
            return Ok((Step::Came(answered(&|reply| Err(refused(reply, &host)))), stands));
        }
        // From here on nobody can know what happened if the power goes.
        if !self.begin(delivery, session.stop.via).await? {
            let stands = session.courier.reset().await.is_ok();
            return Ok((Step::Gone, stands));
        }
        let said = session.courier.hand_over(raw).await;
        let stands = match &said {
            Err(Failure::Refused(Stage::Data, reply)) => reply.code != 421 && session.courier.reset().await.is_ok(),
            Ok(reply) | Err(Failure::Refused(_, reply)) => reply.code != 421,
            Err(_) => false,
        };
        let end = match said {
            Ok(reply) => Ok(self.handed(session, delivery, reply)),
            Err(failure) => Err(trouble_of(&failure, &host)),
        };
        let outcome = answered(&|reply| {
            if reply.is_good() {
                end.clone().map(Box::new)
            } else {
                Err(refused(reply, &host))
            }
        });
        Ok((Step::Came(outcome), stands))
    }

    fn handed(&self, session: &Session, delivery: &Delivery, reply: Reply) -> Handed {
        let facts = &session.courier.facts;
        Handed {
            at: self.clock.now(),
            host: session.stop.host.clone(),
            peer: facts.peer.ip(),
            tls: facts.tls.clone(),
            enforced: session.stop.enforced,
            promised: delivery.confidential,
            via: session.stop.via,
            words: reply.words,
        }
    }
}

/// Connects to a server that passes mail on and signs in, as a delivery would; sends nothing.
pub(super) async fn try_stop(outward: &Outward, own: &str, stop: &Stop) -> Result<TlsFacts, Trouble> {
    let purpose = if stop.via == Via::Provider {
        Purpose::Mailbox
    } else {
        Purpose::Smarthost
    };
    outward.dns.ledger().note(purpose, &stop.host);
    let visit = Visit {
        address: stop.address,
        host: &stop.host,
        domain: &stop.host,
        own,
        demand: &stop.demand,
        start: stop.start,
        patience: Patience {
            connect: QUICK,
            answer: QUICK,
            kept: QUICK,
        },
        roots: outward.roots.clone(),
    };
    let failed = |failure: Failure| trouble_of(&failure, &stop.host);
    let mut courier = Courier::visit(&visit).await.map_err(failed)?;
    if let Some(sign_in) = &stop.sign_in {
        courier.sign_in(sign_in).await.map_err(failed)?;
    }
    let tls = courier.facts.tls.clone();
    courier.leave().await;
    tls.ok_or_else(|| Trouble::of(Kind::NoTls).at(&stop.host))
}

/// Why a message cannot be handed to this server at all.
fn unfit(courier: &Courier, delivery: &Delivery, waiting: &[&Recipient], raw: &[u8]) -> Option<Trouble> {
    let offers = &courier.offers;
    if delivery.confidential && !offers.require_tls {
        return Some(Trouble::of(Kind::NoPromise));
    }
    if offers.size > 0 && raw.len() as u64 > offers.size {
        return Some(Trouble::of(Kind::TooLarge).saying(0, &offers.size.to_string()));
    }
    let plain = waiting.iter().all(|recipient| idna::address(&recipient.address).is_ascii()) && idna::address(&delivery.from).is_ascii();
    let fits = (offers.utf8 || (plain && has_ascii_head(raw))) && (offers.eight_bit || offers.utf8 || raw.is_ascii());
    (!fits).then(|| Trouble::of(Kind::NeedsUtf8))
}

fn refused(reply: &Reply, host: &str) -> Trouble {
    Trouble::of(Kind::Refused).at(host).saying(reply.code, &reply.words)
}

/// What a visit that ended means for the message.
fn trouble_of(failure: &Failure, host: &str) -> Trouble {
    let plain = |kind| Trouble::of(kind).at(host);
    match failure {
        Failure::Gone(Stage::Connect, _) | Failure::Silent(Stage::Connect) => plain(Kind::Unreachable),
        Failure::Gone(..) => plain(Kind::HungUp),
        Failure::Silent(_) => plain(Kind::Silent),
        Failure::Refused(stage, reply) => {
            let kind = match stage {
                Stage::Greeting | Stage::Hello => Kind::TurnedAway,
                // Such as 454: it has no certificate to show (RFC 3207 section 4).
                Stage::Tls => Kind::NoTls,
                Stage::SignIn => Kind::SignIn,
                _ => Kind::Refused,
            };
            plain(kind).saying(reply.code, &reply.words)
        }
        Failure::Garbled(_) => plain(Kind::Garbled),
        Failure::Injected => plain(Kind::Injected),
        Failure::NoTls => plain(Kind::NoTls),
        Failure::Tls(why, _) => plain(Kind::Certificate).saying(0, why),
        Failure::NoSignIn => plain(Kind::NoSignIn),
        Failure::NobodyKnows => plain(Kind::LostAnswer),
    }
}

/// What says most of several servers' troubles: an answer more than a silence.
fn weight(trouble: &Trouble) -> u8 {
    match trouble.kind {
        Kind::Refused | Kind::TurnedAway | Kind::SignIn | Kind::NoSignIn => 3,
        Kind::Certificate | Kind::NoTls | Kind::NoPromise | Kind::Injected => 2,
        Kind::Unreachable | Kind::Resting => 0,
        _ => 1,
    }
}
