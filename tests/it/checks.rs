//! What the checks see of a box's own records: nothing, what is wrong, what the zone file says; and when a change is told.

use caliopen::{
    app::{self, Services},
    codec::mta_sts::Mode,
    domain::{
        check::{Finding, HELD, Id, State},
        draft::Draft,
        fact::Fact,
        privacy::{appliance, message::LineId},
        release::RELEASED,
        time::Time,
    },
    net::{
        clock::Clock,
        dns::{Dns, Entry, Failure, Kind, Record, Security, Table},
        here,
        outward::Outward,
        tls::{Current, Identity, server_config},
    },
    service::{checks::Door, setup},
    store::{
        front::{Front, FrontFile},
        slots::Opening,
        vault::Vault,
    },
};
use rustls::RootCertStore;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// A box whose DNS changes from one look to the next.
struct Box_ {
    _folder: tempfile::TempDir,
    file: Arc<FrontFile>,
    front: Front,
    vault: Vault,
    clock: Clock,
}

impl Box_ {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        setup::make(folder.path(), "home.test", "me@home.test", "word")
            .unwrap()
            .vault
            .lock();
        let (file, front) = app::front(folder.path()).unwrap();
        let vault = Vault::locked(folder.path());
        vault.unlock(&Opening::Typed("word")).unwrap();
        Self {
            _folder: folder,
            file,
            front,
            vault,
            clock: Clock::fixed(Time(RELEASED.0 + 1_000)),
        }
    }

    fn over(&self, outward: impl Into<Outward>) -> Services {
        Services::over(&self.vault, &self.file, &self.front, &self.clock, outward).unwrap()
    }

    /// One look at this DNS.
    async fn look(&self, table: Table) -> Services {
        let services = self.over(Dns::table(table));
        services.checks.look().await.unwrap();
        services
    }

    /// The records that the zone file asks for, as a DNS that has them. The host's address is this machine's.
    async fn published(&self) -> Table {
        let services = self.over(Dns::nobody());
        services.keys.tend().await;
        let zone = services.checks.zone_file().await.unwrap();
        let table = Table::default().with("mail.home.test", Record::A([127, 0, 0, 1].into()));
        zone.lines().filter(|line| !line.starts_with([';', '$'])).fold(table, with)
    }
}

/// One line of a zone file more.
fn with(mut table: Table, line: &str) -> Table {
    let (name, rest) = line.split_once(". IN ").unwrap();
    let (kind, value) = rest.split_once(' ').unwrap();
    let words: Vec<&str> = value.split(' ').collect();
    let plain = |name: &str| name.trim_end_matches('.').to_owned();
    match kind {
        "MX" => table.add(name, Record::Mx(words[0].parse().unwrap(), plain(words[1]))),
        "TXT" => {
            let strings: String = value.split('"').skip(1).step_by(2).collect();
            table.add(name, Record::Txt(strings.into_bytes()));
        }
        "CNAME" => table.alias(name, value),
        "TLSA" => table.add(name, Record::Tlsa(3, 1, 1, hex(words[3]))),
        "OPENPGPKEY" => table.add(name, Record::OpenPgpKey(hex(words[2]))),
        "A" => table.add(name, Record::A(value.parse().unwrap())),
        "AAAA" => table.add(name, Record::Aaaa(value.parse().unwrap())),
        other => panic!("{other} in the zone file"),
    }
    table
}

/// The octets that these digits write.
pub fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

#[tokio::test]
async fn what_the_zone_file_says_is_what_the_checks_accept() {
    let home = Box_::make();
    let services = home.look(Table::default()).await;
    let stands = services.checks.last();
    for id in [Id::Mx, Id::Spf, Id::DkimRsa, Id::Dmarc, Id::Address] {
        assert_eq!(stands.of(id), Finding::Missing, "{id:?}");
    }
    assert_eq!(stands.of(Id::Programs), Finding::NotNeeded);
    assert_eq!(stands.of(Id::Certificate), Finding::SelfSigned);
    assert!(stands.todo() >= 5);

    let mut table = home.published().await;
    let tlsa = "_25._tcp.mail.home.test";
    table.vouch(tlsa, Kind::Tlsa, Security::Secure);
    table.vouch("home.test", Kind::Mx, Security::Secure);
    table.add("home.test", Record::Caa(0, "issue".into(), "other.test".into()));
    let services = home.look(table).await;
    let stands = services.checks.last();
    for id in [
        Id::Mx,
        Id::Spf,
        Id::DkimRsa,
        Id::DkimEd25519,
        Id::Dmarc,
        Id::MtaSts,
        Id::MtaStsHost,
        Id::TlsReports,
        Id::Tlsa,
        Id::WkdHost,
        Id::Dnssec,
    ] {
        assert_eq!(stands.of(id), Finding::Right, "{id:?}: {:?}", stands.checks);
    }
    assert_eq!(stands.of(Id::OpenPgpKey), Finding::Unsigned);
    assert_eq!(stands.of(Id::Caa), Finding::CannotTell);
    assert_eq!(
        stands.of(Id::Address),
        Finding::Other,
        "this machine's own address leads nobody here"
    );
    let index = services.appliance.index().await.unwrap();
    assert!(index.points.is_some_and(|points| points >= 55), "{index:?}");
    let line = |id| index.lines.iter().find(|line| line.id == id).unwrap().won;
    assert_eq!((line(appliance::LineId::Dane), line(appliance::LineId::Tls)), (10, 0));
}

#[tokio::test]
async fn a_draft_is_weighed_by_what_the_looks_found_for_a_week() {
    let home = Box_::make();
    let draft = Draft {
        from: "me@home.test".into(),
        to: "ann@x.test".into(),
        text: "hello".into(),
        ..Draft::default()
    };
    let confirms = async |services: &Services| {
        let index = services.compose.preview(&draft).await.unwrap().index;
        let line = |id: LineId| index.lines.iter().find(|line| line.id == id).map(|line| (line.known, line.won));
        let anonymous = line(LineId::CeilingAnonymous).is_some();
        (
            line(LineId::TravelAuthentic).unwrap(),
            line(LineId::TravelPolicy).unwrap(),
            anonymous,
        )
    };
    let unknown = ((false, 0), (false, 0), true);
    assert_eq!(confirms(&home.over(Dns::nobody())).await, unknown, "nobody looked");
    let table = home.published().await;
    let services = home.look(table).await;
    assert_eq!(confirms(&services).await, ((true, 6), (true, 3), false));
    // Nobody answers for a while: what was seen stays.
    let silent = home.over(Dns::nobody());
    silent.checks.look().await.unwrap();
    assert_eq!(confirms(&silent).await, ((true, 6), (true, 3), false));
    home.clock.set(Time(home.clock.now().0 + 8 * 24 * 3600));
    assert_eq!(confirms(&silent).await, unknown, "what was seen a week ago says nothing of today");
    // The record is gone.
    let services = home.look(Table::default()).await;
    assert_eq!(confirms(&services).await, ((true, 0), (true, 0), true));
}

#[tokio::test]
async fn what_is_wrong_is_said_to_be_wrong() {
    let home = Box_::make();
    let mut table = Table::default()
        .with("mail.home.test", Record::A([127, 0, 0, 1].into()))
        .with("home.test", Record::Mx(5, "mail.home.test".into()))
        .with("home.test", Record::Mx(10, "backup.test".into()))
        .with_text("home.test", "v=spf1 +all")
        .with_text("home.test", "a text of somebody else")
        .with_text("_dmarc.home.test", "v=DMARC1; p=none")
        .with_text("_mta-sts.home.test", "v=STSv1; id=old")
        .with_text("_smtp._tls.home.test", "v=TLSRPTv1; rua=mailto:them@other.test")
        .with("mta-sts.home.test", Record::A([127, 0, 0, 9].into()))
        .with("_imaps._tcp.home.test", Record::Srv(0, 1, 993, "imap.other.test".into()))
        .with("_25._tcp.mail.home.test", Record::Tlsa(3, 1, 1, vec![7; 32]));
    table.fail("caliopen-rsa._domainkey.home.test", Failure::Silent);
    table.set("openpgpkey.home.test", Kind::A, Entry::Fails(Failure::Bogus));
    table.set("openpgpkey.home.test", Kind::Aaaa, Entry::Fails(Failure::Bogus));
    let stands = home.look(table).await.checks.last();
    for (id, finding, state) in [
        (Id::Mx, Finding::Elsewhere, State::Attention),
        (Id::Spf, Finding::Loose, State::Attention),
        (Id::Dmarc, Finding::Loose, State::Attention),
        (Id::MtaSts, Finding::Other, State::Attention),
        (Id::MtaStsHost, Finding::Elsewhere, State::Attention),
        (Id::TlsReports, Finding::Elsewhere, State::Attention),
        (Id::Programs, Finding::Elsewhere, State::Attention),
        (Id::Tlsa, Finding::Other, State::Todo),
        (Id::DkimRsa, Finding::NotAsked, State::Unknown),
        (Id::DkimEd25519, Finding::Missing, State::Attention),
        (Id::WkdHost, Finding::Forged, State::Todo),
    ] {
        let check = stands.checks.iter().find(|check| check.id == id).unwrap();
        assert_eq!((check.finding, check.state()), (finding, state), "{id:?}");
    }
    let spf_of = async |record: &str| {
        let table = Table::default()
            .with("mail.home.test", Record::A([127, 0, 0, 1].into()))
            .with("home.test", Record::Mx(10, "mail.home.test".into()))
            .with("www.home.test", Record::A([127, 0, 0, 9].into()))
            .with_text("ours.test", "v=spf1 ip4:127.0.0.1 -all")
            .with_text("provider.test", "v=spf1 ip4:127.9.0.0/16 -all");
        // A machine that has an address of its own sends by that one too.
        let own = here::addresses().into_iter().map(|address| match address {
            IpAddr::V4(four) => format!(" ip4:{four}"),
            IpAddr::V6(six) => format!(" ip6:{six}"),
        });
        let table = table.with_text("home.test", &format!("v=spf1{} {record}", own.collect::<String>()));
        home.look(table).await.checks.last().of(Id::Spf)
    };
    for (record, finding) in [
        ("ip4:127.0.0.0/8 -all", Finding::Right),
        ("mx -all", Finding::Right),
        ("include:ours.test -all", Finding::Right),
        ("redirect=ours.test", Finding::Right),
        ("mx ?all", Finding::Loose),
        ("include:provider.test -all", Finding::Other),
        ("a:www.home.test mx:elsewhere.test ~all", Finding::Other),
        ("redirect=provider.test", Finding::Other),
        ("-mx ip4:127.0.0.1 -all", Finding::Other),
    ] {
        assert_eq!(spf_of(record).await, finding, "{record}");
    }
    let spf = stands.checks.iter().find(|check| check.id == Id::Spf).unwrap();
    assert_eq!(spf.seen, ["v=spf1 +all"], "only what is a permission record is shown as one");
    assert_eq!(spf.wanted[0].value, "v=spf1 mx -all");
}

#[tokio::test]
async fn a_change_is_told_when_two_looks_agree() {
    let home = Box_::make();
    let whole = || {
        Table::default()
            .with("mail.home.test", Record::A([127, 0, 0, 1].into()))
            .with("home.test", Record::Mx(10, "mail.home.test".into()))
    };
    let mut silent = Table::default();
    silent.fail("home.test", Failure::Silent);
    assert!(home.look(whole()).await.checks.news().is_empty(), "a first look is no news");
    assert!(home.look(Table::default()).await.checks.news().is_empty());
    assert!(home.look(silent).await.checks.news().is_empty(), "an outage is no second look");
    let services = home.look(Table::default()).await;
    assert!(services.checks.news().contains(&Id::Mx));
    services.journal.flush().await;
    services.checks.acknowledge().await.unwrap();
    assert!(home.look(Table::default()).await.checks.news().is_empty(), "told once");
    home.look(whole()).await;
    let services = home.look(whole()).await;
    assert!(services.checks.news().contains(&Id::Mx), "good news are told too");
    // A restart forgets nothing, and a locked box can show what it knows.
    home.vault.lock();
    let again = home.over(Dns::nobody());
    assert_eq!(again.checks.last().of(Id::Mx), Finding::Right);
    again.checks.look().await.unwrap();
    assert_eq!(again.checks.last().of(Id::Mx), Finding::NotAsked, "nobody could be asked now");
    assert!(
        again.checks.zone_file().await.unwrap().contains("_domainkey"),
        "it knows what it publishes"
    );
}

/// A web server that answers each address as this says.
pub async fn saying(names: &[String], page: impl Fn(&str) -> String + Send + 'static) -> (u16, Arc<RootCertStore>) {
    answering(names, move |path| ("200 OK", page(path))).await
}

/// The same with the status of each answer.
pub async fn answering(names: &[String], page: impl Fn(&str) -> (&'static str, String) + Send + 'static) -> (u16, Arc<RootCertStore>) {
    let identity = Identity::self_signed(names).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(server_config(Current::new(&identity).unwrap(), &[b"http/1.1"]).unwrap());
    let mut roots = RootCertStore::empty();
    roots.add(identity.chain[0].clone().into()).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut heard = Vec::new();
            while !heard.ends_with(b"\r\n\r\n") && stream.read_buf(&mut heard).await.unwrap_or(0) > 0 {}
            let heard = String::from_utf8_lossy(&heard);
            let (status, body) = page(heard.split(' ').nth(1).unwrap_or_default());
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, Arc::new(roots))
}

/// A certificate for the mail host that an authority signed, with its key.
fn certified() -> (Vec<Vec<u8>>, Vec<u8>) {
    let (authority, key) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let mut params = rcgen::CertificateParams::new(vec!["mail.home.test".to_owned()]).unwrap();
    let issuer = rcgen::Issuer::new(rcgen::CertificateParams::new(vec!["authority.test".to_owned()]).unwrap(), authority);
    params.distinguished_name = rcgen::DistinguishedName::new();
    let made = params.signed_by(&key, &issuer).unwrap();
    (vec![made.der().to_vec()], key.serialize_der())
}

#[tokio::test]
async fn a_policy_binds_by_itself_after_a_week_in_which_all_held() {
    let home = Box_::make();
    let (chain, key) = certified();
    let front = home.file.read().unwrap().unwrap();
    home.file.write(&Front { chain, key, ..front }).unwrap();
    let table = home.published().await;
    let page = Arc::new(Mutex::new(home.over(Dns::nobody()).checks.policy().await.unwrap().text()));
    let said = page.clone();
    let (port, roots) = saying(&["mta-sts.home.test".to_owned()], move |_| said.lock().unwrap().clone()).await;
    let look = |table: Table| {
        home.over(Outward {
            https_port: port,
            roots: Some(roots.clone()),
            ..Dns::table(table).into()
        })
        .checks
    };
    let checks = look(table.clone());
    checks.look().await.unwrap();
    assert_eq!(checks.last().of(Id::MtaStsPolicy), Finding::Testing, "{:?}", checks.last());
    assert_eq!(checks.last().of(Id::Certificate), Finding::Right);
    home.clock.set(Time(home.clock.now().0 + HELD - 10));
    // One look at which it did not hold begins the week anew.
    let away = look(Table::default());
    away.look().await.unwrap();
    checks.look().await.unwrap();
    home.clock.set(Time(home.clock.now().0 + HELD - 10));
    checks.look().await.unwrap();
    assert_eq!(checks.policy().await.unwrap().mode, Mode::Testing);
    home.clock.set(Time(home.clock.now().0 + 10));
    checks.look().await.unwrap();
    let bound = checks.policy().await.unwrap();
    assert_eq!(bound.mode, Mode::Enforce);
    assert!(
        checks.news().contains(&Id::MtaSts),
        "the owner is told, because its number in DNS is another"
    );
    *page.lock().unwrap() = bound.text();
    checks.look().await.unwrap();
    assert_eq!(checks.last().of(Id::MtaSts), Finding::Other);
    assert_eq!(checks.last().of(Id::MtaStsPolicy), Finding::Right);

    // The owner's word goes before the box's own judgement.
    checks.set_policy(false).await.unwrap();
    checks.look().await.unwrap();
    assert_eq!(checks.policy().await.unwrap().mode, Mode::Testing);
    assert_eq!(
        checks.last().is_right(Id::MtaSts),
        Fact::Known(true),
        "the old number is the right one again"
    );
}

#[tokio::test]
async fn a_key_to_come_is_published_from_when_it_was_seen() {
    const DAY: i64 = 24 * 3600;
    let home = Box_::make();
    let services = home.over(Dns::nobody());
    services.certificates.prepare_key().await.unwrap();
    let (next, _) = services.certificates.view().await.unwrap().next.unwrap();
    let published = || Table::default().with("_25._tcp.mail.home.test", Record::Tlsa(3, 1, 1, hex(&next)));
    let later = |seconds: i64| home.clock.set(Time(home.clock.now().0 + seconds));
    let ready = async |table: Table| home.look(table).await.certificates.view().await.unwrap().next_ready;

    later(3 * DAY);
    assert!(!ready(published()).await, "prepared long ago, and published just now");
    later(DAY - 1);
    assert!(!ready(published()).await);
    later(1);
    let mut silent = Table::default();
    silent.fail("_25._tcp.mail.home.test", Failure::Silent);
    assert!(ready(silent).await, "an outage takes nothing back");
    assert!(!ready(Table::default()).await, "it was taken out");
    later(DAY);
    assert!(!ready(published()).await, "the day begins anew");
    later(-3 * DAY);
    assert!(!ready(published()).await, "the clock was ahead");
    later(DAY);
    assert!(ready(published()).await);
    let certificates = services.certificates;
    certificates.drop_key().await.unwrap();
    certificates.prepare_key().await.unwrap();
    assert!(!certificates.view().await.unwrap().next_ready, "another one begins its own day");
}

#[tokio::test]
async fn a_mail_port_by_which_nobody_comes_any_more_is_told() {
    const DAY: i64 = 24 * 3600;
    let home = Box_::make();
    let services = home.over(Dns::nobody());
    let after = async |days: i64| {
        home.clock.set(Time(home.clock.now().0 + days * DAY));
        services.checks.look().await.unwrap();
        services.checks.last().of(Id::PortMail)
    };
    assert_eq!(after(20).await, Finding::NobodyCame, "nobody ever has");
    for door in [Door::Mail, Door::Secure] {
        services.checks.came_in(door, [198, 51, 100, 7].into());
    }
    assert_eq!(
        (after(0).await, after(0).await),
        (Finding::NobodyCame, Finding::CameIn),
        "seen by the next look"
    );
    assert_eq!(after(13).await, Finding::CameIn);
    assert!(!services.checks.news().contains(&Id::PortMail));
    assert_eq!((after(2).await, after(0).await), (Finding::Old, Finding::Old));
    assert!(services.checks.news().contains(&Id::PortMail));
    // Pages are for those who look at them.
    assert_eq!(services.checks.last().of(Id::PortSecure), Finding::NobodyCame);
    services.checks.came_in(Door::Mail, [198, 51, 100, 7].into());
    assert_eq!((after(0).await, after(0).await), (Finding::Old, Finding::CameIn));
    // A box that was off for long waits before it says so; and one whose clock was ahead knows no more than any.
    home.clock.set(Time(home.clock.now().0 + 30 * DAY));
    let services = home.over(Dns::nobody());
    services.checks.look().await.unwrap();
    assert_eq!(services.checks.last().of(Id::PortMail), Finding::NobodyCame);
    home.clock.set(Time(home.clock.now().0 + 2 * DAY));
    services.checks.look().await.unwrap();
    assert_eq!(services.checks.last().of(Id::PortMail), Finding::Old);
}
