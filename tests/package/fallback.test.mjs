// Rule 17: the same core as plain JavaScript takes over where the module can't be had in time.
import assert from 'node:assert/strict'
import { once, scenario } from './scenario.mjs'

const refused = () => new Error('CompileError: invalid wasm file')
const trap = s => { s.wasm.last.trapAt = s.wasm.last.calls + 1 }

/** Which kinds of instance were made, in order. */
const kinds = s => s.wasm.instances.map(({ kind }) => kind)

for (const [what, prepare, kind, after = 100] of [
  ['is not needed where the module loads', () => {}, 'wasm'],
  ['is not needed where the module is refused once', s => s.wasm.next.push(refused()), 'wasm'],
  ['takes over where there is no WXWebAssembly', s => { delete s.sandbox.global.WXWebAssembly }, 'fallback'],
  ['takes over where the module is refused twice', s => s.wasm.next.push(refused(), refused()), 'fallback'],
  ['takes over where instantiate throws', s => { s.sandbox.global.WXWebAssembly = { instantiate() { throw refused() } } }, 'fallback'],
  ['takes over where the module has not answered after 3 s', s => s.wasm.next.push('never'), 'fallback', 3_100],
]) {
  scenario(`rule 17: the fallback ${what}`, async s => {
    prepare(s)
    const wxp = s.create({ fallback: s.fallback })
    const calls = [wxp.ready, wxp.requestNeedLogin(s.home()), wxp.ensureLogin()].map(call => s.watch(call))
    await s.clock.advance(after)
    assert.equal(calls[0].value, kind)
    for (const { ok, error } of await s.outcomes(calls)) assert.ok(ok, String(error))
    assert.deepEqual(kinds(s), [kind])
    assert.equal(calls[1].value.statusCode, 200)
    assert.equal(s.logins, 1)
  })
}

for (const [option, value, at] of [['fallbackAfter', 1_000, 1_000], ['loadTimeout', 2_000, 2_000], ['fallbackAfter', 5_000, 5_000]]) {
  once(`rule 17: with a ${option} of ${value} the fallback takes over after ${at} ms`, async s => {
    s.wasm.next.push('never')
    const ready = s.watch(s.create({ fallback: s.fallback, [option]: value }).ready)
    await s.clock.advance(at - 50)
    assert.ok(!ready.settled)
    await s.clock.advance(100)
    assert.equal(ready.value, 'fallback')
  })
}

scenario('rule 17: a module that answers when the fallback has taken over is dropped', async s => {
  s.wasm.takes = 4_000
  const wxp = s.create({ fallback: s.fallback })
  assert.equal(await s.ok(wxp.ready), 'fallback')
  await s.ok(wxp.ensureLogin())
  await s.clock.advance(5_000)
  assert.deepEqual(kinds(s), ['fallback', 'wasm'])
  const { calls } = s.wasm.last
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.wasm.last.calls, calls, 'the late module is not called')
})

scenario('rule 17: once it has taken over, the fallback stays for this launch, after a trap too', async s => {
  s.wasm.next.push(refused(), refused())
  const wxp = await s.active({ fallback: s.fallback })
  const asked = s.wasm.asked.length
  trap(s)
  s.isError((await s.outcome(wxp.requestNeedLogin(s.home()))).error, 'internal')
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(await s.ok(wxp.ready), 'fallback')
  assert.deepEqual([kinds(s), s.wasm.asked.length, s.logins], [['fallback', 'fallback'], asked, 1])
  assert.deepEqual(s.wasm.instances[0].callsAfterDeath, [])
  s.launch()
  assert.equal(await s.ok(s.create({ fallback: s.fallback }).ready), 'wasm')
})

scenario('rule 17: a wxp without the fallback shares an instance that runs, and starts none', async s => {
  s.wasm.next.push(...Array.from({ length: 4 }, refused))
  const first = await s.active({ fallback: s.fallback })
  const second = s.create({ storage: { key: 'second' } })
  assert.equal(await s.ok(second.ready), 'fallback')
  assert.deepEqual(kinds(s), ['fallback'])
  first.dispose()
  trap(s)
  s.isError((await s.outcome(second.requestNeedLogin(s.home()))).error, 'internal')
  s.isError((await s.outcome(second.requestNeedLogin(s.home()))).error, 'wasm_unavailable', 'load')
  assert.equal((await s.ok(second.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual(kinds(s), ['fallback', 'wasm'])
})

once('rule 17: a fallback of another version is a config error, needed or not', async s => {
  const fallback = { ...s.fallback, version: '0.0.0-other' }
  const wxp = s.create({ fallback })
  const calls = [wxp.ready, wxp.requestNeedLogin(s.home()), wxp.ensureLogin()]
  for (const { error } of await s.outcomes(calls)) {
    s.isError(error, 'config', 'load')
    assert.match(error.message, /option fallback, should be of version \S+ as this package is, it is of 0\.0\.0-other/)
  }
  assert.equal(s.wasm.asked.length, 0)
  const other = s.create({ fallback: s.fallback, storage: { key: 'other' } })
  await s.ok(other.ensureLogin())
})

once('rule 17: a fallback that does not start is wasm_unavailable, and the next call tries again', async s => {
  s.wasm.next.push(refused(), refused())
  let tries = 0
  const fallback = { ...s.fallback, instantiate: imports => { if (!tries++) throw new RangeError('Array buffer allocation failed'); return s.fallback.instantiate(imports) } }
  const wxp = s.create({ fallback })
  s.isError((await s.outcome(wxp.ensureLogin())).error, 'wasm_unavailable', 'load')
  s.wasm.next.push(refused(), refused())
  await s.ok(wxp.ensureLogin())
  assert.equal(await s.ok(wxp.ready), 'fallback')
})

once('rule 18: memory that the fallback is refused is internal once it runs', async s => {
  s.wasm.next.push(refused(), refused())
  const wxp = await s.active({ fallback: s.fallback })
  const { ArrayBuffer } = s.sandbox.global
  s.sandbox.global.ArrayBuffer = function () { throw new RangeError('Array buffer allocation failed') }
  s.isError((await s.outcome(wxp.requestNeedLogin({ url: 'https://other.example.com/' + 'x'.repeat(200_000) }))).error, 'internal')
  s.sandbox.global.ArrayBuffer = ArrayBuffer
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual(kinds(s), ['fallback', 'fallback'])
})

once('rule 17: the fallback leaves no memory', async s => {
  s.wasm.next.push(refused(), refused())
  const wxp = await s.active({ fallback: s.fallback })
  await s.leavesNoMemory(async () => {
    await s.ok(wxp.logout())
    await s.ok(wxp.requestNeedLogin(s.home()))
  })
})
