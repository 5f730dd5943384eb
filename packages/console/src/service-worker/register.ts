/** Lets a reload work while the server is away. Browsers allow it on https and on localhost only. */
export function registerServiceWorker(): void {
  if (!('serviceWorker' in navigator) || !window.isSecureContext || import.meta.env.DEV) return
  // Without it the page still works, it only cannot be loaded while the server is away.
  navigator.serviceWorker.register('./sw.js').catch(() => undefined)
}
