// Rule 10, EXPIRED BEFORE SENDING: how long a token lives, and when it is renewed.
import assert from 'node:assert/strict'
import { answer, NEVER } from './backend.mjs'
import { once, plain, scenario } from './scenario.mjs'
import { fails } from './wx.mjs'

const HOUR = 3_600_000

scenario('rule 10: a token known to be expired is renewed before the request, not after a 401', async s => {
  const wxp = await s.active()
  await s.clock.advance(2 * HOUR + 1)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual([s.logins, s.backend.to('/user/home').length], [2, 1])
})

scenario('rule 10: inside the margin too, once for all callers', async s => {
  const wxp = await s.active()
  await s.clock.advance(2 * HOUR - 59_000)
  await s.outcomes([1, 2, 3].map(() => wxp.requestNeedLogin(s.home())))
  assert.deepEqual([s.logins, s.backend.to('/user/home').length], [2, 3])
})

scenario('rule 10: before the margin nothing is renewed', async s => {
  const wxp = await s.active()
  await s.clock.advance(2 * HOUR - 61_000)
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.equal(s.logins, 1)
})

for (const [what, break_] of [
  ['wx.login fails', s => s.phone.always('login', fails('login:fail', 4))],
  ['wx.login never answers', s => s.phone.always('login', NEVER)],
  ['the exchange fails', s => s.backend.always('/user/weixin-login', answer(500, ''))],
]) {
  scenario(`rule 10: a renewal inside the margin during which ${what} uses the still valid token`, async s => {
    const wxp = await s.active()
    await s.clock.advance(2 * HOUR - 50_000)
    break_(s)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  })
}

once('rule 10: expiryMargin is an option, and at most a tenth of the token\'s life', async s => {
  s.backend.life = 100
  const wxp = await s.active({ expiryMargin: 90_000 })
  await s.clock.advance(89_000)
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.equal(s.logins, 1)
  await s.clock.advance(2_000)
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.equal(s.logins, 2)
})

const opaque = s => { s.backend.mint = () => s.backend.secret('token') }

for (const [what, prepare, seconds] of [
  ['expiresIn', s => opaque(s), 7200],
  ['the JWT\'s exp − iat', s => { s.backend.describe = () => ({}) }, 7200],
  ['expiresAt against the answer\'s Date', s => { opaque(s); s.backend.describe = (life, exp) => ({ expiresAt: exp }) }, 7200],
  ['the JWT\'s exp against the answer\'s Date', s => { s.backend.mint = (iat, exp) => s.backend.jwt({ exp }); s.backend.describe = () => ({}) }, 7200],
  ['the earliest of several', s => { s.backend.describe = life => ({ expiresIn: life / 2 }) }, 3600],
  ['the earliest, the other way round', s => { s.backend.describe = life => ({ expiresIn: life * 2 }) }, 7200],
]) {
  for (const ahead of [0, 5 * HOUR, -5 * HOUR]) {
    once(`rule 10: life from ${what}, the phone's clock ${ahead / HOUR} h behind the server's`, async s => {
      prepare(s)
      s.backend.ahead = ahead
      const wxp = await s.start()
      const before = s.clock.now()
      await s.ok(wxp.ensureLogin())
      const { expiresAt } = wxp.session
      assert.ok(Math.abs(expiresAt - before - seconds * 1000) < 2_000, `${(expiresAt - before) / 1000} s`)
    })
  }
}

for (const casing of ['date', 'Date', 'DATE']) {
  once(`rule 10: the Date header is found however the network stack writes it: ${casing}`, async s => {
    opaque(s)
    s.backend.describe = (life, exp) => ({ expiresAt: exp })
    s.phone.headerCase = name => name === 'Date' ? casing : name
    const wxp = await s.active()
    assert.notEqual(wxp.session.expiresAt, null)
  })
}

for (const [what, prepare] of [
  ['nothing is known', s => { opaque(s); s.backend.describe = () => ({}) }],
  ['it says "expired" on arrival', s => { opaque(s); s.backend.describe = () => ({ expiresIn: 0 }) }],
  ['it says a negative life', s => { opaque(s); s.backend.describe = () => ({ expiresIn: -60 }) }],
  ['it says nonsense', s => { opaque(s); s.backend.describe = () => ({ expiresIn: 'soon', expiresAt: null }) }],
]) {
  once(`rule 10: if ${what}, only a 401 ends the token`, async s => {
    prepare(s)
    const wxp = await s.active()
    assert.equal(wxp.session.expiresAt, null)
    await s.clock.advance(HOUR)
    await s.ok(wxp.requestNeedLogin(s.home()))
    assert.equal(s.logins, 1)
    s.backend.forgetTokens()
    await s.ok(wxp.requestNeedLogin(s.home()))
    assert.equal(s.logins, 2)
  })
}

once('rule 10: a clock set back does not lengthen a cooldown', async s => {
  s.phone.always('login', fails('login:fail', 4))
  const wxp = await s.start()
  for (let i = 0; i < 2; i++) await s.rejected(wxp.ensureLogin(), 'login_failed')
  s.clock.jump(-24 * HOUR)
  await s.clock.advance(1_001)
  s.phone.heal('login')
  await s.ok(wxp.requestNeedLogin(s.home()))
})

for (const hours of [-24, 24]) {
  once(`rule 10: a clock set ${hours} h on during a login does not move its deadline`, async s => {
    s.phone.always('login', NEVER)
    const wxp = await s.start()
    const call = s.watch(wxp.ensureLogin())
    s.clock.jump(hours * HOUR)
    await s.clock.advance(14_900)
    assert.equal(call.settled, false)
    await s.clock.advance(200)
    s.isError(call.error, 'login_timeout')
  })
}

once('rule 10: a token that has expired is no active session', async s => {
  const wxp = await s.active()
  assert.equal(wxp.session.status, 'active')
  await s.clock.advance(3 * HOUR)
  assert.deepEqual(plain(wxp.session), { status: 'none', expiresAt: null, generation: 1 })
})

once('rule 10: an expired token in storage is none', async s => {
  await s.active()
  await s.clock.advance(3 * HOUR)
  s.launch()
  const wxp = await s.start()
  assert.equal(wxp.session.status, 'none')
  await s.ok(wxp.requestNeedLogin(s.home()))
  assert.deepEqual([s.logins, s.backend.to('/user/home').length], [2, 1])
})
