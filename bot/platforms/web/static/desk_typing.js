// Typing at the desk: facts and sources at the caret, what the dossier knows of a source's address, and what Word leaves in pasted text.

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
