//! What other mail services report about the owner's domain: read from what real services sent, filed quietly when
//! it arrives, added up on a page, gone with its message; and no bomb goes off.

use crate::{
    appliance::{Folder, OWNER, Sender},
    web::Visitor,
};
use caliopen::{
    app::{self, Services},
    codec::{mime, report},
    domain::{
        id::MessageId,
        report::{Says, Wrong},
        tag::System,
        time::Time,
        transport::{Arrival, TlsFacts, TlsVersion},
    },
    net::{
        clock::Clock,
        dns::{Dns, Table},
    },
    service::{receive::Taken, setup},
    store::{mail::Snapshot, slots::Opening, vault::Vault},
};
use flate2::{Compression, write::GzEncoder};
use std::{io::Write, path::PathBuf};

fn gz(octets: &[u8]) -> Vec<u8> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::fast());
    packing.write_all(octets).unwrap();
    packing.finish().unwrap()
}

fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (at, chunk) in octets.chunks(3).enumerate() {
        let word = chunk.iter().fold(0_u32, |word, octet| word << 8 | u32::from(*octet)) << (8 * (3 - chunk.len()));
        let digits = (0..4).map(|digit| ALPHABET[(word >> (18 - 6 * digit)) as usize & 63] as char);
        out.extend(digits.take(chunk.len() + 1));
        out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
        if at % 19 == 18 {
            out.push_str("\r\n");
        }
    }
    out
}

/// A report as services send it.
fn mail(from: &str, name: &str, kind: &str, octets: &[u8]) -> Vec<u8> {
    format!(
        "From: {from}\r\nTo: {OWNER}\r\nSubject: Report Domain: home.test Submitter: big.test Report-ID: <1>\r\n\
         Date: Tue, 24 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{name}@big.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        base64(octets)
    )
    .into_bytes()
}

fn aggregate(id: &str, domain: &str, begin: i64, rows: &[(&str, u32, &str, &str)]) -> String {
    let row = |(address, count, passes, done): &(&str, u32, &str, &str)| {
        format!(
            "<record><row><source_ip>{address}</source_ip><count>{count}</count><policy_evaluated><disposition>{done}</disposition>\
             <dkim>{passes}</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>{domain}</header_from></identifiers>\
             <auth_results><dkim><domain>{domain}</domain><result>{passes}</result></dkim></auth_results></record>"
        )
    };
    format!(
        "<?xml version=\"1.0\"?><feedback><report_metadata><org_name>Big Mail\u{202e}</org_name><email>x@big.test</email>\
         <report_id>{id}</report_id><date_range><begin>{begin}</begin><end>{}</end></date_range></report_metadata>\
         <policy_published><domain>{domain}</domain><p>none</p></policy_published>{}</feedback>",
        begin + 86_399,
        rows.iter().map(row).collect::<String>()
    )
}

#[test]
fn what_real_services_send_is_read() {
    let Some(corpora) = std::env::var_os("CALIOPEN_CORPORA").map(PathBuf::from) else {
        eprintln!("CALIOPEN_CORPORA names no collection: reports of real services are not tried");
        return;
    };
    let folder = corpora.join("auth/mail-auth");
    let message = |path: &str, domain: &str| {
        let raw = std::fs::read(folder.join(path)).unwrap();
        report::read(&raw, &mime::read(&raw), domain)
    };
    for (path, by, sources) in [
        ("100", "google.com", 1),
        ("101", "\"backschues.NET", 1),
        ("102", "Mail.Ru", 1),
        ("103", "Outlook.com", 1),
        ("104", "AMAZON-SES", 1),
    ] {
        let report = message(&format!("dmarc-feedback/{path}.eml"), "stalw.art").unwrap_or_else(|| panic!("{path}"));
        assert_eq!((report.by.as_str(), report.domain.as_str()), (by, "stalw.art"));
        assert!(report.end > report.begin && !report.id.is_empty(), "{report:?}");
        let Says::Senders(from) = report.says else { panic!("{path}") };
        assert!(
            from.len() >= sources && from.iter().all(|source| source.messages > 0),
            "{path}: {from:?}"
        );
        assert_eq!(
            message(&format!("dmarc-feedback/{path}.eml"), "alw.art"),
            None,
            "about somebody else"
        );
    }
    for path in ["001", "002", "003", "004", "005"] {
        let octets = std::fs::read(folder.join(format!("dmarc-feedback/{path}.xml"))).unwrap();
        assert!(report::parse(&octets, "example.com").is_some() || path != "001", "{path}");
    }
    let tls = message("tlsrpt/rpt01.eml", "company-y.example").expect("the RFC's own example");
    let Says::Tls { good, bad, troubles } = tls.says else {
        panic!("{tls:?}")
    };
    assert_eq!((tls.by.as_str(), good, bad), ("Company-X", 5326, 303));
    let wrong: Vec<(Wrong, u64)> = troubles.iter().map(|trouble| (trouble.what, trouble.sessions)).collect();
    assert_eq!(wrong, [(Wrong::Expired, 100), (Wrong::NoTls, 200), (Wrong::Other, 3)]);
    let plain = std::fs::read(folder.join("tlsrpt/rpt02.json")).unwrap();
    assert!(report::parse(&plain, "example.com").is_some());
}

#[test]
fn no_bomb_goes_off() {
    let named = |octets: &[u8], kind: &str| {
        let raw = mail("x@big.test", "big.test!home.test!1!2.xml.gz", kind, octets);
        report::read(&raw, &mime::read(&raw), "home.test")
    };
    let honest = aggregate("1", "home.test", 1, &[("192.0.2.1", 1, "pass", "none")]);
    assert!(named(&gz(honest.as_bytes()), "application/gzip").is_some());
    assert!(named(honest.as_bytes(), "text/xml").is_some());
    // A gigabyte of blanks before the report, and one after it.
    let blanks = vec![b' '; 16 * 1024 * 1024];
    let before: Vec<u8> = [gz(&blanks).repeat(64), gz(honest.as_bytes())].concat();
    assert!(named(&before, "application/gzip").is_none());
    assert!(named(&gz(&blanks), "application/gzip").is_none());
    let deep = format!("<feedback>{}", "<report_metadata><a>".repeat(300_000));
    assert!(named(&gz(deep.as_bytes()), "application/gzip").is_none());
    let entities = format!("<!DOCTYPE x [<!ENTITY a \"{}\">]><feedback>&a;&a;</feedback>", "b".repeat(10_000));
    assert!(named(&gz(entities.as_bytes()), "application/gzip").is_none());
    let json = format!("{{\"a\":{}", "[".repeat(1_000_000));
    assert!(named(&gz(json.as_bytes()), "application/gzip").is_none());
    // More rows than are kept: what is kept is kept.
    let many: Vec<(String, u32)> = (0..5_000_u32).map(|n| (format!("10.0.{}.{}", n / 250, n % 250), n)).collect();
    let rows: Vec<(&str, u32, &str, &str)> = many.iter().map(|(address, n)| (address.as_str(), *n, "fail", "reject")).collect();
    let report = named(&gz(aggregate("2", "home.test", 1, &rows).as_bytes()), "application/gzip").unwrap();
    let Says::Senders(from) = report.says else { panic!() };
    assert_eq!(from.len(), caliopen::domain::report::MAX_ROWS);
}

const NOW: Time = Time(1_795_507_200);

fn arrival(peer: u8) -> Arrival {
    Arrival {
        at: NOW,
        peer: [192, 0, 2, peer].into(),
        helo: "mx.big.test".into(),
        mail_from: Some("noreply@big.test".into()),
        rcpt_to: vec![OWNER.into()],
        tls: Some(TlsFacts {
            version: TlsVersion::V1_3,
            suite: "TLS13_AES_256_GCM_SHA384".into(),
            group: "X25519".into(),
        }),
        extended: true,
        utf8: false,
    }
}

#[tokio::test]
async fn a_report_is_filed_quietly_counted_where_somebody_vouches_and_gone_with_its_message() {
    let folder = tempfile::tempdir().unwrap();
    setup::make(folder.path(), "home.test", OWNER, "word").unwrap().vault.lock();
    let (file, front) = app::front(folder.path()).unwrap();
    let (vault, clock) = (Vault::locked(folder.path()), Clock::fixed(NOW));
    let zone = Table::default().with_text("big.test", "v=spf1 ip4:192.0.2.7 -all");
    let services = Services::over(&vault, &file, &front, &clock, Dns::table(zone)).unwrap();
    vault.unlock(&Opening::Typed("word")).unwrap();
    let day = NOW.0 - 2 * 86_400;
    let xml = aggregate(
        "7",
        "home.test",
        day,
        &[("192.0.2.9", 5, "fail", "none"), ("192.0.2.1", 12, "pass", "none")],
    );
    let raw = mail(
        "noreply@big.test",
        "big.test!home.test!1!2.xml.gz",
        "application/gzip",
        &gz(xml.as_bytes()),
    );
    let keep = async |peer, raw: &[u8]| match services.receive.keep(arrival(peer), raw.to_vec()).await.unwrap() {
        Taken::Kept(kept) => kept.message,
        Taken::Sealed => panic!("the box is locked"),
    };
    let first = keep(7, &raw).await;
    let again = keep(7, &raw).await;
    let forged = keep(66, &raw).await;
    // What is about somebody else is a message like any other.
    let other = aggregate("8", "other.test", day, &[("192.0.2.9", 5, "fail", "none")]);
    let other = mail(
        "noreply@big.test",
        "big.test!other.test!1!2.xml.gz",
        "application/gzip",
        &gz(other.as_bytes()),
    );
    let other = keep(7, &other).await;

    let overview = services.reports.overview().await.unwrap();
    let listed: Vec<(MessageId, bool)> = overview.listed.iter().map(|(message, told)| (*message, told.vouched)).collect();
    assert_eq!(listed, [(forged, false), (again, true), (first, true)], "the newest first");
    let summary = overview.summary;
    assert_eq!((summary.messages(), summary.counted, summary.unvouched), ((12, 5), 1, 1));
    assert_eq!(summary.from[0].address.to_string(), "192.0.2.9");
    assert_eq!(summary.from[0].delivered, 5);

    let snapshot = Snapshot::of(&vault.open().unwrap()).unwrap();
    let tags = |message: MessageId| snapshot.tags_of(message.0).unwrap();
    let tagged = |message| tags(message).iter().any(|(tag, _)| *tag == System::Report.id().0);
    assert!(tagged(first) && tagged(forged) && !tagged(other));
    let level = |message: MessageId| snapshot.weighed(message.0).unwrap().unwrap().level;
    assert!(level(first) < 0, "filed below what the timeline shows: {}", level(first));

    for message in [first, again] {
        services.delete.message(message).await.unwrap();
    }
    assert_eq!(
        services.reports.overview().await.unwrap().summary.counted,
        0,
        "gone with their messages"
    );
    clock.set(Time(NOW.0 + 40 * 86_400));
    let later = services.reports.overview().await.unwrap();
    assert_eq!(
        (later.summary.unvouched, later.listed.len()),
        (0, 1),
        "what is old is listed and not added up"
    );
}

#[test]
fn the_page_says_it_in_both_languages() {
    let folder = Folder::make();
    let appliance = folder.serve();
    let mut owner = Visitor::owner(&appliance);
    let empty = owner.get("/reports");
    assert!(empty.status == 200 && empty.body.contains("No report has come"), "{}", empty.body);
    assert!(empty.body.contains("_smtp._tls.home.test") && empty.body.contains("v=TLSRPTv1; rua=mailto:me@home.test"));
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    let xml = aggregate("<b>7", "home.test", now - 86_400, &[("192.0.2.9", 5, "fail", "none")]).replace("<b>7", "7");
    let raw = mail(
        "noreply@big.test",
        "big.test!home.test!1!2.xml.gz",
        "application/gzip",
        &gz(xml.as_bytes()),
    );
    let mut sender = Sender::connect(appliance.smtp).unwrap();
    let text = String::from_utf8(raw).unwrap();
    assert_eq!(sender.send("noreply@big.test", OWNER, &text).unwrap(), 250);
    let page = owner.get("/reports").body;
    // Nobody could be asked about its sender, so nobody vouches for it: it is listed and not counted.
    assert!(
        page.contains("1 more is not counted") && page.contains("Big Mail<") && !page.contains("192.0.2.9"),
        "{page}"
    );
    owner.lang = "fr";
    let page = owner.get("/reports").body;
    assert!(
        page.contains("Qui envoie en votre nom") && page.contains("personne ne s’en porte garant"),
        "{page}"
    );
}
