//! The words of the spam filter: what each sign says, and the page that explains a verdict.
//!
//! A sign is told as what was seen and never as what somebody is: "the name is a firm's, the address is
//! not" can be checked by whoever reads it.

use super::{Lang, Words};
use crate::domain::spam::{Reason, Sign};

fn say<T>(lang: Lang, english: T, french: T) -> T {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident $english:literal $french:literal;)*) => {
        $($(#[$doc])* pub fn $name(lang: Lang) -> &'static str { say(lang, $english, $french) })*
    };
}

phrases! {
    /// The page's title, and the link to it.
    title "Is it spam?" "Est-ce un indésirable\u{202f}?";
    /// Tagged by the filter.
    tagged "The filter takes it for spam." "Le filtre le tient pour un indésirable.";
    /// Not tagged.
    untagged "The filter takes it for honest mail." "Le filtre le tient pour un message honnête.";
    /// Nobody asked the filter.
    unasked "The filter was not asked: this message was imported, or is your own." "Le filtre n’a pas été consulté\u{202f}: ce message a été importé, ou vient de vous.";
    /// The owner said spam.
    said_spam "You said that it is spam." "Vous avez dit que c’est un indésirable.";
    /// The owner said not spam.
    said_honest "You said that it is not spam." "Vous avez dit que ce n’est pas un indésirable.";
    /// The button.
    is_spam "It is spam" "C’est un indésirable";
    /// The button.
    is_honest "It is not spam" "Ce n’est pas un indésirable";
    /// The button that takes a word back.
    take_back "Take back what I said" "Retirer ce que j’ai dit";
    /// What the buttons do.
    what_happens "The filter learns from what you say, here in your box and nowhere else. Spam is put aside, never deleted. You can always change your mind: the filter then is as if you had never said it." "Le filtre apprend de ce que vous dites, ici dans votre boîte et nulle part ailleurs. Un indésirable est mis de côté, jamais supprimé. Vous pouvez toujours changer d’avis\u{202f}: le filtre est alors comme si vous n’aviez rien dit.";
    /// The heading of the reasons.
    reasons "The strongest reasons" "Les raisons les plus fortes";
    /// What the numbers are.
    scale "Above zero speaks for spam, below zero against it. The tag begins where the sum passes a limit that honest mail hardly ever reaches." "Au-dessus de zéro\u{202f}: plutôt indésirable\u{202f}; au-dessous\u{202f}: plutôt honnête. L’étiquette commence quand la somme dépasse un seuil que les messages honnêtes n’atteignent presque jamais.";
    /// No reason weighs anything.
    no_reasons "Nothing about it stood out." "Rien de particulier n’a été relevé.";
    /// The sender is known.
    known "You know this sender: their mail is never put aside for what it says." "Vous connaissez cet expéditeur\u{202f}: ses messages ne sont jamais mis de côté pour ce qu’ils disent.";
    /// The way back.
    back "In the message" "Retour au message";
    /// Where the verdict stands as a number.
    likelihood "Likelihood of spam: {n}%" "Probabilité d’indésirable\u{202f}: {n}\u{202f}%";
}

impl Words {
    /// The link to the page that explains a verdict.
    pub fn spam_title(&self) -> &'static str {
        title(self.lang)
    }

    /// The button that says that a message is spam.
    pub fn spam_is_spam(&self) -> &'static str {
        is_spam(self.lang)
    }

    /// The button that says that it is not.
    pub fn spam_is_honest(&self) -> &'static str {
        is_honest(self.lang)
    }
}

/// How many lessons the filter has.
pub fn lessons(lang: Lang, n: u64) -> String {
    match (lang, n) {
        (Lang::En, 0) => "You have not taught it anything yet: it judges by what any new box knows.".to_owned(),
        (Lang::Fr, 0) => "Vous ne lui avez encore rien appris\u{202f}: il juge avec ce que sait toute boîte neuve.".to_owned(),
        (Lang::En, 1) => "It has learnt from 1 message of yours.".to_owned(),
        (Lang::Fr, 1) => "Il a appris d’un message que vous avez classé.".to_owned(),
        (Lang::En, n) => format!("It has learnt from {n} messages of yours."),
        (Lang::Fr, n) => format!("Il a appris de {n} messages que vous avez classés."),
    }
}

/// A reason in words.
pub fn reason(lang: Lang, reason: &Reason) -> String {
    let quoted = |text: &str| say(lang, format!("“{text}”"), format!("«\u{202f}{text}\u{202f}»"));
    match reason {
        Reason::Sign(sign) => self::sign(lang, *sign).to_owned(),
        Reason::Words(text) if text.contains(' ') => say(lang, format!("The words {}", quoted(text)), format!("Les mots {}", quoted(text))),
        Reason::Words(text) => say(lang, format!("The word {}", quoted(text)), format!("Le mot {}", quoted(text))),
        Reason::Sender(text) => say(
            lang,
            format!("The sender: {}", quoted(text)),
            format!("L’expéditeur\u{202f}: {}", quoted(text)),
        ),
        Reason::Link(text) => say(
            lang,
            format!("In its links: {}", quoted(text)),
            format!("Dans ses liens\u{202f}: {}", quoted(text)),
        ),
        Reason::Make(text) => say(
            lang,
            format!("How it is made: {}", quoted(text)),
            format!("Sa fabrication\u{202f}: {}", quoted(text)),
        ),
    }
}

/// What a sign says.
pub fn sign(lang: Lang, sign: Sign) -> &'static str {
    let (english, french) = words(sign);
    say(lang, english, french)
}

#[rustfmt::skip]
fn words(sign: Sign) -> (&'static str, &'static str) {
    match sign {
        Sign::BrandName => ("The name is that of a well-known firm, the address is not", "Le nom est celui d’une entreprise connue, pas l’adresse"),
        Sign::BrandSubject => ("The subject names a well-known firm that neither the address nor a link belongs to", "L’objet nomme une entreprise connue à qui n’appartiennent ni l’adresse ni les liens"),
        Sign::BrandText => ("The text speaks for a well-known firm that neither the address nor a link belongs to", "Le texte parle au nom d’une entreprise connue à qui n’appartiennent ni l’adresse ni les liens"),
        Sign::BrandDomain => ("The address imitates that of a well-known firm", "L’adresse imite celle d’une entreprise connue"),
        Sign::NameIsAddress => ("The name shows another address than the real one", "Le nom affiche une autre adresse que la vraie"),
        Sign::PosesAsHome => ("The name pretends to be of your own domain", "Le nom prétend être de votre propre domaine"),
        Sign::FromYourself => ("It pretends to be from you, and nothing bears that out", "Il prétend venir de vous, et rien ne le confirme"),
        Sign::FreemailFirm => ("A firm or an office that writes from a free mailbox", "Une entreprise ou une administration qui écrit depuis une messagerie gratuite"),
        Sign::ReplyElsewhere => ("Answers would go to another domain", "Les réponses partiraient vers un autre domaine"),
        Sign::ReplyToFreemail => ("Answers would go to a free mailbox", "Les réponses partiraient vers une messagerie gratuite"),
        Sign::CheapDomain => ("The sender’s domain has an ending that costs next to nothing", "Le domaine de l’expéditeur a une terminaison qui ne coûte presque rien"),
        Sign::MadeUpAddress => ("The address looks as if a program had made it up", "L’adresse semble inventée par un programme"),
        Sign::ScriptsInDomain => ("The sender’s domain is written in look-alike letters", "Le domaine de l’expéditeur est écrit avec des lettres trompeuses"),
        Sign::EnvelopeElsewhere => ("Another domain than the author’s sent it", "Un autre domaine que celui de l’auteur l’a envoyé"),
        Sign::NumberElsewhere => ("Its number was given by another domain", "Son numéro vient d’un autre domaine"),
        Sign::OfficialName => ("The sender calls himself a service, a support or an office", "L’expéditeur se présente comme un service, un support ou un bureau"),
        Sign::OddDomain => ("The sender’s domain is an odd one", "Le domaine de l’expéditeur est étrange"),
        Sign::LooksLikeKnown => ("The sender’s domain looks like one that you know, and is not it", "Le domaine de l’expéditeur ressemble à un domaine que vous connaissez, sans l’être"),
        Sign::BorrowedName => ("The name is that of somebody in your address book, the address is not", "Le nom est celui de quelqu’un de votre carnet, pas l’adresse"),
        Sign::SpfFail => ("That server may not send for this domain (SPF)", "Ce serveur n’a pas le droit d’envoyer pour ce domaine (SPF)"),
        Sign::SpfSoft => ("That server probably may not send for this domain (SPF)", "Ce serveur n’a sans doute pas le droit d’envoyer pour ce domaine (SPF)"),
        Sign::SpfAbsent => ("The domain does not say which servers are its own (SPF)", "Le domaine ne dit pas quels serveurs sont les siens (SPF)"),
        Sign::DkimFail => ("Its signature does not hold (DKIM)", "Sa signature ne tient pas (DKIM)"),
        Sign::Unsigned => ("No domain signed it (DKIM)", "Aucun domaine ne l’a signé (DKIM)"),
        Sign::DmarcFail => ("The sender’s domain does not stand for it (DMARC)", "Le domaine de l’expéditeur ne s’en porte pas garant (DMARC)"),
        Sign::DmarcStrict => ("The sender’s domain disowns it and asks not to let it through (DMARC)", "Le domaine de l’expéditeur le renie et demande de ne pas le laisser passer (DMARC)"),
        Sign::DmarcPass => ("The sender’s domain stands for it (DMARC)", "Le domaine de l’expéditeur s’en porte garant (DMARC)"),
        Sign::SignedByOther => ("Only another domain signed it (DKIM)", "Seul un autre domaine l’a signé (DKIM)"),
        Sign::SignedByAuthor => ("It carries a signature of the sender’s domain (DKIM)", "Il porte une signature du domaine de l’expéditeur (DKIM)"),
        Sign::LinkDeceives => ("A link shows one place and opens another", "Un lien affiche un endroit et en ouvre un autre"),
        Sign::LinkToNumber => ("A link goes to a bare number", "Un lien mène à un simple numéro"),
        Sign::LinkPunycode => ("A link’s name is written in foreign letters", "Le nom d’un lien est écrit avec des lettres étrangères"),
        Sign::LinkShortened => ("A shortened link hides where it goes", "Un lien raccourci cache sa destination"),
        Sign::LinkFreeHost => ("A link opens a page where anybody may put one without a name", "Un lien ouvre une page d’un service où n’importe qui en publie sans se nommer"),
        Sign::LinksElsewhere => ("No link goes to the sender’s own domain", "Aucun lien ne mène au domaine de l’expéditeur"),
        Sign::OneTarget => ("All its links go to one single strange place", "Tous ses liens mènent à un seul endroit étranger"),
        Sign::LinkCheap => ("A link’s domain has an ending that costs next to nothing", "Le domaine d’un lien a une terminaison qui ne coûte presque rien"),
        Sign::LinkDisguised => ("A link is disguised", "Un lien est déguisé"),
        Sign::LinkKnowsYou => ("A link would hand your address to a stranger", "Un lien donnerait votre adresse à un inconnu"),
        Sign::LinkImitates => ("A link imitates the address of a well-known firm", "Un lien imite l’adresse d’une entreprise connue"),
        Sign::LinkMadeUp => ("A link’s name looks as if a program had made it up", "Le nom d’un lien semble inventé par un programme"),
        Sign::LinkForwards => ("A link hides behind another site that forwards", "Un lien se cache derrière un autre site qui redirige"),
        Sign::LinksHome => ("Its links go to the sender’s own domain", "Ses liens mènent au domaine de l’expéditeur"),
        Sign::AccountAlarm => ("It alarms about an account and presses you to act", "Il alarme au sujet d’un compte et vous presse d’agir"),
        Sign::AccountTrap => ("An account, a threat, a hurry and something to click", "Un compte, une menace, une urgence et de quoi cliquer"),
        Sign::Extortion => ("It threatens and asks for digital coins", "Il menace et demande des cryptomonnaies"),
        Sign::AdvanceFee => ("Much money from a stranger", "Beaucoup d’argent de la part d’un inconnu"),
        Sign::Prize => ("Something won, or given away", "Un gain ou un cadeau"),
        Sign::CallUs => ("A charge that nobody knows of, and a number to call", "Une dépense inconnue et un numéro à appeler"),
        Sign::Parcel => ("A parcel that waits for something", "Un colis qui attend quelque chose"),
        Sign::PictureOnly => ("A picture with a link, and hardly a word", "Une image avec un lien, et presque pas de mots"),
        Sign::HiddenText => ("Much text that cannot be seen", "Beaucoup de texte qu’on ne voit pas"),
        Sign::SplitWords => ("Words cut apart by invisible characters", "Des mots coupés par des caractères invisibles"),
        Sign::MixedScripts => ("Words with look-alike letters of another script", "Des mots avec des lettres trompeuses d’un autre alphabet"),
        Sign::NoName => ("It greets a customer, a user, or nobody", "Il salue un client, un utilisateur ou personne"),
        Sign::GreetsName => ("It greets you by your name", "Il vous salue par votre nom"),
        Sign::GreetsAddress => ("It greets you by your address", "Il vous salue par votre adresse"),
        Sign::SharedFile => ("A document or message that waits behind a link or a file", "Un document ou un message qui attend derrière un lien ou un fichier"),
        Sign::Wares => ("Wares that nobody asked for", "Des offres que personne n’a demandées"),
        Sign::Gtube => ("The text that filters are tested with (GTUBE)", "Le texte qui sert à essayer les filtres (GTUBE)"),
        Sign::MailboxAlarm => ("It alarms about your mailbox", "Il alarme au sujet de votre messagerie"),
        Sign::HtmlFile => ("A web page as a file", "Une page web en pièce jointe"),
        Sign::DangerousFile => ("A file that can do harm", "Un fichier qui peut nuire"),
        Sign::DisguisedFile => ("A file that pretends to be something else", "Un fichier qui se fait passer pour autre chose"),
        Sign::ActiveDocument => ("A document that runs or fetches something when it is opened", "Un document qui exécute ou va chercher quelque chose à l’ouverture"),
        Sign::LockedFile => ("An archive with a password, into which nobody could look", "Une archive avec un mot de passe, dans laquelle personne n’a pu regarder"),
        Sign::TrapPage => ("A page that builds a file on your computer, or asks for a password", "Une page qui fabrique un fichier sur votre ordinateur, ou demande un mot de passe"),
        Sign::Virus => ("Your virus scanner knows it", "Votre antivirus le connaît"),
        Sign::FileOnly => ("A file and hardly a word", "Un fichier et presque pas de mots"),
        Sign::NoRecipient => ("It names no recipient", "Il ne nomme aucun destinataire"),
        Sign::ToSender => ("It is addressed to its own sender", "Il est adressé à son propre expéditeur"),
        Sign::Form => ("A form to fill in", "Un formulaire à remplir"),
        Sign::PasswordField => ("A field for a password", "Un champ pour un mot de passe"),
        Sign::Script => ("A program inside the text", "Un programme dans le texte"),
        Sign::NoDate => ("It has no date", "Il n’a pas de date"),
        Sign::OddDate => ("Its date cannot be right", "Sa date ne peut pas être juste"),
        Sign::ManyFrom => ("It names several authors in several places", "Il nomme plusieurs auteurs à plusieurs endroits"),
        Sign::NoFrom => ("It names no author", "Il ne nomme aucun auteur"),
        Sign::Capitals => ("The subject is in capitals", "L’objet est en majuscules"),
        Sign::FalseReply => ("The subject answers something that was never said", "L’objet répond à ce qui n’a jamais été dit"),
        Sign::SubjectKnowsYou => ("Your address is in the subject", "Votre adresse est dans l’objet"),
        Sign::HtmlOnly => ("It has no plain text beside the formatted one", "Il n’a pas de texte simple à côté du texte mis en forme"),
        Sign::NoNumber => ("It has no number of its own", "Il n’a pas de numéro propre"),
        Sign::LoudSubject => ("The subject shouts", "L’objet crie"),
        Sign::Garbled => ("Some of its characters cannot be read", "Certains de ses caractères sont illisibles"),
        Sign::NumberedSubject => ("The subject ends in a made-up number", "L’objet finit par un numéro inventé"),
        Sign::Wrapped => ("It is wrapped up more than need be", "Il est emballé plus que nécessaire"),
        Sign::Answers => ("It answers a message", "Il répond à un message"),
        Sign::Quotes => ("It quotes what was said before", "Il cite ce qui a été dit"),
        Sign::Unsubscribe => ("It says how to leave the list", "Il dit comment quitter la liste"),
        Sign::OpenPgp => ("It comes with OpenPGP", "Il vient avec OpenPGP"),
        Sign::PlainWords => ("Plain words without a link", "De simples mots sans lien"),
        Sign::List => ("It comes from a mailing list", "Il vient d’une liste de diffusion"),
        Sign::Stranger => ("Nothing was ever heard from this sender", "On n’a jamais rien reçu de cet expéditeur"),
        Sign::Heard => ("There was honest mail from this sender before", "Cet expéditeur a déjà envoyé des messages honnêtes"),
        Sign::HeardOften => ("There was much honest mail from this sender before", "Cet expéditeur a déjà envoyé beaucoup de messages honnêtes"),
        Sign::Known => ("You know the sender", "Vous connaissez l’expéditeur"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_has_its_sentence_in_both_languages() {
        for sign in Sign::ALL {
            let (english, french) = words(*sign);
            assert!(english != french && !english.ends_with('.') && !french.ends_with('.'), "{sign:?}");
        }
        assert_eq!(reason(Lang::Fr, &Reason::Words("argent".into())), "Le mot «\u{202f}argent\u{202f}»");
    }
}
