// Shows the notifications that render.py makes where the browser does not do so itself, and opens the bulletin when one is pressed.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let message = null;
  try {
    message = event.data.json().notification;
  } catch { /* no JSON */ }
  if (!message) return; // not from us
  // The same tag takes the place of the notification that is visible: a correction of what it corrects.
  const options = {
    body: message.body,
    tag: message.tag,
    lang: message.lang,
    dir: message.dir,
    icon: new URL("icon.png", self.location).href,
    silent: message.silent,
    renotify: message.renotify,
    data: { url: message.navigate },
  };
  event.waitUntil(self.registration.showNotification(message.title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.url, self.location.origin).href));
});

async function open(url) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => each.url === url);
  return there ? there.focus() : self.clients.openWindow(url);
}

// A browser may replace its subscription by itself. The reader stays the same.
self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.oldSubscription, event.newSubscription));
});

async function renew(old, renewed) {
  if (!old) return;
  const current = renewed || (await self.registration.pushManager.subscribe(old.options));
  const body = JSON.stringify({ old: old.toJSON(), new: current.toJSON() });
  await fetch("renew", { method: "POST", headers: { "Content-Type": "application/json" }, body });
}
