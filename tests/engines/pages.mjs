// Pages of browsers as shells. Where run.mjs wants one, it is told on stdout, for `cargo xtask
// engines` to open; the page (page.html) asks for one bundle after another, and tells what each
// printed.
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import vm from 'node:vm'

/** What the language itself has. */
const NAMES = vm.runInNewContext('Object.getOwnPropertyNames(globalThis)')

const pages = new Map()

/** Runs a bundle in the page of a browser, which may read what lies in `dirs`. */
export async function inPage(browser, dirs, limit, bundle, env) {
  if (!pages.has(browser)) pages.set(browser, open(browser, dirs))
  const queue = await pages.get(browser)
  return new Promise(resolve => {
    const late = setTimeout(resolve, limit, { error: `its page did not come to it within ${limit / 1000} s`, stdout: '', stderr: '' })
    queue.push({
      task: { bundle: path.resolve(bundle), env: JSON.stringify(env), names: NAMES },
      done(stdout) {
        clearTimeout(late)
        resolve({ stdout, stderr: '' })
      },
    })
  })
}

/** Its queue, from which the page takes. */
async function open(browser, dirs) {
  const waiting = []
  let running, taker
  const give = () => {
    if (!taker || !waiting.length) return
    running = waiting.shift()
    taker.end(JSON.stringify(running.task))
    taker = null
  }
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://127.0.0.1')
    if (pathname === '/next') {
      const printed = await json(request)
      if (running) running.done(printed)
      running = null
      taker = response
      return give()
    }
    const file = pathname === '/' ? path.join(import.meta.dirname, 'page.html') : path.resolve(decodeURIComponent(pathname))
    const may = dirs.some(dir => file.startsWith(path.resolve(dir) + path.sep)) && fs.existsSync(file)
    response.writeHead(may ? 200 : 404, { 'Content-Type': `${pathname === '/' ? 'text/html' : 'text/javascript'}; charset=utf-8` })
    response.end(may ? fs.readFileSync(file) : '')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  console.log(`page ${browser} http://127.0.0.1:${server.address().port}/`)
  return { push(job) { waiting.push(job); give() } }
}
