//! GnuPG and Sequoia find the owner's key at a running box, as anybody's would: by its address alone, through signed DNS,
//! over HTTPS with a certificate by an authority that the machine trusts. A box on a host of its own, in the small internet.

use crate::{
    appliance::{PASSPHRASE, caliopen},
    internet::{Authority, CENTRE, Host, Internet, alone, run, until},
};
use caliopen::{
    app::{self, Services},
    codec::pgp::{Certificate, directory},
    domain::{address::Address, time::Time},
    net::clock::Clock,
    store::{
        front::{Front, FrontFile},
        slots::Opening,
        vault::{Secret, Vault},
    },
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

const NOW: Time = Time(4_000_000_000);

/// Its owner has a key of the newer kind (RFC 9580) too. GnuPG 2.2 refuses a whole answer in which one stands ("Invalid
/// packet"), and this `sq` takes it for a keyring: the directory has only the other, and both find it.
fn make_both_kinds(data: &Path, (file, front): (&Arc<FrontFile>, &Front), address: &str) {
    let vault = Vault::locked(data);
    assert!(matches!(vault.unlock(&Opening::Typed(PASSPHRASE)).unwrap(), Secret::Right(_)));
    let services = Services::new(&vault, file, front, &Clock::system()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        services.keys.tend().await;
        services.keys.make_modern(Address::parse(address).unwrap()).await.unwrap();
        let own = services.keys.list().await.unwrap();
        assert_eq!(own.iter().filter(|key| key.current).count(), 2);
    });
    vault.lock();
}

/// A box with pages at port 443, under this name, with a certificate by the authority.
fn serve(internet: &Internet, authority: &Authority, host: &Host, domain: &str, names: &[&str]) -> Child {
    let (data, secret) = (internet.path(domain), internet.path("secret"));
    std::fs::write(&secret, format!("{PASSPHRASE}\n")).unwrap();
    let mut init = caliopen();
    init.args(["init", "--trying-ms", "0", "--domain", domain, "--address", &format!("me@{domain}")]);
    run(init.arg("--data").arg(&data).arg("--passphrase-file").arg(&secret));
    let (file, mut front) = app::front(&data).unwrap();
    make_both_kinds(&data, (&file, &front), &format!("me@{domain}"));
    let identity = authority.certify(names);
    (front.chain, front.key) = (identity.chain, identity.key.to_vec());
    file.write(&front).unwrap();
    drop(file);
    let mut command = host.command(env!("CARGO_BIN_EXE_caliopen"));
    command.arg("serve").arg("--data").arg(&data).arg("--unlock-with").arg(&secret);
    command.args(["--smtp", &format!("{}:25", host.address), "--http", "127.0.0.1:80"]);
    command.args([
        "--https",
        &format!("{}:443", host.address),
        "--dns",
        &format!("{CENTRE}:53"),
        "--dns-anchor",
    ]);
    let mut child = command.arg(internet.anchor()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("https"), "{line}");
    child
}

/// The machine of somebody else: its resolver asks the small internet, and it trusts the authority.
fn trust(internet: &Internet, authority: &Authority) {
    let bundle = internet.path("bundle.pem");
    std::fs::write(&bundle, authority.pem()).unwrap();
    let resolver = internet.path("resolv.conf");
    std::fs::write(&resolver, format!("nameserver {CENTRE}\n")).unwrap();
    for (own, there) in [(&bundle, "/etc/ssl/certs/ca-certificates.crt"), (&resolver, "/etc/resolv.conf")] {
        let there = std::fs::canonicalize(there).unwrap();
        run(Command::new("mount").arg("--bind").arg(own).arg(there));
    }
}

fn has(program: &str) -> bool {
    let there = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("no {program} here");
    }
    there
}

/// What GnuPG finds for an address with nothing but its name, in a home of its own.
fn gnupg(folder: &Path, address: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir(folder).unwrap();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut gpg = Command::new("gpg");
    gpg.env("GNUPGHOME", folder)
        .args(["--batch", "--with-colons", "--auto-key-locate", "clear,wkd"]);
    let found = gpg.args(["--locate-external-keys", address]).output().unwrap();
    let _ = Command::new("gpgconf").env("GNUPGHOME", folder).args(["--kill", "all"]).output();
    let said = String::from_utf8_lossy(&found.stderr).into_owned();
    assert!(found.status.success(), "{address}: {said}");
    String::from_utf8_lossy(&found.stdout).into_owned()
}

#[test]
fn gnupg_and_sequoia_find_the_key_at_a_running_box_in_both_places() {
    if !alone("peers_keys::gnupg_and_sequoia_find_the_key_at_a_running_box_in_both_places") {
        return;
    }
    let mut internet = Internet::begin();
    let authority = Authority::make();
    let (advanced, direct) = (internet.host(1), internet.host(2));
    // One domain has a host for its keys, the other has not: there the direct place is asked.
    internet.mail_server("ana.test", advanced.address);
    internet.mail_server("bob.test", direct.address);
    internet.record(&format!(
        "openpgpkey.ana.test. 60 IN A {}\nbob.test. 60 IN A {}",
        advanced.address, direct.address
    ));
    internet.serve_names();
    let homes = [
        (
            "ana.test",
            serve(
                &internet,
                &authority,
                &advanced,
                "ana.test",
                &["openpgpkey.ana.test", "mail.ana.test"],
            ),
        ),
        (
            "bob.test",
            serve(&internet, &authority, &direct, "bob.test", &["bob.test", "mail.bob.test"]),
        ),
    ];
    trust(&internet, &authority);
    for (domain, _) in &homes {
        let address = format!("me@{domain}");
        let urls = directory::wkd_urls(&Address::parse(&address).unwrap());
        let url = &urls[usize::from(*domain == "bob.test")];
        let mut own = String::new();
        until("the key of the box", || {
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--fail", "--cacert"])
                .arg(internet.path("bundle.pem"))
                .arg(url);
            let got = curl.output().unwrap();
            if let Ok(keys) = Certificate::read_all(&got.stdout) {
                assert_eq!(keys.iter().map(|key| key.facts(NOW).version).collect::<Vec<_>>(), [4]);
                own = keys[0].fingerprint().hex();
            }
            !own.is_empty()
        });
        // The policy stands beside it; whoever asks for no more than the head gets it, from any page.
        let folder = url.split("/hu/").next().unwrap();
        for at in [format!("{folder}/policy"), url.clone()] {
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--fail", "--head", "--cacert"])
                .arg(internet.path("bundle.pem"))
                .arg(&at);
            let head = run(&mut curl).to_lowercase();
            assert!(head.contains("access-control-allow-origin: *"), "{at}: {head}");
        }
        if has("gpg") {
            let found = gnupg(&internet.path(&format!("gnupg-{domain}")), &address);
            assert!(found.contains(&own) && found.contains(&address), "{domain}: {found}");
        }
        if has("sq") {
            let folder = internet.path(&format!("sq-{domain}"));
            std::fs::create_dir(&folder).unwrap();
            let mut sq = Command::new("sq");
            sq.env("HOME", &folder).env("SSL_CERT_FILE", internet.path("bundle.pem"));
            // Its name has changed between versions.
            let got = sq.args(["wkd", "get", &address]).output().unwrap();
            let said = String::from_utf8_lossy(&got.stderr).into_owned();
            assert!(got.status.success(), "{domain}: {said}");
            let found = Certificate::read(&got.stdout).unwrap_or_else(|why| panic!("{why:?}: {said}"));
            assert_eq!(found.fingerprint().hex(), own, "{domain}");
            assert!(found.facts(NOW).addresses.iter().any(|found| found.as_str() == address));
        }
    }
}
