// Wakes up when the browser's push service rings, and says that new mail has come, in the words that it was sent. Nothing is
// fetched, kept or looked at.
"use strict";
self.addEventListener("push", event => {
  event.waitUntil(self.registration.showNotification("Caliopen", { body: event.data?.text() || "", tag: "mail" }));
});
self.addEventListener("notificationclick", event => {
  event.notification.close();
  event.waitUntil(clients.matchAll({ type: "window" }).then(open => open.length ? open[0].focus() : clients.openWindow("/")));
});
