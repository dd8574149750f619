// What a change changes, loaded by itself after the change's page, with how far that is, and again when what was typed is saved.

const part = document.getElementById("consequences"), form = document.getElementById("change");
const { fetch: address, failed, again, stale } = part.dataset;
const POLL_MS = 400;
const LOOK_MS = 1000;
const QUIET_MS = 4000; // it takes seconds of a processor, ten with a thousand entries: not between two words, and not most of the time

let turn = 0, typedAt = 0, took = 0, isStale = false;

load();
form?.addEventListener("input", () => {
  typedAt = Date.now();
  clear();
});
setInterval(look, LOOK_MS);

async function load() {
  const own = ++turn, began = Date.now();
  isStale = false;
  for (;;) {
    const answer = await fetch(address).catch(() => null);
    const text = answer?.ok && await answer.text().catch(() => "");
    const fresh = text && new DOMParser().parseFromString(text, "text/html").getElementById("consequences");
    if (own !== turn) return; // something was typed or saved meanwhile
    if (answer?.redirected) return part.remove(); // the change came into force meanwhile
    if (!fresh) return note(failed);
    part.innerHTML = fresh.innerHTML;
    part.dataset.version = fresh.dataset.version;
    took = Date.now() - began;
    if (!("busy" in fresh.dataset)) return;
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

/** Nothing is shown below words that it does not know. */
function clear() {
  if (isStale) return;
  turn += 1;
  isStale = true;
  const line = document.createElement("p");
  Object.assign(line, { className: "quiet", textContent: stale });
  part.replaceChildren(part.querySelector("h2"), line);
}

/** Begins anew once another version is saved, and all that was typed. */
function look() {
  const version = document.querySelector('#change [name="version"], #decide [name="version"]')?.value;
  if (part.dataset.version && version && version !== part.dataset.version) clear();
  if (isStale && !form?.hasAttribute("data-unsaved") && Date.now() - typedAt > Math.max(QUIET_MS, took)) load();
}

function note(words) {
  const line = document.createElement("p");
  const button = document.createElement("button");
  line.className = "panel notice since";
  line.setAttribute("role", "status");
  Object.assign(button, { type: "button", textContent: again });
  button.addEventListener("click", () => {
    line.remove();
    load();
  });
  line.append(words, " ", button);
  part.querySelector("h2").after(line);
}
