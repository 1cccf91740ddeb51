// The checks of the device checklist in the bare sandbox: on a phone where all is well, and on
// phones where it is not.
import assert from 'node:assert/strict'
import path from 'node:path'
import { once, plain } from '../package/scenario.mjs'

const CHECKS = path.join(import.meta.dirname, 'miniprogram/checks')
const SIZES = { compressed: 104, unpacked: 173 }
const AGREED = { tapped: true, raw: 'agreed' }

/** The report's items, and its text. */
async function checked(s, consent = AGREED) {
  const load = name => s.sandbox.load(path.join(CHECKS, `${name}.js`))
  const { Load } = load('load'), { checklist, report } = load('index')
  const root = await s.ok(new Load(s.sandbox.package).seen())
  // That of the subpackage is another copy.
  s.sandbox.cache.clear()
  const sub = await s.ok(new Load(s.sandbox.package).seen())
  const items = await s.ok(checklist({ root, sub, consent, sizes: SIZES }))
  return { states: plain(items).map(({ item, state }) => `${item} ${state}`), text: report(items, '1.2.3') }
}

const WELL = ['1 yes', '1 yes', '1 look', '2 yes', '2 yes', '3 yes', '4 yes', '5 yes', '6 look', '7 yes', '8 yes']
/** With these instead. */
const but = changes => WELL.map((state, i) => changes[i] || state)

once('device: a phone where all is well', async s => {
  const { states, text } = await checked(s)
  assert.deepEqual(states, WELL)
  assert.match(text, /^miniprogram-login 1\.2\.3: .*android.*base library 3\.17\.0, release\n✓ 1 /)
  assert.match(text, /\n✓ 3 .*: 196608 → \d+ bytes\n/)
  assert.doesNotMatch(text, /local-\d|code-\d/)
})

once('device: a phone that refuses the module', async s => {
  s.wasm.next = Array.from({ length: 9 }, () => new Error('CompileError: no'))
  const { states, text } = await checked(s)
  assert.deepEqual(states, but({ 0: '1 no', 1: '1 no', 3: '2 no', 5: '3 no', 7: '5 look' }))
  assert.match(text, /✗ 1 .*wasm_unavailable.*CompileError: no/)
})

once('device: a phone without WXWebAssembly', async s => {
  delete s.sandbox.global.WXWebAssembly
  const { states, text } = await checked(s)
  assert.deepEqual(states, but({ 0: '1 no', 1: '1 no', 3: '2 no', 5: '3 no', 7: '5 look' }))
  assert.match(text, /WXWebAssembly undefined/)
})

once('device: a phone whose instances do not grow', async s => {
  s.wasm.grows = false
  const { states } = await checked(s)
  assert.equal(states[5], '3 no')
})

once('device: a phone that says nothing of a missing file', async s => {
  const { instantiate } = s.sandbox.global.WXWebAssembly
  s.sandbox.global.WXWebAssembly = { instantiate: (file, imports) => file.includes('missing') ? new s.sandbox.global.Promise(() => {}) : instantiate(file, imports) }
  const { states, text } = await checked(s)
  assert.deepEqual(states, but({ 4: '2 no' }))
  assert.match(text, /a missing file: silent for 5000 ms/)
})

once('device: a phone that throws at a missing key, and whose tap did not count', async s => {
  s.sandbox.global.wx.getStorageSync = () => { throw new Error('no storage') }
  const { states, text } = await checked(s, { tapped: false, raw: 'profile_needs_tap' })
  assert.deepEqual(states, but({ 9: '7 no', 10: '8 no' }))
  assert.match(text, /throws Error: no storage/)
})

once('device: a version that was not uploaded', async s => {
  s.phone.account.miniProgram.envVersion = 'develop'
  const { states } = await checked(s)
  assert.deepEqual(states, but({ 7: '5 look' }))
})

once('device: an uploaded version without the file', async s => {
  s.wasm.next = Array.from({ length: 9 }, () => new Error('no such file'))
  s.sandbox.global.wx.getFileSystemManager = () => ({ readFileSync() { throw new Error('no such file or directory') } })
  const { states, text } = await checked(s)
  assert.equal(states[7], '5 no')
  assert.match(text, /✗ 5 .*no such file or directory/)
})
