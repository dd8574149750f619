// Subscribes this browser: registers the service worker, asks for the permission, fills in the form and sends it.
"use strict";

// Where this browser keeps the link to its settings: apart from that of another Nota below another path of the host.
const LINK = `nota-subscription${new URL(document.currentScript.src).pathname.split("/static/")[0]}`;

const settings = document.querySelector("[data-subscription=webpush]");
if (settings) keep(location.pathname);

const part = document.querySelector("[data-push-key]");
if (part) begin(part);

async function begin(part) {
  const button = part.querySelector("button");
  const isSupported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!isSupported) {
    // an iPad says that it is a Macintosh, which has no touch screen
    const isIPad = /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
    const isApple = (isIPad || /iPhone|iPad/.test(navigator.userAgent)) && !navigator.standalone;
    show(part, isApple ? "install" : "none");
    return;
  }
  if (Notification.permission === "denied") {
    show(part, "denied");
    return;
  }
  show(part, "");
  button.hidden = false;
  button.addEventListener("click", () => subscribe(part, button));
  const link = await ownLink(part).catch(() => null); // the browser allows no store, or there is no connection
  if (link) {
    show(part, "here");
    part.querySelector("[data-push-state=here] a").href = link;
    button.hidden = true;
  }
}

function show(part, state) {
  for (const each of part.querySelectorAll("[data-push-state]")) each.hidden = each.dataset.pushState !== state;
}

// Keeps the link to the settings; "": forgets it.
function keep(link) {
  try {
    if (link) localStorage.setItem(LINK, link);
    else localStorage.removeItem(LINK);
  } catch { /* the browser allows no store: it is subscribed without the link */ }
}

// The link to the settings, if this browser is subscribed with our key, the link still works, and bulletins are sent to it.
async function ownLink(part) {
  const link = localStorage.getItem(LINK);
  const registration = await navigator.serviceWorker.getRegistration(part.dataset.pushWorker);
  const own = link && registration && (await registration.pushManager.getSubscription());
  if (!own || keyOf(own) !== part.dataset.pushKey) return null;
  const answer = await fetch(link);
  if (answer.status === 410) keep("");
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-subscription=webpush][data-subscribed]") && link;
}

async function subscribe(part, button) {
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      show(part, "denied");
      return;
    }
    const registration = await navigator.serviceWorker.register(part.dataset.pushWorker);
    await active(registration);
    const subscription = (await fresh(registration, part.dataset.pushKey)).toJSON();
    const { form } = button;
    form.elements.endpoint.value = subscription.endpoint;
    form.elements.p256dh.value = subscription.keys.p256dh;
    form.elements.auth.value = subscription.keys.auth;
    const platform = Object.assign(document.createElement("input"), { type: "hidden", name: "platform", value: "webpush" });
    form.append(platform);
    form.submit(); // what other ways to subscribe ask for may be empty
    platform.remove(); // the browser's "back" leads to this page as it is
  } catch {
    show(part, "failed");
  } finally {
    button.disabled = false;
  }
}

function active(registration) {
  const worker = registration.installing || registration.waiting;
  if (registration.active || !worker) return null;
  return new Promise((resolve) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && resolve());
  });
}

// The subscription with our key. One with another key, from before the key was changed, is ended.
async function fresh(registration, key) {
  const { pushManager } = registration;
  const old = await pushManager.getSubscription();
  if (old && keyOf(old) !== key) await old.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

// The server's key of a subscription, base64url.
function keyOf(subscription) {
  const text = btoa(String.fromCharCode(...new Uint8Array(subscription.options.applicationServerKey)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
