// Rule 9, LATE 401. (The bursts of the peers' comparison are in login.test.mjs.)
import assert from 'node:assert/strict'
import { answer, late } from './backend.mjs'
import { once, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const HOME = '/user/home'
const no = answer(401, { code: 401, msg: 'token expired', data: null })

scenario('rule 9: a 401 for the current token causes one login and one replay', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  const res = await s.ok(wxp.requestNeedLogin({ ...s.home('again'), method: 'POST', data: { a: 1 }, header: { 'X-App': '1' } }))
  assert.equal(res.data.data.name, 'again')
  const [first, replay] = s.backend.to(HOME).slice(1)
  assert.deepEqual([first.method, first.data, first.header['x-app']], [replay.method, replay.data, replay.header['x-app']])
  assert.notEqual(first.bearer, replay.bearer)
  assert.equal(s.logins, 2)
})

scenario('rule 9: the second 401 is delivered as the response it is', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will(HOME, no, answer(401, { code: 401, msg: 'still no', data: null }))
  const res = await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([res.statusCode, res.data.msg], [401, 'still no'])
  assert.equal(s.backend.to(HOME).length, 3)
})

scenario('rule 9: uploads and downloads are renewed and replayed alike', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  const up = wxp.uploadFileNeedLogin({ url: HOME, filePath: 'http://tmp/a.png', name: 'file', formData: { a: '1' } })
  const down = wxp.downloadFileNeedLogin({ url: HOME })
  const all = await s.outcomes([up, down])
  assert.deepEqual(all.map(one => one.value.statusCode), [200, 200])
  assert.equal(s.logins, 2)
})

scenario('rule 9: a burst of 401s that come one by one causes one login', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  for (const ms of [10, 20, 40, 80, 500]) s.backend.will(HOME, (request, own) => late(ms, own()))
  const all = await s.outcomes([1, 2, 3, 4, 5].map(i => wxp.requestNeedLogin(s.home(`n${i}`))))
  assert.ok(all.every(one => one.value.statusCode === 200))
  assert.equal(s.logins, 2)
})

scenario('rule 9: when the login after a 401 fails, the caller gets the login\'s error', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  s.phone.will('login', fails('login:fail', 4))
  await s.rejected(wxp.requestNeedLogin(s.home()), 'login_failed', 'login')
})

scenario('rule 9: a token refused before it was ever accepted counts as a failed login', async s => {
  s.backend.always(HOME, no)
  const wxp = await s.start()
  for (let i = 0; i < 6; i++) assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 401)
  assert.ok(s.logins <= 2, `${s.logins} logins`)
  await s.clock.advance(60_000)
  s.backend.heal(HOME)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
})

scenario('rule 9: an endless 401 causes few logins, however often the app asks', async s => {
  s.backend.always(HOME, no)
  const wxp = await s.start()
  for (let i = 0; i < 100; i++) {
    await s.ok(wxp.requestNeedLogin(s.home()))
    await s.clock.advance(100)
  }
  assert.ok(s.logins <= 8, `${s.logins} logins in 12 s`)
})

once('rule 9: a 401 of one resource does not end a token that others accept for ever', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.always('/admin', no)
  for (let i = 0; i < 3; i++) {
    assert.equal((await s.ok(wxp.requestNeedLogin({ url: '/admin' }))).statusCode, 401)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  }
})

once('rule 9: a status that is a string counts too', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.will(HOME, answer('401', { code: 401 }))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 2)
})

once('rule 9: a body code 401 with HTTP 200 is no 401 unless isUnauthorized says so', async s => {
  const wxp = await s.active()
  s.backend.will(HOME, answer(200, { code: 401 }))
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).data.code, 401)
  assert.equal(s.logins, 1)
})
