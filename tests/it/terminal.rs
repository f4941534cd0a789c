//! The first run in a terminal, as somebody meets it who types wrong things first: in a real one, which `script` makes.

use crate::{appliance::caliopen, first_run::start, web::Visitor};
use caliopen::locale::{Lang, setup::words};
use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const WORDS: &str = "four hens dance on the green roof";

/// A terminal with the program in it.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    heard: String,
}

impl Terminal {
    /// `None` where `script` is not here.
    fn start(line: &str) -> Option<Self> {
        let mut command = Command::new("script");
        command.args(["-qec", line, "/dev/null"]).env("LC_ALL", "C");
        let made = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = made else {
            eprintln!("script (of util-linux) is not here");
            return None;
        };
        Some(Self {
            keys: child.stdin.take().unwrap(),
            screen: child.stdout.take().unwrap(),
            child,
            heard: String::new(),
        })
    }

    /// Waits until this was shown, and gives what was shown up to it.
    fn until(&mut self, shown: &str) -> String {
        let mut octets = Vec::new();
        while !octets.ends_with(shown.as_bytes()) {
            let mut one = [0];
            let read = self.screen.read(&mut one).unwrap_or(0);
            assert!(read > 0, "{shown} is not shown: {}{}", self.heard, String::from_utf8_lossy(&octets));
            octets.push(one[0]);
        }
        let text = String::from_utf8(octets).unwrap();
        self.heard += &text;
        text
    }

    fn types(&mut self, line: &str) {
        self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }
}

#[test]
fn a_person_is_asked_step_by_step_and_wrong_answers_are_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let program = caliopen().get_program().to_str().unwrap().to_owned();
    let line = format!("'{program}' setup --trying-ms 0 --data '{}'", data.display());
    let Some(mut terminal) = Terminal::start(&line) else { return };
    let t = words(Lang::En);
    let w = Lang::En.words();

    terminal.until(&format!("{} [en]: ", t.ask_language));
    terminal.types("klingon");
    terminal.until(&format!("{} [en]: ", t.ask_language));
    terminal.types("");
    for (domain, name) in [("no domain", "me"), ("home.test", "")] {
        terminal.until(t.ask_domain);
        terminal.until(": ");
        terminal.types(domain);
        terminal.until(&format!("{} [me]: ", t.ask_local));
        terminal.types(name);
    }
    assert!(terminal.heard.contains(t.domain_wrong));
    terminal.until(&format!("{}: ", t.ask_passphrase));
    terminal.types("secret");
    terminal.until(w.security.weak);
    for again in ["four hens dance on the red roof", WORDS] {
        terminal.until(&format!("{}: ", t.ask_passphrase));
        terminal.types(WORDS);
        terminal.until(&format!("{}: ", t.ask_again));
        terminal.types(again);
    }
    terminal.until(t.recovery);
    let code = terminal.until(t.recovery_keep);
    let code = code
        .lines()
        .find(|line| line.contains('-'))
        .expect("the code, alone on its line")
        .trim();
    let groups: Vec<String> = code.split('-').map(str::to_owned).collect();
    assert_eq!(groups.len(), 8);
    assert!(terminal.heard.contains(t.owner_differ) && terminal.heard.contains("me@home.test"));
    assert!(!terminal.heard.contains("hens"), "what is secret is not shown: {}", terminal.heard);

    // Two groups of it, wrong first.
    let word = w.custody.group.replace("{n}", "");
    let asked = |terminal: &mut Terminal| -> usize {
        terminal.until(&word);
        let number = terminal.until(": ");
        number.trim_end_matches(": ").parse().unwrap()
    };
    for right in [false, true] {
        for _ in 0..2 {
            let number = asked(&mut terminal);
            terminal.types(if right { &groups[number - 1] } else { "0000" });
        }
    }
    terminal.until("caliopen serve --data ");
    assert!(terminal.heard.contains(w.custody.not_the_sheet));
    assert!(terminal.child.wait().unwrap().success());

    let appliance = start(&data);
    let mut owner = Visitor::new(&appliance);
    assert_eq!(owner.sign_in(WORDS, "/setup").header("location"), Some("/setup"));
    let next = owner.get("/setup");
    assert_ne!(next.header("location"), Some("/setup/sheet"), "it is proven already");
}
