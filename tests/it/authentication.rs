//! SPF, DKIM, DMARC and ARC against the suites of others.
//!
//! The suites lie in the corpora (`CALIOPEN_CORPORA`); where they are missing that is said in a line, and the
//! small cases of our own are what is left. Each suite says how many of its tests agree, and every
//! disagreement is listed here with its reason: a new one fails.

use caliopen::{
    domain::authentication::{Authentication, Outcome, Reason},
    net::{
        authenticate::{Authenticate, Envelope},
        dns::{Dns, Failure, Record, Table},
    },
};
use mail_auth::common::crypto::{Ed25519Key, SigningKey};
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf, process::Command, sync::Arc};

/// A folder of the corpora, or nothing, said in a line.
pub(crate) fn corpus(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CALIOPEN_CORPORA").map(|root| PathBuf::from(root).join(path));
    let there = folder.filter(|folder| folder.exists());
    if there.is_none() {
        eprintln!("not there, and left out: the corpus {path}");
    }
    there
}

/// Whether these programs are here; what is missing is said in a line.
pub(crate) fn zone_tools(programs: &[&str]) -> bool {
    let missing = |program: &&&str| {
        let found = Command::new("sh")
            .args(["-c", &format!("PATH=$PATH:/usr/sbin:/sbin command -v {program}")])
            .output();
        !found.is_ok_and(|found| found.status.success())
    };
    let missing: Vec<_> = programs.iter().filter(missing).collect();
    if !missing.is_empty() {
        eprintln!("not there, and left out: {missing:?}");
    }
    missing.is_empty()
}

/// Every document of a YAML file, all scalars as texts; duplicate keys and all, as Python reads it.
fn yaml(path: &std::path::Path) -> Vec<Value> {
    let script =
        "import sys, yaml, json\njson.dump(list(yaml.load_all(open(sys.argv[1], encoding='utf-8'), Loader=yaml.BaseLoader)), sys.stdout)";
    let output = Command::new("python3").args(["-c", script]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// The zone of an SPF scenario: what is said of type SPF is said of TXT, unless TXT is given as well.
fn spf_zone(zone: &Value) -> Table {
    let mut table = Table::default();
    for (name, entries) in zone.as_object().unwrap() {
        let entries = entries.as_array().unwrap();
        let has_texts = entries.iter().any(|entry| entry.get("TXT").is_some());
        for entry in entries {
            let Some(record) = entry.as_object() else {
                // Only what is not said fails.
                table.fail(name, Failure::Temporary);
                continue;
            };
            for (kind, value) in record {
                let plain = value.as_str().unwrap_or_default();
                match kind.as_str() {
                    "SPF" if has_texts => {}
                    "SPF" | "TXT" if plain == "NONE" => table.exist(name),
                    "SPF" | "TXT" => {
                        let strings = value
                            .as_array()
                            .map(|parts| parts.iter().filter_map(Value::as_str).collect::<String>());
                        let text = strings.unwrap_or_else(|| plain.to_owned());
                        // The suite writes octets as characters.
                        table.add(name, Record::Txt(text.chars().map(|c| c as u32 as u8).collect()));
                    }
                    "A" => table.add(name, Record::A(plain.parse().unwrap())),
                    "AAAA" => table.add(name, Record::Aaaa(plain.parse().unwrap())),
                    "PTR" => table.add(name, Record::Ptr(plain.trim_end_matches('.').to_lowercase())),
                    "CNAME" => table.alias(name, plain),
                    "MX" => {
                        let host = value[1].as_str().unwrap().to_lowercase();
                        table.add(name, Record::Mx(value[0].as_str().unwrap().parse().unwrap(), host));
                    }
                    other => panic!("{other}"),
                }
            }
        }
    }
    table
}

#[tokio::test]
async fn the_whole_suite_of_spf_agrees() {
    let Some(folder) = corpus("auth/spf") else { return };
    let (mut ran, mut wrong) = (0, Vec::new());
    for scenario in yaml(&folder.join("rfc7208-tests.yml")) {
        let authenticate = Authenticate::new(Dns::table(spf_zone(&scenario["zonedata"])), "receiver.example.org");
        for (name, test) in scenario["tests"].as_object().unwrap() {
            let envelope = Envelope {
                peer: Some(text(test, "host").parse().unwrap()),
                helo: text(test, "helo").to_owned(),
                mail_from: text(test, "mailfrom").to_owned(),
                at: 0,
            };
            let (outcome, explanation) = authenticate.spf(&envelope).await;
            let explanation = explanation.unwrap_or_else(|| "DEFAULT".to_owned());
            let accepted: Vec<&str> = match &test["result"] {
                Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
                one => vec![one.as_str().unwrap()],
            };
            ran += 1;
            if !accepted.contains(&outcome.as_str()) {
                wrong.push(format!("{name}: {} instead of {accepted:?}", outcome.as_str()));
            } else if outcome == Outcome::Fail && test.get("explanation").is_some_and(|e| e != explanation.as_str()) {
                wrong.push(format!("{name}: {explanation:?} instead of {:?}", text(test, "explanation")));
            }
        }
    }
    println!("SPF (RFC 7208): {} of {ran} tests agree", ran - wrong.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(ran, 203);
}

async fn judge(dns: Dns, raw: &[u8], at: i64) -> Authentication {
    let envelope = Envelope {
        peer: None,
        helo: String::new(),
        mail_from: String::new(),
        at,
    };
    Authenticate::new(dns, "home.test").message(Arc::new(raw.to_vec()), &envelope).await
}

fn crlf(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}

#[tokio::test]
async fn chains_of_seals_agree_with_the_suite() {
    let Some(folder) = corpus("auth/arc") else { return };
    let (mut ran, mut wrong) = (0, Vec::new());
    for scenario in yaml(&folder.join("arc-draft-validation-tests.yml")) {
        let mut table = Table::default();
        for (name, record) in scenario["txt-records"].as_object().unwrap() {
            table.add(name, Record::Txt(record.as_str().unwrap().replace('\n', "").into_bytes()));
        }
        let dns = Dns::table(table);
        for (name, test) in scenario["tests"].as_object().unwrap() {
            let found = judge(dns.clone(), &crlf(text(test, "message")), 1_500_000_000).await;
            // Three chains that say of themselves that they are broken: the draft that the suite was written
            // for left open what they are, RFC 8617 section 5.2 (step 2) does not.
            let expected = match text(test, "cv").to_ascii_lowercase().as_str() {
                "" => "fail".to_owned(),
                word => word.to_owned(),
            };
            ran += 1;
            if found.arc.outcome.as_str() != expected {
                wrong.push(format!(
                    "{name}: {} ({:?}) instead of {expected}",
                    found.arc.outcome.as_str(),
                    found.arc.reason
                ));
            }
        }
    }
    println!("ARC (RFC 8617): {} of {ran} tests agree", ran - wrong.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(ran, 171);
}

/// A table of the corpora: names to texts.
fn keys(path: &std::path::Path) -> Dns {
    let names: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut table = Table::default();
    for (name, text) in names {
        table.add(&name, Record::Txt(text.into_bytes()));
    }
    Dns::table(table)
}

#[tokio::test]
async fn signatures_agree_with_another_verifier() {
    let Some(folder) = corpus("auth/dkim-verifier") else { return };
    let dns = keys(&folder.join("dns.json"));
    let oracle = std::fs::read_to_string(folder.join("oracle-dkimpy.tsv")).unwrap();
    // dkimpy does not look at the flag of a key that signs for its own domain only (RFC 6376 section 3.6.1, t=s).
    let not_the_oracle = ["dkim/flags_s-auid_is_subdomain_of_sdid.eml"];
    let (mut ran, mut wrong, mut otherwise) = (0, Vec::new(), Vec::new());
    for line in oracle.lines().filter(|line| !line.starts_with('#') && !line.starts_with("file\t")) {
        let (file, results) = line.split_once('\t').unwrap();
        let raw = std::fs::read(folder.join(file)).unwrap();
        let found = judge(dns.clone(), &crlf(&String::from_utf8_lossy(&raw)), 1_136_073_600).await;
        let ours: Vec<bool> = found.signatures.iter().map(|s| s.outcome.is_pass()).collect();
        let theirs: Vec<bool> = results.split(" | ").filter(|r| !r.is_empty()).map(|r| r == "pass").collect();
        ran += 1;
        if ours != theirs && not_the_oracle.contains(&file) {
            otherwise.push(file.to_owned());
        } else if ours != theirs {
            wrong.push(format!("{file}: {:?} instead of {results}", found.signatures));
        }
    }
    println!(
        "DKIM, with dkimpy as oracle: {} of {ran} messages agree",
        ran - wrong.len() - otherwise.len()
    );
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(otherwise, not_the_oracle, "a disagreement that is none any more");
    assert!(ran >= 45);
}

#[tokio::test]
async fn signatures_and_seals_of_real_mail_hold() {
    let Some(folder) = corpus("auth/mail-auth") else { return };
    let mut ran = 0;
    for kind in ["dkim", "arc"] {
        for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let file = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let (records, message) = file.split_once("\n\n").unwrap();
            let mut table = Table::default();
            for (name, record) in records.lines().filter_map(|line| line.split_once(' ')) {
                table.add(name, Record::Txt(record.as_bytes().to_vec()));
            }
            let found = judge(Dns::table(table), &crlf(message), 1_500_000_000).await;
            assert_eq!(found.dkim, Outcome::Pass, "{}", path.display());
            assert_eq!(found.arc.outcome == Outcome::Pass, kind == "arc", "{}", path.display());
            // One was signed before a list put its footer in.
            for signature in found.signatures.iter().filter(|signature| !signature.outcome.is_pass()) {
                assert_eq!(
                    (signature.outcome, signature.reason),
                    (Outcome::Fail, Reason::BodyAltered),
                    "{}",
                    path.display()
                );
            }
            ran += 1;
        }
    }
    println!("mail-auth's own mail: {ran} of {ran} messages hold");
    assert_eq!(ran, 8);
}

#[tokio::test]
async fn a_key_of_512_bits_proves_nothing() {
    let Some(folder) = corpus("auth/dkimpy") else { return };
    let dns = keys(&folder.join("dns.json"));
    let mut found = Vec::new();
    for file in ["rfc6376.signed.msg", "rfc6376.signed.rsa.msg", "rfc6376.signed.no_t.msg"] {
        let raw = std::fs::read(folder.join(file)).unwrap();
        let signatures = judge(dns.clone(), &crlf(&String::from_utf8_lossy(&raw)), 1_500_000_000)
            .await
            .signatures;
        found.extend(
            signatures
                .into_iter()
                .map(|signature| (signature.algorithm, signature.outcome, signature.reason)),
        );
    }
    let weak = || ("rsa-sha256".to_owned(), Outcome::PermError, Reason::WeakKey);
    let good = ("ed25519-sha256".to_owned(), Outcome::Pass, Reason::Plain);
    assert_eq!(found, [good, weak(), weak(), weak()]);
}

/// A message signed by a fresh key of `a.test`, and the DNS that has the key.
fn signed(headers: &[&str], tags: &str, message: &str) -> (Dns, Vec<u8>) {
    let key = Ed25519Key::from_pkcs8_der(&Ed25519Key::generate_pkcs8().unwrap()).unwrap();
    let public = base64(&key.public_key());
    let (header, body) = message.split_once("\r\n\r\n").unwrap();
    let hash = base64(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes()).as_ref());
    let list = headers.join(":");
    let unsigned = format!("DKIM-Signature: v=1; a=ed25519-sha256; d=a.test; s=k; c=simple/simple; h={list}; bh={hash};{tags} b=");
    let mut data = String::new();
    for name in headers {
        let field = header
            .split("\r\n")
            .find(|field| field.to_lowercase().starts_with(&format!("{name}:")))
            .unwrap();
        data.push_str(&format!("{field}\r\n"));
    }
    data.push_str(&unsigned);
    let signature = base64(&key.sign(data.as_bytes()).unwrap());
    let dns = Dns::table(Table::default().with_text("k._domainkey.a.test", &format!("k=ed25519; p={public}")));
    (dns, format!("{unsigned}{signature}\r\n{message}").into_bytes())
}

fn base64(octets: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = group.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - group.len()));
        let letters = (0..=group.len()).map(|at| LETTERS[(bits >> (18 - 6 * at)) as usize & 63] as char);
        letters.chain(std::iter::repeat_n('=', 3 - group.len())).collect::<String>()
    };
    octets.chunks(3).map(group).collect()
}

#[tokio::test]
async fn what_was_changed_cut_or_expired_does_not_hold() {
    const MESSAGE: &str = "From: a@a.test\r\nSubject: x\r\n\r\nhello\r\n";
    let one = |found: Authentication| (found.signatures[0].outcome, found.signatures[0].reason);
    let (dns, raw) = signed(&["from", "subject"], "", MESSAGE);
    assert_eq!(one(judge(dns.clone(), &raw, 0).await), (Outcome::Pass, Reason::Plain));
    let text = String::from_utf8(raw.clone()).unwrap();
    let changed = |from: &str, to: &str| text.replace(from, to).into_bytes();
    assert_eq!(
        one(judge(dns.clone(), &changed("hello", "hallo"), 0).await),
        (Outcome::Fail, Reason::BodyAltered)
    );
    assert_eq!(
        one(judge(dns.clone(), &changed("Subject: x", "Subject: y"), 0).await),
        (Outcome::Fail, Reason::HeadersAltered)
    );
    let twice = changed("\r\nFrom: a@a.test", "\r\nFrom: b@b.test\r\nFrom: a@a.test");
    assert_eq!(one(judge(dns.clone(), &twice, 0).await), (Outcome::PermError, Reason::FromUnsigned));
    let weak = changed("a=ed25519-sha256", "a=rsa-sha1");
    assert_eq!(one(judge(dns.clone(), &weak, 0).await), (Outcome::PermError, Reason::WeakAlgorithm));
    assert_eq!(
        one(judge(Dns::table(Table::default()), &raw, 0).await),
        (Outcome::PermError, Reason::NoKey)
    );
    assert_eq!(one(judge(Dns::nobody(), &raw, 0).await).0, Outcome::NotKnown);

    let (dns, raw) = signed(&["from"], " t=100; x=200;", MESSAGE);
    assert_eq!(
        one(judge(dns.clone(), &raw, 200).await),
        (Outcome::Pass, Reason::Plain),
        "as of when it arrived"
    );
    assert_eq!(one(judge(dns, &raw, 201).await), (Outcome::Fail, Reason::Expired));

    let (dns, raw) = signed(&["from"], " l=7;", MESSAGE);
    assert_eq!(one(judge(dns.clone(), &raw, 0).await), (Outcome::Pass, Reason::Plain), "all of it");
    let more = [raw.as_slice(), b"and buy this\r\n"].concat();
    assert_eq!(one(judge(dns, &more, 0).await), (Outcome::Policy, Reason::Partial));
    let (dns, raw) = signed(&["subject"], "", MESSAGE);
    assert_eq!(one(judge(dns, &raw, 0).await), (Outcome::PermError, Reason::FromUnsigned));
}
