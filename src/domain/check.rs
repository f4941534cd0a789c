//! What a mail service of one's own needs around it, as a registry of small checks: for each what it is called, what
//! was seen, what is wanted, and so how it stands. Pure: looking is `service::checks`'s, the words are `locale`'s.
//!
//! A look is somebody's answer at one moment. A change is told only when two looks in a row agree on it, because names
//! take hours to travel and a home line drops for minutes.

use super::time::Time;
use std::net::IpAddr;

/// How something stands. A screen reader says these as words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and could be better; or it is worth a look.
    Attention,
    /// Something is still to be done.
    Todo,
    /// Nobody could tell.
    Unknown,
}

impl State {
    /// Its word in addresses, JSON and styles; never translated.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Todo => "todo",
            Self::Unknown => "unknown",
        }
    }
}

/// What a check is about, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Whether others get here, and this box out.
    Reach,
    /// What is to be published at the DNS provider.
    Records,
    /// What others find when they follow the records.
    Service,
    /// The machine itself.
    Machine,
}

impl Group {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Reach, Self::Records, Self::Service, Self::Machine];
}

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $group:ident;)*) => {
        /// One check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Id { $($(#[$doc])* $name,)* }

        impl Id {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in pages, JSON and stored records; never translated.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What it is about.
            pub fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* }
            }

            /// By its name.
            pub fn of(name: &str) -> Option<Self> {
                match name { $($id => Some(Self::$name),)* _ => None }
            }
        }
    };
}

checks! {
    /// The address of the line that the box hangs on.
    Place = "place", Reach;
    /// Port 25 from outside: receiving.
    PortMail = "port-25-in", Reach;
    /// Port 80 from outside: certificates, and people who type no `https`.
    PortWeb = "port-80-in", Reach;
    /// Port 443 from outside: pages, keys, policies.
    PortSecure = "port-443-in", Reach;
    /// Port 25 of others: sending.
    PortOut = "port-25-out", Reach;
    /// The name of the IPv4 address.
    ReverseV4 = "reverse-v4", Reach;
    /// The name of the IPv6 address.
    ReverseV6 = "reverse-v6", Reach;
    /// The addresses of the mail host: A and AAAA.
    Address = "address", Records;
    /// Where the domain's mail goes: MX.
    Mx = "mx", Records;
    /// Who may send for the domain: SPF.
    Spf = "spf", Records;
    /// The RSA key that signs: DKIM.
    DkimRsa = "dkim-rsa", Records;
    /// The Ed25519 key that signs: DKIM.
    DkimEd25519 = "dkim-ed25519", Records;
    /// What becomes of forgeries: DMARC.
    Dmarc = "dmarc", Records;
    /// That there is a policy about encryption: MTA-STS.
    MtaSts = "mta-sts", Records;
    /// The address of the host that serves the policy.
    MtaStsHost = "mta-sts-host", Records;
    /// Where others report failures of encryption: TLS-RPT.
    TlsReports = "tls-reports", Records;
    /// The fingerprint of the mail server's key: DANE.
    Tlsa = "tlsa", Records;
    /// Who may issue certificates: CAA.
    Caa = "caa", Records;
    /// The address of the host that gives out the owner's key: WKD.
    WkdHost = "wkd-host", Records;
    /// The owner's key itself: OPENPGPKEY.
    OpenPgpKey = "openpgpkey", Records;
    /// What mail programs find: SRV and autoconfig.
    Programs = "programs", Records;
    /// Whether the domain's records are signed: DNSSEC.
    Dnssec = "dnssec", Records;
    /// The certificate that both doors show.
    Certificate = "certificate", Service;
    /// The policy as it is fetched: MTA-STS.
    MtaStsPolicy = "mta-sts-policy", Service;
    /// The owner's key as it is fetched: WKD.
    WkdAnswer = "wkd-answer", Service;
    /// Whether the clock is right.
    Clock = "clock", Machine;
    /// Room on the disk.
    Disk = "disk", Machine;
    /// The age of the last backup.
    Backup = "backup", Machine;
}

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $state:ident;)*) => {
        /// What was found. The numbers stand in the store: none is ever used for another.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Finding { $($(#[$doc])* $name,)* }

        impl Finding {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its number in the store.
            pub fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            /// How it stands then, where nothing more is known of the check.
            fn usually(self) -> State {
                match self { $(Self::$name => State::$state,)* }
            }
        }
    };
}

findings! {
    /// Nobody could be asked, or nobody has looked.
    NotAsked = 0, Unknown;
    /// As it should be.
    Right = 1, Ok;
    /// There is none.
    Missing = 2, Todo;
    /// There is another.
    Other = 3, Todo;
    /// There is more than one where there may be one.
    Several = 4, Todo;
    /// It is right as far as it goes, and lets too much through.
    Loose = 5, Attention;
    /// The answer was forged, or the signatures of the zone are broken.
    Forged = 6, Todo;
    /// It is right, and nobody believes it before the zone is signed.
    Unsigned = 7, Attention;
    /// The zone is not signed.
    NotSigned = 8, Attention;
    /// The name server that is asked does not say.
    CannotTell = 9, Unknown;
    /// There is nothing to be done, nor anything to be had.
    NotNeeded = 10, Ok;
    /// It leads away from this box.
    Elsewhere = 11, Attention;
    /// Others came in here lately.
    CameIn = 12, Ok;
    /// It answers from here; whether from outside too, only somebody outside could say.
    FromHere = 13, Unknown;
    /// Nobody came in, and from here it does not answer either, as in many homes.
    NobodyCame = 14, Unknown;
    /// It could be gone out by lately.
    WentOut = 15, Ok;
    /// It is shut.
    Shut = 16, Todo;
    /// Mail leaves by a smarthost.
    ByRelay = 17, Ok;
    /// It is an address of this box alone that stays.
    Public = 18, Ok;
    /// It is an address of a home network: a router stands in front.
    Behind = 19, Attention;
    /// It is one that a provider shares among many.
    Shared = 20, Todo;
    /// It changes.
    Changing = 21, Attention;
    /// It is this machine's own, which nobody else reaches.
    Local = 22, Todo;
    /// The certificate is the box's own.
    SelfSigned = 23, Todo;
    /// The certificate has ended, or ends within days and was not renewed.
    Ending = 24, Todo;
    /// The certificate is not for the mail host.
    WrongName = 25, Todo;
    /// It could not be fetched.
    Unreachable = 26, Attention;
    /// What was fetched is not what this box gives out.
    Garbled = 27, Attention;
    /// It is being tried out and does not bind yet.
    Testing = 28, Attention;
    /// The clock is wrong.
    Wrong = 29, Todo;
    /// There is little left.
    Low = 30, Attention;
    /// There is hardly any left.
    Out = 31, Todo;
    /// It is old.
    Old = 32, Attention;
    /// There is a certificate of which nobody signs what it fetched.
    Untrusted = 33, Attention;
    /// It is there, and nobody has seen that it works.
    Untried = 34, Attention;
    /// A part of it is missing.
    Lacking = 35, Attention;
}

impl Finding {
    /// By its number in the store.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|finding| finding.number() == number)
    }
}

/// How a check stands by what was found: a record without which mail suffers is to be done, one that makes it better is
/// worth having.
pub fn state(id: Id, finding: Finding) -> State {
    let good_to_have = matches!(
        id,
        Id::MtaSts
            | Id::MtaStsHost
            | Id::TlsReports
            | Id::Tlsa
            | Id::Caa
            | Id::WkdHost
            | Id::OpenPgpKey
            | Id::DkimEd25519
            | Id::Backup
            | Id::ReverseV6
    );
    match (id, finding) {
        // A TLSA record of another key keeps mail away from this box (RFC 7672 section 2.2).
        (Id::Tlsa, Finding::Other) => State::Todo,
        (Id::Programs, Finding::Other) => State::Attention,
        (Id::Caa, Finding::Other) => State::Todo,
        (_, Finding::Missing | Finding::Other) if good_to_have => State::Attention,
        _ => finding.usually(),
    }
}

/// A record as it is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its whole name, without the last dot.
    pub name: String,
    /// Its type, as in a zone file.
    pub kind: &'static str,
    /// Its value, as in a zone file but for the quotes of texts.
    pub value: String,
}

/// The types that an [`Entry`] may have.
pub const KINDS: [&str; 9] = ["A", "AAAA", "MX", "TXT", "CNAME", "TLSA", "CAA", "OPENPGPKEY", "PTR"];

/// One check, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which.
    pub id: Id,
    /// What was found.
    pub finding: Finding,
    /// What was seen, as in a zone file; or the words of whoever was asked.
    pub seen: Vec<String>,
    /// What is wanted; empty where nothing is to be published.
    pub wanted: Vec<Entry>,
}

impl Check {
    /// A check of which nothing is seen or wanted.
    pub fn plain(id: Id, finding: Finding) -> Self {
        Self {
            id,
            finding,
            seen: Vec::new(),
            wanted: Vec::new(),
        }
    }

    /// How it stands.
    pub fn state(&self) -> State {
        state(self.id, self.finding)
    }
}

/// What is remembered of a check between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// How it stood when the owner was told, or at the first look.
    pub told: State,
    /// How it stood at the last look.
    pub last: State,
}

impl Memory {
    /// The memory of a first look: nothing is told.
    pub fn new(state: State) -> Self {
        Self { told: state, last: state }
    }

    /// After one more look; whether there is something to tell. That nobody could be asked is no news.
    pub fn after(self, state: State) -> (Self, bool) {
        if state == State::Unknown {
            return (self, false);
        }
        if self.told == State::Unknown {
            return (Self::new(state), false);
        }
        let agreed = state == self.last && state != self.told;
        let told = if agreed { state } else { self.told };
        (Self { told, last: state }, agreed)
    }
}

/// What kind of address it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The world can send to it.
    Public,
    /// Of a home or company network (RFC 1918, RFC 4193, link-local).
    Private,
    /// Shared among a provider's customers (RFC 6598).
    Shared,
    /// This machine's own.
    Local,
}

/// What kind of address it is. Addresses of documentation (RFC 5737, RFC 3849) count as public: nobody has them.
pub fn place(address: IpAddr) -> Place {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            match (a, b) {
                (127 | 0, _) => Place::Local,
                (100, 64..=127) => Place::Shared,
                _ if v4.is_private() || v4.is_link_local() => Place::Private,
                _ => Place::Public,
            }
        }
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() => Place::Local,
        IpAddr::V6(v6) if v6.is_unique_local() || v6.is_unicast_link_local() => Place::Private,
        IpAddr::V6(_) => Place::Public,
    }
}

/// Changes of the address within [`WATCHED`] that make it a changing one.
const CHANGES: usize = 2;
/// Seconds for which changes of the address count.
const WATCHED: i64 = 60 * 24 * 3600;

/// Whether an address changes, by the moments when another was seen.
pub fn changes(changed: &[Time], now: Time) -> bool {
    changed.iter().filter(|at| now.0.saturating_sub(at.0) < WATCHED).count() >= CHANGES
}

/// Seconds for which everything that a binding policy rests on must have held before the box makes it bind by itself.
pub const HELD: i64 = 7 * 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_numbers_are_one_to_one() {
        let names: HashSet<&str> = Id::ALL.iter().map(|id| id.as_str()).collect();
        assert_eq!(names.len(), Id::ALL.len());
        assert!(Id::ALL.iter().all(|id| Id::of(id.as_str()) == Some(*id)));
        let numbers: HashSet<u8> = Finding::ALL.iter().map(|finding| finding.number()).collect();
        assert_eq!(numbers.len(), Finding::ALL.len());
        assert!(Finding::ALL.iter().all(|it| Finding::of_number(it.number()) == Some(*it)));
    }

    #[test]
    fn only_two_looks_that_agree_are_told() {
        let memory = Memory::new(State::Ok);
        let (memory, told) = memory.after(State::Todo);
        assert!(!told, "a first look may be a hiccup");
        let (memory, told) = memory.after(State::Unknown);
        assert!(!told && memory.last == State::Todo, "an outage between two looks says nothing");
        let (memory, told) = memory.after(State::Ok);
        assert!(!told && memory.told == State::Ok, "it was a hiccup");
        let (memory, _) = memory.after(State::Todo);
        let (memory, told) = memory.after(State::Todo);
        assert!(told && memory.told == State::Todo);
        let (memory, told) = memory.after(State::Todo);
        assert!(!told, "told once");
        assert_eq!(Memory::new(State::Unknown).after(State::Todo), (Memory::new(State::Todo), false));
        let (memory, _) = memory.after(State::Ok);
        assert!(memory.after(State::Ok).1, "good news are told too");
    }

    #[test]
    fn an_address_has_its_kind() {
        for (address, kind) in [
            ("203.0.113.7", Place::Public),
            ("100.64.0.1", Place::Shared),
            ("100.127.255.255", Place::Shared),
            ("100.128.0.1", Place::Public),
            ("192.168.1.2", Place::Private),
            ("172.16.0.1", Place::Private),
            ("10.0.0.1", Place::Private),
            ("169.254.0.1", Place::Private),
            ("127.0.0.1", Place::Local),
            ("::1", Place::Local),
            ("::ffff:10.0.0.1", Place::Private),
            ("fd00::1", Place::Private),
            ("fe80::1", Place::Private),
            ("2001:db8::1", Place::Public),
        ] {
            assert_eq!(place(address.parse().unwrap()), kind, "{address}");
        }
    }

    #[test]
    fn an_address_that_changed_twice_changes() {
        let now = Time(WATCHED * 2);
        assert!(!changes(&[], now) && !changes(&[Time(now.0 - 5)], now));
        assert!(changes(&[Time(now.0 - 500), Time(now.0 - 5)], now));
        assert!(!changes(&[Time(1), Time(now.0 - 5)], now), "that was long ago");
    }
}
