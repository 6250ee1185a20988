// What pages do beside showing: keys, a claim's clock, drafts that nothing loses. All of it works by mouse, and the
// forms without any of it.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const decision = one("#decision");
  const page = one("[data-case]");
  const opened = Date.now();

  // Keys. Nothing while somebody types, in a dialog, or with a modifier held.
  const typing = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");
  const keyed = (key) => all("[data-key]").find((element) => element.dataset.key === key && !element.closest("dialog:not([open])"));
  document.addEventListener("keydown", (event) => {
    if (document.body.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (one("dialog[open]")) return;
    if (event.key === "Enter" && decision && !event.target.closest("a, button, summary, textarea")) {
      event.preventDefault();
      one("#decide-button").click();
      return;
    }
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "?") return void (event.preventDefault(), open_dialog(one("#help")));
    const found = keyed(event.key);
    if (!found) return;
    event.preventDefault();
    if (found.matches("fieldset")) (one("input:checked", found) ?? one("input", found)).focus();
    else if (found.matches("select, input[type=search]")) found.focus();
    else if (found.matches("input")) (found.click(), found.focus());
    else found.click();
  });

  // Dialogs, and the list of categories in one of them.
  const open_dialog = (dialog) => {
    if (!dialog || dialog.open) return;
    dialog.showModal();
    (one("input:not([type=hidden]), select, textarea", dialog) ?? one("button", dialog)).focus();
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open_dialog(one(opener.dataset.open));
    const copied = event.target.closest("[data-copy]");
    if (copied) navigator.clipboard?.writeText(one(copied.dataset.copy).value).then(() => { copied.textContent = "Copied"; });
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act === "unveil") (one("#text").classList.remove("veiled"), event.target.closest(".veil").remove());
    if (act === "reload") location.reload();
    if (act === "reclaim") post(`/cases/${page.dataset.case}/claim`);
    const option = event.target.closest("#category-list [role=option]");
    if (option) choose(option);
  });
  const post = (address) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action: address });
    document.body.append(form);
    form.submit();
  };
  const finder = one("#find-category");
  const options = all("#category-list [role=option]");
  const shown = () => options.filter((option) => !option.hidden);
  const point = (option) => {
    options.forEach((each) => each.setAttribute("aria-selected", each === option));
    if (!option) return finder.removeAttribute("aria-activedescendant");
    finder.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };
  finder?.addEventListener("input", () => {
    const words = finder.value.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (option, of) => words.every((word) => of(option).toLowerCase().includes(word));
    options.forEach((option) => { option.hidden = !holds(option, (each) => each.textContent); });
    // What is called so comes before what only mentions it.
    point(shown().find((option) => holds(option, (each) => each.dataset.name)) ?? shown()[0]);
  });
  finder?.addEventListener("keydown", (event) => {
    const now = shown().findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      point(shown()[(now + step + shown().length) % shown().length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (shown()[Math.max(now, 0)]) choose(shown()[Math.max(now, 0)]);
    }
  });

  // Choosing a category fills in what usually follows; whatever somebody set themselves stays.
  const touched = new Set();
  const fill = (told) => {
    if (!touched.has("severity") && told.severity) {
      const level = one(`input[name=severity][value="${told.severity}"]`, decision);
      if (level) level.checked = true;
    }
    for (const name of ["action", "reason"]) if (!touched.has(name) && told[name]) decision.elements[name].value = told[name];
    const category = decision.elements.category.value;
    all("#sub-policy option[data-of]").forEach((option) => { option.hidden = option.disabled = option.dataset.of !== category; });
    if (one("#sub-policy").selectedOptions[0]?.disabled) one("#sub-policy").value = "";
  };
  const choose = (option) => {
    const listed = all(".suggestion input", decision).find((input) => input.value === option.dataset.category);
    const radio = listed ?? one("#other-radio");
    if (!listed) {
      radio.value = option.dataset.category;
      one("#other-name").textContent = option.dataset.name;
      one("#other-choice").hidden = false;
    }
    radio.checked = true;
    option.closest("dialog").close();
    fill(option.dataset);
    save();
    radio.focus();
  };
  decision?.addEventListener("change", (event) => {
    const name = event.target.name;
    if (name === "category") fill(event.target.dataset);
    else touched.add(name);
    save();
  });

  // Drafts: what was typed outlives a reload, an ended claim, a lost connection, and shows in a second tab.
  const key = decision && `caseload:draft:${decision.dataset.draft}`;
  const KEPT = ["category", "severity", "action", "reason", "sub_policy", "note", "outcome"];
  const state = (words) => { const told = one("#draft-state"); if (told) told.textContent = words; };
  const save = () => {
    const values = Object.fromEntries(KEPT.map((name) => [name, decision.elements[name]?.value ?? ""]));
    values.other = one("#other-name").textContent;
    try { localStorage.setItem(key, JSON.stringify({ values, touched: [...touched], at: Date.now() })); state("Kept on this computer"); } catch { state(""); }
  };
  const restore = () => {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { return; }
    if (!kept) return;
    const { values } = kept;
    kept.touched.forEach((name) => touched.add(name));
    if (values.category && !all(".suggestion input", decision).some((input) => input.value === values.category)) {
      one("#other-radio").value = values.category;
      one("#other-name").textContent = values.other;
      one("#other-choice").hidden = false;
    }
    for (const name of KEPT) if (values[name] && decision.elements[name]) decision.elements[name].value = values[name];
    fill({});
    state("What you typed before is here again");
  };
  if (decision) {
    restore();
    decision.addEventListener("input", save);
    decision.addEventListener("submit", () => { one("[data-seconds]", decision).value = Math.round((Date.now() - opened) / 1000); }, true);
    decision.addEventListener("htmx:configRequest", (event) => { event.detail.parameters.set("seconds", Math.round((Date.now() - opened) / 1000)); });
    addEventListener("storage", (event) => { if (event.key === key && event.newValue && !document.hasFocus()) restore(); });
  }
  // A day is longer than any case stays on a desk.
  try {
    const done = one("[data-decided]")?.dataset.decided;
    if (done) localStorage.removeItem(`caseload:draft:${done}`);
    Object.keys(localStorage).filter((name) => name.startsWith("caseload:draft:")).forEach((name) => {
      if (!(Date.now() - JSON.parse(localStorage.getItem(name)).at < 86_400_000)) localStorage.removeItem(name);
    });
  } catch { /* a browser that keeps nothing */ }

  // Clocks. A claim is kept while its holder does something, and only then.
  let acted = Date.now();
  ["pointerdown", "keydown", "input", "scroll"].forEach((kind) => addEventListener(kind, () => { acted = Date.now(); }, { passive: true, capture: true }));
  const told = new WeakMap();
  const ends = (element) => {
    if (!told.has(element)) told.set(element, Date.now() + 1000 * Number(element.dataset.countdown));
    return told.get(element);
  };
  const tick = () => {
    all("[data-countdown]").forEach((element) => {
      const left = Math.max(0, Math.round((ends(element) - Date.now()) / 1000));
      element.textContent = left >= 120 ? `${Math.floor(left / 60)} min` : `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    });
    const lease = one("#lease");
    if (!lease) return;
    const left = (ends(one("[data-countdown]", lease)) - Date.now()) / 1000;
    const whole = Number(page.dataset.lease ?? lease.dataset.left);
    lease.classList.toggle("ending", left < 60);
    if (left <= 0) return void (one("#expiry").hidden = false);
    if (left < whole / 2 && Date.now() - acted < 120_000 && !lease.dataset.renewing) {
      lease.dataset.renewing = "true";
      window.htmx?.trigger(one("form", lease), "submit");
    }
  };
  tick();
  setInterval(tick, 1000);

  // The queue shows what others do, while somebody looks at it and is not in the midst of it.
  const live = one("[data-live]");
  if (live) setInterval(() => {
    if (!document.hidden && !live.contains(document.activeElement)) window.htmx?.trigger(live, "refresh");
  }, 10_000);

  // What htmx brought, and what it could not.
  const notice = (words) => {
    const box = document.createElement("div");
    box.className = "notice bad";
    box.append(Object.assign(document.createElement("p"), { textContent: words }));
    one("#notice").replaceChildren(box);
  };
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.elt.closest("#lease")) delete one("#lease").dataset.renewing;
    if (event.detail.requestConfig.verb !== "get") notice("The service cannot be reached. What you typed is kept here; try again when you are back.");
  });
  document.addEventListener("htmx:responseError", (event) => { if (event.detail.elt.closest("#lease")) delete one("#lease").dataset.renewing; });
  document.addEventListener("htmx:afterSwap", (event) => {
    all("dialog[open]").forEach((dialog) => { if (event.detail.target.id === "notice") dialog.close(); });
    const marked = one("#marked");
    const text = one("#text");
    if (marked && text) {
      one("h1", text).replaceWith(marked.content.querySelector("h1"));
      one(".body", text).replaceWith(marked.content.querySelector(".body"));
      marked.remove();
    }
  });

  // A sign-in link carries its code behind the #, which no server sees or logs.
  const code = one("#sign-in #code");
  if (code && location.hash.length > 8) {
    code.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname + location.search);
    code.form.submit();
  }
})();
