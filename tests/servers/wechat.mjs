// What stands between a server under test and the WeChat simulator: notes the answers, which hold
// session_keys, and puts faults in.
import { once } from 'node:events'
import { createServer } from 'node:http'

/** A WeChat for one server. `faults` has one entry for each exchange to come; while `isDown`, nothing answers. */
export async function wechat(simulator) {
  const seen = { exchanges: 0, sessionKeys: [] }
  const it = { seen, faults: [], isDown: false }
  const server = createServer(async (request, response) => {
    if (it.isDown) return request.socket.destroy()
    seen.exchanges++
    const fault = it.faults.shift()
    // An answer that never comes is waited for as long as the server does.
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      const answer = await fetch(simulator + request.url, {
        method: request.method,
        headers: fault ? { 'x-simulator-fault': JSON.stringify(fault) } : {},
        signal: gone.signal,
      })
      const text = await answer.text()
      const [, key] = /"session_key":"([^"]+)"/.exec(text) ?? []
      if (key) seen.sessionKeys.push(key)
      response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(text)
    } catch {
      request.socket.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(it, {
    address: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
}
