//! The phrases that lures are known by, in seven languages, folded as `lures::folded` does.
//!
//! Each is a beginning: ` suspend` is in "suspended" and "suspension". Laid out by hand, many to a line.

/// Beginnings of words, folded.
pub(super) type Phrases = &'static [&'static str];

/// Accounts and what opens them.
pub(super) const ACCOUNT: Phrases = &[
    " account", " password", " mailbox", " e-mail box", " webmail", " sign-in", " sign in ", " login", " log-in", " log in", " credential", " wallet",
    " membership", " subscription", " card ", " payment", " billing", " identity", " profile", " storage", " compte", " mot de passe",
    " messagerie", " boite mail", " boite de reception", " identifiant", " connexion", " abonnement", " carte ", " paiement", " carte vitale",
    " espace client", " konto", " passwort", " postfach", " kunden", " zahlung", " cuenta", " contrasena", " tarjeta", " conta ", " senha", " cartao",
    " conto", " carta ", " rekening", " wachtwoord", " betaal", " token", " 2fa", " two-factor", " seed phrase", " recovery phrase", " kyc",
];

/// What happens otherwise.
pub(super) const THREAT: Phrases = &[
    " suspend", " limited", " limitation", " restrict", " lock", " disabled", " deactivat", " terminat", " closed", " closure", " expire",
    " expir", " unusual", " unauthori", " suspicious", " unverified", " failed", " failure", " declined", " on hold", " held", " blocked",
    " breach", " compromised", " overdue", " past due", " delete", " shut down", " discontinu", " exceeded", " full ", " quota", " interrupted",
    " bloqu", " desactiv", " ferme", " refuse", " echou", " echec", " inhabituel", " non autorise", " frauduleu", " suspect", " impaye", " retard",
    " gesperrt", " eingeschrankt", " gesperr", " ablauf", " ungewohnlich", " verdachtig", " bloque", " suspendid", " vencid", " bloquead",
    " suspens", " sospes", " bloccat", " scadut", " geblokkeerd", " verlopen", " penalty", " legal action", " amende", " majoration",
];

/// A hurry.
pub(super) const HURRY: Phrases = &[
    " urgent", " immediate", " within 24", " within 48", " 24 hours", " 48 hours", " 72 hours", " 24hrs", " today", " asap", " final notice", " last notice",
    " last chance", " final warning", " last warning", " act now", " as soon as possible", " before it s too late", " avoid", " deadline",
    " action required", " action needed", " attention required", " important notice", " security alert", " alert ", " warning",
    " dans les 24", " sous 24", " sous 48", " 24 heures", " 48 heures", " 72 heures", " immediatement", " dernier rappel", " derniere relance",
    " au plus vite", " dans les plus brefs delais", " eviter", " action requise", " alerte", " sofort", " innerhalb von", " umgehend", " dringend",
    " letzte", " inmediat", " urgente", " ultimo aviso", " imediat", " entro 24", " subito", " onmiddellijk", " binnen 24",
];

/// What is to be done.
pub(super) const ASK: Phrases = &[
    " verify", " confirm", " validate", " update your", " update account", " update payment", " review your", " restore", " reactivat", " unlock", " secure your",
    " authenticate", " re-authenticate", " click here", " click below", " click the", " click on", " clicking", " log in to", " sign in to", " follow the link",
    " keep same", " keep current", " keep my", " keep the same", " upgrade now", " renew", " proceed", " resolve", " access your", " reconfirm",
    " cliquez", " cliquant", " verifie", " confirme", " valide", " mettre a jour", " mettez a jour", " mise a jour", " connectez", " reactive", " regularis",
    " renouvel", " debloqu", " bestatigen", " verifizieren", " klicken", " aktualisier", " anmelden", " verifique", " confirmar", " haga clic", " actualiz",
    " clique", " atualiz", " confirm", " clicca", " verifica", " aggiorn", " klik", " bevestig", " bijwerken",
];

/// A mailbox in trouble.
pub(super) const MAILBOX: Phrases = &[
    " mailbox is full", " mailbox is almost full", " mailbox full", " mailbox storage", " email storage", " storage is full", " storage full", " storage limit", " quota exceeded",
    " mailbox quota", " exceeded its", " incoming messages", " incoming mails", " incoming emails", " pending messages", " pending emails", " pending mails", " undelivered messages",
    " undelivered mails", " undelivered emails", " held messages", " messages are being held", " quarantine", " webmail", " mail server", " email server", " mailbox will be",
    " password will expire", " password expires", " password is set to expire", " password expire", " password is due", " keep same password", " keep current password",
    " mail delivery suspended", " email account will", " deactivation request", " email deactivation", " mail upgrade", " mailbox upgrade",
    " boite mail est pleine", " boite aux lettres est pleine", " messages en attente", " quota de stockage", " espace de stockage", " mot de passe expire", " mot de passe va expirer",
    " postfach ist voll", " speicherplatz", " buzon", " caixa de correio", " casella",
];

/// A parcel.
pub(super) const PARCEL: Phrases = &[
    " parcel", " package", " shipment", " delivery", " courier", " tracking number", " colis", " livraison", " expedition", " paket", " sendung", " lieferung",
    " zustellung", " paquete", " envio", " entrega", " encomenda", " pacco", " spedizione", " consegna", " pakket", " bezorging", " customs",
    " douane", " zoll",
];

/// Something it waits for.
pub(super) const PARCEL_ASK: Phrases = &[
    " fee", " unpaid", " customs", " could not be delivered", " unable to deliver", " failed delivery", " missed delivery", " delivery attempt", " reschedule", " incomplete address",
    " wrong address", " confirm your address", " address information", " shipping cost", " on hold", " waiting for", " awaiting", " suspended", " returned to",
    " frais", " en attente", " n a pas pu etre", " reprogramm", " adresse incomplete", " replanifi", " douan", " gebuhr", " konnte nicht", " bestatigen", " tasa", " pendiente",
    " retenido", " taxa", " pendente", " spese", " in sospeso", " verzendkosten", " $1", " $2", " 1.99", " 2.99", " 1,95", " 2,99",
];

/// A gift.
pub(super) const PRIZE: Phrases = &[
    " congratulations", " you have been selected", " you ve been selected", " you have been chosen", " you ve been chosen", " you are a winner", " you won", " you ve won", " winner", " gift card",
    " giftcard", " reward", " survey", " prize", " claim your", " claim now", " loyalty", " exclusive offer", " free gift", " sweepstake", " giveaway", " lucky", " bonus", " cashback",
    " airdrop", " felicitations", " vous avez ete selectionne", " vous avez gagne", " gagnant", " carte cadeau", " recompense", " sondage", " bon d achat", " tirage", " cadeau",
    " herzlichen gluckwunsch", " gewonnen", " gewinn", " gutschein", " umfrage", " felicidades", " ganado", " premio", " parabens", " ganhou", " sorteio", " complimenti", " vinto",
    " gefeliciteerd", " gewonnen",
];

/// Much money from nowhere.
pub(super) const MONEY: Phrases = &[
    " million", " usd", " us dollars", " dollars", " inheritance", " next of kin", " beneficiary", " deceased", " late husband", " late father", " fund", " atm card", " lottery",
    " compensation", " donation", " donate", " charity", " widow", " barrister", " attorney", " consignment", " bank draft", " transfer", " western union", " moneygram",
    " business proposal", " investment", " investor", " loan", " interest rate", " partnership", " confidential", " trust", " foreign", " united nations", " fbi", " imf", " diplomat",
    " god bless", " dear friend", " beloved", " reply", " contact me", " private email", " percent", " % ", " heritage", " heritier", " defunt", " don de", " notaire", " pret entre",
    " credit entre particulier", " taux d interet", " fonds", " beneficiaire", " veuve", " donation", " erbschaft", " spende", " darlehen", " herencia", " herdeiro", " prestamo",
    " military", " oil company", " gold", " portfolio", " funding", " full name", " occupation", " phone number", " age ", " direct line",
];

/// Coins.
pub(super) const COIN: Phrases = &[" bitcoin", " btc", " usdt", " litecoin", " ltc ", " crypto", " ethereum", " monero"];

/// Shame.
pub(super) const SHAME: Phrases = &[
    " webcam", " camera", " recorded", " recording", " footage", " video of you", " masturbat", " porn", " adult site", " adult video", " malware", " trojan", " spyware", " rat ", " hacked",
    " hacker", " i have access", " full access", " your contacts", " your friends", " your family", " embarrass", " pervert", " pirate", " filme", " enregistre", " vos contacts", " tes contacts",
    " gehackt", " aufgenommen", " grabado", " hackeado", " your password", " your device", " your devices", " operating system", " explosive", " hitman",
];

/// A number to call because of a charge.
pub(super) const CHARGE: Phrases = &[
    " invoice", " order ", " renewal", " renewed", " auto-renew", " subscription", " charged", " debited", " deducted", " purchase", " transaction", " payment", " refund", " cancel", " facture",
    " prelev", " rembourse", " antivirus", " protection plan", " geek squad", " customer care", " helpline", " help desk", " toll free", " toll-free",
    " call us", " call our", " contact us at", " contact our", " dispute",
];
pub(super) const CALL: Phrases = &[" call", " toll", " helpline", " hotline", " phone", " dial", " appele", " contact us", " contact our", " reach us", " customer support", " customer care"];

/// Something shared.
pub(super) const SHARED: Phrases = &[
    " shared a document", " shared a file", " shared with you", " shared file", " shared document", " sent you a document", " sent you a file", " secure document", " secure message",
    " encrypted message", " view document", " view file", " review document", " open document", " download document", " document has been", " e-sign", " esign", " signature required", " please sign",
    " voicemail", " voice message", " missed call", " new fax", " efax", " incoming fax", " audio message", " payroll", " salary", " remittance", " wire transfer", " payment advice", " payment copy",
    " proforma", " purchase order", " rfq", " quotation", " swift copy", " bank slip", " benefits", " scanned", " facture en attente", " a partage", " document partage", " message vocal", " nouveau document", " document securise",
    " consulter le document", " freigegeben", " rechnung", " factura", " fatura", " boleto", " fattura", " documento",
];

/// Wares that nobody asked for.
pub(super) const WARES: Phrases = &[
    " viagra", " cialis", " pharmacy", " pills", " weight loss", " lose weight", " keto", " cbd", " gummies", " enlarge", " erectile", " testosterone", " rolex", " replica", " casino", " betting", " slots",
    " hot girls", " singles", " dating", " milf", " sexy", " nude", " mortgage", " refinance", " life insurance", " debt", " cheap", " click to remove", " opt out", " work from home", " home business", " earn money",
    " make money", " extra income", " get rich", " 100% free", " risk free", " no obligation", " money back", " guaranteed", " limited time", " special promotion", " seo", " backlink", " first page of google", " guest post",
    " web design", " website design", " mailing list", " email list", " bulk email", " diploma", " degree", " hair loss", " blood sugar", " diabetes", " tinnitus", " prostate", " neuropathy", " solar panel", " roofing", " gutter",
    " medicare", " hearing aid", " walk-in", " ed pills", " isolation", " panneaux solaires", " pompe a chaleur", " mutuelle sante", " voyance", " rencontre", " compte formation", " cpf ", " perte de poids",
    " minceur", " puissance", " nutrition", " investir", " trading",
];

/// A greeting to nobody.
pub(super) const NOBODY: Phrases = &[
    " dear customer", " dear client", " dear user", " dear member", " dear valued", " dear sir", " dear madam", " dear beneficiary", " dear friend", " dear account", " dear email", " dear webmail", " dear subscriber",
    " valued customer", " dear owner", " hello user", " hi user", " hello customer", " attention:", " attn", " dear beloved", " dear taxpayer", " dear winner", " dear recipient", " hello dear", " cher client", " chere cliente",
    " cher(e) client", " cher utilisateur", " cher abonne", " bonjour cher", " madame monsieur", " chers clients", " cher assure", " chere assuree", " sehr geehrter kunde", " sehr geehrte kund", " lieber kunde", " estimado cliente", " querido cliente", " estimado usuario",
    " prezado cliente", " caro cliente", " gentile cliente", " geachte klant", " beste klant", " dear cardholder", " dear mailbox", " dear all",
];
