//! SPF, DKIM, DMARC and ARC against the suites of others.
//!
//! The suites lie in the corpora (`CALIOPEN_CORPORA`); where they are missing that is said in a line, and the
//! small cases of our own are what is left. Each suite says how many of its tests agree, and every
//! disagreement is listed here with its reason: a new one fails.

use caliopen::{
    domain::authentication::{Authentication, Outcome},
    net::{
        authenticate::{Authenticate, Envelope},
        dns::{Dns, Failure, Record, Table},
    },
};
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
