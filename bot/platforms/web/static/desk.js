// The desk without reloading: saves during typing, shows mistakes and previews, follows the progress. Typed text is never lost.

const form = document.getElementById("draft");
const SAVE_MS = 2000;
const CHECK_MS = 700;
const RETRY_MS = 5000;
const POLL_MS = 3000;

if (form) write(form);
follow();

function write(form) {
  const status = document.getElementById("saved");
  const drop = document.getElementById("drop");
  const key = form.dataset.keptAs; // of one editor: somebody else at this browser would save it as their own
  const versions = document.querySelectorAll('input[name="version"]');
  let dirty = false, ended = false, leaving = false, pressed, saving = 0, lastSave = Promise.resolve(), saveTimer, checkTimer, checks = 0;

  if ("unsaved" in form.dataset) dirty = true; // the server shows what was typed, beside what somebody else saved
  else restore();
  const { zone, "not-before": moment } = form.elements;
  const heading = document.querySelector(".head h1 bdi");
  if (!moment.value && zone.value === "UTC") moment.addEventListener("input", () => { zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone; }, { once: true });
  form.addEventListener("input", ({ target }) => {
    dirty = true;
    if (target.name === form.dataset.heading && target.value.trim()) heading.textContent = target.value;
    keep();
    clearTimeout(checkTimer);
    checkTimer = setTimeout(check, CHECK_MS);
    saveLater(SAVE_MS);
  });
  form.addEventListener("submit", async (event) => {
    if (leaving || ended || !(dirty || saving)) return;
    event.preventDefault(); // the page is left only once the server has what was typed, and this page that version's number
    pressed = event.submitter; // of two presses while it is being saved, the last one counts
    if (!await save() || leaving) return;
    leaving = true;
    form.requestSubmit(pressed);
  });
  drop.addEventListener("click", () => {
    localStorage.removeItem(key);
    location.reload();
  });

  function isTyped([name]) {
    return name !== "token" && name !== "version"; // which each page has of its own
  }

  function typed() {
    return [...new FormData(form)].filter(isTyped);
  }

  /** Keeps the typed text in this browser until the server has it. */
  function keep() {
    localStorage.setItem(key, JSON.stringify([form.elements.version.value, typed()]));
  }

  /** Restores the text that an earlier page could not save. If another editor has saved since, Save shows both. */
  function restore() {
    const [version, kept = []] = JSON.parse(localStorage.getItem(key) ?? "[]");
    const fields = kept.filter(isTyped);
    if (!version || JSON.stringify(fields) === JSON.stringify(typed())) return localStorage.removeItem(key);
    for (const field of form.querySelectorAll('input[type="checkbox"]')) field.checked = false;
    const seen = new Map();
    for (const [name, value] of fields) {
      const named = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
      const box = named.find((each) => each.type === "checkbox" && each.value === value);
      if (box) box.checked = true;
      else {
        const index = seen.get(name) ?? 0;
        seen.set(name, index + 1);
        if (named[index]) named[index].value = value;
      }
    }
    check();
    if (version !== form.elements.version.value) {
      for (const each of versions) each.value = version;
      return overtaken();
    }
    status.textContent = status.dataset.restored;
    dirty = true;
    saveLater(SAVE_MS);
  }

  /** Another editor has saved: stops automatic saving. The next press sends the form, and the server shows both texts. */
  function overtaken() {
    ended = true;
    dirty = false;
    status.textContent = status.dataset.overtaken;
    drop.hidden = false;
  }

  function saveLater(ms) {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, ms);
  }

  /** Saves after all earlier saves. Resolves to whether the form can be sent: it is saved, or the server has to show both texts. */
  function save() {
    saving += 1;
    lastSave = lastSave.then(saveOnce).finally(() => { saving -= 1; });
    return lastSave;
  }

  async function saveOnce() {
    if (!dirty || ended) return true;
    clearTimeout(saveTimer);
    dirty = false;
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } }).catch(() => null);
    const { version } = answer?.ok ? await answer.json().catch(() => ({})) : {}; // an answer can break off
    if (version) {
      for (const each of versions) each.value = version;
      status.textContent = status.dataset.saved;
      if (!dirty) localStorage.removeItem(key);
      else {
        keep();
        saveLater(SAVE_MS);
      }
      return true;
    }
    if (answer?.status === 409) {
      overtaken();
      return true;
    }
    dirty = true;
    if (answer?.status === 401 || answer?.status === 403) status.textContent = status.dataset.signedOut; // or signed in anew
    else {
      status.textContent = status.dataset.kept;
      saveLater(RETRY_MS);
    }
    return false;
  }

  async function check() {
    const number = ++checks;
    const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    if (!answer?.ok || number !== checks) return;
    const shown = document.getElementById("checked");
    const dark = shown.querySelector('[value="dark"]')?.checked;
    shown.innerHTML = await answer.text();
    if (dark && shown.querySelector('[value="dark"]')) shown.querySelector('[value="dark"]').checked = true;
    mark();
  }

  mark();
}

/** Marks the fields that have a mistake. */
function mark() {
  for (const field of document.querySelectorAll(".has-mistake")) {
    field.classList.remove("has-mistake");
    field.removeAttribute("aria-invalid");
  }
  for (const item of document.querySelectorAll("#checked [data-field]")) {
    const field = item.dataset.field && document.getElementById(item.dataset.field);
    if (!field) continue;
    field.classList.add("has-mistake");
    if (/INPUT|TEXTAREA|SELECT/.test(field.tagName)) field.setAttribute("aria-invalid", "true");
  }
}

/** Whether a reload would discard a focused field, or the reason of a withdrawal. */
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
