// Rule 9, its second half: two copies of the package in one app, or two programs, on one record.
import assert from 'node:assert/strict'
import { Sandbox } from './sandbox.mjs'
import { ASYNC, freeze, once, scenario } from './scenario.mjs'

const HOME = '/user/home'

/** A second copy in the same app, as a subpackage brings it: the same wx, its own everything. */
async function secondCopy(s, more) {
  const sandbox = new Sandbox(s.phone, s.mode)
  s.sandboxes.push(sandbox)
  s.phone.onCall = () => {}
  const wxp = sandbox.package.createWxp(freeze(s.options(more)))
  await s.ok(wxp.ready)
  return wxp
}

/** The server keeps one session per user: a login ends the one before. */
function oneSession(s) {
  const { issueToken } = s.backend
  s.backend.issueToken = () => {
    s.backend.tokens.clear()
    return issueToken.call(s.backend)
  }
}

for (const encrypt of [false, true]) {
  const storage = { encrypt }
  scenario(`rule 9: two copies, one session per user at the server, ${encrypt ? 'encrypted' : 'plain'} storage: one login for each revocation`, async s => {
    oneSession(s)
    const one = await s.active({ storage })
    await s.clock.advance(100)
    const two = await secondCopy(s, { storage })
    const use = async wxp => assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    for (let i = 0; i < 5; i++) {
      await use(one)
      await use(two)
    }
    assert.equal(s.logins, 1)
    for (let revoked = 1; revoked <= 3; revoked++) {
      s.backend.forgetTokens()
      for (let i = 0; i < 3; i++) {
        await use(revoked % 2 ? one : two)
        await use(revoked % 2 ? two : one)
      }
      assert.equal(s.logins, 1 + revoked)
    }
    assert.equal(await s.ok(one.getToken()), await s.ok(two.getToken()))
  })
}

scenario('rule 9: two copies that launch together log in once more at most', async s => {
  oneSession(s)
  const one = await s.start(), two = await secondCopy(s)
  const together = () => s.outcomes([one, two, one, two].map(wxp => wxp.requestNeedLogin(s.home())))
  assert.ok((await together()).every(({ value }) => value.statusCode === 200))
  assert.equal(s.logins, 2)
  for (let i = 0; i < 4; i++) assert.ok((await together()).every(({ value }) => value.statusCode === 200))
  assert.ok(s.logins <= 3, `${s.logins} logins`)
})

once('rule 9: a token that was refused is never taken up again', async s => {
  const wxp = await s.active()
  const [key] = s.phone.storage.keys(), record = s.phone.storage.get(key)
  for (let i = 0; i < 3; i++) {
    s.backend.forgetTokens()
    assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
    assert.equal(s.logins, 2 + i)
    // As a copy that does not know yet would write it.
    s.phone.storage.set(key, record)
  }
  const refused = s.backend.to(HOME).filter(request => request.bearer === record.token)
  assert.equal(refused.length, 1)
})

once('rule 9: the record of another copy is never destroyed', async s => {
  const wxp = await s.active(), other = await secondCopy(s)
  await s.ok(wxp.requestNeedLogin(s.home()))
  s.backend.forgetTokens()
  await s.ok(other.requestNeedLogin(s.home()))
  const [key] = s.phone.storage.keys(), { token } = s.phone.storage.get(key)
  // The one's own token ends, in a moment when it can't log in.
  s.phone.always('login', { fail: { errMsg: 'login:fail' } })
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.phone.storage.get(key).token, token)
  s.backend.forgetTokens()
  await s.outcome(wxp.requestNeedLogin(s.home()))
  assert.equal(s.phone.storage.has(key), false, 'the same, for both')
})

once('rule 9: after a logout in one copy, the other is refused by the server and logs in silently', async s => {
  const one = await s.active(), two = await secondCopy(s)
  await s.ok(two.requestNeedLogin(s.home()))
  await s.ok(one.logout())
  assert.equal((await s.ok(two.requestNeedLogin(s.home()))).statusCode, 200)
  assert.deepEqual([s.logins, two.session.status, one.session.status], [2, 'active', 'none'])
})

scenario('rule 9: a storage that hangs holds the login up for three seconds, not for ever', async s => {
  const wxp = await s.active({ storage: { encrypt: true } })
  await s.clock.advance(100)
  s.phone.always('getStorage', { never: true })
  s.backend.forgetTokens()
  const before = s.clock.now()
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.ok(s.clock.now() - before >= 3_000 && s.clock.now() - before < 4_000)
  assert.equal(s.events.filter(({ error }) => error && error.code === 'storage_failed').length, 1)
}, ASYNC)
