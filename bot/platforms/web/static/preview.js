// The preview without reloading: a form is sent by fetch, and the page in the response is merged into this one.

const field = document.getElementById("text");
const commands = document.getElementById("commands");
const options = [...commands.children];
const announcer = document.getElementById("announcer");
const PARTS = ["bar", "notices", "chips", "commands"];

/** Id → the HTML that the server sent, so that what a person has opened since then does not count as a change. */
const received = new Map();
for (const exchange of document.querySelectorAll(".exchange")) received.set(exchange.id, exchange.outerHTML);
for (const id of PARTS) received.set(id, document.getElementById(id).innerHTML);

// ---- Fetching and merging

let lastVisit = Promise.resolve();

/** Fetches a page and merges it, after all earlier requests. `cause`: "say", "press", or undefined if the server asked for it. */
function visit(address, request, cause) {
  lastVisit = lastVisit.then(async () => {
    try {
      const answer = await fetch(address, request);
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      setOffline(false);
      if (page.documentElement.lang !== document.documentElement.lang) location.reload();
      else merge(page, cause);
    } catch (error) {
      console.warn(error);
      setOffline(true);
    }
  });
  return lastVisit;
}

function setOffline(offline) {
  document.getElementById("offline").hidden = !offline;
}

function merge(page, cause) {
  const changed = [];
  const atEnd = [...document.querySelectorAll(".exchanges")].filter(isAtEnd);
  for (const list of document.querySelectorAll(".exchanges")) {
    changed.push(...mergeExchanges(list, page.getElementById(list.id)));
  }
  for (const id of PARTS) replaceContent(id, page);
  document.documentElement.dataset.theme = page.documentElement.dataset.theme;
  options.splice(0, options.length, ...commands.children);
  showTimes();
  if (cause === "say") showLast();
  else if (changed.length) for (const exchange of changed) scroll(exchange);
  else for (const list of atEnd) list.scrollTop = list.scrollHeight; // a panel about the content may take its room
  announce(changed, cause);
}

function isAtEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 32;
}

const ABOVE = 14, BELOW = 18; // of a list's padding stay in view

/**
 * Scrolls the list that holds a part of it: to its "last" exchange, to the end where it fits and else to its beginning; or as little
 * as brings the part into view. Element.scrollIntoView would in Chromium also move where the next Tab begins, past everything above.
 */
function scroll(part, to, behavior) {
  const list = part.closest(".exchanges");
  const [box, view] = [part.getBoundingClientRect(), list.getBoundingClientRect()];
  const [top, bottom] = [box.top - view.top - ABOVE, box.bottom - view.bottom + BELOW];
  const isTall = box.height > list.clientHeight - ABOVE - BELOW;
  const isShown = top < 0 === bottom > 0; // or covers all of the list
  list.scrollBy({ top: to === "last" ? (isTall ? top : bottom) : isShown ? 0 : isTall === top < 0 ? bottom : top, behavior });
}

function showLast(behavior) {
  for (const exchange of document.querySelectorAll(".exchanges > :last-child")) scroll(exchange, "last", behavior);
}

function replaceContent(id, page) {
  const [mine, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (received.get(id) === fresh.innerHTML) return;
  received.set(id, fresh.innerHTML);
  const focused = mine.contains(document.activeElement) ? document.activeElement : null;
  mine.replaceChildren(...fresh.childNodes);
  if (focused?.name) findButton(mine, focused)?.focus();
}

/** Makes our list like the fresh one: appends new exchanges, replaces changed ones, removes gone ones. Returns what changed. */
function mergeExchanges(list, fresh) {
  const changed = [];
  const wanted = new Set([...fresh.children].map((exchange) => exchange.id));
  for (const exchange of [...list.children]) if (!wanted.has(exchange.id)) exchange.remove();
  for (const exchange of [...fresh.children]) {
    const [source, mine] = [exchange.outerHTML, document.getElementById(exchange.id)];
    if (mine && received.get(exchange.id) === source) continue;
    received.set(exchange.id, source);
    if (mine) replaceExchange(mine, exchange);
    else list.append(exchange);
    changed.push(exchange);
  }
  return changed;
}

function replaceExchange(mine, exchange) {
  const focused = mine.contains(document.activeElement) ? document.activeElement : null;
  for (const details of mine.querySelectorAll(".behind details[open]")) {
    const same = exchange.querySelector(`.${details.className}`);
    if (same) same.open = true;
  }
  mine.replaceWith(exchange);
  if (focused) (findButton(exchange, focused) ?? exchange).focus({ preventScroll: true });
}

function findButton(where, button) {
  return [...where.querySelectorAll("button")].find((each) => each.name === button.name && each.value === button.value);
}

function announce(changed, cause) {
  const seen = changed.find((exchange) => exchange.getClientRects().length);
  if (seen) announcer.textContent = cause ? seen.querySelector(".reply").innerText : announcer.dataset.refreshed;
}

// ---- Forms

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.hasAttribute("data-reload")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const cause = form.action.endsWith("/messages") ? "say" : "press";
  closeCommands();
  visit(form.action, { method: "POST", body }, cause);
  if (form.hasAttribute("data-clear")) form.reset();
  form.closest(".example")?.removeAttribute("open");
});

// ---- Commands while typing: the combobox pattern of the ARIA Authoring Practices

let active = null;

function matching() {
  const typed = field.value.trimStart().toLowerCase();
  if (!typed.startsWith("/") || /\s/.test(typed)) return [];
  return options.filter((option) => option.dataset.command.startsWith(typed) || option.textContent.toLowerCase().includes(typed.slice(1)));
}

function offerCommands() {
  const shown = new Set(matching());
  for (const option of options) option.hidden = !shown.has(option);
  commands.hidden = !shown.size;
  field.setAttribute("aria-expanded", String(shown.size > 0));
  choose(null);
}

function closeCommands() {
  commands.hidden = true;
  field.setAttribute("aria-expanded", "false");
  choose(null);
}

function choose(option) {
  active?.setAttribute("aria-selected", "false");
  active = option;
  active?.setAttribute("aria-selected", "true");
  active?.scrollIntoView({ block: "nearest" });
  if (active) field.setAttribute("aria-activedescendant", active.id);
  else field.removeAttribute("aria-activedescendant");
}

function move(step) {
  const shown = options.filter((option) => !option.hidden);
  const at = shown.indexOf(active);
  choose(shown[at < 0 && step < 0 ? shown.length - 1 : (at + step + shown.length) % shown.length]);
}

function send(command) {
  field.value = command;
  field.form.requestSubmit();
}

field.addEventListener("input", offerCommands);
field.addEventListener("blur", closeCommands);
field.addEventListener("keydown", (event) => {
  if (commands.hidden) {
    if (event.key === "ArrowDown" && matching().length) offerCommands();
    return;
  }
  const act = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: closeCommands,
    Enter: active && (() => send(active.dataset.command)),
    Tab: active && (() => { field.value = `${active.dataset.command} `; closeCommands(); }),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
commands.addEventListener("pointerdown", (event) => event.preventDefault());
commands.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) send(option.dataset.command);
});

// ---- Times of day, in the viewer's own zone

function showTimes() {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  for (const time of document.querySelectorAll(".exchange time")) time.textContent = format.format(new Date(time.dateTime));
}

// ---- Scrolling to details when they are opened, and to the latest exchange when another platform's column is chosen

document.addEventListener("toggle", ({ target }) => target.open && target.closest(".exchanges") && scroll(target), true);
document.getElementById("tabs")?.addEventListener("change", () => showLast("instant"));

// ---- The stream

const stream = new EventSource("preview/events");
stream.addEventListener("changed", () => visit("preview"));
stream.addEventListener("error", () => setOffline(true));

showTimes();
showLast("instant");
if (location.hash.startsWith("#language-")) document.getElementById(location.hash.slice(1))?.focus();
else if (matchMedia("(hover: hover)").matches) field.focus();
document.documentElement.dataset.ready = "";
