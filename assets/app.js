// What a script adds and nothing that needs one: keys, a notice of new mail, and "read" without a click.
"use strict";
(() => {
  const store = "shortcuts-off";
  const off = () => { try { return localStorage.getItem(store) === "1"; } catch { return false; } };
  const send = form => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });

  // New mail is announced; rows never move under a pointer.
  const live = document.getElementById("live");
  if (live && window.EventSource) {
    let count = 0;
    const stream = new EventSource("/live");
    stream.addEventListener("arrived", event => {
      count += Number(event.data) || 1;
      const text = count === 1 ? live.dataset.one : live.dataset.many;
      const show = document.createElement("a");
      show.href = "/";
      show.textContent = live.dataset.show;
      live.replaceChildren(text.replace("{n}", count) + " ", show);
    });
    addEventListener("pagehide", () => stream.close());
  }

  // A discussion that was looked at for a moment is read.
  const seen = document.querySelector("form[data-seen]");
  if (seen) {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", look);
      setTimeout(() => send(seen).then(() => document.documentElement.classList.add("seen"), () => {}), 1000);
    };
    document.addEventListener("visibilitychange", look);
    look();
  }

  // Keys. The table comes from the server; an action that has nothing to act on does nothing.
  const keys = new Map((document.body.dataset.keys || "").split(" ").map(pair => pair.split(":")));
  const items = () => [...document.querySelectorAll("a.go, summary.go")];
  const move = by => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const actions = {
    next: () => move(1),
    previous: () => move(-1),
    open: () => { if (items().includes(document.activeElement)) document.activeElement.click(); },
    up: () => document.querySelector("a[data-up]")?.click(),
    mark: () => document.querySelector("form[data-mark]")?.requestSubmit(),
    help: () => { location.href = "/help#keys"; },
  };
  document.addEventListener("keydown", event => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (off() || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const action = actions[keys.get(event.key)];
    if (action) { event.preventDefault(); action(); }
  });

  // The switch for them, on the page that lists them.
  const list = document.getElementById("shortcuts");
  if (list) {
    const button = document.createElement("button");
    const name = () => { button.textContent = off() ? list.dataset.on : list.dataset.off; };
    button.type = "button";
    button.addEventListener("click", () => {
      try { off() ? localStorage.removeItem(store) : localStorage.setItem(store, "1"); } catch { /* then it stays as it is */ }
      name();
    });
    name();
    list.after(button);
  }
})();
