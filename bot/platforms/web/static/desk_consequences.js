// What a change changes, loaded by itself after the change's page, with how far that is. Loaded again only when asked: it takes seconds.

const part = document.getElementById("consequences");
const { fetch: address, failed, again, savedSince } = part.dataset;
const POLL_MS = 400;
const LOOK_MS = 1000;

load();
setInterval(look, LOOK_MS);

async function load() {
  for (;;) {
    const answer = await fetch(address).catch(() => null);
    const text = answer?.ok && await answer.text().catch(() => "");
    const fresh = text && new DOMParser().parseFromString(text, "text/html").getElementById("consequences");
    if (!fresh) return note(failed);
    part.innerHTML = fresh.innerHTML;
    part.dataset.version = fresh.dataset.version;
    if (!("busy" in fresh.dataset)) return;
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
  }
}

/** Says that another version was saved since the one that is shown. */
function look() {
  const version = document.querySelector('#change [name="version"], #decide [name="version"]')?.value;
  if (part.dataset.version && version && version !== part.dataset.version && !part.querySelector(".since")) note(savedSince);
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
