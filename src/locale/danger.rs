//! The words about what may do harm: each danger in one sentence, and what can come of it in another.
//!
//! Plain words: what happens to whom, and no names of attacks. Names out of a message stand in them with
//! everything unseen made visible, so that a sender cannot write our sentence.

use super::Lang;
use crate::domain::danger::{Danger, Scan, Threat};

/// The phrases around the dangers.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct DangerWords {
    pub title: &'static str,
    pub about_file: &'static str,
    pub step_title: &'static str,
    pub step_intro: &'static str,
    pub step_intro_message: &'static str,
    pub advice_title: &'static str,
    pub advice: &'static str,
    pub advice_kept: &'static str,
    pub save_anyway: &'static str,
    pub leave: &'static str,
    pub look_first: &'static str,
}

const EN: DangerWords = DangerWords {
    title: "Be careful with this message",
    about_file: "Be careful with this file",
    step_title: "Before you save this file",
    step_intro: "This file can do harm on your computer. Caliopen keeps it as it came and has not opened it.",
    step_intro_message: "Nothing is known against the file itself, but there is reason to be careful with the message that it came with.",
    advice_title: "What you can do",
    advice: "If you did not expect this file, ask the sender first, by telephone or at an address that you know already, and not by answering this message.",
    advice_kept: "Nothing is lost if you leave it: the file stays with the message.",
    save_anyway: "Save it anyway",
    leave: "Leave it, back to the message",
    look_first: "Look first",
};

const FR: DangerWords = DangerWords {
    title: "Prudence avec ce message",
    about_file: "Prudence avec ce fichier",
    step_title: "Avant d’enregistrer ce fichier",
    step_intro: "Ce fichier peut faire des dégâts sur votre ordinateur. Caliopen le garde tel qu’il est arrivé et ne l’a pas ouvert.",
    step_intro_message: "Rien n’est connu contre le fichier lui-même, mais le message qui l’apporte appelle à la prudence.",
    advice_title: "Ce que vous pouvez faire",
    advice: "Si vous n’attendiez pas ce fichier, demandez d’abord à l’expéditeur, par téléphone ou à une adresse que vous connaissez déjà, et non en répondant à ce message.",
    advice_kept: "Rien n’est perdu si vous le laissez\u{202f}: le fichier reste avec le message.",
    save_anyway: "L’enregistrer quand même",
    leave: "Le laisser et revenir au message",
    look_first: "Vérifier d’abord",
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static DangerWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

fn say(lang: Lang, english: &str, french: &str) -> String {
    match lang {
        Lang::En => english.to_owned(),
        Lang::Fr => french.to_owned(),
    }
}

/// A name out of a message: what is unseen or turns the text around becomes a `?`.
fn shown(name: &str) -> String {
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    name.chars().map(|c| if unseen(c) || c.is_control() { '?' } else { c }).collect()
}

/// A danger in one sentence.
pub fn reason(lang: Lang, danger: &Danger) -> String {
    let (english, french, one, two) = match danger {
        Danger::File { threat, .. } => return threat_reason(lang, threat),
        Danger::Assembles => (
            "The message has a program in it that would put a file together on your computer.",
            "Le message contient un programme qui fabriquerait un fichier sur votre ordinateur.",
            "",
            "",
        ),
        Danger::LookAlike { seen, like } => (
            "The sender’s domain “{1}” looks like “{2}”, which you know, and is not it.",
            "Le domaine de l’expéditeur, «\u{202f}{1}\u{202f}», ressemble à «\u{202f}{2}\u{202f}», que vous connaissez, mais ce n’est pas lui.",
            seen.as_str(),
            like.as_str(),
        ),
        Danger::BorrowedName { name } => (
            "The sender bears the name of “{1}” from your address book, with an address that is not theirs.",
            "L’expéditeur porte le nom de «\u{202f}{1}\u{202f}», de votre carnet d’adresses, mais l’adresse n’est pas la sienne.",
            name.as_str(),
            "",
        ),
        Danger::AddressInName { shown } => (
            "The sender’s name shows the address “{1}”, but the message is from another one.",
            "Le nom de l’expéditeur affiche l’adresse «\u{202f}{1}\u{202f}», mais le message vient d’une autre.",
            shown.as_str(),
            "",
        ),
        Danger::ReplyElsewhere { to } => (
            "Your answer would not go to the sender but to “{1}”.",
            "Votre réponse n’irait pas à l’expéditeur mais à «\u{202f}{1}\u{202f}».",
            to.as_str(),
            "",
        ),
        Danger::DeceptiveLink { shown, opens } => (
            "A link shows “{1}” and opens “{2}”.",
            "Un lien affiche «\u{202f}{1}\u{202f}» et ouvre «\u{202f}{2}\u{202f}».",
            shown.as_str(),
            opens.as_str(),
        ),
        Danger::Virus { name } => (
            "A virus was found in it: “{1}”.",
            "Un virus y a été trouvé\u{202f}: «\u{202f}{1}\u{202f}».",
            name.as_str(),
            "",
        ),
    };
    filled(&say(lang, english, french), one, two)
}

/// A sentence with its two names, in one pass: a name cannot bring a place for another.
fn filled(sentence: &str, one: &str, two: &str) -> String {
    let mut out = String::with_capacity(sentence.len() + one.len() + two.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some(("1", after)) => {
                out.push_str(&shown(one));
                rest = after;
            }
            Some((_, after)) => {
                out.push_str(&shown(two));
                rest = after;
            }
            None => rest = after,
        }
    }
    out + rest
}

fn threat_reason(lang: Lang, threat: &Threat) -> String {
    let (english, french) = match threat {
        Threat::Program => ("It is a program.", "C’est un programme."),
        Threat::Script => (
            "It is a script: opening it can run it.",
            "C’est un script\u{202f}: l’ouvrir peut l’exécuter.",
        ),
        Threat::Shortcut => (
            "It is a shortcut: opening it opens or runs something else.",
            "C’est un raccourci\u{202f}: l’ouvrir ouvre ou exécute autre chose.",
        ),
        Threat::DiskImage => ("It is the image of a disk.", "C’est l’image d’un disque."),
        Threat::Disguised => (
            "It is a program that calls itself something else.",
            "C’est un programme qui se fait passer pour autre chose.",
        ),
        Threat::DoubleExtension => (
            "Its name has a harmless-looking ending before the real one.",
            "Son nom a une fin d’apparence anodine avant la vraie.",
        ),
        Threat::TurnedName => (
            "Its name has hidden characters that make it read differently from what it is.",
            "Son nom contient des caractères cachés qui le font lire autrement qu’il n’est.",
        ),
        Threat::ProgramInArchive { name } => {
            let sentence = say(
                lang,
                "It is an archive with something in it that can run: “{1}”.",
                "C’est une archive qui contient quelque chose d’exécutable\u{202f}: «\u{202f}{1}\u{202f}».",
            );
            return filled(&sentence, name, "");
        }
        Threat::Locked => (
            "It is locked with a password, so that nobody could look inside.",
            "Il est verrouillé par un mot de passe\u{202f}: personne n’a pu regarder dedans.",
        ),
        Threat::Unread => (
            "It is an archive that could not be looked into.",
            "C’est une archive dans laquelle on n’a pas pu regarder.",
        ),
        Threat::Bomb => (
            "It unpacks to far more than it seems and could fill your disk.",
            "Il se déploie en bien plus gros qu’il n’y paraît et pourrait remplir votre disque.",
        ),
        Threat::Macros => (
            "It is a document with macros, which are programs.",
            "C’est un document avec des macros, qui sont des programmes.",
        ),
        Threat::Embedded => (
            "It is a document with another file hidden in it.",
            "C’est un document dans lequel un autre fichier est caché.",
        ),
        Threat::Fetches => (
            "It is a document that fetches a part of itself from elsewhere when it is opened.",
            "C’est un document qui va chercher une partie de lui-même ailleurs quand on l’ouvre.",
        ),
        Threat::PdfScript => ("It is a PDF with a program in it.", "C’est un PDF qui contient un programme."),
        Threat::PdfLaunch => (
            "It is a PDF that starts another program.",
            "C’est un PDF qui lance un autre programme.",
        ),
        Threat::WebPage => (
            "It is a web page as a file: in your browser it can show anything, also the copy of a sign-in page.",
            "C’est une page web sous forme de fichier\u{202f}: dans votre navigateur, elle peut tout afficher, même la copie d’une page de connexion.",
        ),
        Threat::Assembles => (
            "When it is opened it puts another file together on your computer.",
            "Quand on l’ouvre, il fabrique un autre fichier sur votre ordinateur.",
        ),
        Threat::AsksPassword => ("It asks for a password.", "Il demande un mot de passe."),
        Threat::ActiveDrawing => (
            "It is a drawing with a program in it.",
            "C’est un dessin qui contient un programme.",
        ),
        Threat::TestVirus => (
            "It is EICAR, the test file for virus scanners. It does nothing by itself.",
            "C’est EICAR, le fichier d’essai des antivirus. Il ne fait rien par lui-même.",
        ),
    };
    say(lang, english, french)
}

/// What can come of it, in one sentence.
pub fn consequence(lang: Lang, danger: &Danger) -> String {
    let (english, french) = match danger {
        Danger::File { threat, .. } => return threat_consequence(lang, threat),
        Danger::Assembles => (
            "Files are brought past scanners like that. In Caliopen’s own view it cannot run.",
            "C’est ainsi que des fichiers échappent aux antivirus. Dans la vue de Caliopen, il ne peut pas s’exécuter.",
        ),
        Danger::LookAlike { .. } | Danger::BorrowedName { .. } | Danger::AddressInName { .. } => (
            "That is how somebody is made to trust a stranger. Compare the address letter by letter.",
            "C’est ainsi qu’on fait passer un inconnu pour un proche. Comparez l’adresse lettre par lettre.",
        ),
        Danger::ReplyElsewhere { .. } => (
            "Newsletters do this, and so do those who only borrow the sender’s address.",
            "Des lettres d’information le font, et aussi ceux qui ne font qu’emprunter l’adresse de l’expéditeur.",
        ),
        Danger::DeceptiveLink { .. } => (
            "Newsletters count clicks like that; those who are after passwords do it as well. Type the address yourself.",
            "Des lettres d’information comptent ainsi les clics\u{202f}; ceux qui cherchent des mots de passe font de même. Tapez l’adresse vous-même.",
        ),
        Danger::Virus { .. } => (
            "Your own virus scanner knows it, or it is what scanners are tested with.",
            "Votre propre antivirus le connaît, ou c’est ce qui sert à essayer les antivirus.",
        ),
    };
    say(lang, english, french)
}

fn threat_consequence(lang: Lang, threat: &Threat) -> String {
    let (english, french) = match threat {
        Threat::Program | Threat::Script | Threat::Shortcut | Threat::ProgramInArchive { .. } => (
            "Once it runs it can do whatever you can: read your files, send them away, lock them.",
            "Une fois lancé, il peut tout ce que vous pouvez\u{202f}: lire vos fichiers, les envoyer ailleurs, les verrouiller.",
        ),
        Threat::Disguised | Threat::DoubleExtension | Threat::TurnedName => (
            "A file that hides what it is has a reason for that.",
            "Un fichier qui cache ce qu’il est a une raison de le faire.",
        ),
        Threat::DiskImage | Threat::Locked | Threat::Unread => (
            "What is inside is not checked by anybody before you open it.",
            "Ce qu’il y a dedans n’est vérifié par personne avant que vous ne l’ouvriez.",
        ),
        Threat::Bomb => ("No honest archive is made like that.", "Aucune archive honnête n’est faite ainsi."),
        Threat::Macros | Threat::Embedded | Threat::Fetches => (
            "If you open it, do not allow “editing” or “content”: without them it can only be read.",
            "Si vous l’ouvrez, n’activez ni «\u{202f}la modification\u{202f}» ni «\u{202f}le contenu\u{202f}»\u{202f}: sans cela, on ne peut que le lire.",
        ),
        Threat::PdfScript | Threat::PdfLaunch => (
            "A PDF to read needs nothing of the kind. A browser shows it more safely than a PDF program does.",
            "Un PDF à lire n’a besoin de rien de tel. Un navigateur l’affiche plus sûrement qu’un lecteur de PDF.",
        ),
        Threat::WebPage | Threat::AsksPassword => (
            "What you type there goes to whoever made it. No bank and no service sends its sign-in page as a file.",
            "Ce que vous y tapez va à qui l’a faite. Ni banque ni service n’envoie sa page de connexion en fichier.",
        ),
        Threat::Assembles | Threat::ActiveDrawing => (
            "Files are brought past scanners like that.",
            "C’est ainsi que des fichiers échappent aux antivirus.",
        ),
        Threat::TestVirus => (
            "Somebody is trying out whether dangerous files are seen. They are.",
            "Quelqu’un vérifie si les fichiers dangereux sont repérés. Ils le sont.",
        ),
    };
    say(lang, english, french)
}

/// What the virus scanner said; `None` where it was not asked, or what it said stands among the dangers.
pub fn scan(lang: Lang, scan: Scan) -> Option<String> {
    Some(match scan {
        Scan::NotAsked | Scan::Found => return None,
        Scan::Clean => say(
            lang,
            "Your virus scanner knows nothing against this message. What is new is not known to it either.",
            "Votre antivirus n’a rien trouvé contre ce message. Ce qui est nouveau, il ne le connaît pas non plus.",
        ),
        Scan::NotKnown => say(
            lang,
            "Your virus scanner did not answer when this message came: what it would say is not known.",
            "Votre antivirus n’a pas répondu quand ce message est arrivé\u{202f}: on ne sait pas ce qu’il dirait.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_write_the_sentence() {
        let danger = Danger::LookAlike {
            seen: "{2}\u{202e}".into(),
            like: "bank.test".into(),
        };
        assert_eq!(
            reason(Lang::En, &danger),
            "The sender’s domain “{2}?” looks like “bank.test”, which you know, and is not it."
        );
    }

    #[test]
    fn french_has_its_spaces_and_both_say_something_else() {
        let name = || "x".to_owned();
        let threats = [
            Threat::Program,
            Threat::Script,
            Threat::Shortcut,
            Threat::DiskImage,
            Threat::Disguised,
            Threat::DoubleExtension,
            Threat::TurnedName,
            Threat::ProgramInArchive { name: name() },
            Threat::Locked,
            Threat::Unread,
            Threat::Bomb,
            Threat::Macros,
            Threat::Embedded,
            Threat::Fetches,
            Threat::PdfScript,
            Threat::PdfLaunch,
            Threat::WebPage,
            Threat::Assembles,
            Threat::AsksPassword,
            Threat::ActiveDrawing,
            Threat::TestVirus,
        ];
        let mut dangers: Vec<Danger> = threats.into_iter().map(|threat| Danger::File { part: 1, threat }).collect();
        dangers.extend([
            Danger::Assembles,
            Danger::LookAlike {
                seen: name(),
                like: name(),
            },
            Danger::BorrowedName { name: name() },
            Danger::AddressInName { shown: name() },
            Danger::ReplyElsewhere { to: name() },
            Danger::DeceptiveLink {
                shown: name(),
                opens: name(),
            },
            Danger::Virus { name: name() },
        ]);
        for danger in &dangers {
            for tell in [reason, consequence] {
                let (english, french) = (tell(Lang::En, danger), tell(Lang::Fr, danger));
                assert_ne!(english, french);
                assert!(english.ends_with('.') && french.ends_with('.') && !english.contains('{') && !french.contains('{'));
                let mut before = ' ';
                for c in french.chars() {
                    assert!(!matches!(c, ':' | ';' | '?' | '!' | '»') || before == '\u{202f}', "{french}");
                    assert!(before != '«' || c == '\u{202f}', "{french}");
                    assert!(c != '\'', "{french}");
                    before = c;
                }
            }
        }
    }
}
