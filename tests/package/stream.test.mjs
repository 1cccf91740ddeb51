// Rule 11: what the app hears of a stream (enableChunked), and when.
import assert from 'node:assert/strict'
import { HOME } from './backend.mjs'
import { once, scenario } from './scenario.mjs'

const CHAT = { url: `${HOME}/chat`, enableChunked: true }

/** Requests of streams go to the test, which plays the server: what each attempt was given, in order. */
function streams(s) {
  const attempts = []
  const { request } = s.phone.wx
  s.phone.wx.request = args => {
    if (!args.enableChunked) return request(args)
    const listeners = { HeadersReceived: [], ChunkReceived: [] }
    const tell = (event, res) => listeners[event].forEach(fn => fn(res))
    const attempt = {
      args,
      aborted: 0,
      headers: (statusCode, more) => tell('HeadersReceived', { statusCode, header: {}, cookies: [], ...more }),
      chunk: data => tell('ChunkReceived', { data }),
      end: statusCode => args.success({ statusCode, data: '', header: {}, cookies: [], errMsg: 'request:ok' }),
    }
    attempts.push(attempt)
    const task = { abort: () => { attempt.aborted++ } }
    for (const event in listeners) task['on' + event] = fn => void listeners[event].push(fn)
    return task
  }
  return attempts
}

/** What the app hears of a call: the statuses of headers, and chunks. */
function hearing(call) {
  const heard = []
  call.onHeadersReceived(res => heard.push(res.statusCode))
  call.onChunkReceived(res => heard.push(res.data))
  return heard
}

/** The login that a refused attempt causes. */
const passes = s => s.clock.advance(1_000)

scenario('rule 11: of a refused attempt of a stream nothing reaches the app, of the replay all does', async s => {
  const wxp = await s.active(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  attempts[0].headers(401)
  attempts[0].chunk('{"code":401}')
  attempts[0].end(401)
  await passes(s)
  // Late, from a client that tells in any order.
  attempts[0].chunk('late')
  attempts[1].headers(200)
  attempts[1].chunk('a')
  attempts[1].chunk('b')
  attempts[1].end(200)
  assert.equal((await s.ok(call)).statusCode, 200)
  assert.deepEqual(heard, [200, 'a', 'b'])
  assert.equal(s.exchanges, 2)
})

scenario('rule 11: the same of a stream that waited for a login before it was sent', async s => {
  const wxp = s.create(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  await passes(s)
  attempts[0].headers(401)
  attempts[0].chunk('no')
  attempts[0].end(401)
  await passes(s)
  // The second 401 is delivered as the answer it is; its body is not the chat's.
  attempts[1].headers(401)
  attempts[1].chunk('no')
  attempts[1].end(401)
  assert.equal((await s.ok(call)).statusCode, 401)
  assert.deepEqual(heard, [])
})

scenario('rule 11: any other status of a stream is given with its chunks, in order', async s => {
  const wxp = await s.active(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  attempts[0].headers(503)
  attempts[0].chunk('busy')
  attempts[0].headers(503)
  attempts[0].end(503)
  assert.equal((await s.ok(call)).statusCode, 503)
  assert.deepEqual(heard, [503, 'busy', 503])
})

once('rule 11: headers without a status (DevTools), or a chunk before them, are given at once', async s => {
  // It would refuse what has no status.
  const wxp = await s.active({ isUnauthorized: res => res.statusCode !== 200 }), attempts = streams(s)
  for (const [first, expected] of [
    [attempt => attempt.headers(undefined), [undefined, 'a', 401]],
    [attempt => attempt.chunk('first'), ['first', 'a', 401]],
  ]) {
    const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
    first(attempts[attempts.length - 1])
    attempts[attempts.length - 1].chunk('a')
    attempts[attempts.length - 1].headers(401)
    attempts[attempts.length - 1].end(200)
    await s.ok(call)
    assert.deepEqual(heard, expected)
  }
})

scenario('rule 11: isUnauthorized judges a stream by its status alone, at its headers and at its end', async s => {
  const seen = []
  const wxp = await s.active({ isUnauthorized: (res, api) => (seen.push([{ ...res }, api]), res.data.code === 401 || res.statusCode === 419) })
  const attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  attempts[0].headers(419)
  attempts[0].chunk('no')
  attempts[0].end(419)
  await passes(s)
  attempts[1].headers(401)
  attempts[1].chunk('yes')
  attempts[1].end(401)
  await s.ok(call)
  assert.deepEqual(heard, [401, 'yes'])
  const asked = statusCode => [{ statusCode, data: '' }, 'request']
  assert.deepEqual(seen, [asked(419), asked(419), asked(401), asked(401)])
  assert.equal(s.told('error'), 0)
})

once('rule 11: a stream that carries no token of ours is not judged', async s => {
  const wxp = await s.active(), attempts = streams(s)
  for (const args of [{ ...CHAT, header: { Authorization: 'Bearer own' } }, { ...CHAT, url: 'https://other.example.com/chat' }]) {
    const call = wxp.requestNeedLogin(args), heard = hearing(call)
    attempts[attempts.length - 1].headers(401)
    attempts[attempts.length - 1].chunk('a')
    attempts[attempts.length - 1].end(401)
    assert.equal((await s.ok(call)).statusCode, 401)
    assert.deepEqual(heard, [401, 'a'])
  }
})

for (const [what, begin] of [['waited for a login', s => s.create()], ['went at once', s => s.active()]]) {
  scenario(`rule 13: a stream that ${what} and met a logout is delivered; of a 401, the answer alone`, async s => {
    const wxp = await begin(s), attempts = streams(s)
    const calls = [wxp.requestNeedLogin(CHAT), wxp.requestNeedLogin(CHAT)], heard = calls.map(hearing)
    await passes(s)
    wxp.logout()
    for (const [i, status] of [[0, 401], [1, 200]]) {
      attempts[i].headers(status)
      attempts[i].chunk('a')
      attempts[i].end(status)
      assert.equal((await s.ok(calls[i])).statusCode, status)
    }
    assert.deepEqual(heard, [[], [200, 'a']])
    assert.equal(attempts.length, 2)
  })
}

scenario('rule 12: after abort() nothing of a call reaches the app', async s => {
  const wxp = await s.active(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  attempts[0].headers(200)
  attempts[0].chunk('a')
  call.abort()
  attempts[0].chunk('b')
  attempts[0].headers(200)
  call.onChunkReceived(() => heard.push('added'))
  attempts[0].chunk('c')
  await s.rejected(call, 'aborted', 'request')
  assert.deepEqual([heard, attempts[0].aborted], [[200, 'a'], 1])
})

once('rule 12: nor of one that a dispose ended', async s => {
  const wxp = await s.active(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  wxp.dispose()
  attempts[0].headers(200)
  attempts[0].chunk('a')
  await s.rejected(call, 'disposed')
  assert.deepEqual(heard, [])
})

once('a chunk that comes after the end of a good stream is given all the same', async s => {
  const wxp = await s.active(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT), heard = hearing(call)
  attempts[0].headers(200)
  attempts[0].end(200)
  await s.ok(call)
  attempts[0].chunk('last')
  assert.deepEqual(heard, [200, 'last'])
})

once('listeners of a stream can be added, taken off and can throw while it is told', async s => {
  s.expectedThrows = ['the app, of a chunk']
  const wxp = await s.active(), attempts = streams(s)
  const call = wxp.requestNeedLogin(CHAT)
  const heard = []
  const gone = () => heard.push('gone')
  call.onChunkReceived(() => { call.offChunkReceived(gone); throw new Error('the app, of a chunk') })
  call.onChunkReceived(gone)
  call.onChunkReceived(() => { call.onChunkReceived(() => heard.push('new')); heard.push('last') })
  attempts[0].chunk('a')
  assert.deepEqual(heard, ['gone', 'last'])
  call.offChunkReceived()
  attempts[0].chunk('b')
  assert.deepEqual(heard, ['gone', 'last'])
  attempts[0].end(200)
  await s.ok(call)
})
