//! Help in French. Narrow no-break spaces (U+202F) are written out.

use super::{HelpWords, Topic};

pub(super) const WORDS: HelpWords = HelpWords {
    more: "Pour en savoir plus",
    see: "C’est par ici",
    lines: "Chaque ligne, et que faire",
    lines_lead: "Ce que regarde chaque ligne de chaque indice de confidentialité, ce qu’elle vaut, et comment la gagner.",
    search: "Chercher",
    search_lead: "Tout ce que vous pouvez taper dans le champ en haut de chaque page.",
    of_message: "Un message",
    of_contact: "Un contact",
    of_account: "Votre compte",
    of_appliance: "La boîte elle-même",
    line: "Ligne",
    points: "Points",
    takes: "{n} au plus",
    means: "Ce qu’elle regarde, et que faire",
    ceilings: "Ce qui annule le reste",
};

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        slug: "keys",
        title: "Les clés, et les comparer",
        lead: "À quoi sert une clé OpenPGP, comment cette boîte trouve celles des autres, et pourquoi on les compare à deux.",
        parts: &[
            (
                "Un cadenas et sa clé",
                &[
                    "Votre clé a deux moitiés. La publique est un cadenas que vous donnez à qui veut\u{202f}: qui l’a peut fermer un message de sorte que vous seul l’ouvriez. La secrète l’ouvre, et signe ce que vous écrivez. Elle a été faite dans cette boîte à votre première connexion. Elle n’en sort que dans une copie que vous prenez vous-même, et chiffrée dans vos sauvegardes, si vous en faites faire.",
                    "Un message fermé avec la clé de quelqu’un est une enveloppe\u{202f}: aucun serveur en chemin ne peut le lire, pas même le sien. Quand il est fait pour un cadenas que vous avez comparé, il est scellé.",
                ],
            ),
            (
                "D’où viennent les clés des autres",
                &[
                    "De leurs messages, qui en apportent souvent une (Autocrypt)\u{202f}; de leur domaine, qui peut les publier sur le web (WKD) ou dans son DNS signé\u{202f}; d’une troisième personne qui vous a répondu à tous\u{202f}; d’un serveur de clés, si vous en interrogez un\u{202f}; ou d’un fichier qu’on vous a donné. La page des clés de quelqu’un dit d’où vient chacune. Aucun domaine n’est interrogé pendant que vous tapez\u{202f}: seulement quand vous le demandez, quand un message va partir, et environ une fois par semaine si une clé est déjà connue, pour voir si elle a changé.",
                ],
            ),
            (
                "Comparer",
                &[
                    "Une clé venue par courrier a pu être glissée par qui porte le courrier. Comparer prend une minute et lève ce doute\u{202f}: sur sa page, «\u{202f}Comparer les clés\u{202f}» montre six mots et une image. Lisez-vous les mots de vive voix ou au téléphone, jamais par courriel. S’ils sont les mêmes, dites-le\u{202f}: dès lors ce que vous envoyez est scellé, et une clé qui change sans un mot est signalée. S’ils diffèrent, dites-le aussi\u{202f}: la clé ne sert plus, d’où qu’elle revienne.",
                ],
            ),
            (
                "Une copie, et la fin d’une clé",
                &[
                    "Si cette boîte brûle et que vous n’avez ni sauvegarde ni copie de votre clé, personne n’ouvrira plus ce qui lui était destiné, pas même vous. Gardez une copie sur une clé USB rangée ailleurs. Une clé finit un jour donné\u{202f}; pour une clé qu’elle a faite, cette boîte repousse ce jour d’elle-même, à temps. Si quelqu’un a pu s’en emparer, faites-en une nouvelle et publiez la révocation de l’ancienne\u{202f}: la page de vos clés a les deux.",
                ],
            ),
        ],
        see: &[("/settings/keys", "Vos clés"), ("/settings/keys/people", "Les clés des autres")],
    },
    Topic {
        slug: "lost",
        title: "Si vous perdez la phrase de passe",
        lead: "Personne ne peut vous la rendre, nous non plus. Voici ce qui ouvre encore cette boîte.",
        parts: &[
            (
                "Ce qui l’ouvre",
                &[
                    "Tout ce qui est à vous dans cette boîte est scellé par une clé que personne ne voit jamais. Chaque entrée ouvre cette clé à elle seule\u{202f}: votre phrase de passe\u{202f}; une clé d’accès, si elle sait ouvrir et pas seulement connecter\u{202f}; le code de la feuille de secours\u{202f}; et un fichier de clé, si vous en avez fait un. Une seule suffit, et en perdre une ne perd rien tant qu’il en reste une autre.",
                ],
            ),
            (
                "Avec la feuille de secours",
                &[
                    "Sur la page de connexion, tapez le code de la feuille à la place de la phrase de passe\u{202f}: des groupes de lettres et de chiffres, en majuscules ou non, avec ou sans les tirets. On vous demande ensuite une nouvelle phrase de passe. Imprimez une nouvelle feuille si quelqu’un a pu voir l’ancienne\u{202f}: celle-ci cesse de valoir à cet instant.",
                ],
            ),
            (
                "Avec une clé d’accès",
                &[
                    "Connectez-vous avec elle, et choisissez une nouvelle phrase de passe sur la page de connexion des réglages. Si la boîte a redémarré, il faut une clé d’accès qui sache l’ouvrir\u{202f}; la page dit de chacune si elle sait.",
                ],
            ),
            (
                "Sans rien du tout",
                &[
                    "Alors ce qui est dans cette boîte reste fermé pour toujours. C’est cela même qui tient un voleur dehors, et il n’y a pas de seconde porte. Le courrier continue d’arriver et reste scellé, mais ne peut plus être lu. Il ne reste qu’à recommencer avec une boîte vide, et à demander aux gens de vous écrire à nouveau.",
                    "Faites-le donc aujourd’hui, tant que vous pouvez\u{202f}: imprimez la feuille, vérifiez-la, et rangez-la avec vos autres papiers.",
                ],
            ),
        ],
        see: &[
            ("/settings/recovery", "La feuille de secours"),
            ("/settings/security", "Connexion"),
            ("/settings/locks", "Ce qui ouvre cette boîte"),
        ],
    },
    Topic {
        slug: "thief",
        title: "Ce que voit un voleur",
        lead: "De la carte, de la boîte entière, d’un téléphone connecté, et de la ligne.",
        parts: &[
            (
                "Qui prend la carte, ou la boîte éteinte",
                &[
                    "Voit le nom de votre domaine, les adresses pour lesquelles cette boîte prend le courrier, son certificat, combien d’octets s’y trouvent, et combien est arrivé pendant qu’elle était verrouillée, et quand. Ni qui vous a écrit, ni un objet, ni un contact, ni un mot. Si un fichier de clé se trouve avec elle, ou peut être emporté aussi, tout est ouvert.",
                    "Il a aussi ce dont une boîte verrouillée se sert\u{202f}: la clé du certificat, avec laquelle il peut se faire passer pour cette boîte tant que le certificat n’est pas révoqué, et le mot de passe qui annonce votre adresse, si vous en avez donné un. Changez celui-là tout de suite.",
                    "Deviner votre phrase de passe coûte à chaque essai environ une seconde d’une machine comme la vôtre. Qui a des machines plus rapides, et beaucoup, essaie davantage\u{202f}: ce qui tient, c’est une phrase de plusieurs mots que personne ne devine.",
                ],
            ),
            (
                "Qui la prend en marche",
                &[
                    "Tant qu’elle est déverrouillée, sa mémoire contient la clé. Tirer la prise la verrouille. Quelqu’un qui dispose d’un laboratoire et garde la mémoire sous tension pourrait la lire\u{202f}; verrouillez la boîte en partant, avec le bouton en haut de chaque page.",
                ],
            ),
            (
                "Qui trouve un appareil connecté",
                &[
                    "Voit ce que vous verriez, jusqu’à ce que vous le déconnectiez\u{202f}: la page de vos appareils le fait de n’importe où, et la boîte déconnecte d’elle-même après le temps que vous avez choisi. Un cookie copié d’un navigateur ne vaut bientôt plus rien, car une session est liée à une clé que le navigateur garde. Sans scripts il n’y a pas de telle clé, et la page de connexion des réglages le dit de cette session.",
                ],
            ),
            (
                "Qui écoute la ligne",
                &[
                    "Voit que votre boîte parle à d’autres serveurs de courrier, et auxquels. Votre fournisseur d’accès et le serveur de noms que vous utilisez le voient aussi. Le registre dit à qui cette boîte s’est connectée, pour que vous voyiez ce qu’ils voient.",
                ],
            ),
        ],
        see: &[
            ("/settings/locks", "Ce qui ouvre cette boîte"),
            ("/devices", "Appareils"),
            ("/ledger", "Qui a appris votre adresse"),
        ],
    },
    Topic {
        slug: "limits",
        title: "De quoi cette boîte ne peut pas protéger",
        lead: "Une liste sans consolation, pour que vous sachiez où faire attention vous-même.",
        parts: &[
            (
                "L’autre bout",
                &[
                    "Qui reçoit votre message peut le montrer, l’imprimer ou le perdre. S’il le lit chez un grand fournisseur sans chiffrement, ce fournisseur l’a aussi. On n’est jamais mieux protégé que ceux avec qui on échange\u{202f}; c’est pourquoi l’indice d’un contact compte dans le vôtre.",
                ],
            ),
            (
                "Ce qui est écrit sur l’enveloppe",
                &[
                    "Le courrier a besoin d’adresses. Qui écrit à qui, quand, et combien d’octets, les deux serveurs le voient, même d’un message scellé. L’objet n’est caché que si les deux côtés savent le faire\u{202f}; la page d’écriture dit s’il le sera.",
                ],
            ),
            (
                "L’appareil que vous tenez",
                &[
                    "Si quelqu’un d’autre commande votre téléphone ou votre ordinateur, il lit ce que vous lisez. Un vieux système sans mises à jour, une extension qui lit toutes les pages, un clavier qui téléphone à la maison\u{202f}: cette boîte n’en voit rien. L’indice d’un appareil compte ce qu’on en voit d’ici, et c’est peu.",
                ],
            ),
            (
                "La tromperie",
                &[
                    "Caliopen avertit des liens qui mènent ailleurs qu’ils ne disent, des expéditeurs qui ressemblent à d’autres, et des fichiers qui peuvent nuire. Il ne peut pas savoir qu’une demande bien tournée, venue du compte volé d’un ami, est fausse. Si l’on demande de l’argent ou un secret, téléphonez.",
                ],
            ),
            (
                "Ceux qui peuvent vous contraindre",
                &["Un disque scellé n’aide pas contre qui peut vous obliger à l’ouvrir. Effacer la boîte, si, et c’est sans retour."],
            ),
            (
                "Une machine cassée",
                &[
                    "Une carte s’use, une maison brûle. Seule une copie ailleurs y peut quelque chose, et seulement une copie que vous avez essayée.",
                ],
            ),
        ],
        see: &[("/privacy", "Votre confidentialité"), ("/settings/erase", "Effacer cette boîte")],
    },
    Topic {
        slug: "words",
        title: "Les mots d’ici",
        lead: "Le même mot veut toujours dire la même chose.",
        parts: &[
            (
                "Carte postale",
                &["Un message que tous ceux qui l’ont porté ont pu lire, ou dont on ne sait rien de mieux."],
            ),
            (
                "Sac postal",
                &[
                    "Il a voyagé fermé jusqu’à l’autre serveur, et personne en chemin n’a pu l’ouvrir sans être vu. Les serveurs aux deux bouts peuvent le lire.",
                ],
            ),
            (
                "Enveloppe",
                &["Seul quelqu’un qui a la clé du destinataire peut l’ouvrir. La clé n’a pas été comparée."],
            ),
            ("Scellée", &["Une enveloppe pour des clés que vous avez comparées."]),
            ("Discussion", &["Tous les messages entre les mêmes personnes."]),
            (
                "Contact",
                &["Une fiche avec le nom et les adresses de quelqu’un\u{202f}; une adresse figure sur une seule fiche."],
            ),
            (
                "Appareil",
                &[
                    "Un navigateur qui se connecte. Il est vérifié une fois que vous l’avez fait entrer depuis un autre, ou avec la feuille de secours.",
                ],
            ),
            (
                "Indice de confidentialité",
                &["Un nombre de 0 à 100 et une lettre de A à E\u{202f}: la simple somme de lignes que vous pouvez lire."],
            ),
            (
                "Importance",
                &["Un niveau de −10 à 10, lui aussi une somme de lignes. La liste des discussions montre 0 et au-dessus."],
            ),
            (
                "Verrouillée",
                &[
                    "Cette boîte tient son courrier fermé et ne peut pas le lire avant que quelqu’un se connecte. Elle continue de recevoir.",
                ],
            ),
            (
                "Pisteur, image espionne",
                &["Une image dans un message qui dit à l’expéditeur quand, où et avec quoi vous le lisez. Aucune n’est chargée ici."],
            ),
            (
                "Sceau d’un autre serveur (ARC)",
                &["Un serveur qui a fait suivre un message dit ce qu’il a vu. Cela ne compte que si vous lui faites confiance."],
            ),
            (
                "DKIM, SPF, DMARC",
                &[
                    "Comment un domaine se porte garant de son courrier\u{202f}: une signature, la liste de ses serveurs, et que faire de ce qui n’a ni l’une ni l’autre.",
                ],
            ),
            (
                "MTA-STS, DANE",
                &[
                    "Comment un domaine dit que le courrier pour lui doit voyager chiffré, pour que personne en chemin ne puisse l’empêcher.",
                ],
            ),
        ],
        see: &[("/help", "Aide")],
    },
];
