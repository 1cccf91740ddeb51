// What a bare engine's shell gives to a test run: that of JavaScriptCore, or the `host` that
// quickjs.mjs and page.html put in its place.
const jsc = typeof createGlobalObject === 'function'

/** What run.mjs said: the environment of the run. */
export const env = JSON.parse(jsc ? globalThis.arguments[0] : host.env)

export const print = jsc ? globalThis.print : host.print
export const readText = jsc ? globalThis.read : host.readText
export const readBytes = jsc ? file => globalThis.readFile(file, 'binary') : file => new Uint8Array(host.readBytes(file))

/** After everything that waits in microtasks. */
export const macrotask = jsc ? run => { globalThis.setTimeout(run, 0) } : run => { host.macrotask(run) }

/** Tells of a rejection that nobody has handled when the microtasks are over, where the engine does. */
export const onUnhandledRejection = run => {
  if (jsc) setUnhandledRejectionCallback((promise, reason) => run(reason))
  else if (host.onUnhandledRejection) host.onUnhandledRejection(run)
}

/** A global object of its own, and how to evaluate in it; null where the shell can't make one. */
export const realm = jsc ? () => {
  const made = $.createRealm()
  return { global: made.evalScript('globalThis'), evaluate: code => made.evalScript(code) }
} : null

/** Where there is none: what the language itself has. */
export const LANGUAGE = jsc ? [] : host.names
