// The servers of examples/servers as programs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { PYTHON } = process.env
const dir = name => fileURLToPath(new URL(`../../examples/servers/${name}`, import.meta.url))

/** How each is started. The last three by hand alone: their languages are not installed by the tests. */
const COMMANDS = {
  node: [process.execPath, 'server.mjs'],
  'node-koa': [process.execPath, 'server.mjs'],
  python: [PYTHON, 'server.py'],
  go: ['go', 'run', '.'],
  java: ['java', 'Server.java'],
  php: ['sh', '-c', 'exec php -S $HOST:$PORT index.php'],
}

/** The ones to try: those that EXAMPLE_SERVERS names, or what every machine of the tests has. */
export const SERVERS = process.env.EXAMPLE_SERVERS?.split(',') ?? ['node', 'node-koa', 'python']

// What stands in the simulator's source, and is no secret there.
export const SECRET = '51515151515151515151515151515151'
const APPID = 'wx5151515151515151'

/** Starts a server on a port that the system picks; `log` is all that it has said. */
export async function start(name, wechatAddress, settings = {}) {
  const [program, ...args] = COMMANDS[name]
  const { PATH, HOME } = process.env
  const files = mkdtempSync(join(tmpdir(), 'servers-'))
  const child = spawn(program, args, {
    cwd: dir(name),
    // A group of its own, as `go run` starts another program.
    detached: name === 'go',
    // Nothing else of this machine's: neither a proxy nor settings of somebody's own server.
    env: { PATH, HOME, HOST: '127.0.0.1', PORT: '0', WECHAT_APPID: APPID, WECHAT_SECRET: SECRET, WECHAT_API_BASE: wechatAddress, PYTHONDONTWRITEBYTECODE: '1', DATABASE_DSN: `sqlite:${files}/sessions.db`, ...settings },
  })
  const server = { log: '' }
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => { server.log += text })
  const ended = once(child, 'exit')
  server.stop = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(name === 'go' ? -child.pid : child.pid)
    await ended
    rmSync(files, { recursive: true, force: true })
  }
  const deadline = Date.now() + 30_000
  for (;;) {
    const [, address] = /(?:listening on |Development Server \()(http:[^\s)]+)/.exec(server.log) ?? []
    if (address) return Object.assign(server, { address })
    if (child.exitCode !== null || Date.now() > deadline) {
      await server.stop()
      throw new Error(`${name} does not listen: ${server.log}`)
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
