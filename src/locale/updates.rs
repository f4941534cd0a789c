//! The words of the page about newer releases. French has its narrow no-break spaces (U+202F) written out.

use super::Lang;

/// Its phrases.
#[allow(missing_docs, reason = "a phrase documents itself")]
pub struct UpdateWords {
    pub title: &'static str,
    pub sentence: &'static str,
    pub running: &'static str,
    pub young: &'static str,
    pub old: &'static str,
    pub intro: &'static str,
    pub nobody: &'static str,
    pub url: &'static str,
    pub url_hint: &'static str,
    pub url_wrong: &'static str,
    pub key: &'static str,
    pub key_hint: &'static str,
    pub key_wrong: &'static str,
    pub turn_on: &'static str,
    pub turn_off: &'static str,
    pub is_on: &'static str,
    pub look: &'static str,
    pub looked: &'static str,
    pub newest: &'static str,
    pub found: &'static str,
    pub how: &'static str,
    pub notice: &'static str,
    pub notice_how: &'static str,
    /// What was wrong, by the number of the trouble less one.
    pub troubles: [&'static str; 5],
}

const EN: UpdateWords = UpdateWords {
    title: "Updates",
    sentence: "Which version runs here, and whether to look for newer ones.",
    running: "Version {version} runs here, released {date}.",
    young: "That is recent.",
    old: "That is more than ninety days ago. Holes that became known since are not mended in it: see whether there is a newer one.",
    intro: "If you want, this box looks once a day whether there is a newer release, and tells you. It fetches one small file, the same for everybody, and believes it only with the publisher’s signature. Whoever runs that server learns that a box at your address exists, and nothing else. Nothing is installed by itself.",
    nobody: "Nobody publishes releases today. If somebody whom you trust does, put their address and key here.",
    url: "Address of the release",
    url_hint: "The folder, such as https://releases.example/caliopen",
    url_wrong: "This is no address over https.",
    key: "The publisher’s public key (minisign)",
    key_hint: "56 characters that begin with RW. Take it from somewhere else than that address.",
    key_wrong: "This is no public key of minisign.",
    turn_on: "Look once a day",
    turn_off: "No longer look",
    is_on: "It is looked once a day.",
    look: "Look now",
    looked: "Looked {when}.",
    newest: "This is the newest release.",
    found: "Version {version} is there.",
    how: "To install it, run install.sh again as root on the box: it keeps your mail, and goes back by itself if the new version does not come up.",
    notice: "Version {version} of Caliopen is there.",
    notice_how: "How to get it",
    troubles: [
        "The release could not be fetched.",
        "The file is not signed by that key. Somebody may have changed it.",
        "What is signed there is no release of Caliopen.",
        "What is shown there is out of date: the publisher’s signature held until a day that is over.",
        "An older release is shown there than the last time. Somebody may want to keep you on it.",
    ],
};

const FR: UpdateWords = UpdateWords {
    title: "Mises à jour",
    sentence: "Quelle version tourne ici, et s’il faut en chercher de plus récentes.",
    running: "La version {version} tourne ici, parue le {date}.",
    young: "C’est récent.",
    old: "Il y a plus de quatre-vingt-dix jours. Les failles connues depuis n’y sont pas réparées\u{202f}: voyez s’il y en a une plus récente.",
    intro: "Si vous voulez, cette boîte regarde une fois par jour s’il y a une version plus récente, et vous le dit. Elle va chercher un petit fichier, le même pour tout le monde, et ne le croit qu’avec la signature de qui publie. Le serveur en question apprend qu’une boîte existe à votre adresse, et rien d’autre. Rien ne s’installe tout seul.",
    nobody: "Personne ne publie de versions aujourd’hui. Si quelqu’un à qui vous faites confiance le fait, mettez ici son adresse et sa clé.",
    url: "Adresse de la version",
    url_hint: "Le dossier, comme https://versions.example/caliopen",
    url_wrong: "Ce n’est pas une adresse en https.",
    key: "Clé publique de qui publie (minisign)",
    key_hint: "56 caractères qui commencent par RW. Prenez-la ailleurs qu’à cette adresse.",
    key_wrong: "Ce n’est pas une clé publique de minisign.",
    turn_on: "Regarder une fois par jour",
    turn_off: "Ne plus regarder",
    is_on: "La boîte regarde une fois par jour.",
    look: "Regarder maintenant",
    looked: "Regardé {when}.",
    newest: "C’est la version la plus récente.",
    found: "La version {version} est parue.",
    how: "Pour l’installer, relancez install.sh en tant que root sur la boîte\u{202f}: votre courrier est gardé, et l’ancienne version revient d’elle-même si la nouvelle ne démarre pas.",
    notice: "La version {version} de Caliopen est parue.",
    notice_how: "Comment l’obtenir",
    troubles: [
        "La version n’a pas pu être consultée.",
        "Le fichier n’est pas signé par cette clé. Quelqu’un l’a peut-être modifié.",
        "Ce qui est signé là-bas n’est pas une version de Caliopen.",
        "Ce qui est montré là-bas est périmé\u{202f}: la signature valait jusqu’à un jour qui est passé.",
        "Une version plus ancienne que la dernière fois est montrée là-bas. Quelqu’un veut peut-être vous y retenir.",
    ],
};

/// The phrases of a language.
pub fn words(lang: Lang) -> &'static UpdateWords {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
