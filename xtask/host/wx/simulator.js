// The phone's connection to WeChat, played by the simulator.
import { device } from '../phone/device.js'
import { Failure } from './result.js'

const post = (name, body, signal) => fetch(`/phone/${name}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ user: device.user, ...body }),
  signal,
})

const NETWORK = ['request', 'uploadFile']

/** The result object, or its failure. */
function result(name, answer) {
  if (!answer.errMsg.startsWith(`${name}:ok`)) throw new Failure(answer.errMsg, answer.errno)
  return answer
}

/** Asks the simulator and returns its result object; throws what it answers as a failure. */
export async function ask(name, body = {}, { signal } = {}) {
  let answer
  try {
    answer = await (await post(name, body, signal)).json()
  } catch (error) {
    throw new Failure(`${name}:fail ${error.message}`, NETWORK.includes(name) ? 600001 : 108)
  }
  return result(name, answer)
}

/** A request whose answer comes line by line: `tell` hears each, the result is returned. */
export async function askInChunks(body, { signal }, tell) {
  const lost = new Failure('request:fail errcode:-100 cronet_error_code:-100 error_msg:net::ERR_CONNECTION_CLOSED', 600001)
  let text = ''
  try {
    const reader = (await post('request', body, signal)).body.getReader()
    const decoder = new TextDecoder()
    for (;;) {
      const { value, done } = await reader.read()
      text += decoder.decode(value, { stream: !done })
      const lines = text.split('\n')
      text = done ? '' : lines.pop()
      for (const line of lines.filter(Boolean).map(JSON.parse)) {
        if (line.errMsg) return result('request', line)
        tell(line)
      }
      if (done) throw lost
    }
  } catch (error) {
    throw error instanceof Failure ? error : lost
  }
}

/** The same for calls that WeChat answers itself, which fail without a network. */
export function askWechat(name, body, options) {
  if (!device.online) throw new Failure(`${name}:fail cgi failed`, 108)
  return ask(name, body, options)
}
