// The desk without reloading: saves while somebody types, shows mistakes and previews, follows the progress. Nothing typed is lost.

const form = document.getElementById("draft");
const SAVE_MS = 2000;
const CHECK_MS = 700;
const RETRY_MS = 5000;
const POLL_MS = 3000;

if (form) write(form);
follow();

function write(form) {
  const status = document.getElementById("saved");
  const kept = `nota-draft-${form.dataset.draft}`;
  const versions = document.querySelectorAll('input[name="version"]');
  let saving = false, dirty = false, overtaken = false, saveTimer, checkTimer, checks = 0;

  restore();
  const { zone, "not-before": moment } = form.elements;
  const heading = document.querySelector(".head h1 bdi");
  if (!moment.value && zone.value === "UTC") moment.addEventListener("input", () => { zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone; }, { once: true });
  form.addEventListener("input", ({ target }) => {
    dirty = true;
    if (target.name === form.dataset.heading && target.value.trim()) heading.textContent = target.value;
    localStorage.setItem(kept, JSON.stringify([form.elements.version.value, [...new FormData(form)]]));
    clearTimeout(checkTimer);
    checkTimer = setTimeout(check, CHECK_MS);
    saveLater(SAVE_MS);
  });
  form.addEventListener("submit", () => localStorage.removeItem(kept));

  /** What an earlier page could not save, if nobody has saved since. */
  function restore() {
    const [version, fields] = JSON.parse(localStorage.getItem(kept) ?? "[]");
    if (version !== form.elements.version.value) return localStorage.removeItem(kept);
    for (const field of form.querySelectorAll('input[type="checkbox"]')) field.checked = false;
    const seen = new Map();
    for (const [name, value] of fields) {
      if (name === "token" || name === "version") continue;
      const named = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
      const box = named.find((each) => each.type === "checkbox" && each.value === value);
      if (box) box.checked = true;
      else {
        const index = seen.get(name) ?? 0;
        seen.set(name, index + 1);
        if (named[index]) named[index].value = value;
      }
    }
    status.textContent = status.dataset.restored;
    dirty = true;
    check();
    saveLater(SAVE_MS);
  }

  function saveLater(ms) {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, ms);
  }

  async function save() {
    if (saving || !dirty || overtaken) return;
    saving = true;
    dirty = false;
    try {
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
      if (answer.status === 409) {
        overtaken = true;
        status.textContent = status.dataset.overtaken;
      } else if (!answer.ok) throw new Error(answer.status);
      else {
        const { version } = await answer.json();
        for (const each of versions) each.value = version;
        if (!dirty) localStorage.removeItem(kept);
        else localStorage.setItem(kept, JSON.stringify([String(version), [...new FormData(form)]]));
        status.textContent = status.dataset.saved;
      }
    } catch (error) {
      console.warn(error);
      dirty = true;
      status.textContent = status.dataset.kept;
      saveLater(RETRY_MS);
    }
    saving = false;
    if (dirty) saveLater(SAVE_MS);
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

/** Whether a reload would take a field away from somebody, or the reason of a withdrawal. */
function isTyping() {
  return Boolean(document.getElementById("reason")?.value) || /INPUT|TEXTAREA|SELECT/.test(document.activeElement?.tagName);
}

/** Follows the progress by events, or by polling where they do not come. */
function follow() {
  const shown = document.getElementById("progress");
  if (!shown?.dataset.stream) return;
  const { stage, stream, fetch: address } = shown.dataset;
  let last = performance.now();
  const events = new EventSource(stream);
  events.addEventListener("progress", update);
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
