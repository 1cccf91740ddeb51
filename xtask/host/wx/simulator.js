// The phone's connection to WeChat, played by the simulator.
import { device } from '../phone/device.js'
import { Failure } from './result.js'

/** Asks the simulator and returns its result object; throws what it answers as a failure. */
export async function ask(name, body = {}, { signal } = {}) {
  let result
  try {
    const answer = await fetch(`/phone/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: device.user, ...body }),
      signal,
    })
    result = await answer.json()
  } catch (error) {
    throw new Failure(`${name}:fail ${error.message}`, name === 'request' ? 600001 : 108)
  }
  if (!result.errMsg.startsWith(`${name}:ok`)) throw new Failure(result.errMsg, result.errno)
  return result
}

/** The same for calls that WeChat answers itself, which fail without a network. */
export function askWechat(name, body, options) {
  if (!device.online) throw new Failure(`${name}:fail cgi failed`, 108)
  return ask(name, body, options)
}
