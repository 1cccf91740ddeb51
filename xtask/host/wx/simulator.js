// The phone's connection to WeChat, played by the simulator.
import { device } from '../phone/device.js'
import { Failure } from './result.js'

/** Asks the simulator and returns its result object; throws what it answers as a failure. */
export async function ask(name, body = {}, { signal } = {}) {
  const answer = await fetch(`/phone/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: device.user, ...body }),
    signal,
  })
  if (!answer.ok) throw new Error(`the simulator answered HTTP ${answer.status} to /phone/${name}`)
  const result = await answer.json()
  if (!result.errMsg.startsWith(`${name}:ok`)) throw new Failure(result.errMsg, result.errno)
  return result
}

/** The same for calls that WeChat answers itself, which fail without a network. */
export function askWechat(name, body, options) {
  if (!device.online) throw new Failure(`${name}:fail cgi failed`, 108)
  return ask(name, body, options)
}
