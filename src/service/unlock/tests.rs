//! Stories at the door, with an authenticator, an app and a thief in software.

use super::*;
use crate::{
    codec::{base64url, totp},
    service::{receive::Receive, unlock::passkeys::Answer},
    store::front::Front,
};
use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use std::net::IpAddr;

fn front(sealing: String) -> Front {
    Front {
        domain: "home.test".into(),
        host: "mail.home.test".into(),
        addresses: vec!["me@home.test".into()],
        chain: Vec::new(),
        key: Vec::new(),
        sealing,
    }
}

const WORD: &str = "open sesame";
const DOOR: &str = "a door";
const START: i64 = 1_000_000;
const HOME: Place<'static> = Place {
    origin: "https://home.test",
    host: "home.test",
};

struct House {
    _folder: tempfile::TempDir,
    unlock: Unlock,
    clock: Clock,
    recovery: String,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut made = Vault::create(folder.path(), WORD).unwrap();
        made.slots.save(folder.path()).unwrap();
        let clock = Clock::fixed(Time(START));
        let happenings = Happenings::default();
        let front = front(made.sealing.clone());
        let file = std::sync::Arc::new(crate::store::front::FrontFile::open(folder.path()).unwrap());
        let receive = Receive::new(made.vault.clone(), clock.clone(), happenings.clone(), file.clone(), &front);
        let journal = Journal::new(made.vault.clone(), clock.clone());
        let devices = Devices::new(made.vault.clone(), clock.clone(), journal.clone(), receive);
        let unlock = Unlock::new(
            made.vault,
            clock.clone(),
            happenings,
            (devices, journal),
            "me@home.test".into(),
            file,
        )
        .unwrap();
        Self {
            _folder: folder,
            unlock,
            clock,
            recovery: made.recovery.to_string(),
        }
    }

    fn later(&self, seconds: i64) {
        self.clock.set(Time(self.clock.now().0 + seconds));
    }

    async fn enter(&self, caller: Caller<'_>) -> SignedIn {
        match self.unlock.sign_in(WORD, DOOR, caller).await.unwrap() {
            Entered::In(who) => who,
            Entered::CodeAwaited => panic!("no code was set up"),
        }
    }

    async fn refused(&self, typed: &str, caller: Caller<'_>) -> Refused {
        self.unlock.sign_in(typed, DOOR, caller).await.err().unwrap()
    }

    /// Turns the second factor on; gives its secret.
    async fn set_code_up(&self, who: &SignedIn) -> Vec<u8> {
        self.unlock.propose_code(&who.secret).unwrap();
        let secret = locked(&self.unlock.0.proposed).values().next().unwrap().secret().to_vec();
        assert_eq!(self.unlock.accept_code(&who.secret, "000000").await, Err(Refused::Wrong));
        let code = totp::code_text(&secret, totp::step(self.clock.now()));
        self.unlock.accept_code(&who.secret, &code).await.unwrap();
        secret
    }

    fn code(&self, secret: &[u8]) -> String {
        totp::code_text(secret, totp::step(self.clock.now()))
    }
}

fn from(peer: [u8; 4]) -> Caller<'static> {
    Caller {
        client: Client {
            peer: peer.into(),
            agent: "A browser/1",
        },
        ..Caller::from_address(peer.into())
    }
}

fn me() -> Caller<'static> {
    from([192, 0, 2, 9])
}

fn here(standing: Standing) -> bool {
    matches!(standing, Standing::Here(_))
}

fn must_prove(standing: Standing) -> bool {
    matches!(standing, Standing::Prove(_))
}

#[tokio::test]
async fn a_session_lives_until_it_idles_or_ends() {
    let house = House::new();
    let unlock = &house.unlock;
    let who = house.enter(me()).await;
    let Standing::Here(session) = unlock.stand(&who.secret, None, me().client) else {
        panic!()
    };
    assert_eq!((session.owner.as_str(), session.method), ("me@home.test", Method::Passphrase));
    let other = who.secret.replace(['0', '1', '2'], "f");
    assert_eq!(unlock.stand(&other, None, me().client), Standing::Nobody);
    house.later(sessions::IDLE);
    assert!(here(unlock.stand(&who.secret, None, me().client)), "still good, and idle from here");
    house.later(sessions::IDLE + 1);
    assert_eq!(unlock.stand(&who.secret, None, me().client), Standing::Nobody);

    let who = house.enter(me()).await;
    unlock.set_idle(1800).await.unwrap();
    house.later(1801);
    assert_eq!(unlock.stand(&who.secret, None, me().client), Standing::Nobody, "as the owner chose");
    assert_eq!(unlock.set_idle(1).await, Err(Refused::Wrong));
    unlock.set_idle(7 * 24 * 3600).await.unwrap();
    let who = house.enter(me()).await;
    for _ in 0..5 {
        house.later(6 * 24 * 3600);
        assert!(here(unlock.stand(&who.secret, None, me().client)));
    }
    house.later(24 * 3600);
    assert_eq!(
        unlock.stand(&who.secret, None, me().client),
        Standing::Nobody,
        "thirty days, whatever happens"
    );

    let (one, two) = (house.enter(me()).await, house.enter(me()).await);
    assert_eq!(unlock.end_others(&two.secret), 1);
    assert_eq!(unlock.stand(&one.secret, None, me().client), Standing::Nobody);
    let listed = unlock.sessions(&two.secret);
    assert!(listed.len() == 1 && listed[0].own && listed[0].binding == Binding::Cookie);
    unlock.end_session(&listed[0].id);
    assert_eq!(unlock.stand(&two.secret, None, me().client), Standing::Nobody);
}

#[tokio::test]
async fn wrong_words_make_their_network_wait_and_nobody_else() {
    let house = House::new();
    let thief = from([203, 0, 113, 5]);
    for _ in 0..3 {
        assert_eq!(house.refused("guess", thief).await, Refused::Wrong);
    }
    assert_eq!(
        house.refused(WORD, from([203, 0, 113, 77])).await,
        Refused::Wait(1),
        "his whole network"
    );
    house.enter(me()).await;
    house.later(1);
    assert_eq!(house.refused("guess", thief).await, Refused::Wrong);
    assert_eq!(house.refused("guess", thief).await, Refused::Wait(2));
}

#[tokio::test]
async fn the_owner_is_not_kept_out_of_a_verified_device() {
    let house = House::new();
    let who = house.enter(me()).await;
    let known = Caller {
        device: Some(&who.device),
        ..me()
    };
    for wait in 0..12 {
        assert_eq!(house.refused("a neighbour's guess", me()).await, Refused::Wrong);
        house.later(if wait > 1 { 1 << (wait - 1) } else { 1 });
    }
    house.refused("a neighbour's guess", me()).await;
    assert!(matches!(house.refused(WORD, me()).await, Refused::Wait(_)));
    // Also after a restart: a new keeper over the same folder, locked.
    house.unlock.end_all();
    house.unlock.0.vault.lock();
    assert!(matches!(house.unlock.sign_in(WORD, DOOR, known).await, Ok(Entered::In(_))));
    for _ in 0..50 {
        if house.unlock.0.front.devices().unwrap().len() == 1 {
            break;
        }
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
    let device = house.unlock.sessions(&who.secret)[0].device;
    assert!(locked(&house.unlock.0.verified).contains_key(&device.0));
    house.unlock.end_device(device).await.unwrap();
    assert!(locked(&house.unlock.0.verified).is_empty());
}

#[tokio::test]
async fn with_a_second_factor_the_passphrase_alone_opens_no_session() {
    let house = House::new();
    let unlock = &house.unlock;
    let secret = house.set_code_up(&house.enter(me()).await).await;
    unlock.end_all();
    assert!(!unlock.awaits_code(DOOR));
    assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::CodeAwaited)));
    assert!(unlock.awaits_code(DOOR) && !unlock.awaits_code("another door") && !unlock.0.sessions.any());
    let code = house.code(&secret);
    assert_eq!(
        unlock.complete(&code, DOOR, me()).await.err(),
        Some(Refused::Wrong),
        "used when it was set up"
    );
    house.later(30);
    let code = house.code(&secret);
    assert_eq!(unlock.complete(&code, "another door", me()).await.err(), Some(Refused::Stale));
    let who = unlock.complete(&code, DOOR, me()).await.unwrap();
    assert_eq!(who.method, Method::PassphraseAndCode);
    assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::CodeAwaited)));
    assert_eq!(
        unlock.complete(&code, DOOR, me()).await.err(),
        Some(Refused::Wrong),
        "no code twice"
    );

    // The sheet is for the day on which the telephone is gone.
    let Ok(Entered::In(who)) = unlock.sign_in(&house.recovery, DOOR, me()).await else {
        panic!()
    };
    assert_eq!(who.method, Method::Recovery);
    unlock.drop_code().await.unwrap();
    assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::In(_))));
}

#[tokio::test]
async fn whoever_has_the_passphrase_cannot_guess_codes_for_ever() {
    let house = House::new();
    let unlock = &house.unlock;
    house.set_code_up(&house.enter(me()).await).await;
    // From one network: the right passphrase in between forgives nothing.
    let thief = from([203, 0, 113, 5]);
    let mut guesses = 0;
    for _ in 0..5 {
        match unlock.sign_in(WORD, DOOR, thief).await {
            Ok(Entered::CodeAwaited) => {}
            Err(Refused::Wait(_)) => break,
            _ => panic!(),
        }
        guesses += i32::from(unlock.complete("000000", DOOR, thief).await.err() == Some(Refused::Wrong));
    }
    assert_eq!(guesses, 3);
    // From a new network each time: all together.
    for n in 0..40 {
        let thief = from([198, 51, n, 1]);
        let door = format!("door {n}");
        unlock.begin_half(&door, false);
        guesses += i32::from(unlock.complete("000000", &door, thief).await.err() == Some(Refused::Wrong));
    }
    assert_eq!(guesses, 20);
    // A hundred at once are a hundred in a row.
    let house = House::new();
    let asked = (0..10).map(|_| house.unlock.sign_in("guess", DOOR, thief));
    let refused: Vec<_> = futures_util::future::join_all(asked)
        .await
        .into_iter()
        .map(|outcome| outcome.err().unwrap())
        .collect();
    assert_eq!(refused.iter().filter(|refused| **refused == Refused::Wrong).count(), 3);
}

#[tokio::test]
async fn strangers_from_everywhere_keep_a_verified_browser_waiting_for_a_few_guesses_only() {
    let house = House::new();
    let who = house.enter(me()).await;
    let mine = Caller {
        device: Some(&who.device),
        ..me()
    };
    let strangers = (0..60).map(|n| house.unlock.sign_in("guess", DOOR, from([198, 51, n, 1])));
    let strangers = futures_util::future::join_all(strangers);
    let (strangers, owner) = tokio::join!(strangers, house.unlock.sign_in(WORD, DOOR, mine));
    assert!(matches!(owner, Ok(Entered::In(_))));
    let tried = strangers.iter().filter(|outcome| outcome.as_ref().err() == Some(&Refused::Wrong));
    assert_eq!(tried.count(), LINE);
    let waits = strangers.iter().filter(|outcome| matches!(outcome, Err(Refused::Wait(1..))));
    assert_eq!(waits.count(), 60 - LINE);
}

#[tokio::test]
async fn a_locked_box_locks_again_when_no_right_code_follows() {
    let house = House::new();
    let unlock = &house.unlock;
    let secret = house.set_code_up(&house.enter(me()).await).await;
    for wait in [0, 301] {
        house.later(60);
        unlock.end_all();
        unlock.0.vault.lock();
        assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::CodeAwaited)));
        assert!(!unlock.is_locked() && !unlock.0.sessions.any());
        house.later(wait);
        for n in 0..5 {
            let refused = unlock.complete("12", DOOR, me()).await.err().unwrap();
            assert_eq!(refused, if n == 4 || wait > 0 { Refused::Stale } else { Refused::Wrong });
            house.later(60);
        }
        if wait == 0 {
            assert!(unlock.is_locked(), "five wrong codes");
        }
        assert_eq!(unlock.complete(&house.code(&secret), DOOR, me()).await.err(), Some(Refused::Stale));
        unlock.0.tries.right(unlock.trier(me()));
    }
}

#[tokio::test]
async fn the_passphrase_twice_leaves_no_box_open_behind() {
    let house = House::new();
    let unlock = &house.unlock;
    let secret = house.set_code_up(&house.enter(me()).await).await;
    let locked_again = || {
        house.later(60);
        unlock.end_all();
        unlock.0.vault.lock();
        unlock.0.tries.right(unlock.trier(me()));
    };
    let wrong = async |door: &str| {
        for _ in 0..5 {
            unlock.complete("12", door, me()).await.err().unwrap();
            house.later(60);
        }
    };
    locked_again();
    for _ in 0..2 {
        assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::CodeAwaited)));
        house.later(1);
    }
    assert!(!unlock.is_locked());
    wrong(DOOR).await;
    assert!(unlock.is_locked(), "the second half took over from the first");

    // Displaced by many others, the last of which has the duty then.
    locked_again();
    assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::CodeAwaited)));
    for n in 0..64 {
        house.later(1);
        unlock.begin_half(&format!("door {n}"), false);
    }
    assert!(!unlock.awaits_code(DOOR) && !unlock.is_locked());
    wrong("door 63").await;
    assert!(unlock.is_locked());

    // Somebody comes in after all: it stays open.
    locked_again();
    for _ in 0..2 {
        assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::CodeAwaited)));
    }
    house.later(30);
    unlock.complete(&house.code(&secret), DOOR, me()).await.unwrap();
    assert!(!unlock.is_locked());
}

#[tokio::test]
async fn whoever_goes_away_while_the_box_is_being_opened_leaves_it_locked() {
    let house = House::new();
    let unlock = &house.unlock;
    unlock.0.vault.lock();
    let (_, relock) = unlock.try_secret(WORD, true).await.unwrap();
    assert!(!unlock.is_locked());
    drop(relock);
    assert!(unlock.is_locked());
    // Nobody waits for this one's answer.
    let (tell, told) = std::sync::mpsc::channel();
    let opening = unlock.trying(move |vault| {
        let outcome = vault.unlock(&Opening::Typed(WORD));
        tell.send(()).unwrap();
        outcome
    });
    assert!(futures_util::FutureExt::now_or_never(opening).is_none());
    told.recv().unwrap();
    while !unlock.is_locked() {
        std::thread::yield_now();
    }
    assert!(matches!(unlock.sign_in(WORD, DOOR, me()).await, Ok(Entered::In(_))));
    assert!(!unlock.is_locked());
}

/// A browser that brings a key of its own at sign-in.
struct Browser(EcdsaKeyPair);

impl Browser {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn sign(&self, text: &str) -> String {
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        base64url::encode(signature.as_ref())
    }

    fn brings(&self, token: &str) -> String {
        let point = base64url::encode(self.0.public_key().as_ref());
        format!("{point}.{}", self.sign(&format!("caliopen key\n{token}")))
    }
}

#[tokio::test]
async fn a_stolen_cookie_is_worth_nothing_without_the_browsers_key() {
    let house = House::new();
    let unlock = &house.unlock;
    let (browser, key) = (Browser::new(), Browser::new().brings("token"));
    let brought = browser.brings("token");
    let bringing = |key| Caller {
        key,
        token: "token",
        ..me()
    };
    let who = house.enter(bringing(brought.as_str())).await;
    let proof = who.proof.as_deref();
    assert!(here(unlock.stand(&who.secret, proof, me().client)));
    assert!(must_prove(unlock.stand(&who.secret, None, me().client)), "the cookie alone");
    assert!(must_prove(unlock.stand(&who.secret, Some(&who.secret), me().client)));
    let disguises = [
        Client {
            agent: "curl",
            ..me().client
        },
        Client {
            peer: "2001:db8::1".parse().unwrap(),
            ..me().client
        },
    ];
    for thief in disguises {
        assert!(
            must_prove(unlock.stand(&who.secret, proof, thief)),
            "at once, even with both cookies"
        );
    }
    house.later(PROOF + 1);
    assert!(must_prove(unlock.stand(&who.secret, proof, me().client)), "ten minutes later");

    // The thief asks for the challenge and signs with his own key; the browser with its own.
    let (none, challenge) = unlock.prove(&who.secret, "", "", me().client).unwrap();
    assert!(none.is_none());
    let text = format!("caliopen proof\n{challenge}");
    assert!(
        unlock
            .prove(&who.secret, &challenge, &Browser::new().sign(&text), me().client)
            .unwrap()
            .0
            .is_none()
    );
    assert!(
        unlock
            .prove(&who.secret, &challenge, &browser.sign(&challenge), me().client)
            .unwrap()
            .0
            .is_none()
    );
    let right = browser.sign(&text);
    let (fresh, next) = unlock.prove(&who.secret, &challenge, &right, me().client).unwrap();
    assert!(here(unlock.stand(&who.secret, fresh.as_deref(), me().client)));
    let (again, _) = unlock.prove(&who.secret, &challenge, &right, me().client).unwrap();
    assert!(again.is_none() && next != challenge, "a proof serves once");

    // An update of the browser, or a telephone that leaves the house: it shows itself and goes on.
    let moved = disguises[1];
    let proof = browser.sign(&format!("caliopen proof\n{next}"));
    let (fresh, _) = unlock.prove(&who.secret, &next, &proof, moved).unwrap();
    assert!(here(unlock.stand(&who.secret, fresh.as_deref(), moved)));
    assert!(
        must_prove(unlock.stand(&who.secret, fresh.as_deref(), me().client)),
        "and is there alone"
    );
    assert_eq!(unlock.sessions(&who.secret)[0].binding, Binding::Key);

    // A key that signs for another form, or not at all, binds nothing; and none can be brought later.
    for key in [key.as_str(), "x.y", "", brought.get(1..).unwrap()] {
        let bound = house
            .enter(Caller {
                token: "else",
                ..bringing(key)
            })
            .await;
        assert!(bound.proof.is_none());
        assert!(here(unlock.stand(&bound.secret, None, me().client)));
        assert_eq!(unlock.stand(&bound.secret, None, disguises[0]), Standing::Nobody, "nor elsewhere");
        assert_eq!(unlock.prove(&bound.secret, "", "", me().client), Some((None, String::new())));
    }
}

#[tokio::test]
async fn a_browser_with_dbsc_brings_a_key_that_it_guards() {
    let house = House::new();
    let unlock = &house.unlock;
    let browser = Browser::new();
    let who = house.enter(me()).await;
    let key = browser.0.public_key().as_ref();
    let (x, y) = (base64url::encode(&key[1..33]), base64url::encode(&key[33..]));
    let token = |jwk: bool, challenge: &str| {
        let jwk = if jwk {
            format!(",\"jwk\":{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"{x}\",\"y\":\"{y}\"}}")
        } else {
            String::new()
        };
        let head = base64url::encode(format!("{{\"alg\":\"ES256\",\"typ\":\"dbsc+jwt\"{jwk}}}").as_bytes());
        let body = base64url::encode(format!("{{\"jti\":\"{challenge}\"}}").as_bytes());
        let signed = format!("{head}.{body}");
        let signature = browser.sign(&signed);
        format!("{signed}.{signature}")
    };
    assert!(
        unlock.guard(&who.secret, &token(false, &who.registration), me().client).is_none(),
        "no key"
    );
    let guarded = unlock.guard(&who.secret, &token(true, &who.registration), me().client).unwrap();
    assert!(here(unlock.stand(&who.secret, Some(&guarded.proof), me().client)));
    assert!(must_prove(unlock.stand(&who.secret, None, me().client)));
    assert!(
        unlock.guard(&who.secret, &token(true, &who.registration), me().client).is_none(),
        "once"
    );
    assert_eq!(unlock.sessions(&who.secret)[0].binding, Binding::Browser);
    house.later(PROOF + 1);
    let Err(guarded::NoProof::Challenge(challenge)) = unlock.refresh(&who.secret, "", me().client) else {
        panic!()
    };
    assert!(unlock.refresh(&who.secret, &token(false, "guess"), me().client).is_err());
    let fresh = unlock.refresh(&who.secret, &token(false, &challenge), me().client).ok().unwrap();
    assert!(here(unlock.stand(&who.secret, Some(&fresh.proof), me().client)));
    assert!(
        unlock.refresh(&who.secret, &token(false, &challenge), me().client).is_err(),
        "a challenge serves once"
    );
    // Whoever has only the cookie knows no challenge, and after two minutes nobody does.
    let late = house.enter(me()).await;
    assert!(unlock.guard(&late.secret, &token(true, "guess"), me().client).is_none());
    let late = house.enter(me()).await;
    house.later(121);
    assert!(unlock.guard(&late.secret, &token(true, &late.registration), me().client).is_none());
}

/// An authenticator with one credential and a PRF.
struct Authenticator {
    pair: EcdsaKeyPair,
    prf: Option<[u8; 32]>,
    count: u32,
}

impl Authenticator {
    fn new(prf: Option<[u8; 32]>) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { pair, prf, count: 0 }
    }

    fn answer(&mut self, kind: &str, challenge: &str, more: &[u8]) -> Answer {
        self.count += 1;
        let client = format!(
            "{{\"type\":\"webauthn.{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{}\"}}",
            HOME.origin
        );
        let sha = |text: &[u8]| digest::digest(&digest::SHA256, text).as_ref().to_vec();
        let flags = if kind == "create" { 0x45 } else { 0x05 };
        let data = [&sha(HOME.host.as_bytes())[..], &[flags], &self.count.to_be_bytes(), more].concat();
        let signed = [&data[..], &sha(client.as_bytes())].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        let prf = self.prf.map_or_else(String::new, |prf| base64url::encode(&prf));
        let fields = [
            ("challenge", challenge.to_owned()),
            ("credential", base64url::encode(b"a credential")),
            ("client", base64url::encode(client.as_bytes())),
            ("authenticator", base64url::encode(&data)),
            ("signature", base64url::encode(signature.as_ref())),
            ("prf", prf),
        ];
        Answer::read(|name| fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)).unwrap()
    }

    async fn register(&mut self, unlock: &Unlock, session: &str, device: DeviceId) -> Result<bool, Refused> {
        let point = self.pair.public_key().as_ref();
        let key = [
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20",
            &point[1..33],
            b"\x22\x58\x20",
            &point[33..],
        ]
        .concat();
        let more = [&[0; 16][..], &[0, 12], b"a credential", &key].concat();
        let challenge = unlock.challenge(session).unwrap();
        let answer = self.answer("create", &challenge, &more);
        unlock.add_passkey(answer, session, " My\nkey ", device, HOME).await
    }

    async fn sign_in(&mut self, unlock: &Unlock, door: &str) -> Result<SignedIn, Refused> {
        let answer = self.answer("get", &unlock.challenge(DOOR).unwrap(), b"");
        unlock.sign_in_with_passkey(answer, door, HOME, me()).await
    }
}

#[tokio::test]
async fn a_passkey_signs_in_and_its_prf_unlocks() {
    let house = House::new();
    let unlock = &house.unlock;
    let who = house.enter(me()).await;
    let device = unlock.sessions(&who.secret)[0].device;
    let mut key = Authenticator::new(Some([7; 32]));
    assert_eq!(
        key.register(unlock, &who.secret, device).await,
        Err(Refused::Stale),
        "no secret was proven"
    );
    unlock.prove_secret(WORD, me()).await.unwrap();
    unlock.allow(&who.secret);
    assert_eq!(key.register(unlock, &who.secret, device).await, Ok(true));
    assert_eq!(key.register(unlock, &who.secret, device).await, Err(Refused::Full), "twice");
    let rows = unlock.passkeys().unwrap();
    assert_eq!((rows[0].label.as_str(), rows[0].opens, rows[0].used), ("Mykey", true, None));

    let unlocked = key.sign_in(unlock, DOOR).await.unwrap();
    assert_eq!(unlocked.method, Method::Passkey);
    assert_eq!(key.sign_in(unlock, "another door").await.err(), Some(Refused::Stale));
    unlock.end_all();
    unlock.0.vault.lock();
    assert!(key.sign_in(unlock, DOOR).await.is_ok() && !unlock.is_locked());
    assert_eq!(unlock.passkeys().unwrap()[0].used, Some(house.clock.now()));

    // One answer serves once; a wrong output opens nothing; a right one with a wrong signature locks again.
    unlock.end_all();
    let challenge = unlock.challenge(DOOR).unwrap();
    let answer = key.answer("get", &challenge, b"");
    assert!(unlock.sign_in_with_passkey(answer, DOOR, HOME, me()).await.is_ok());
    let again = key.answer("get", &challenge, b"");
    assert_eq!(
        unlock.sign_in_with_passkey(again, DOOR, HOME, me()).await.err(),
        Some(Refused::Stale)
    );
    unlock.end_all();
    unlock.0.vault.lock();
    let mut wrong = Authenticator::new(Some([8; 32]));
    assert_eq!(wrong.sign_in(unlock, DOOR).await.err(), Some(Refused::Wrong));
    assert!(unlock.is_locked());
    let mut forged = Authenticator::new(Some([7; 32]));
    forged.count = 1000;
    assert_eq!(forged.sign_in(unlock, DOOR).await.err(), Some(Refused::Wrong));
    assert!(unlock.is_locked() && !unlock.0.sessions.any());
    key.prf = None;
    assert_eq!(key.sign_in(unlock, DOOR).await.err(), Some(Refused::NoPrf));
    house.enter(me()).await;
    assert!(key.sign_in(unlock, DOOR).await.is_ok(), "unlocked, it needs no PRF");
    house.later(301);
    let late = unlock.challenge(DOOR).unwrap();
    house.later(301);
    let answer = key.answer("get", &late, b"");
    assert_eq!(
        unlock.sign_in_with_passkey(answer, DOOR, HOME, me()).await.err(),
        Some(Refused::Stale)
    );

    // Taken off the list with its device, it opens nothing.
    unlock.end_device(device).await.unwrap();
    assert!(unlock.passkeys().unwrap().is_empty());
    key.prf = Some([7; 32]);
    assert_eq!(key.sign_in(unlock, DOOR).await.err(), Some(Refused::Wrong));
    unlock.end_all();
    unlock.0.vault.lock();
    assert_eq!(key.sign_in(unlock, DOOR).await.err(), Some(Refused::Wrong));
}

#[tokio::test]
async fn a_new_passphrase_takes_the_old_ones_place() {
    let house = House::new();
    let unlock = &house.unlock;
    house.enter(me()).await;
    for weak in ["", "password", "me@home.test"] {
        assert_eq!(unlock.set_passphrase(weak).await, Err(Refused::Weak), "{weak}");
    }
    assert!(unlock.ways().unwrap().strength.is_some(), "seen at sign-in");
    let strength = unlock.set_passphrase("quatre poules vertes dansent").await.unwrap();
    assert_eq!(unlock.ways().unwrap().strength, Some(strength));
    assert_eq!(house.refused(WORD, me()).await, Refused::Wrong);
    assert!(unlock.prove_secret(&house.recovery, me()).await.is_ok(), "the sheet stays");
    unlock.0.vault.lock();
    assert!(matches!(
        unlock.sign_in("quatre poules vertes dansent", DOOR, me()).await,
        Ok(Entered::In(_))
    ));
}

#[test]
fn the_tokens_of_two_doors_are_two() {
    let house = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async { House::new() });
    let unlock = &house.unlock;
    assert_ne!(unlock.door_token("a"), unlock.door_token("b"));
    assert!(same_token(&unlock.door_token("a"), &unlock.door_token("a")) && !same_token("a", "ab"));
    let _: IpAddr = me().client.peer;
}
