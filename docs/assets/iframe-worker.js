// The search of the site runs in a worker, and browsers start none for a page that is opened from a
// folder (file://). There, this one takes its place: a frame of the same page that runs the script.
if (location.protocol === "file:") {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      this.inner = frame.contentWindow
      const run = address => new Promise(loaded => {
        const script = frame.contentDocument.createElement("script")
        script.src = new URL(address, document.baseURI)
        script.onload = script.onerror = loaded
        frame.contentDocument.body.append(script)
      })
      this.inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      this.inner.importScripts = (...urls) =>
        urls.reduce((before, each) => before.then(() => run(each)), Promise.resolve())
      this.started = run(url)
    }

    postMessage(data) {
      this.started.then(() => this.inner.dispatchEvent(new MessageEvent("message", { data })))
    }
  }
}
