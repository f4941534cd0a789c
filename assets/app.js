// What a script adds and nothing that needs one, but for passkeys: keys, a notice of new mail, "read" without a click.
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

  // The tab that is open is in sight, also where they do not all fit.
  const tab = document.querySelector(".tabs [aria-current]");
  if (tab) {
    const tabs = tab.closest("ul");
    tabs.scrollLeft = tab.getBoundingClientRect().left - tabs.getBoundingClientRect().left - tabs.clientWidth / 3;
  }

  // Keys. The table comes from the server; an action that has nothing to act on does nothing.
  const keys = new Map((document.body.dataset.keys || "").split(",").map(pair => pair.split(":")));
  let before = "", since = 0;
  const items = () => [...document.querySelectorAll("a.go, summary.go")];
  const move = by => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  // What is done with the ticked; where nothing is ticked, with the row that has the focus.
  const row = () => document.activeElement.closest(".row");
  const bulk = what => {
    const form = document.querySelector("form.picking");
    const tick = form && !form.querySelector(".tick :checked") && row()?.querySelector(".tick input");
    if (tick) tick.checked = true;
    if (form?.querySelector(".tick :checked")) form.querySelector(`button[value=${what}]`)?.click();
  };
  const actions = {
    archive: () => (document.querySelector("button[data-archive]") || { click: () => bulk("done") }).click(),
    next: () => move(1),
    previous: () => move(-1),
    open: () => { if (items().includes(document.activeElement)) document.activeElement.click(); },
    up: () => document.querySelector("a[data-up]")?.click(),
    tick: () => row()?.querySelector("input")?.click(),
    tag: () => document.querySelector("[data-tag]")?.focus(),
    search: () => document.querySelector("[data-search]")?.select(),
    mark: () => {
      const form = document.querySelector("form[data-mark]");
      if (form) form.requestSubmit();
      else bulk((document.querySelector(".row:has(.tick :checked)") || row())?.matches(".new") ? "read" : "unread");
    },
    write: () => { location.href = "/write"; },
    reply: () => ([...document.querySelectorAll("details[open] a[data-reply], .letter a[data-reply]")].pop() || document.querySelector("a[data-reply]"))?.click(),
    help: () => { location.href = "/help#keys"; },
  };
  document.addEventListener("keydown", event => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (off() || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const key = (event.timeStamp - since < 1500 ? before : "") + event.key;
    since = event.timeStamp;
    before = [...keys.keys()].some(known => known.length > key.length && known.startsWith(key)) ? key : "";
    const [name, to] = (keys.get(key) || "").split(" ");
    const action = to ? () => { location.href = to; } : actions[name];
    if (action) { event.preventDefault(); action(); }
  });

  // The switch for them, on the page that lists them.
  const list = document.getElementById("shortcuts");
  if (list && document.body.dataset.keys) {
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

  // What is written is kept by itself, and what it would be worth is told anew. People are suggested one at a time.
  const writing = document.querySelector("form[data-write]");
  if (writing) {
    let timer, asked;
    const keep = async keepalive => {
      timer = 0;
      const form = new FormData(writing);
      form.delete("file");
      form.append("do", "auto");
      const answer = await fetch(writing.action, { method: "POST", body: form, keepalive });
      const kept = answer.ok && answer.url.endsWith("/preview");
      // The page is that of the draft from now on, so that it is there when it is loaded anew; of nothing there is no draft.
      if (kept || answer.status === 404) history.replaceState(null, "", kept ? writing.action : "/write");
      if (!kept && answer.status !== 409) return;
      const open = writing.querySelector("#preview details")?.open;
      document.getElementById("preview").innerHTML = await answer.text();
      if (kept) for (const carried of writing.querySelectorAll("[name=carry]")) carried.disabled = true;
      if (open) writing.querySelector("#preview details").open = true;
    };
    const soon = wait => { clearTimeout(timer); timer = setTimeout(() => keep().catch(() => {}), wait); };
    writing.addEventListener("input", event => {
      if (event.target.type !== "file") soon(2000);
      if (!event.target.matches("[data-people]")) return;
      const [, before, typed] = event.target.value.match(/^(.*[,;]\s*)?(.*)$/s);
      if (typed.trim().length < 2 || typed === asked) return;
      asked = typed;
      fetch("/write/people?q=" + encodeURIComponent(typed.trim())).then(answer => answer.ok ? answer.text() : "").then(text => {
        const list = event.target.list;
        if (asked === typed && list) list.replaceChildren(...text.split("\n").filter(line => line).map(line => new Option("", (before || "") + line)));
      }, () => {});
    });
    writing.addEventListener("focusout", event => { if (event.target.matches("[data-people]") && timer) soon(0); });
    writing.addEventListener("submit", () => { timer = clearTimeout(timer); });
    addEventListener("pagehide", () => { if (timer) keep(true).catch(() => {}); });
  }

  // A code that somebody shows is read from a picture, where the browser can.
  const scan = document.querySelector("form[data-scan]");
  if (scan && window.BarcodeDetector) {
    const label = document.createElement("label"), file = document.createElement("input");
    label.textContent = scan.dataset.scan;
    Object.assign(file, { type: "file", accept: "image/*", capture: "environment" });
    file.addEventListener("change", async () => {
      try {
        const [found] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(file.files[0]));
        scan.elements.code.value = found.rawValue;
        scan.submit();
      } catch { label.textContent = scan.dataset.nothing; label.append(file); }
    });
    label.append(file);
    scan.prepend(label);
  }

  // Keys of this browser that no script can read out: one that shows that it is still itself, and passkeys.
  const b64 = octets => btoa(String.fromCharCode(...new Uint8Array(octets || []))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const raw = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), sign => sign.charCodeAt(0));
  const curve = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const shelf = (mode, run) => new Promise((well, ill) => {
    const open = indexedDB.open("caliopen", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("keys");
    open.onerror = ill;
    open.onsuccess = () => {
      const asked = run(open.result.transaction("keys", mode).objectStore("keys"));
      asked.onsuccess = () => well(asked.result);
      asked.onerror = ill;
    };
  });
  const kept = () => shelf("readonly", keys => keys.get("browser"));
  const sign = async (pair, text) => b64(await crypto.subtle.sign(curve, pair.privateKey, new TextEncoder().encode(text)));

  // Before signing in the key goes with the form, signed over its token.
  const bringing = document.querySelectorAll("input[type=hidden][name=key]");
  if (bringing.length && window.crypto?.subtle && window.indexedDB) (async () => {
    let pair = await kept();
    if (!pair) {
      pair = await crypto.subtle.generateKey(curve, false, ["sign", "verify"]);
      await shelf("readwrite", keys => keys.put(pair, "browser"));
    }
    const point = b64(await crypto.subtle.exportKey("raw", pair.publicKey));
    for (const input of bringing) input.value = `${point}.${await sign(pair, "caliopen key\n" + input.form.elements.token.value)}`;
    document.documentElement.classList.add("keyed");
  })().catch(() => {});

  // Afterwards it shows every few minutes, and when it is asked to, that it is still there.
  const waiting = document.querySelector("form[data-prove]");
  const prove = async (challenge = "") => {
    const pair = await kept();
    const token = (waiting || document).querySelector("input[name=token]")?.value;
    if (!pair || !token) return false;
    const proof = challenge && await sign(pair, "caliopen proof\n" + challenge);
    const answer = await fetch("/session/proof", { method: "POST", body: new URLSearchParams({ token, challenge, proof }) });
    const next = answer.headers.get("caliopen-challenge");
    return answer.ok || (!challenge && next ? prove(next) : false);
  };
  if (waiting) prove().then(well => { if (well) location.replace(waiting.dataset.prove); }, () => {});
  else if ("in" in document.body.dataset && window.indexedDB) {
    let last = 0;
    const tick = () => {
      if (document.visibilityState !== "visible" || Date.now() - last < 240000) return;
      last = Date.now();
      prove().catch(() => {});
    };
    tick();
    setInterval(tick, 30000);
    document.addEventListener("visibilitychange", tick);
  }

  // To be told of new mail with no page open, the browser is asked; the form then goes on without a script.
  const pushing = window.PushManager && navigator.serviceWorker && document.querySelector("form[data-push]");
  if (pushing) {
    pushing.hidden = false;
    pushing.addEventListener("submit", async event => {
      event.preventDefault();
      try {
        if (await Notification.requestPermission() !== "granted") throw 0;
        await navigator.serviceWorker.register("/worker.js");
        const { pushManager } = await navigator.serviceWorker.ready;
        const { endpoint, keys } = (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: raw(pushing.dataset.push) })).toJSON();
        const field = pushing.elements;
        [field.endpoint.value, field.p256dh.value, field.auth.value] = [endpoint, keys.p256dh, keys.auth];
        pushing.submit();
      } catch { pushing.querySelector(".error").textContent = pushing.dataset.failed; }
    });
  }
  if (document.querySelector("[data-unpush]")) navigator.serviceWorker?.getRegistration("/").then(worker => worker?.unregister(), () => {});

  // A passkey is asked for with the salt of the box; what it answers goes into the form.
  for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
    form.hidden = false;
    form.addEventListener("submit", async event => {
      event.preventDefault();
      const { salt, host, user, owner, known, failed, passkey } = form.dataset;
      const field = form.elements;
      const prf = { eval: { first: raw(salt) } };
      const ask = (id, challenge) => navigator.credentials.get({ publicKey: {
        challenge, rpId: host, userVerification: "required", allowCredentials: id ? [{ type: "public-key", id }] : [], extensions: { prf },
      } });
      const result = credential => credential.getClientExtensionResults().prf;
      try {
        const challenge = raw(field.challenge.value);
        const made = passkey === "get" ? await ask(null, challenge) : await navigator.credentials.create({ publicKey: {
          challenge, rp: { id: host, name: "Caliopen" }, user: { id: raw(user), name: owner, displayName: owner }, attestation: "none",
          pubKeyCredParams: [-8, -7, -257].map(alg => ({ type: "public-key", alg })), extensions: { prf },
          authenticatorSelection: { residentKey: "required", userVerification: "required" },
          excludeCredentials: known.split(" ").filter(id => id).map(id => ({ type: "public-key", id: raw(id) })),
        } });
        let secret = result(made)?.results?.first;
        // Many tell only at their first use what they keep.
        if (!secret && result(made)?.enabled) secret = result(await ask(made.rawId, crypto.getRandomValues(new Uint8Array(32))).catch(() => made))?.results?.first;
        const { clientDataJSON, authenticatorData, signature, userHandle, getAuthenticatorData } = made.response;
        field.credential.value = b64(made.rawId);
        field.client.value = b64(clientDataJSON);
        field.authenticator.value = b64(authenticatorData || getAuthenticatorData.call(made.response));
        field.signature.value = b64(signature);
        field.user.value = b64(userHandle);
        field.prf.value = b64(secret);
        form.submit();
      } catch { form.querySelector(".error").textContent = failed; }
    });
  }
})();
