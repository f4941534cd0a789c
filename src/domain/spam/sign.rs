//! The signs that a verdict adds up: what each is worth, and where it belongs.
//!
//! The weights are natural log-odds, set by hand: what is nearly never honest is worth three and more,
//! what honest people do now and then less than one. None looks for the traces of a particular
//! collection of mail, such as a list's name, a host, a date or another filter's opinion.

/// What a sign is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Who it claims to be from.
    Sender,
    /// Whether that was checked.
    Checks,
    /// Where its links go.
    Links,
    /// What it says and asks.
    Text,
    /// What is attached.
    Files,
    /// How it is made.
    Make,
    /// What the owner has to do with it.
    Owner,
}

macro_rules! signs {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $group:ident, $weight:literal;)*) => {
        /// Something about a message that can be checked without having learnt anything.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Sign {
            $($(#[$doc])* $name,)*
        }

        impl Sign {
            /// Every sign.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its number in a record: never given to another.
            pub fn number(self) -> u8 {
                match self { $(Self::$name => $number,)* }
            }

            /// The sign of a number; `None` where this program knows none.
            pub fn of_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// What it is about.
            pub fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)* }
            }

            /// What it is worth, in natural log-odds: above zero towards spam.
            pub fn weight(self) -> f32 {
                match self { $(Self::$name => $weight,)* }
            }

            /// Its name for programs.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

signs! {
    /// The display name is a firm's, the address is not.
    BrandName = 1, Sender, 3.0;
    /// The subject names a firm that neither the address nor any link belongs to.
    BrandSubject = 2, Sender, 1.2;
    /// The text names a firm more than once that neither the address nor any link belongs to.
    BrandText = 3, Sender, 0.8;
    /// The address's domain has a firm's name in it and is not the firm's.
    BrandDomain = 4, Sender, 3.0;
    /// The display name holds an address of another domain.
    NameIsAddress = 5, Sender, 2.5;
    /// The display name poses as the owner's own domain or its help desk.
    PosesAsHome = 6, Sender, 3.0;
    /// It claims to be from the owner, and nothing bears that out.
    FromYourself = 7, Sender, 2.0;
    /// A firm or an office that writes from a free mailbox.
    FreemailFirm = 8, Sender, 2.0;
    /// Answers go to another domain than the sender's.
    ReplyElsewhere = 9, Sender, 1.0;
    /// Answers go to a free mailbox, and the sender's is none.
    ReplyToFreemail = 10, Sender, 1.5;
    /// The sender's domain is under an ending that is given away or nearly.
    CheapDomain = 11, Sender, 1.2;
    /// The sender's address looks as if a program made it up.
    MadeUpAddress = 12, Sender, 1.0;
    /// The sender's domain has letters of several scripts, or is written in Punycode.
    ScriptsInDomain = 13, Sender, 1.5;
    /// The sending server names another domain than the author's as the sender.
    EnvelopeElsewhere = 14, Sender, 0.4;
    /// The message's number names another domain than the author's or the sender's.
    NumberElsewhere = 15, Make, 0.5;
    /// The sender's name or address is in words that only officials and banks use of themselves.
    OfficialName = 16, Sender, 0.7;
    /// The domain has a free-hosting service's name or a long row of digits in it.
    OddDomain = 17, Sender, 1.0;
    /// The author's domain looks like one that the owner knows, and is not it.
    LooksLikeKnown = 18, Sender, 3.0;
    /// The author bears the name of somebody in the address book, from an address that is not theirs.
    BorrowedName = 19, Sender, 1.2;

    /// SPF: that server may not send for the sender's domain.
    SpfFail = 30, Checks, 1.5;
    /// SPF: that server probably may not.
    SpfSoft = 31, Checks, 1.0;
    /// The sender's domain does not say which servers are its own.
    SpfAbsent = 32, Checks, 0.6;
    /// A signature of a domain that does not verify.
    DkimFail = 33, Checks, 0.6;
    /// No domain signed it.
    Unsigned = 34, Checks, 0.7;
    /// The author's domain disowns it.
    DmarcFail = 35, Checks, 1.4;
    /// The author's domain disowns it and asks for that to be acted on.
    DmarcStrict = 36, Checks, 3.0;
    /// The author's domain stands for it.
    DmarcPass = 37, Checks, -0.9;
    /// A signature of another domain only.
    SignedByOther = 38, Checks, 0.3;
    /// It claims a signature of the author's own domain.
    SignedByAuthor = 39, Checks, -0.3;

    /// A link shows one host and opens another.
    LinkDeceives = 50, Links, 2.0;
    /// A link goes to a bare number instead of a name.
    LinkToNumber = 51, Links, 2.0;
    /// A link's host is written in Punycode.
    LinkPunycode = 52, Links, 1.5;
    /// A link goes through a shortener, which hides where to.
    LinkShortened = 53, Links, 1.3;
    /// A link opens a page on a service where anybody may put one without a name.
    LinkFreeHost = 54, Links, 1.6;
    /// No link goes to the sender's own domain.
    LinksElsewhere = 55, Links, 0.7;
    /// All links go to one single place, which is not the sender's.
    OneTarget = 56, Links, 0.9;
    /// A link's domain is under an ending that is given away or nearly.
    LinkCheap = 57, Links, 1.2;
    /// A link has a name before an `@`, or an odd port, to look like another.
    LinkDisguised = 58, Links, 2.0;
    /// A link carries the owner's address to a stranger.
    LinkKnowsYou = 59, Links, 1.5;
    /// A link's host has a firm's name in it and is not the firm's.
    LinkImitates = 60, Links, 2.5;
    /// A link's host looks as if a program made it up.
    LinkMadeUp = 61, Links, 1.0;
    /// A link goes through another site's forwarding address.
    LinkForwards = 62, Links, 1.0;
    /// The links go where the sender is at home.
    LinksHome = 63, Links, -0.9;

    /// Something about an account, and a threat or a hurry.
    AccountAlarm = 70, Text, 1.2;
    /// An account, a threat, a hurry, and something to click.
    AccountTrap = 71, Text, 1.6;
    /// Coins are asked for, and shame is threatened.
    Extortion = 72, Text, 4.0;
    /// Much money, a stranger, and a secret.
    AdvanceFee = 73, Text, 2.5;
    /// Something was won, or is given away.
    Prize = 74, Text, 1.3;
    /// A charge that nobody knows of, and a number to call.
    CallUs = 75, Text, 1.8;
    /// A parcel that waits for a fee or an address.
    Parcel = 76, Text, 1.0;
    /// A picture with a link and hardly a word.
    PictureOnly = 77, Text, 1.3;
    /// Much text that is there and cannot be seen.
    HiddenText = 78, Text, 1.2;
    /// Words cut apart by characters that cannot be seen.
    SplitWords = 79, Text, 2.0;
    /// Words with letters of another script that look alike.
    MixedScripts = 80, Text, 2.5;
    /// It greets a customer, a user or nobody.
    NoName = 81, Text, 0.8;
    /// It greets the owner by the address.
    GreetsAddress = 82, Text, 1.3;
    /// It greets the owner by the name that it is addressed to.
    GreetsName = 87, Text, -1.0;
    /// It speaks of a document or a message that waits behind a link.
    SharedFile = 83, Text, 0.9;
    /// A voucher, a medicine, a watch, a loan: what nobody asked for.
    Wares = 84, Text, 1.2;
    /// The text that filters are tested with (GTUBE).
    Gtube = 85, Text, 30.0;
    /// A mailbox that is full, or messages that are held back.
    MailboxAlarm = 86, Text, 1.4;

    /// A web page as a file.
    HtmlFile = 100, Files, 2.0;
    /// A file that can do harm.
    DangerousFile = 101, Files, 3.0;
    /// A file and hardly a word.
    FileOnly = 102, Files, 0.7;
    /// A program that calls itself something else, or whose name is made to be misread.
    DisguisedFile = 103, Files, 4.0;
    /// A document that runs or fetches something when it is opened.
    ActiveDocument = 104, Files, 1.5;
    /// An archive with a password, so that nobody on the way could look inside.
    LockedFile = 105, Files, 1.5;
    /// A page that puts a file together on the reader's computer, or asks for a password.
    TrapPage = 106, Files, 3.0;
    /// The owner's virus scanner knows it.
    Virus = 107, Files, 6.0;

    /// Neither `To` nor `Cc` names anybody.
    NoRecipient = 120, Make, 0.9;
    /// It is addressed to its sender.
    ToSender = 121, Make, 0.7;
    /// A form to fill in.
    Form = 122, Make, 1.5;
    /// A field for a password.
    PasswordField = 123, Make, 3.0;
    /// A script.
    Script = 124, Make, 1.2;
    /// No date.
    NoDate = 125, Make, 0.8;
    /// A date more than a day ahead, or days back.
    OddDate = 126, Make, 0.8;
    /// More than one author field.
    ManyFrom = 127, Make, 1.5;
    /// No author.
    NoFrom = 128, Make, 1.5;
    /// A subject in capitals.
    Capitals = 129, Make, 0.8;
    /// A subject that answers or forwards what was never said.
    FalseReply = 130, Make, 0.6;
    /// A subject with the owner's address or name of mailbox in it.
    SubjectKnowsYou = 131, Make, 1.2;
    /// HTML without a plain form beside it.
    HtmlOnly = 132, Make, 0.5;
    /// No number (`Message-ID`).
    NoNumber = 133, Make, 0.8;
    /// Exclamation marks or money signs in the subject.
    LoudSubject = 134, Make, 0.6;
    /// Characters that cannot be read in what they claim to be.
    Garbled = 135, Make, 0.2;
    /// A subject with a long number at its end that looks made up.
    NumberedSubject = 136, Make, 0.4;
    /// The text is written in a character set and encoded where it need not be.
    Wrapped = 137, Make, 0.5;

    /// It answers a message that is named.
    Answers = 150, Make, -0.9;
    /// It quotes what was said before.
    Quotes = 151, Make, -0.9;
    /// One can leave: it says how to be taken off a list.
    Unsubscribe = 152, Make, -0.3;
    /// It comes with OpenPGP.
    OpenPgp = 153, Make, -1.2;
    /// Plain words without a link.
    PlainWords = 154, Make, -0.5;
    /// It is a mailing list's.
    List = 155, Make, -0.6;

    /// Nothing was ever heard from this sender.
    Stranger = 170, Owner, 0.5;
    /// There was honest mail from this sender before.
    Heard = 171, Owner, -1.0;
    /// There was much honest mail from this sender before.
    HeardOften = 172, Owner, -2.5;
    /// The sender is in the address book, or was answered.
    Known = 173, Owner, -5.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sign_has_a_number_of_its_own() {
        for sign in Sign::ALL {
            assert_eq!(Sign::of_number(sign.number()), Some(*sign));
            assert!(sign.weight() != 0.0 && sign.weight().abs() <= 30.0);
        }
        assert_eq!(Sign::of_number(0), None);
    }
}
