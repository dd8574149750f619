// The desk without reloading: saves what is typed, field by field, shows mistakes and previews, follows the progress. Nothing typed is lost.

import { idOf, keep as keepIn, kept as keptIn } from "./kept.js";

const form = document.getElementById("change");
const SAVE_MS = 2000;
const CHECK_MS = 700;
const RETRY_MS = 5000;
const POLL_MS = 3000;
const left = new Set(); // ids of fields that an editor has left, or whose mistake the server has marked: before, nothing is marked
const stale = new Map(); // id of a field → how many looks at what is wrong had begun when it was typed into: what they say of it is of before
const SEEN = "seen|"; // before a field's name: the digest of the stored value that it was made from

let isPressed = false; // whether a finger or a button of the mouse is down
document.addEventListener("pointerdown", () => { isPressed = true; }, true);
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => { isPressed = false; }, true);

const wrongFigure = document.querySelector(".put-right .field input:not([type=\"hidden\"])");
wrongFigure?.focus();
wrongFigure?.select(); // to be typed over

if (form) write(form);
else showKept(document.getElementById("kept"));
for (const said of document.querySelectorAll("[data-said-as]")) forget(said);
for (const field of document.querySelectorAll("textarea[data-kept-as], input[data-kept-as]")) keepUntilSaid(field);
follow();

function write(form) {
  const status = document.getElementById("saved");
  const key = form.dataset.keptAs; // of one editor: somebody else at this browser would save it as their own
  const typed = new Set(); // names of fields that the server does not have as they are here
  const own = new Map(); // id in the browser's store → name of the field that this page keeps there
  const undecided = new Map(); // name → the box in which an editor chooses between two texts
  let ended = false, isSent = false, isUnchecked = false, presses = 0, saving = 0, lastSave = Promise.resolve(), saveTimer, checkTimer, checks = 0;

  for (const box of form.querySelectorAll(".conflict[data-for]")) {
    const { for: name, theirs } = box.dataset;
    typed.add(name);
    const mine = box.querySelector(`input[value]:not([value="keep"])`).value;
    decideIn(box, name, JSON.parse(theirs), mine);
  }
  restore();
  form.addEventListener("input", ({ target }) => touch(target));
  form.addEventListener("change", ({ target }) => touch(target));
  form.addEventListener("submit", submit);
  addEventListener("pageshow", ({ persisted }) => { if (persisted) isSent = false; });
  document.addEventListener("keydown", saveByKeys);
  for (const item of document.querySelectorAll("#checked .shown")) left.add(item.dataset.field);
  form.addEventListener("focusout", ({ target }) => leave(target));
  form.addEventListener("focusin", followCaret);
  document.addEventListener("selectionchange", followCaret);
  document.getElementById("words")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // would press Save
    document.getElementById("add-new").click();
  });
  for (const each of form.querySelectorAll(".filter")) find(each);
  mark();

  /** Ctrl-S or Cmd-S, on any keyboard layout: the page stays, and so does the caret. */
  async function saveByKeys(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyS" && event.key !== "s") return;
    event.preventDefault();
    await save();
    if (undecided.size) choose();
    else if (!typed.size && !ended) status.textContent = status.dataset.saved;
  }

  /** Shows of a long list what has the typed words, and what is ticked. */
  function find(field) {
    field.hidden = false;
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); }); // would press Save
    field.addEventListener("input", () => {
      const words = field.value.toLocaleLowerCase().split(/\s+/);
      for (const item of field.nextElementSibling.children) {
        const text = item.textContent.toLocaleLowerCase();
        item.hidden = !item.querySelector(":checked") && !words.every((word) => text.includes(word));
      }
    });
  }

  function seen(name) {
    return form.elements[SEEN + name];
  }

  /** The controls of a field: one, or a box for each item of a list. */
  function controls(name) {
    return [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  }

  function values(name) {
    return new FormData(form).getAll(name);
  }

  function put(name, texts) {
    const boxes = controls(name);
    const wanted = new Set(texts);
    for (const each of boxes) {
      if (each.type === "checkbox") each.checked = wanted.delete(each.value);
      else each.value = texts[0] ?? "";
    }
    for (const each of boxes[0]?.type === "checkbox" ? wanted : []) { // an item that this page does not offer
      const label = boxes[0].closest("label").cloneNode(true);
      const box = label.querySelector("input");
      Object.assign(box, { value: each, checked: true });
      label.replaceChildren(box, ` ${each}`);
      boxes[0].closest(".picks")?.prepend(label);
    }
    tellChosen(boxes[0]);
  }

  function touch(target) {
    const { name, dataset } = target;
    if (!name || !seen(name)) return;
    tellChosen(target);
    typed.add(name);
    stale.set(target.closest(".pick-list")?.id ?? target.id, checks);
    if (dataset.together) for (const each of form.elements) if (each.name.startsWith(dataset.together) && seen(each.name)) typed.add(each.name);
    keep();
    setStale(true);
    clearTimeout(checkTimer);
    checkTimer = setTimeout(check, CHECK_MS);
    saveLater(SAVE_MS);
  }

  async function submit(event) {
    if (isSent) return event.preventDefault(); // a second press
    if (ended || !(typed.size || saving)) {
      isSent = true;
      return;
    }
    event.preventDefault(); // the page is left only once the server has what was typed, and this page that version's number
    const press = ++presses;
    const isSaved = await save();
    if (press !== presses) return; // of two presses while it is being saved, the last one counts
    if (undecided.size) return choose();
    if (isSaved) form.requestSubmit(event.submitter);
  }

  /** Leads to the two texts of which one is to be chosen. */
  function choose() {
    status.textContent = status.dataset.choose;
    const [box] = undecided.values();
    show(box);
    box.querySelector("input").focus();
  }

  /** What a field is called. */
  function titleOf(name) {
    const [control] = controls(name);
    const title = control?.closest("fieldset")?.querySelector("legend") ?? control?.labels?.[0];
    const words = (control?.type === "checkbox" ? title : control?.labels?.[0] ?? title)?.textContent.trim().replace(/\s+/g, " ") ?? name;
    return control?.lang ? `${words} · ${new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(control.lang)}` : words;
  }

  /** Keeps the typed text in this browser until the server has it. */
  function keep() {
    form.toggleAttribute("data-unsaved", typed.size > 0);
    const names = new Set(own.values());
    for (const name of typed) if (!names.has(name)) own.set(idOf(name), name);
    const changes = {};
    for (const [id, name] of own) {
      changes[id] = typed.has(name) ? [seen(name).value, values(name), titleOf(name), name] : null;
      if (!typed.has(name)) own.delete(id);
    }
    keepIn(key, changes);
  }

  /** Shows again what an earlier page could not save. What somebody has changed since is then shown beside it. */
  function restore() {
    const kept = Object.entries(keptIn(key));
    for (const [id, [digest, texts, , name = id]] of kept) {
      if (!seen(name) || typed.has(name)) continue; // of two texts of a field, the second one is shown once the first one is saved
      own.set(id, name);
      if (JSON.stringify(values(name)) === JSON.stringify(texts)) continue;
      put(name, texts);
      seen(name).value = digest;
      typed.add(name);
    }
    if (!typed.size || !kept.length) return;
    status.textContent = undecided.size ? status.dataset.choose : status.dataset.restored;
    check();
    saveLater(SAVE_MS);
  }

  function saveLater(ms) {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, ms);
  }

  /** Saves after all earlier saves. Resolves to whether the form can be sent: it is saved, or the server has to say why not. */
  function save() {
    saving += 1;
    lastSave = lastSave.then(saveOnce).finally(() => { saving -= 1; });
    return lastSave;
  }

  async function saveOnce() {
    const names = [...typed].filter((name) => !undecided.has(name));
    if (ended || !names.length) return !undecided.size;
    clearTimeout(saveTimer);
    const body = new URLSearchParams([["token", form.elements.token.value], ["version", form.elements.version.value]]);
    const sent = new Map();
    for (const name of names) {
      sent.set(name, JSON.stringify(values(name)));
      body.append(SEEN + name, seen(name).value);
      for (const value of values(name)) body.append(name, value);
    }
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    const isJson = answer?.headers.get("Content-Type")?.startsWith("application/json");
    const stored = isJson && await answer.json().catch(() => null); // an answer can break off
    if (stored) return took(stored, sent);
    if (answer && !isJson && answer.status < 500 && answer.status !== 429) { // signed out, or signed in anew
      status.textContent = status.dataset.signedOut;
      return false;
    }
    status.textContent = status.dataset.kept;
    saveLater(RETRY_MS);
    return false;
  }

  /** What the server has stored of what was sent, and what somebody else has changed. */
  function took({ version, seen: digests, conflicts, error, field, ended: isEnded }, sent) {
    for (const [name, digest] of Object.entries(digests)) {
      seen(name).value = digest;
      if (JSON.stringify(values(name)) === sent.get(name)) typed.delete(name);
    }
    for (const [name, { theirs, text, seen: digest }] of Object.entries(conflicts)) conflict(name, theirs, text, digest);
    const isAlone = version - form.elements.version.value <= 1; // else an approval would be of what this page does not show
    if (isAlone) for (const each of document.querySelectorAll('input[name="version"]')) each.value = version;
    ended = Boolean(isEnded);
    keep();
    if (isUnchecked && !ended) check();
    if (typed.size && !ended && !error) saveLater(SAVE_MS);
    document.getElementById(field)?.classList.add("has-mistake");
    const { choose, others, saved } = status.dataset;
    status.textContent = error ?? (undecided.size ? choose : isAlone ? saved : others);
    return ended || (!error && !undecided.size);
  }

  function conflict(name, theirs, text, digest) {
    const box = document.getElementById("conflict").content.cloneNode(true).querySelector("fieldset");
    box.querySelector("blockquote").textContent = text || "–";
    for (const radio of box.querySelectorAll("input")) radio.name = `choice|${name}`;
    seen(name).closest(".field, fieldset").append(box);
    decideIn(box, name, theirs, digest);
  }

  /** Writes above a folded list what is ticked in it. */
  function tellChosen(box) {
    const list = box?.closest(".pick-list"), line = list?.querySelector(".chosen");
    if (!line) return;
    const words = [...list.querySelectorAll(".picks :checked")].map((each) => each.nextElementSibling?.firstChild.textContent ?? each.parentElement.textContent);
    line.textContent = words.map((each) => each.trim()).join(" · ") || line.dataset.none;
  }

  /** An editor chooses between two texts of a field. Until then it is not saved. */
  function decideIn(box, name, theirs, digest) {
    undecided.set(name, box);
    box.addEventListener("change", (event) => {
      event.stopPropagation();
      if (event.target.value === "keep") {
        put(name, theirs);
        typed.delete(name);
      }
      seen(name).value = digest;
      undecided.delete(name);
      box.remove();
      controls(name)[0]?.focus();
      keep();
      check();
      saveLater(0);
    });
  }

  async function check() {
    const number = ++checks;
    const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    if (number !== checks) return;
    isUnchecked = !answer?.ok;
    if (isUnchecked) return; // again once it can be saved
    const html = await answer.text();
    if (number !== checks) return;
    for (const [id, begun] of stale) if (begun < number) stale.delete(id);
    replace(document.getElementById("checked"), html);
    setStale(false);
    followCaret();
    const title = document.querySelector("#checked [data-title]"), heading = document.querySelector(".head h1 bdi");
    if (title && heading) heading.textContent = title.textContent;
    mark();
  }
}

/** Says of what readers will see that it has not followed yet what is typed. */
function setStale(isStale) {
  const part = document.getElementById("checked");
  part.classList.toggle("behind", isStale);
  part.setAttribute("aria-busy", String(isStale));
}

/** Shows how readers will see the entry, the language and the words where the caret is. */
function followCaret() {
  const field = document.activeElement, key = field?.closest?.("form#change") && field.name?.split("|")[0];
  const parts = [...document.querySelectorAll("#checked [data-of]")], own = parts.find(({ dataset }) => dataset.of === key);
  if (!own) return;
  for (const each of parts) each.hidden = each !== own && Boolean(document.getElementById(`entry-${each.dataset.of}`));
  const range = field.lang ? rangeOf(wordsAt(field), own.querySelectorAll(`.chat[lang="${field.lang}"]`)) : null;
  globalThis.CSS?.highlights?.set("caret", new Highlight(...(range ? [range] : [])));
  const place = range?.startContainer.parentElement, pane = own.closest(".pane"); // no words there: what is missing stays in view
  if (!place || pane.scrollHeight <= pane.clientHeight) return;
  const { top, bottom } = place.getBoundingClientRect(), frame = pane.getBoundingClientRect();
  if (top < frame.top || bottom > frame.bottom) pane.scrollTop += top - frame.top - 60;
}

/** The plain words around the caret: no fact, source or mark is among them; "" within one. */
function wordsAt({ value, selectionStart: at }) {
  const ends = /[\n{}[\]*_]/;
  if (/\{[^{}\n]*$|\[@[^\]\n]*$/.test(value.slice(0, at))) return "";
  const words = `${value.slice(0, at).split(ends).pop()}${value.slice(at).split(ends)[0]}`.trim();
  return /\p{L}/u.test(words) ? words : ""; // a full stop stands everywhere
}

/** Where words stand first in messages, and not as a part of a longer word; null: nowhere. */
function rangeOf(words, messages) {
  const letter = "[\\p{sc=Latin}\\p{sc=Cyrillic}\\p{sc=Greek}\\p{sc=Arabic}\\p{sc=Hebrew}\\p{N}]"; // others stand without blanks between them
  const [first, last] = [[...words][0], [...words].at(-1)].map((sign) => new RegExp(letter, "u").test(sign));
  const whole = new RegExp(`${first ? `(?<!${letter})` : ""}${words.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}${last ? `(?!${letter})` : ""}`, "u");
  for (const message of words ? messages : []) {
    const texts = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const start = text.data.search(whole);
      if (start >= 0) return new StaticRange({ startContainer: text, startOffset: start, endContainer: text, endOffset: start + words.length });
    }
  }
  return null;
}

/** Shows what this browser keeps of a change that nobody can write in now. */
function showKept(part) {
  const kept = part ? Object.entries(keptIn(part.dataset.keptAs)) : [];
  for (const [id, [, texts, title]] of kept) {
    const place = document.createElement("dt"), text = document.createElement("dd");
    place.textContent = title ?? id;
    text.textContent = texts.join("\n") || "–";
    text.dir = "auto";
    part.querySelector("dl").append(place, text);
  }
  if (kept.length) part.hidden = false;
}

/** Forgets what this browser keeps of a comment, a reason or an answer that the server has: these very words, or any, where it does not show them. */
function forget(said) {
  const bare = (text) => text.replace(/[\s\p{C}]+/gu, ""); // the server leaves out signs that nobody sees
  const key = said.dataset.saidAs;
  for (const [id, [, [text]]] of Object.entries(keptIn(key)))
    if (!said.textContent || bare(said.textContent) === bare(text)) keepIn(key, { [id]: null });
}

/** Keeps in this browser what is typed, until a page shows that it was said: the page is left by a button, and there may be no connection. */
function keepUntilSaid(field) {
  const key = field.dataset.keptAs;
  const [id, [, [text]]] = (!field.value && Object.entries(keptIn(key))[0]) || [idOf(field.name), ["", [""]]];
  field.value ||= text;
  field.addEventListener("input", () => keepIn(key, { [id]: field.value ? ["", [field.value]] : null }));
}

/** Puts a part of the page in place of the former one: the choice of colours, what is scrolled to and what has the focus stay. */
function replace(part, html) {
  const dark = new Set([...part.querySelectorAll('[value="dark"]:checked')].map(({ name }) => name));
  const top = part.scrollTop, name = nameOf(document.activeElement);
  part.innerHTML = html;
  for (const each of part.querySelectorAll('[value="dark"]')) each.checked = dark.has(each.name);
  part.scrollTop = top;
  if (!name || document.activeElement !== document.body) return;
  const same = [...part.querySelectorAll("a, button, input, summary")].find((each) => nameOf(each) === name);
  (same ?? part).focus({ preventScroll: true });
}

/** What an element of a part is known by after the part was replaced. */
function nameOf(element) {
  return element?.closest("#checked *") && [element.tagName, element.getAttribute("href"), element.name, element.value, element.textContent].join("|");
}

/** Opens what is folded around an element, and the pane it is in. */
function show(element) {
  for (let each = element.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  if (element.closest(".pane")?.offsetParent === null) location.hash = element.closest(".pane").id;
}

/** Marks what is wrong with a field that is left. Not while a press goes on: what is pressed would move. */
function leave(target) {
  const field = target.closest(".pick-list") ?? target;
  if (!field.id || left.has(field.id)) return;
  left.add(field.id);
  if (isPressed) addEventListener("pointerup", () => setTimeout(mark), { once: true });
  else mark();
}

/** Marks the fields that have a mistake, says it under them, and marks the languages whose original was changed since they were translated. */
function mark() {
  for (const each of document.querySelectorAll(".wrong")) each.remove();
  for (const field of document.querySelectorAll(".has-mistake")) {
    field.classList.remove("has-mistake");
    field.removeAttribute("aria-invalid");
    describe(field, (id) => !id.startsWith("wrong-"));
  }
  for (const item of document.querySelectorAll("#checked [data-field]")) {
    const field = item.dataset.field && document.getElementById(item.dataset.field);
    const isShown = !field || field.matches(".entry") || (left.has(field.id) && !stale.has(field.id));
    item.classList.toggle("shown", isShown);
    if (field && isShown) tell(field, item.querySelector(".words"));
  }
  const count = document.getElementById("wrong-count");
  if (count) count.textContent = document.querySelector("#checked .to-do")?.dataset.count ?? "";
  const outdated = new Set([...document.querySelectorAll("#checked [data-outdated]")].map(({ dataset }) => dataset.outdated));
  for (const each of document.querySelectorAll(".outdated")) each.hidden = !outdated.has(each.id);
}

/** Says under a field what is wrong with it. */
function tell(field, words) {
  field.classList.add("has-mistake");
  if (field.matches(".entry")) return;
  const id = `wrong-${field.id}`;
  let list = document.getElementById(id);
  if (!list) {
    list = Object.assign(document.createElement("ul"), { id, className: "wrong" });
    if (field.matches(".pick-list")) field.querySelector(".chosen").after(list);
    else field.after(list);
    field.closest(".further")?.setAttribute("open", "");
  }
  const item = Object.assign(document.createElement("li"), { textContent: words.textContent, lang: words.lang || document.documentElement.lang });
  list.append(item);
  if (!/INPUT|TEXTAREA|SELECT/.test(field.tagName)) return;
  field.setAttribute("aria-invalid", "true");
  describe(field, (each) => each !== id, id);
}

/** Changes what a field is described by: those that are to stay, and one more. */
function describe(field, stays, more = "") {
  const ids = [...(field.getAttribute("aria-describedby") ?? "").split(/\s+/).filter((id) => id && stays(id)), more].filter(Boolean);
  if (ids.length) field.setAttribute("aria-describedby", ids.join(" "));
  else field.removeAttribute("aria-describedby");
}

/** Whether a reload would take a field away from somebody, or the reason of a return. */
function isTyping() {
  return Boolean(document.getElementById("reason")?.value) || /INPUT|TEXTAREA|SELECT/.test(document.activeElement?.tagName);
}

/** Follows the progress by events, or by polling if there are none. */
function follow() {
  const shown = document.getElementById("progress");
  if (!shown?.dataset.stream) return;
  const { stage, stream, fetch: address } = shown.dataset;
  let last = performance.now();
  const events = new EventSource(stream);
  events.addEventListener("changed", update);
  const timer = setInterval(() => performance.now() - last > POLL_MS && update(), POLL_MS);

  async function update() {
    last = performance.now();
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("progress");
    if (!fresh) return;
    document.getElementById("progress").innerHTML = fresh.innerHTML;
    if (fresh.dataset.stage === stage || isTyping()) return;
    events.close();
    clearInterval(timer);
    location.reload(); // other buttons are possible now
  }
}
