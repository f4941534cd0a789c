//! The words about who vouches for a message: SPF, DKIM, DMARC, ARC and the name of the server.
//!
//! They say what was found and what it means, never "pass" or "valid" as praise: a forger's own domain
//! vouches for a forger as well. `{domain}` and `{who}` are filled in by the methods below, isolated from the
//! direction of the sentence around them.

use crate::domain::authentication::{Authentication, Chain, Dmarc, Explained, Outcome, Policy, Reason, Reverse, Signature, Spf};

/// Every phrase about authentication in one language.
#[allow(missing_docs, reason = "a phrase documents itself; its field says where it stands")]
pub struct AuthenticationWords {
    pub title: &'static str,
    pub intro: &'static str,
    pub spf: &'static str,
    pub dkim: &'static str,
    pub dmarc: &'static str,
    pub arc: &'static str,
    pub reverse: &'static str,

    pub not_known: &'static str,
    pub name_server: &'static str,
    pub other_domain: &'static str,

    pub spf_none: &'static str,
    pub spf_pass: &'static str,
    pub spf_fail: &'static str,
    pub spf_soft: &'static str,
    pub spf_neutral: &'static str,
    pub spf_error: &'static str,

    pub unsigned: &'static str,
    pub signed: &'static str,
    pub body_altered: &'static str,
    pub headers_altered: &'static str,
    pub expired: &'static str,
    pub partial: &'static str,
    pub weak: &'static str,
    pub no_key: &'static str,
    pub from_unsigned: &'static str,
    pub malformed: &'static str,

    pub no_rules: &'static str,
    pub meets: &'static str,
    pub fails_nothing: &'static str,
    pub fails_quarantine: &'static str,
    pub fails_reject: &'static str,
    pub fails_sealer: &'static str,
    pub fails_list: &'static str,
    pub no_from: &'static str,

    pub sealed: &'static str,
    pub seals_broken: &'static str,
    pub trust: &'static str,
    pub trust_hint: &'static str,
    pub distrust: &'static str,

    pub named: &'static str,
    pub misnamed: &'static str,
    pub nameless: &'static str,
}

/// English.
pub const EN: AuthenticationWords = AuthenticationWords {
    title: "Who vouches for it",
    intro: "What the domains in it say of it themselves, asked when it arrived. Whoever owns a domain can vouch for it: what counts is whether you know the domain.",
    spf: "Server (SPF)",
    dkim: "Signature (DKIM)",
    dmarc: "Rules (DMARC)",
    arc: "Passed on (ARC)",
    reverse: "Name of the server",
    not_known: "Not known: no name server could be asked.",
    name_server: "Could not be told then: a name server of {domain} failed.",
    other_domain: "That is not the domain of the author.",
    spf_none: "{domain} does not say which servers send for it.",
    spf_pass: "{domain} names this server as one that sends for it.",
    spf_fail: "{domain} says that this server does not send for it.",
    spf_soft: "{domain} believes that this server does not send for it.",
    spf_neutral: "{domain} leaves open whether this server sends for it.",
    spf_error: "Cannot be told: what {domain} says of its servers makes no sense.",
    unsigned: "No domain signed it.",
    signed: "{domain} signed it, and what was signed is what arrived.",
    body_altered: "{domain} signed another text: this one was changed on the way.",
    headers_altered: "The signature in the name of {domain} does not fit: something was changed, or somebody else made it.",
    expired: "The signature of {domain} had expired when the message arrived.",
    partial: "{domain} signed the beginning of the text only; what follows may be anybody’s.",
    weak: "The signature in the name of {domain} is of a kind that proves nothing any more.",
    no_key: "{domain} has no key that fits the signature in its name.",
    from_unsigned: "The signature of {domain} does not cover who wrote it.",
    malformed: "It bears a signature that makes no sense.",
    no_rules: "{domain} says nothing of what to do with forgeries.",
    meets: "{domain} has rules against forgeries, and this message meets them.",
    fails_nothing: "It does not meet the rules of {domain}, which asks for nothing to be done about that.",
    fails_quarantine: "It does not meet the rules of {domain}, which asks for suspicion.",
    fails_reject: "It does not meet the rules of {domain}, which asks for such messages to be refused.",
    fails_sealer: "It does not meet the rules of {domain}; {who}, which you trust to pass messages on, explains why.",
    fails_list: "It does not meet the rules of {domain}; it came through the mailing list {who}, which you read.",
    no_from: "It does not say clearly who wrote it, so that nobody can be asked.",
    sealed: "{domain} passed it on and sealed what it had found.",
    seals_broken: "It was passed on with seals that do not hold.",
    trust: "Trust {domain} to pass messages on",
    trust_hint: "Then a message that it seals is taken even if the author’s domain asks for it to be refused. Mailing lists need this.",
    distrust: "No longer trust {domain}",
    named: "{domain}",
    misnamed: "The names of this address do not lead back to it.",
    nameless: "This address has no name.",
};

/// French.
pub const FR: AuthenticationWords = AuthenticationWords {
    title: "Qui en répond",
    intro: "Ce que les domaines en disent eux-mêmes, demandé à l’arrivée. Le propriétaire d’un domaine peut en répondre : ce qui compte, c’est que vous connaissiez ce domaine.",
    spf: "Serveur (SPF)",
    dkim: "Signature (DKIM)",
    dmarc: "Règles (DMARC)",
    arc: "Transmission (ARC)",
    reverse: "Nom du serveur",
    not_known: "Pas connu : aucun serveur de noms n’a pu être interrogé.",
    name_server: "Impossible à dire à ce moment-là : un serveur de noms de {domain} était en panne.",
    other_domain: "Ce n’est pas le domaine de l’auteur.",
    spf_none: "{domain} ne dit pas quels serveurs envoient pour lui.",
    spf_pass: "{domain} désigne ce serveur comme un des siens.",
    spf_fail: "{domain} dit que ce serveur n’envoie pas pour lui.",
    spf_soft: "{domain} pense que ce serveur n’envoie pas pour lui.",
    spf_neutral: "{domain} ne dit pas si ce serveur envoie pour lui.",
    spf_error: "Impossible à dire : ce que {domain} publie sur ses serveurs n’a pas de sens.",
    unsigned: "Aucun domaine ne l’a signé.",
    signed: "{domain} l’a signé, et ce qui a été signé est bien ce qui est arrivé.",
    body_altered: "{domain} a signé un autre texte : celui-ci a été modifié en route.",
    headers_altered: "La signature au nom de {domain} ne correspond pas : quelque chose a été modifié, ou quelqu’un d’autre l’a faite.",
    expired: "La signature de {domain} était périmée à l’arrivée du message.",
    partial: "{domain} n’a signé que le début du texte ; la suite peut être de n’importe qui.",
    weak: "La signature au nom de {domain} est d’un genre qui ne prouve plus rien.",
    no_key: "{domain} n’a pas de clé qui corresponde à la signature en son nom.",
    from_unsigned: "La signature de {domain} ne couvre pas le nom de l’auteur.",
    malformed: "Il porte une signature qui n’a pas de sens.",
    no_rules: "{domain} ne dit pas que faire des faux.",
    meets: "{domain} a des règles contre les faux, et ce message les respecte.",
    fails_nothing: "Il ne respecte pas les règles de {domain}, qui ne demande rien pour autant.",
    fails_quarantine: "Il ne respecte pas les règles de {domain}, qui demande de s’en méfier.",
    fails_reject: "Il ne respecte pas les règles de {domain}, qui demande de refuser de tels messages.",
    fails_sealer: "Il ne respecte pas les règles de {domain} ; {who}, à qui vous faites confiance pour transmettre, explique pourquoi.",
    fails_list: "Il ne respecte pas les règles de {domain} ; il est passé par la liste {who}, que vous lisez.",
    no_from: "Il ne dit pas clairement qui l’a écrit : il n’y a personne à interroger.",
    sealed: "{domain} l’a transmis et a scellé ce qu’il avait constaté.",
    seals_broken: "Il a été transmis avec des sceaux qui ne tiennent pas.",
    trust: "Faire confiance à {domain} pour transmettre",
    trust_hint: "Un message qu’il scelle sera alors accepté même si le domaine de l’auteur demande de le refuser. Les listes de diffusion en ont besoin.",
    distrust: "Ne plus faire confiance à {domain}",
    named: "{domain}",
    misnamed: "Les noms de cette adresse ne ramènent pas à elle.",
    nameless: "Cette adresse n’a pas de nom.",
};

/// One finding: what was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub label: &'static str,
    /// What was found.
    pub sentence: String,
    /// Whether it speaks against the message.
    pub against: bool,
}

impl AuthenticationWords {
    /// Everything that was found, in the order in which it is shown.
    pub fn findings(&self, found: &Authentication) -> Vec<Finding> {
        let mut findings = vec![self.finding(self.spf, self.spf(&found.spf), found.spf.outcome)];
        if found.signatures.is_empty() {
            let sentence = if found.dkim == Outcome::None {
                self.unsigned
            } else {
                self.not_known
            };
            findings.push(self.finding(self.dkim, sentence.to_owned(), found.dkim));
        }
        for signature in &found.signatures {
            findings.push(self.finding(self.dkim, self.signature(signature), signature.outcome));
        }
        findings.push(self.finding(self.dmarc, self.dmarc(&found.dmarc), found.dmarc.outcome));
        if !matches!(found.arc.outcome, Outcome::None | Outcome::NotKnown) {
            findings.push(self.finding(self.arc, self.chain(&found.arc), found.arc.outcome));
        }
        findings.push(self.finding(self.reverse, self.reverse(&found.reverse), found.reverse.outcome));
        findings
    }

    fn finding(&self, label: &'static str, sentence: String, outcome: Outcome) -> Finding {
        Finding {
            label,
            sentence,
            against: outcome == Outcome::Fail,
        }
    }

    /// The button that trusts a sealer, or no longer.
    pub fn trust(&self, sealer: &str, trusted: bool) -> String {
        fill(if trusted { self.distrust } else { self.trust }, sealer)
    }

    fn spf(&self, spf: &Spf) -> String {
        let phrase = match spf.outcome {
            Outcome::NotKnown => self.not_known,
            Outcome::None => self.spf_none,
            Outcome::Pass => self.spf_pass,
            Outcome::Fail => self.spf_fail,
            Outcome::SoftFail => self.spf_soft,
            Outcome::Neutral => self.spf_neutral,
            Outcome::TempError => self.name_server,
            Outcome::PermError | Outcome::Policy => self.spf_error,
        };
        self.of(phrase, &spf.domain, spf.outcome.is_pass() && !spf.aligned)
    }

    fn signature(&self, signature: &Signature) -> String {
        let phrase = match (signature.outcome, signature.reason) {
            (Outcome::Pass, _) => self.signed,
            (Outcome::NotKnown, _) => self.not_known,
            (Outcome::TempError, _) => self.name_server,
            (_, Reason::BodyAltered) => self.body_altered,
            (_, Reason::Expired) => self.expired,
            (_, Reason::Partial) => self.partial,
            (_, Reason::WeakAlgorithm | Reason::WeakKey) => self.weak,
            (_, Reason::NoKey | Reason::Revoked | Reason::WrongKey) => self.no_key,
            (_, Reason::FromUnsigned) => self.from_unsigned,
            (_, Reason::HeadersAltered | Reason::WrongIdentity) => self.headers_altered,
            _ => self.malformed,
        };
        self.of(phrase, &signature.domain, signature.outcome.is_pass() && !signature.aligned)
    }

    fn dmarc(&self, dmarc: &Dmarc) -> String {
        let phrase = match (dmarc.outcome, &dmarc.explained, dmarc.policy) {
            (Outcome::NotKnown, ..) => self.not_known,
            (Outcome::TempError, ..) => self.name_server,
            (Outcome::Pass, ..) => self.meets,
            (Outcome::Fail, Some(Explained::Sealer(who)), _) => {
                return fill(&self.fails_sealer.replace("{who}", &isolated(who)), &dmarc.domain);
            }
            (Outcome::Fail, Some(Explained::List(who)), _) => {
                return fill(&self.fails_list.replace("{who}", &isolated(who)), &dmarc.domain);
            }
            (Outcome::Fail, None, Policy::None) => self.fails_nothing,
            (Outcome::Fail, None, Policy::Quarantine) => self.fails_quarantine,
            (Outcome::Fail, None, Policy::Reject) => self.fails_reject,
            _ if dmarc.reason == Reason::From => self.no_from,
            _ => self.no_rules,
        };
        fill(phrase, &dmarc.domain)
    }

    fn chain(&self, chain: &Chain) -> String {
        let sealer = chain.sealers.last().map_or("", String::as_str);
        let phrase = match chain.outcome {
            Outcome::Pass => self.sealed,
            Outcome::TempError => self.name_server,
            _ => self.seals_broken,
        };
        fill(phrase, sealer)
    }

    fn reverse(&self, reverse: &Reverse) -> String {
        match reverse.outcome {
            Outcome::Pass => fill(self.named, &reverse.name),
            Outcome::Fail => self.misnamed.to_owned(),
            Outcome::None => self.nameless.to_owned(),
            _ => self.not_known.to_owned(),
        }
    }

    fn of(&self, phrase: &str, domain: &str, other: bool) -> String {
        let sentence = fill(phrase, domain);
        if other {
            format!("{sentence} {}", self.other_domain)
        } else {
            sentence
        }
    }
}

/// A stranger's name in a sentence of ours must not turn it round (UAX 9, section 2.4).
fn isolated(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

fn fill(phrase: &str, domain: &str) -> String {
    phrase.replace("{domain}", &isolated(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_sentence_and_none_is_praise() {
        for words in [&EN, &FR] {
            for outcome in Outcome::ALL {
                for reason in Reason::ALL {
                    let mut found = Authentication::default();
                    found.spf.outcome = *outcome;
                    found.spf.domain = "a.test".into();
                    found.dmarc.outcome = *outcome;
                    found.dmarc.reason = *reason;
                    found.arc.outcome = *outcome;
                    found.reverse.outcome = *outcome;
                    found.signatures.push(Signature {
                        outcome: *outcome,
                        reason: *reason,
                        domain: "b.test".into(),
                        ..Signature::default()
                    });
                    let findings = words.findings(&found);
                    assert!(findings.len() >= 4);
                    for finding in findings {
                        assert!(!finding.sentence.is_empty() && !finding.sentence.contains('{'), "{finding:?}");
                        assert!(!finding.sentence.to_lowercase().contains("pass "), "{finding:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_passes_for_another_domain_says_so() {
        let mut found = Authentication::default();
        found.spf.outcome = Outcome::Pass;
        found.spf.domain = "a.test".into();
        assert!(EN.findings(&found)[0].sentence.contains("not the domain of the author"));
        found.spf.aligned = true;
        assert!(!EN.findings(&found)[0].sentence.contains("not the domain of the author"));
    }
}
