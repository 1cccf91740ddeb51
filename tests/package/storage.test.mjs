// Rule 15: memory first; storage is a cache whose failure is an event, never a failed login.
import assert from 'node:assert/strict'
import { NEVER } from './backend.mjs'
import { once, scenario } from './scenario.mjs'
import { fails, throws } from './wx.mjs'

const storageErrors = s => s.events.filter(event => event.type === 'error' && event.error.code === 'storage_failed')
const only = s => {
  assert.equal(s.phone.storage.size, 1)
  return [...s.phone.storage][0]
}

scenario('rule 15: one versioned record, under a key derived from what it is bound to', async s => {
  await s.active()
  const [key, record] = only(s)
  assert.match(key, /^miniprogram-login:\w+$/)
  assert.equal(record.version, 1)
})

for (const [what, change, more] of [
  ['another appId', s => { s.phone.account.miniProgram.appId = 'wxffffffffffffffff' }],
  ['another envVersion', s => { s.phone.account.miniProgram.envVersion = 'develop' }],
  ['another baseUrl', s => s.homes.push('https://other.example.com'), { baseUrl: 'https://other.example.com' }],
  ['another login.url', () => {}, { login: { url: 'https://api.example.com/login2' } }],
]) {
  for (const storage of [undefined, { key: 'session' }]) {
    once(`rule 15: ${what} counts as no token${storage ? ' under the same key' : ', and has a key of its own'}`, async s => {
      const first = await s.active({ storage })
      const token = await s.ok(first.getToken())
      s.launch()
      change(s)
      s.backend.always('/login2', request => s.backend.exchange(request.data.code))
      const wxp = await s.start({ storage, ...more })
      assert.equal(wxp.session.status, 'none')
      assert.notEqual(await s.ok(wxp.getToken()), token)
      assert.equal(s.phone.storage.size, storage ? 1 : 2)
    })
  }
}

once('rule 15: a path of baseUrl does not unbind the record, its origin does', async s => {
  await s.active({ login: { url: 'https://api.example.com/user/weixin-login' } })
  s.launch()
  const wxp = await s.start({ baseUrl: 'https://API.example.com/v2/', login: { url: 'https://api.example.com/user/weixin-login' } })
  assert.equal(wxp.session.status, 'active')
})

const record = s => structuredClone(only(s)[1])

for (const [what, spoil] of Object.entries({
  'an empty string': () => '',
  undefined: () => undefined,
  null: () => null,
  'a number': () => 7,
  'a bare token of the tutorial': () => 'eyJhbGciOiJIUzI1NiJ9.e30.abc',
  'text that is no record': () => '{"version":1',
  'an empty object': () => ({}),
  'an array': () => [1, 2],
  'a later version': record => ({ ...record, version: 99 }),
  'no token': ({ token, ...record }) => record,
  'a token that is no text': record => ({ ...record, token: 12 }),
  'a token that no header can carry': record => ({ ...record, token: 'a\r\nX-Evil: 1' }),
  'another binding': record => ({ ...record, binding: 'x' }),
  'a time that is none': record => ({ ...record, received: 'yesterday' }),
  'a negative time': record => ({ ...record, received: -1e18 }),
  'a life that is none': record => ({ ...record, life: 'long' }),
})) {
  once(`rule 15: ${what} in storage counts as no token and does no harm`, async s => {
    await s.active()
    const [key] = only(s)
    s.phone.storage.set(key, spoil(record(s)))
    s.launch()
    const wxp = await s.start()
    assert.equal(wxp.session.status, 'none')
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(s.logins, 2)
    assert.equal(only(s)[1].version, 1, 'it is replaced')
  })
}

for (const missing of ['', undefined, null]) {
  once(`rule 15: a client that gives ${JSON.stringify(missing)} for a missing key`, async s => {
    s.phone.missing = missing
    const wxp = await s.active()
    assert.equal(storageErrors(s).length, 0)
    assert.equal(wxp.session.status, 'active')
  })
}

for (const [what, script] of [
  ['throws on reading', s => s.phone.always('getStorageSync', throws('getStorageSync:fail'))],
  ['throws on writing', s => s.phone.always('setStorageSync', throws('setStorage:fail:entry size limit reached'))],
  ['throws on both', s => { s.phone.always('getStorageSync', throws('AppServiceSDKKnownError')); s.phone.always('setStorageSync', throws('AppServiceSDKKnownError')) }],
]) {
  scenario(`rule 15: a storage that ${what} is an event, never a failed login`, async s => {
    script(s)
    const wxp = s.create()
    const all = await s.outcomes([1, 2, 3].map(() => wxp.requestNeedLogin(s.home())))
    assert.ok(all.every(one => one.value.statusCode === 200))
    assert.ok(storageErrors(s).length >= 1)
    for (const { error } of storageErrors(s)) s.isError(error, 'storage_failed', 'storage')
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(s.logins, 1)
  })
}

once('rule 15: a storage that throws on removing does not undo a logout', async s => {
  const wxp = await s.active()
  s.phone.always('removeStorageSync', throws('removeStorage:fail'))
  await s.ok(wxp.logout())
  assert.equal(wxp.session.status, 'none')
  assert.equal(storageErrors(s).length, 1)
})

scenario('rule 15: a record that vanishes while the app runs is not missed', async s => {
  const wxp = await s.active()
  s.phone.storage.clear()
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.equal(s.logins, 1)
  s.launch()
  await s.active()
  assert.equal(s.logins, 2)
})

scenario('rule 15: the key is an option', async s => {
  await s.active({ storage: { key: 'my-session' } })
  assert.deepEqual([...s.phone.storage.keys()], ['my-session'])
})

scenario('rule 15: encrypted storage goes through the async APIs, both ways', async s => {
  await s.active({ storage: { encrypt: true } })
  await s.clock.advance(100)
  const wrote = s.phone.calls.filter(call => call.api === 'setStorage')
  assert.deepEqual([wrote.length, wrote[0].args.encrypt, s.phone.count('setStorageSync')], [1, true, 0])
  s.launch()
  const wxp = await s.start({ storage: { encrypt: true } })
  assert.equal(wxp.session.status, 'active')
  assert.equal(s.phone.calls.filter(call => call.api === 'getStorage').pop().args.encrypt, true)
  // At the first launch there was nothing to read, which is no failure.
  assert.deepEqual(storageErrors(s), [])
  await s.ok(wxp.logout())
  await s.clock.advance(100)
  assert.equal(s.phone.storage.size, 0)
})

scenario('rule 15: encrypted storage that is missing on an old client is done without', async s => {
  s.phone.lacks('getStorage', 'setStorage', 'removeStorage')
  const wxp = await s.active({ storage: { encrypt: true } })
  assert.equal(wxp.session.status, 'active')
})

for (const behaviour of [NEVER, fails('setStorage:fail:entry size limit reached')]) {
  scenario(`rule 15: encrypted storage with ${behaviour.never ? 'silence' : 'a failure'} holds nobody up for long`, async s => {
    for (const api of ['getStorage', 'setStorage', 'removeStorage']) s.phone.always(api, behaviour)
    const wxp = s.create({ storage: { encrypt: true } })
    const before = s.clock.now()
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.ok(s.clock.now() - before < 5_000)
    await s.clock.advance(10_000)
    assert.ok(storageErrors(s).length >= 1)
  })
}

scenario('rule 15: a logout while the token is being written leaves nothing in storage', async s => {
  const wxp = await s.start({ storage: { encrypt: true } })
  s.phone.will('setStorage', { after: 1_000 })
  await s.ok(wxp.ensureLogin())
  wxp.logout()
  await s.clock.advance(10_000)
  assert.equal(s.phone.storage.size, 0)
})

once('rule 15: a plugin without getAccountInfoSync has a session of its own all the same', async s => {
  s.phone.lacks('getAccountInfoSync')
  await s.active()
  s.launch()
  s.phone.lacks('getAccountInfoSync')
  assert.equal((await s.start()).session.status, 'active')
})
