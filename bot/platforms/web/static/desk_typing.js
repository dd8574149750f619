// Typing at the desk: marks, facts and sources at the caret, which of them stands there, what the dossier knows of a source's address, and what Word leaves in pasted text.

const form = document.getElementById("change");
const dialog = document.getElementById("inserts");
const words = document.getElementById("insert-words");
const list = document.getElementById("insert-list");
const hint = document.getElementById("insert-hint");
const MOST = 50; // lines of the list
const ADDRESS = /^https?:\/\/\S+\.\S+/i;
const LOOK_MS = 400;
const MOST_LINES = 100, MOST_UNDONE = 20000; // lines and characters of a field that execCommand writes in: it needs time by the square of the lines
const LONGEST = 100000; // characters of a text that the server takes

const written = []; // what execCommand did not write, the latest last

const loaded = new Map(); // language → what can be inserted, with the values as it writes them
const versions = new Map(); // language → of which version of the change that is
let text = null; // the text field that had the focus last, and where its caret was
let place = [0, 0];
let shown = [], chosen = 0, lookTimer;

form.addEventListener("focusin", ({ target }) => { if (isText(target)) text = target; });
document.getElementById("insert").addEventListener("click", (event) => {
  event.preventDefault();
  open();
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyK" || dialog.open) return;
  event.preventDefault();
  open();
});
words.addEventListener("input", fill);
words.addEventListener("keydown", move);
list.addEventListener("click", ({ target }) => {
  const item = target.closest("li");
  if (item) insert(shown[[...list.children].indexOf(item)]);
});
dialog.addEventListener("close", goBack);
dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
form.addEventListener("paste", paste);
form.addEventListener("keydown", undo);
form.addEventListener("input", ({ target }) => { if (target.dataset.source) lookUp(target); });

/** A field of words that readers see: a fact has no place in an address or a day. */
function isText(field) {
  return field.lang && /^(TEXTAREA|INPUT)$/.test(field.tagName);
}

// ---- Insert

async function open() {
  text ??= form.querySelector("textarea[lang]") ?? form.querySelector("input[lang]");
  if (!text) return;
  if (text.offsetParent === null) location.hash = "write";
  place = [text.selectionStart, text.selectionEnd];
  words.value = "";
  shown = [];
  list.replaceChildren();
  dialog.showModal();
  words.focus();
  await load(text.lang || dialog.dataset.default);
  fill();
}

/** What can be inserted is asked for anew each time: somebody may have added a source meanwhile. */
async function load(language) {
  versions.set(language, form.elements.version.value);
  const answer = await fetch(`${dialog.dataset.fetch}?language=${encodeURIComponent(language)}`, { headers: { Accept: "application/json" } }).catch(() => null);
  const found = answer?.ok && await answer.json().catch(() => null);
  if (found) loaded.set(language, found);
  dialog.dataset.isFailed = found ? "" : "1";
}

function fill() {
  hint.dataset.keys ??= hint.textContent;
  const typed = words.value.trim(), all = loaded.get(text.lang || dialog.dataset.default) ?? [];
  const wanted = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const canCite = text.tagName === "TEXTAREA"; // a title has no line of sources
  shown = all.filter((each) => canCite || each.kind === "facts").filter((each) => has(each, wanted));
  shown = ranked(shown, wanted).slice(0, MOST);
  if (ADDRESS.test(typed) && canCite) {
    shown = all.filter((each) => each.address && pageOf(each.address) === pageOf(typed));
    if (!shown.length && hint.dataset.new) shown = [{ kind: "new", title: hint.dataset.new, detail: typed, text: "" }];
  }
  list.replaceChildren(...shown.map(line));
  choose(0);
  const { isFailed } = dialog.dataset, { failed, none, keys } = hint.dataset;
  hint.textContent = isFailed && !all.length ? failed : shown.length ? keys : none;
}

function has(each, wanted) {
  const every = `${each.name} ${each.title} ${each.detail} ${each.address}`.toLocaleLowerCase();
  return wanted.every((word) => every.includes(word));
}

/** What has the words as whole words first, then at their beginning; what begins with them before what has them within. */
function ranked(found, wanted) {
  const rank = (each) => {
    const parts = `${each.title} ${each.detail}`.toLocaleLowerCase().split(/[^\p{L}\p{N}]+/u);
    return wanted.reduce((sum, word) => sum + (parts.includes(word) ? 0 : parts.some((part) => part.startsWith(word)) ? 1 : 2), each.isNew || !wanted.length ? 0 : 0.5);
  };
  return found.map((each) => [rank(each), each]).sort(([one], [other]) => one - other).map(([, each]) => each);
}

/** The part of an address that makes another page. */
function pageOf(address) {
  const { hostname, pathname, search } = URL.parse?.(address) ?? tryURL(address);
  return `${hostname.replace(/^www\./, "")}${pathname.replace(/\/+$/, "")}${search}`;
}

function tryURL(address) {
  try {
    return new URL(address);
  } catch {
    return { hostname: address, pathname: "", search: "" };
  }
}

function line(each, index) {
  const item = document.createElement("li");
  Object.assign(item, { id: `insert-${index}`, role: "option" });
  const [title, detail] = ["bdi", "bdi"].map((name) => document.createElement(name));
  title.textContent = each.title;
  detail.textContent = each.detail;
  detail.className = "quiet";
  item.append(title, " ", detail);
  return item;
}

function choose(index) {
  chosen = Math.max(0, Math.min(index, shown.length - 1));
  for (const [number, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(number === chosen));
  if (shown.length) words.setAttribute("aria-activedescendant", `insert-${chosen}`);
  else words.removeAttribute("aria-activedescendant");
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function move(event) {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
  if (event.key in steps) choose(chosen + steps[event.key]);
  else if (event.key === "Enter" && shown.length) insert(shown[chosen]);
  else if (event.key === "Escape") dialog.close(); // a field for searches would only be emptied
  else if (event.key !== "Enter") return;
  event.preventDefault();
}

function insert(each) {
  const address = words.value.trim();
  dialog.returnValue = each.text;
  dialog.close(each.text);
  if (each.kind === "new") make(address);
}

/** Makes a source, cites it at the caret, and loads the page again, which then has its form. */
async function make(address) {
  const button = document.getElementById("add-new"), language = text.lang || dialog.dataset.default;
  const body = new URLSearchParams({ token: form.elements.token.value, action: button.value, kind: "sources", words: address });
  const answer = await fetch(button.getAttribute("formaction"), { method: "POST", body }).catch(() => null);
  if (answer?.ok) await load(language);
  const made = loaded.get(language)?.find((each) => each.address && pageOf(each.address) === pageOf(address));
  if (!made) { // its form asks for the rest, once what was typed is saved
    document.getElementById("kind").value = "sources";
    document.getElementById("words").value = address;
    return button.click();
  }
  dialog.returnValue = made.text;
  goBack();
  document.getElementById("save").click();
}

/** The caret is where it was, behind what was inserted. */
function goBack() {
  text.focus();
  text.setSelectionRange(...place);
  if (dialog.returnValue) write(text, dialog.returnValue);
  dialog.returnValue = "";
}

/** Writes at the caret, in place of what is selected, so that the browser can undo it; of many lines, so that undo() can. */
function write(field, what) {
  const before = field.value;
  const isShort = before.length + what.length <= MOST_UNDONE && `${before}${what}`.split("\n").length <= MOST_LINES;
  if (isShort && document.execCommand("insertText", false, what)) return;
  field.setRangeText(what, field.selectionStart, field.selectionEnd, "end");
  written.push({ field, before, after: field.value });
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Ctrl-Z or Cmd-Z after a text that the browser does not undo. */
function undo(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.code !== "KeyZ") return;
  const field = event.target, last = written.at(-1);
  if (last?.field !== field || last.after !== field.value) return;
  event.preventDefault();
  written.pop();
  field.value = last.before;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

// ---- Marks, by buttons below the text and by the usual keys

const TOKEN = /(?<!\\)\[@[^\]\n]*\]|\{([\w-]+)(?:\.\w+)?\}/g; // [@source; @other, p. 3], {fact}, {fact.form}
const KEYS = { KeyB: "bold", KeyI: "italic", Digit8: "list" };
const MARKS = { bold: ["**", "**"], italic: ["*", "*"], link: ["[", "](https://)"] };

const tools = new Map(); // text field → the line below it
let caret = {}; // the field with the caret, and the fact or source there

for (const field of form.querySelectorAll('textarea[lang]:not([data-kind="lines"], [readonly])')) {
  const part = document.getElementById("tools").content.firstElementChild.cloneNode(true);
  for (const button of part.querySelectorAll("button")) {
    button.addEventListener("mousedown", (event) => event.preventDefault()); // the caret stays
    button.addEventListener("click", () => {
      field.focus();
      mark(field, button.dataset.mark);
    });
  }
  field.after(part);
  tools.set(field, part);
}
form.addEventListener("keydown", (event) => {
  const kind = KEYS[event.code];
  if (!kind || !tools.has(event.target) || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey !== (kind === "list")) return;
  event.preventDefault();
  mark(event.target, kind);
});
for (const name of ["focusin", "input"]) form.addEventListener(name, tellCaret);
document.addEventListener("selectionchange", tellCaret);

/** Marks what is selected, or takes its mark away. */
function mark(field, kind) {
  const { selectionStart: from, selectionEnd: to, value } = field, chosen = value.slice(from, to);
  if (kind === "list") {
    const start = value.lastIndexOf("\n", from - 1) + 1, lines = value.slice(start, to).split("\n");
    const isList = lines.every((each) => each.startsWith("- "));
    field.setSelectionRange(start, to);
    return write(field, lines.map((each) => isList ? each.slice(2) : `- ${each}`).join("\n"));
  }
  const [before, after] = MARKS[kind], outer = Math.max(from - before.length, 0);
  const isMarked = kind !== "link" && value.slice(outer, from) === before && value.slice(to, to + after.length) === after;
  if (isMarked) field.setSelectionRange(outer, to + after.length);
  write(field, isMarked ? chosen : `${before}${chosen}${after}`);
  const start = isMarked ? outer : from + before.length, end = start + chosen.length;
  if (kind === "link" && chosen) field.setSelectionRange(end + 2, end + after.length - 1); // the address is typed over
  else field.setSelectionRange(start, end);
}

// ---- The fact or source at the caret

/** Names it below the text, with what can be done with it. */
async function tellCaret() {
  const field = document.activeElement;
  if (!form.contains(field) || !isText(field) || field.readOnly) return;
  const token = tokenAt(field), isSame = caret.field === field && caret.key === token?.key;
  caret = { field, ...token };
  if (isSame) return;
  for (const each of form.querySelectorAll(".at-caret")) each.remove();
  if (!token) return;
  const language = field.lang, find = () => loaded.get(language)?.find((each) => `${each.kind}/${each.name}` === token.key);
  if (!find() || versions.get(language) !== form.elements.version.value) await load(language);
  const found = find();
  if (found && caret.field === field && caret.key === token.key && !form.querySelector(".at-caret")) name(field, found, token.key);
}

function name(field, { title, detail }, key) {
  const part = document.getElementById("at-caret").content.firstElementChild.cloneNode(true);
  const [words, value] = part.querySelectorAll("bdi"), [change, remove] = part.querySelectorAll("button");
  words.textContent = title;
  value.textContent = detail;
  for (const each of [change, remove]) each.setAttribute("aria-label", `${each.textContent}: ${title}`);
  change.value = `open:${key}`; // what is typed is saved before
  change.addEventListener("click", (event) => {
    const own = document.getElementById(`entry-${key}`);
    if (!own) return;
    event.preventDefault();
    own.scrollIntoView();
    own.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  });
  remove.addEventListener("click", () => {
    field.focus();
    field.setSelectionRange(caret.start, caret.end);
    write(field, caret.rest);
  });
  if (tools.has(field)) tools.get(field).append(part);
  else field.after(part);
}

/** The fact or source in which the caret stands, its place, and what stays there without it. */
function tokenAt({ value, selectionStart: at }) {
  for (const found of value.matchAll(TOKEN)) {
    let start = found.index, end = start + found[0].length;
    if (at < start || at > end) continue;
    if (found[1]) {
      if (value[start - 1] === " " && /^(?:[\s.,;:!?]|$)/.test(value.slice(end))) start -= 1; // no two blanks
      return { key: `facts/${found[1]}`, start, end, rest: "" };
    }
    const cited = found[0].slice(1, -1).split(";");
    let behind = start + 1;
    const own = cited.findIndex((each) => at <= (behind += each.length + 1)), others = cited.filter((_, index) => index !== own).map((each) => each.trim());
    const id = /@([^\s,]+)/.exec(cited[own] ?? "")?.[1];
    return id && { key: `sources/${id}`, start, end, rest: others.length ? `[${others.join("; ")}]` : "" };
  }
  return null;
}

// ---- Paste

const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]/g;
const LINE_BREAK = /\r\n|[\r\v\u0085\u2028\u2029]/g;
const BULLET = /^[ \t\u00a0]*(?:[\u2022\u00b7\u25aa\u25cf\u25e6\u2023\u25cb\u25a0\u25a1\uf0b7\uf0a7\uf0d8][ \t\u00a0]*|[o\u2013](?:\t|\u00a0+)[ \t\u00a0]*)(?=\S)/;
const LOOSE_BULLET = /^[ \u00a0]*([o\u2013]) +(?=\S)/; // a word, or a dash: a list only where two lines begin so
const OF_WORD = /class="?Mso|urn:schemas-microsoft-com/;

function paste(event) {
  const field = event.target, { clipboardData } = event;
  if (!/^(TEXTAREA|INPUT)$/.test(field.tagName) || field.type === "search") return;
  const raw = clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
  if (field.value.length - (field.selectionEnd - field.selectionStart) + raw.length > LONGEST) {
    event.preventDefault();
    return say(field, "too-long");
  }
  const copied = raw.replace(LINE_BREAK, "\n");
  const mended = mend(copied, field.dataset.kind === "lines", OF_WORD.test(clipboardData.getData("text/html")));
  if (mended === raw) return;
  event.preventDefault();
  const start = field.selectionStart;
  write(field, copied); // first as it was copied: that is what Ctrl-Z brings back
  field.setSelectionRange(start, field.selectionEnd);
  write(field, mended);
  say(field, "pasted");
}

function say(field, template) {
  for (const each of document.querySelectorAll(".pasted")) each.remove();
  field.after(document.getElementById(template).content.cloneNode(true));
}

/** The text with bullets as items of a list, without invisible signs, and with Word's paragraphs as paragraphs. */
function mend(copied, isLines, isOfWord) {
  const plain = copied.replace(INVISIBLE, "").replaceAll("\u00a0", " ").replaceAll("\u2011", "-");
  const before = copied.replace(INVISIBLE, "").split("\n");
  const signs = before.map((each) => LOOSE_BULLET.exec(each)?.[1]);
  const once = new Set(), isList = new Set();
  for (const sign of signs) if (sign) (once.has(sign) ? isList : once).add(sign);
  const isItem = before.map((each, index) => BULLET.test(each) || isList.has(signs[index]));
  if (!isItem.some(Boolean) && !isOfWord) return plain;
  const lines = before.map((each, index) => {
    const bare = isItem[index] ? each.replace(BULLET, "").replace(LOOSE_BULLET, "") : each;
    return `${isItem[index] && !isLines ? "- " : ""}${bare}`.replaceAll("\u00a0", " ").replaceAll("\u2011", "-").trimEnd();
  });
  if (isLines) return lines.filter(Boolean).join("\n");
  const parts = lines.map((each, index) => {
    const isParagraph = each && lines[index + 1] && (Boolean(isItem[index]) !== Boolean(isItem[index + 1]) || (isOfWord && !isItem[index]));
    return isParagraph ? `${each}\n` : each;
  });
  return parts.join("\n");
}

// ---- A source by its address

function lookUp(field) {
  clearTimeout(lookTimer);
  lookTimer = setTimeout(async () => {
    const address = field.value.trim(), key = field.name.split("|")[0];
    const asked = new URLSearchParams({ address, key });
    const answer = ADDRESS.test(address) && await fetch(`${field.dataset.source}?${asked}`).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => ({})) : {};
    if (field.value.trim() !== address) return;
    for (const each of field.parentElement.querySelectorAll(".proposed")) each.remove();
    if (found.known) tell(field, "known", found.known.title, `[@${found.known.name}]`);
    else if (found.shown) propose(field, key, found);
  }, LOOK_MS);
}

function tell(field, template, words, code = "") {
  const part = document.getElementById(template).content.cloneNode(true);
  part.querySelector("bdi").textContent = words;
  const last = part.querySelector("code, button");
  if (code) last.textContent = code;
  const button = part.querySelector("button");
  field.after(part);
  return button;
}

/** Offers the publisher, if none was typed. */
function propose(field, key, { publisher, shown: name }) {
  const fields = [...form.querySelectorAll(`[name^="${CSS.escape(`${key}|publisher`)}"]`)];
  if (!fields.length || fields.some((each) => each.value)) return;
  tell(field, "proposal", name).addEventListener("click", ({ target }) => {
    for (const each of fields) {
      each.value = publisher[each.name.split("|")[2] ?? ""] ?? name;
      each.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    target.closest(".proposed").remove();
    fields[0].focus();
  });
}
