// A phone with the real package: codes come from the simulator, requests really go out.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

const PKG = process.env.MINIPROGRAM_LOGIN_PKG
const { createWxp } = createRequire(import.meta.url)(PKG)

const WXWebAssembly = {
  instantiate(path, imports) {
    const module = readFileSync(join(PKG, 'miniprogram_dist/miniprogram_login.wasm.br'))
    return WebAssembly.instantiate(brotliDecompressSync(module), imports)
  },
}

/** A launch of the app. `seen` has every request that went out, with what came back. */
export function launch(user, simulator, baseUrl, options = {}) {
  const seen = []
  const storage = new Map()
  const wx = {
    login: ({ success, fail }) => code(simulator, user).then(code => success({ code, errMsg: 'login:ok' }), fail),
    checkSession: ({ success }) => success({ errMsg: 'checkSession:ok' }),
    request(args) {
      const call = { path: args.url.replace(baseUrl, ''), header: args.header ?? {} }
      seen.push(call)
      send(args).then(
        answer => {
          Object.assign(call, answer)
          args.success({ statusCode: answer.status, header: answer.headers, data: parsed(answer.body), errMsg: 'request:ok' })
        },
        error => args.fail({ errMsg: `request:fail ${error.message}` }),
      )
      return { abort() {} }
    },
    getStorageSync: key => storage.get(key) || '',
    setStorageSync: (key, data) => void storage.set(key, data),
    removeStorageSync: key => void storage.delete(key),
  }
  const { login, ...others } = options
  const wxp = createWxp({ baseUrl, login: { url: '/user/weixin-login', ...login }, wx, WXWebAssembly, ...others })
  return { wxp, seen }
}

/** What wx.login gives. */
export async function code(simulator, user) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${simulator}/phone/login`, { method: 'POST', headers, body: JSON.stringify({ user }) })
  return (await answer.json()).code
}

/** A request over the network: status, headers, and the body as text. */
export async function send({ url, method = 'GET', header = {}, data }) {
  const body = method === 'GET' ? undefined : JSON.stringify(data)
  const headers = body === undefined ? header : { 'content-type': 'application/json', ...header }
  const answer = await fetch(url, { method, headers, body })
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
