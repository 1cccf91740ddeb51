// The recipes of docs/en/settings.md.
import assert from 'node:assert/strict'
import { answer, failure, HOME } from './backend.mjs'
import { allAreTried, blocks, run } from './docs.mjs'
import { once } from './scenario.mjs'

const [tenant, bare, sanctum, sign, phone, sms, unwrap, retry, env] = blocks('docs/en/settings.md')

const home = s => s.backend.to('/user/home').pop().args.header

once('settings: a tenant id with every request', async s => {
  const wxp = run(s, tenant, 'wxp')
  await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))
  assert.deepEqual(s.backend.requests.map(({ args }) => args.header['X-Tenant']), ['t-7', 't-7'])
})

once('settings: the token alone', async s => {
  s.backend.accepts = request => s.backend.tokens.has(request.args.header['X-Access-Token'])
  const wxp = run(s, bare, 'wxp')
  assert.equal((await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))).statusCode, 200)
  assert.equal(home(s).Authorization, undefined)
})

once('settings: Sanctum', async s => {
  const token = '12|' + s.backend.secret('sanctum')
  s.backend.will('/user/weixin-login', answer(201, { token }))
  s.backend.tokens.set(token, Infinity)
  const wxp = run(s, sanctum, 'wxp')
  assert.equal((await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))).statusCode, 200)
  assert.equal(s.backend.requests[0].data.device_name, 'mini program')
  assert.ok(s.backend.requests.every(({ args }) => args.header.Accept === 'application/json'))
})

once('settings: signing', async s => {
  const wxp = run(s, sign, 'wxp', { sign: text => `${text.split('\n').slice(0, 3)}` })
  await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))
  s.backend.forgetTokens()
  await s.ok(wxp.requestNeedLogin({ url: '/user/home', method: 'POST', data: { a: 1 } }))
  assert.equal(home(s)['X-Sign'], `POST,${HOME}/user/home,{"a":1}`)
  const nonces = s.backend.requests.map(({ args }) => args.header['X-Nonce'])
  assert.equal(new Set(nonces).size, nonces.length)
})

once('settings: a phone code with the login', async s => {
  const wxp = await s.start()
  await s.ok(run(s, phone, 'onPhone', { wxp })({ detail: { code: 'phone-1' } }))
  assert.equal(s.backend.to('/user/weixin-login')[0].data.phoneCode, 'phone-1')
})

once('settings: an SMS login', async s => {
  const wxp = await s.start()
  const { token } = s.backend.issueToken()
  s.backend.will('/user/sms-login', answer(200, { data: { token, expiresIn: 60 } }))
  await s.ok(run(s, sms, 'smsLogin', { wxp })('13800138000', '1234'))
  assert.equal(wxp.session.expiresAt, s.clock.now() + 60_000)
  assert.equal((await s.ok(wxp.requestNeedLogin(s.home()))).statusCode, 200)
  assert.equal(s.logins, 0)
})

once('settings: unwrapping', async s => {
  const wxp = await s.active()
  const api = run(s, unwrap, 'api', { wxp })
  assert.equal((await s.ok(api({ url: '/user/home?name=eva' }))).name, 'eva')
  s.backend.will('/user/home', answer(200, { code: 5, msg: 'no such user' }), answer(502, 'bad gateway'))
  for (const [message, code, statusCode] of [['no such user', 5, 200], ['HTTP 502', undefined, 502]]) {
    const { error } = await s.outcome(api({ url: '/user/home' }))
    assert.deepEqual([error.message, error.code, error.statusCode], [message, code, statusCode])
  }
})

once('settings: retrying', async s => {
  const wxp = await s.active()
  const get = run(s, retry, 'get', { wxp })
  const lost = failure('request:fail net::ERR_CONNECTION_RESET'), wrong = failure('request:fail invalid url')
  s.backend.will('/user/home', lost, lost)
  assert.equal((await s.ok(get(s.home()))).statusCode, 200)
  s.backend.will('/user/home', lost, lost, lost, wrong)
  await s.rejected(get(s.home()), 'network')
  await s.rejected(get(s.home()), 'request_failed')
  assert.equal(s.backend.to('/user/home').length, 7)
})

once('settings: environments', async s => {
  for (const [envVersion, base] of [['develop', 'http://127.0.0.1:8080'], ['trial', 'https://test.example.com'], ['release', HOME]]) {
    s.phone.account = { miniProgram: { appId: 'wx1', envVersion } }
    const wxp = run(s, env, 'wxp', { wx: s.phone.wx })
    s.homes.push(base)
    await s.outcome(wxp.ensureLogin())
    assert.equal(s.backend.requests.pop().origin, base)
  }
})

allAreTried()
