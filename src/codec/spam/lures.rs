//! What a text asks for, by phrases in seven languages: accounts and threats, parcels, prizes, legacies.
//!
//! A single phrase is nothing: honest mail has each of them. What counts is that they come together, and
//! more is asked of one who says little of himself. Deliberately absent: understanding.

use crate::{codec::words::is_unseen, domain::spam::Sign};
use memchr::memmem;

/// Characters that are looked at: who wants something says so at the beginning.
const MOST: usize = 4_000;

/// A text made comparable: small letters without accents, words apart by single blanks, a blank at each end.
pub(super) fn folded(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most) + 2);
    out.push(' ');
    for c in text.chars().take(most) {
        if is_unseen(c) {
            continue;
        }
        match plain(c) {
            Some(c) => out.push(c),
            None if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            None if matches!(c, '@' | '$' | '€' | '£' | '%' | '.' | '-' | '/' | '&' | '+') => out.push(c),
            None if out.ends_with(' ') => (),
            None => out.push(' '),
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// A Latin letter without its accent, small.
fn plain(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' | '0'..='9' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => 'a',
        'ç' | 'Ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' => 'i',
        'ñ' | 'Ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' => 'u',
        _ => return None,
    })
}

type Phrases = &'static [&'static str];

/// Accounts and what opens them.
const ACCOUNT: Phrases = &[
    " account",
    " password",
    " mailbox",
    " e-mail box",
    " webmail",
    " sign-in",
    " sign in ",
    " login",
    " log-in",
    " log in",
    " credential",
    " wallet",
    " membership",
    " subscription",
    " card ",
    " payment",
    " billing",
    " identity",
    " profile",
    " storage",
    " compte",
    " mot de passe",
    " messagerie",
    " boite mail",
    " boite de reception",
    " identifiant",
    " connexion",
    " abonnement",
    " carte ",
    " paiement",
    " carte vitale",
    " espace client",
    " konto",
    " passwort",
    " postfach",
    " kunden",
    " zahlung",
    " cuenta",
    " contrasena",
    " tarjeta",
    " conta ",
    " senha",
    " cartao",
    " conto",
    " carta ",
    " rekening",
    " wachtwoord",
    " betaal",
    " token",
    " 2fa",
    " two-factor",
    " seed phrase",
    " recovery phrase",
    " kyc",
];

/// What happens otherwise.
const THREAT: Phrases = &[
    " suspend",
    " limited",
    " limitation",
    " restrict",
    " lock",
    " disabled",
    " deactivat",
    " terminat",
    " closed",
    " closure",
    " expire",
    " expir",
    " unusual",
    " unauthori",
    " suspicious",
    " unverified",
    " failed",
    " failure",
    " declined",
    " on hold",
    " held",
    " blocked",
    " breach",
    " compromised",
    " overdue",
    " past due",
    " delete",
    " shut down",
    " discontinu",
    " exceeded",
    " full ",
    " quota",
    " interrupted",
    " bloqu",
    " desactiv",
    " ferme",
    " refuse",
    " echou",
    " echec",
    " inhabituel",
    " non autorise",
    " frauduleu",
    " suspect",
    " impaye",
    " retard",
    " gesperrt",
    " eingeschrankt",
    " gesperr",
    " ablauf",
    " ungewohnlich",
    " verdachtig",
    " bloque",
    " suspendid",
    " vencid",
    " bloquead",
    " suspens",
    " sospes",
    " bloccat",
    " scadut",
    " geblokkeerd",
    " verlopen",
    " penalty",
    " legal action",
    " amende",
    " majoration",
];

/// A hurry.
const HURRY: Phrases = &[
    " urgent",
    " immediate",
    " within 24",
    " within 48",
    " 24 hours",
    " 48 hours",
    " 72 hours",
    " 24hrs",
    " today",
    " asap",
    " final notice",
    " last notice",
    " last chance",
    " final warning",
    " last warning",
    " act now",
    " as soon as possible",
    " before it s too late",
    " avoid",
    " deadline",
    " action required",
    " action needed",
    " attention required",
    " important notice",
    " security alert",
    " alert ",
    " warning",
    " dans les 24",
    " sous 24",
    " sous 48",
    " 24 heures",
    " 48 heures",
    " 72 heures",
    " immediatement",
    " dernier rappel",
    " derniere relance",
    " au plus vite",
    " dans les plus brefs delais",
    " eviter",
    " action requise",
    " alerte",
    " sofort",
    " innerhalb von",
    " umgehend",
    " dringend",
    " letzte",
    " inmediat",
    " urgente",
    " ultimo aviso",
    " imediat",
    " entro 24",
    " subito",
    " onmiddellijk",
    " binnen 24",
];

/// What is to be done.
const ASK: Phrases = &[
    " verify",
    " confirm",
    " validate",
    " update your",
    " update account",
    " update payment",
    " review your",
    " restore",
    " reactivat",
    " unlock",
    " secure your",
    " authenticate",
    " re-authenticate",
    " click here",
    " click below",
    " click the",
    " click on",
    " clicking",
    " log in to",
    " sign in to",
    " follow the link",
    " keep same",
    " keep current",
    " keep my",
    " keep the same",
    " upgrade now",
    " renew",
    " proceed",
    " resolve",
    " access your",
    " reconfirm",
    " cliquez",
    " cliquant",
    " verifie",
    " confirme",
    " valide",
    " mettre a jour",
    " mettez a jour",
    " mise a jour",
    " connectez",
    " reactive",
    " regularis",
    " renouvel",
    " debloqu",
    " bestatigen",
    " verifizieren",
    " klicken",
    " aktualisier",
    " anmelden",
    " verifique",
    " confirmar",
    " haga clic",
    " actualiz",
    " clique",
    " atualiz",
    " confirm",
    " clicca",
    " verifica",
    " aggiorn",
    " klik",
    " bevestig",
    " bijwerken",
];

/// A mailbox in trouble.
const MAILBOX: Phrases = &[
    " mailbox is full",
    " mailbox is almost full",
    " mailbox full",
    " mailbox storage",
    " email storage",
    " storage is full",
    " storage full",
    " storage limit",
    " quota exceeded",
    " mailbox quota",
    " exceeded its",
    " incoming messages",
    " incoming mails",
    " incoming emails",
    " pending messages",
    " pending emails",
    " pending mails",
    " undelivered messages",
    " undelivered mails",
    " undelivered emails",
    " held messages",
    " messages are being held",
    " quarantine",
    " webmail",
    " mail server",
    " email server",
    " mailbox will be",
    " password will expire",
    " password expires",
    " password is set to expire",
    " password expire",
    " password is due",
    " keep same password",
    " keep current password",
    " mail delivery suspended",
    " email account will",
    " deactivation request",
    " email deactivation",
    " mail upgrade",
    " mailbox upgrade",
    " boite mail est pleine",
    " boite aux lettres est pleine",
    " messages en attente",
    " quota de stockage",
    " espace de stockage",
    " mot de passe expire",
    " mot de passe va expirer",
    " postfach ist voll",
    " speicherplatz",
    " buzon",
    " caixa de correio",
    " casella",
];

/// A parcel.
const PARCEL: Phrases = &[
    " parcel",
    " package",
    " shipment",
    " delivery",
    " courier",
    " tracking number",
    " colis",
    " livraison",
    " expedition",
    " paket",
    " sendung",
    " lieferung",
    " zustellung",
    " paquete",
    " envio",
    " entrega",
    " encomenda",
    " pacco",
    " spedizione",
    " consegna",
    " pakket",
    " bezorging",
    " customs",
    " douane",
    " zoll",
];

/// Something it waits for.
const PARCEL_ASK: Phrases = &[
    " fee",
    " unpaid",
    " customs",
    " could not be delivered",
    " unable to deliver",
    " failed delivery",
    " missed delivery",
    " delivery attempt",
    " reschedule",
    " incomplete address",
    " wrong address",
    " confirm your address",
    " address information",
    " shipping cost",
    " on hold",
    " waiting for",
    " awaiting",
    " suspended",
    " returned to",
    " frais",
    " en attente",
    " n a pas pu etre",
    " reprogramm",
    " adresse incomplete",
    " replanifi",
    " douan",
    " gebuhr",
    " konnte nicht",
    " bestatigen",
    " tasa",
    " pendiente",
    " retenido",
    " taxa",
    " pendente",
    " spese",
    " in sospeso",
    " verzendkosten",
    " $1",
    " $2",
    " 1.99",
    " 2.99",
    " 1,95",
    " 2,99",
];

/// A gift.
const PRIZE: Phrases = &[
    " congratulations",
    " you have been selected",
    " you ve been selected",
    " you have been chosen",
    " you ve been chosen",
    " you are a winner",
    " you won",
    " you ve won",
    " winner",
    " gift card",
    " giftcard",
    " reward",
    " survey",
    " prize",
    " claim your",
    " claim now",
    " loyalty",
    " exclusive offer",
    " free gift",
    " sweepstake",
    " giveaway",
    " lucky",
    " bonus",
    " cashback",
    " airdrop",
    " felicitations",
    " vous avez ete selectionne",
    " vous avez gagne",
    " gagnant",
    " carte cadeau",
    " recompense",
    " sondage",
    " bon d achat",
    " tirage",
    " cadeau",
    " herzlichen gluckwunsch",
    " gewonnen",
    " gewinn",
    " gutschein",
    " umfrage",
    " felicidades",
    " ganado",
    " premio",
    " parabens",
    " ganhou",
    " sorteio",
    " complimenti",
    " vinto",
    " gefeliciteerd",
    " gewonnen",
];

/// Much money from nowhere.
const MONEY: Phrases = &[
    " million",
    " usd",
    " us dollars",
    " dollars",
    " inheritance",
    " next of kin",
    " beneficiary",
    " deceased",
    " late husband",
    " late father",
    " fund",
    " atm card",
    " lottery",
    " compensation",
    " donation",
    " donate",
    " charity",
    " widow",
    " barrister",
    " attorney",
    " consignment",
    " bank draft",
    " transfer",
    " western union",
    " moneygram",
    " business proposal",
    " investment",
    " investor",
    " loan",
    " interest rate",
    " partnership",
    " confidential",
    " trust",
    " foreign",
    " united nations",
    " fbi",
    " imf",
    " diplomat",
    " god bless",
    " dear friend",
    " beloved",
    " reply",
    " contact me",
    " private email",
    " percent",
    " % ",
    " heritage",
    " heritier",
    " defunt",
    " don de",
    " notaire",
    " pret entre",
    " credit entre particulier",
    " taux d interet",
    " fonds",
    " beneficiaire",
    " veuve",
    " donation",
    " erbschaft",
    " spende",
    " darlehen",
    " herencia",
    " herdeiro",
    " prestamo",
    " military",
    " oil company",
    " gold",
    " portfolio",
    " funding",
    " full name",
    " occupation",
    " phone number",
    " age ",
    " direct line",
];

/// Coins.
const COIN: Phrases = &[" bitcoin", " btc", " usdt", " litecoin", " ltc ", " crypto", " ethereum", " monero"];

/// Shame.
const SHAME: Phrases = &[
    " webcam",
    " camera",
    " recorded",
    " recording",
    " footage",
    " video of you",
    " masturbat",
    " porn",
    " adult site",
    " adult video",
    " malware",
    " trojan",
    " spyware",
    " rat ",
    " hacked",
    " hacker",
    " i have access",
    " full access",
    " your contacts",
    " your friends",
    " your family",
    " embarrass",
    " pervert",
    " pirate",
    " filme",
    " enregistre",
    " vos contacts",
    " tes contacts",
    " gehackt",
    " aufgenommen",
    " grabado",
    " hackeado",
    " your password",
    " your device",
    " your devices",
    " operating system",
    " explosive",
    " hitman",
];

/// A number to call because of a charge.
const CHARGE: Phrases = &[
    " invoice",
    " order ",
    " renewal",
    " renewed",
    " auto-renew",
    " subscription",
    " charged",
    " debited",
    " deducted",
    " purchase",
    " transaction",
    " payment",
    " refund",
    " cancel",
    " facture",
    " prelev",
    " rembourse",
    " antivirus",
    " protection plan",
    " geek squad",
    " customer care",
    " helpline",
    " help desk",
    " toll free",
    " toll-free",
    " call us",
    " call our",
    " contact us at",
    " contact our",
    " dispute",
];
const CALL: Phrases = &[
    " call",
    " toll",
    " helpline",
    " hotline",
    " phone",
    " dial",
    " appele",
    " contact us",
    " contact our",
    " reach us",
    " customer support",
    " customer care",
];

/// Something shared.
const SHARED: Phrases = &[
    " shared a document",
    " shared a file",
    " shared with you",
    " shared file",
    " shared document",
    " sent you a document",
    " sent you a file",
    " secure document",
    " secure message",
    " encrypted message",
    " view document",
    " view file",
    " review document",
    " open document",
    " download document",
    " document has been",
    " e-sign",
    " esign",
    " signature required",
    " please sign",
    " voicemail",
    " voice message",
    " missed call",
    " new fax",
    " efax",
    " incoming fax",
    " audio message",
    " payroll",
    " salary",
    " remittance",
    " wire transfer",
    " payment advice",
    " payment copy",
    " proforma",
    " purchase order",
    " rfq",
    " quotation",
    " swift copy",
    " bank slip",
    " benefits",
    " scanned",
    " facture en attente",
    " a partage",
    " document partage",
    " message vocal",
    " nouveau document",
    " document securise",
    " consulter le document",
    " freigegeben",
    " rechnung",
    " factura",
    " fatura",
    " boleto",
    " fattura",
    " documento",
];

/// Wares that nobody asked for.
const WARES: Phrases = &[
    " viagra",
    " cialis",
    " pharmacy",
    " pills",
    " weight loss",
    " lose weight",
    " keto",
    " cbd",
    " gummies",
    " enlarge",
    " erectile",
    " testosterone",
    " rolex",
    " replica",
    " casino",
    " betting",
    " slots",
    " hot girls",
    " singles",
    " dating",
    " milf",
    " sexy",
    " nude",
    " mortgage",
    " refinance",
    " life insurance",
    " debt",
    " cheap",
    " click to remove",
    " opt out",
    " work from home",
    " home business",
    " earn money",
    " make money",
    " extra income",
    " get rich",
    " 100% free",
    " risk free",
    " no obligation",
    " money back",
    " guaranteed",
    " limited time",
    " special promotion",
    " seo",
    " backlink",
    " first page of google",
    " guest post",
    " web design",
    " website design",
    " mailing list",
    " email list",
    " bulk email",
    " diploma",
    " degree",
    " hair loss",
    " blood sugar",
    " diabetes",
    " tinnitus",
    " prostate",
    " neuropathy",
    " solar panel",
    " roofing",
    " gutter",
    " medicare",
    " hearing aid",
    " walk-in",
    " ed pills",
    " isolation",
    " panneaux solaires",
    " pompe a chaleur",
    " mutuelle sante",
    " voyance",
    " rencontre",
    " compte formation",
    " cpf ",
    " perte de poids",
    " minceur",
    " puissance",
    " nutrition",
    " investir",
    " trading",
];

/// A greeting to nobody.
const NOBODY: Phrases = &[
    " dear customer",
    " dear client",
    " dear user",
    " dear member",
    " dear valued",
    " dear sir",
    " dear madam",
    " dear beneficiary",
    " dear friend",
    " dear account",
    " dear email",
    " dear webmail",
    " dear subscriber",
    " valued customer",
    " dear owner",
    " hello user",
    " hi user",
    " hello customer",
    " attention:",
    " attn",
    " dear beloved",
    " dear taxpayer",
    " dear winner",
    " dear recipient",
    " hello dear",
    " cher client",
    " chere cliente",
    " cher(e) client",
    " cher utilisateur",
    " cher abonne",
    " bonjour cher",
    " madame monsieur",
    " chers clients",
    " cher assure",
    " chere assuree",
    " sehr geehrter kunde",
    " sehr geehrte kund",
    " lieber kunde",
    " estimado cliente",
    " querido cliente",
    " estimado usuario",
    " prezado cliente",
    " caro cliente",
    " gentile cliente",
    " geachte klant",
    " beste klant",
    " dear cardholder",
    " dear mailbox",
    " dear all",
];

fn count(text: &str, phrases: Phrases) -> usize {
    phrases
        .iter()
        .filter(|phrase| memmem::find(text.as_bytes(), phrase.as_bytes()).is_some())
        .count()
}

/// What is known beside the text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Around {
    /// There is a link to press.
    pub links: bool,
    /// There is a file.
    pub files: bool,
    /// The sender writes from a free mailbox or has the answer go elsewhere.
    pub loose: bool,
}

/// The signs in a subject and a text.
pub(super) fn signs(subject: &str, text: &str, around: Around, out: &mut Vec<Sign>) {
    let text = [folded(subject, 300), folded(text, MOST)].concat();
    let has = |phrases: Phrases| count(&text, phrases);
    let (account, threat, hurry, ask) = (has(ACCOUNT), has(THREAT), has(HURRY), has(ASK));
    let reach = around.links || around.files;
    if account > 0 && ((threat > 0 && hurry > 0) || (threat > 1 && ask > 0) || (hurry > 0 && ask > 1)) && reach {
        out.push(Sign::AccountAlarm);
        if threat > 0 && hurry > 0 && ask > 0 {
            out.push(Sign::AccountTrap);
        }
    }
    let checks: [(Sign, bool); 8] = [
        (Sign::MailboxAlarm, reach && has(MAILBOX) > 0 && ask + threat + hurry > 1),
        (
            Sign::Parcel,
            around.links && has(PARCEL) > 0 && has(PARCEL_ASK) > 0 && ask + hurry + threat > 0,
        ),
        (Sign::Prize, has(PRIZE) > 1),
        (Sign::AdvanceFee, has(MONEY) >= if around.loose { 4 } else { 6 }),
        (Sign::Extortion, has(COIN) > 0 && has(SHAME) > 2),
        (
            Sign::CallUs,
            has(CHARGE) > 2 && has(CALL) > 0 && telephone(&text) && (around.loose || !around.links),
        ),
        (Sign::SharedFile, reach && has(SHARED) > 0 && ask + hurry > 0),
        (Sign::Wares, has(WARES) > 1),
    ];
    out.extend(checks.into_iter().filter(|(_, found)| *found).map(|(sign, _)| sign));
    let start: String = text.chars().take(600).collect();
    if count(&start, NOBODY) > 0 {
        out.push(Sign::NoName);
    }
}

/// Whether a number of ten or more digits stands in a text, as a telephone number is written.
fn telephone(text: &str) -> bool {
    let mut digits = 0;
    let mut gap = 0;
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits += 1;
            gap = 0;
            if digits >= 10 {
                return true;
            }
        } else if matches!(c, ' ' | '-' | '.' | '+' | '/') && gap < 2 {
            gap += 1;
        } else {
            digits = 0;
        }
    }
    false
}

/// Whether letters of Cyrillic or Greek stand inside of words of Latin letters; how many such words.
pub(super) fn mixed_words(text: &str, most: usize) -> usize {
    let words = text.split(|c: char| !c.is_alphabetic()).take(most);
    words
        .filter(|word| {
            let latin = word.chars().filter(char::is_ascii_alphabetic).count();
            let alike = word.chars().filter(|c| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{1d400}'..='\u{1d7ff}' | '\u{ff21}'..='\u{ff5a}' | 'ı' | 'ɑ' | 'ɡ')).count();
            (latin > 0 && alike > 0) || word.chars().any(|c| matches!(c, '\u{1d400}'..='\u{1d7ff}'))
        })
        .count()
}

/// How many words are cut apart by a character that cannot be seen, between two letters.
pub(super) fn split_words(text: &str, most: usize) -> usize {
    let mut found = 0;
    let mut last_letter = false;
    let mut gap = false;
    for c in text.chars().take(most) {
        // Joiners are letters' own business in the scripts that use them, and emoji's.
        let cuts = matches!(
            c,
            '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{34f}' | '\u{180e}'
        );
        if cuts {
            gap |= last_letter;
        } else {
            let letter = c.is_ascii_alphabetic();
            found += usize::from(gap && letter);
            last_letter = letter;
            gap = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(subject: &str, text: &str, links: bool, loose: bool) -> Vec<Sign> {
        let mut out = Vec::new();
        signs(
            subject,
            text,
            Around {
                links,
                files: false,
                loose,
            },
            &mut out,
        );
        out
    }

    #[test]
    fn what_comes_together_counts_and_a_single_phrase_does_not() {
        use Sign::{AccountAlarm, AccountTrap, AdvanceFee, CallUs, Extortion, MailboxAlarm, NoName, Parcel, Prize};
        for (subject, text, links, loose, expected) in [
            (
                "Action required",
                "Dear customer, your account has been limited. Verify it now.",
                true,
                false,
                vec![AccountAlarm, AccountTrap, NoName],
            ),
            (
                "Dernier rappel",
                "Votre compte sera suspendu sous 24 heures : cliquez ici",
                true,
                false,
                vec![AccountAlarm, AccountTrap],
            ),
            (
                "Colis",
                "Votre colis est en attente, confirmez votre adresse et payez les frais",
                true,
                false,
                vec![Parcel],
            ),
            (
                "Félicitations !",
                "Vous avez gagné une carte cadeau, répondez au sondage",
                true,
                false,
                vec![Prize],
            ),
            (
                "Re:",
                "Donation of 5 million dollars, I am a widow, reply to my private email",
                false,
                true,
                vec![AdvanceFee],
            ),
            (
                "hi",
                "I recorded you with your webcam. Pay 900 in bitcoin or your contacts see it. I have full access",
                false,
                false,
                vec![Extortion],
            ),
            (
                "Invoice",
                "Your subscription renewed, you were charged $399. To cancel call +1 (888) 555-0100",
                false,
                true,
                vec![CallUs],
            ),
            (
                "Your mailbox is full",
                "Incoming messages are on hold. Click here to upgrade now",
                true,
                false,
                vec![MailboxAlarm],
            ),
            (
                "Lunch",
                "Shall we meet today? My account of the holiday is on its way.",
                true,
                false,
                vec![],
            ),
            (
                "Your invoice",
                "Thank you for your order. The payment is confirmed.",
                true,
                false,
                vec![],
            ),
        ] {
            let mut signs = found(subject, text, links, loose);
            signs.retain(|sign| *sign != Sign::SharedFile);
            assert_eq!(signs, expected, "{subject}");
        }
    }

    #[test]
    fn words_that_hide_are_seen() {
        assert_eq!(mixed_words("pаypal and paypal, счёт", 100), 1);
        assert_eq!(split_words("pass\u{200b}word and 👩\u{200d}💻 x\u{200b} y", 1_000), 1);
        assert_eq!(folded("L’Été  à\tParis!", 100), " l ete a paris ");
    }
}
