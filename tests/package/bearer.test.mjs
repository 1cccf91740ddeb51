// Rule 8, BEARER ONLY HOME.
import assert from 'node:assert/strict'
import { answer } from './backend.mjs'
import { once, plain, scenario } from './scenario.mjs'

const CDN = 'https://cdn.example.com'

for (const url of [
  'https://other.example.com/user/home',
  'https://api.example.com.evil.example/user/home',
  'https://api.example.com:8443/user/home',
  'http://api.example.com/user/home',
  'https://evil.example/https://api.example.com/',
  'https://api.example.com@evil.example/user/home',
  'https://evil.example#@api.example.com/',
  'https://evil.example?https://api.example.com/',
  'https://evil.example\\@api.example.com/user/home',
  'https://api.example.com\\.evil.example/',
  'https://аpi.example.com/user/home',
  'HTTPS://EVIL.EXAMPLE/user/home',
]) {
  scenario(`rule 8: ${url} gets no token, and neither waits for nor causes a login`, async s => {
    const wxp = await s.start()
    await s.outcome(wxp.requestNeedLogin({ url, header: { 'X-App': '1' } }))
    assert.equal(s.logins, 0)
    await s.ok(wxp.ensureLogin())
    await s.outcome(wxp.requestNeedLogin({ url }))
    assert.equal(s.logins, 1)
    for (const call of s.phone.calls.filter(call => call.api === 'request' && call.args.url === url)) {
      assert.equal(call.args.header && call.args.header.Authorization, undefined)
    }
  })
}

for (const url of ['https://', 'https:/api.example.com/user/home', 'https:api.example.com', 'wss://api.example.com/x', 'https://api.example.com:port/x', 'https:///user/home', ' https://api.example.com/x', 'javascript:1']) {
  once(`rule 8: ${JSON.stringify(url)} does not parse and gets no token`, async s => {
    const wxp = await s.active()
    await s.outcome(wxp.requestNeedLogin({ url }))
    const sent = s.phone.calls.filter(call => call.api === 'request').pop()
    assert.equal(sent.args.header && sent.args.header.Authorization, undefined)
  })
}

for (const url of ['https://api.example.com/user/home', 'HTTPS://API.EXAMPLE.COM/user/home', 'https://api.example.com:443/user/home', 'https://api.example.com?name=x', 'https://api.example.com']) {
  once(`rule 8: ${url} is home`, async s => {
    const wxp = await s.start()
    await s.ok(wxp.requestNeedLogin({ url }))
    assert.equal(s.backend.requests.pop().bearer, await s.ok(wxp.getToken()))
  })
}

/** How many calls into the WASM it takes until `run` has returned. */
const crossings = (s, run) => {
  const before = s.wasm.last.calls
  run()
  return s.wasm.last.calls - before
}

for (const [base, url, short] of [
  ['https://api.example.com', 'https://api.example.com/user/home?name=eva', true],
  ['https://api.example.com/', 'https://api.example.com/user/home', true],
  ['https://api.example.com//', 'https://api.example.com//user/home', true],
  ['https://api.example.com/v1', 'https://api.example.com/v1/user/home', true],
  ['https://API.example.com', 'https://API.example.com/user/home', true],
  // Home all the same, but not without being parsed.
  ['https://api.example.com/v1', 'https://api.example.com/v2/user/home', false],
  ['https://api.example.com/v1', 'https://api.example.com/v1evil', false],
  ['https://api.example.com', 'https://API.example.com/user/home', false],
  ['https://api.example.com', 'HTTPS://api.example.com/user/home', false],
  ['https://api.example.com', 'https://api.example.com?name=eva', false],
]) {
  scenario(`rule 8: ${url} is home for ${base}, ${short ? 'as it begins so' : 'when parsed'}`, async s => {
    s.backend.always('/v1/user/weixin-login', request => s.backend.exchange(request.data.code))
    const wxp = await s.active({ baseUrl: base })
    const token = await s.ok(wxp.getToken())
    await s.ok(wxp.requestNeedLogin({ url: '/user/home' }))
    const send = url => crossings(s, () => { wxp.requestNeedLogin({ url, complete() {} }) })
    const relative = send('/user/home')
    assert.equal(send(url) === relative, short)
    const { args } = s.phone.calls.filter(call => call.api === 'request').pop()
    assert.deepEqual([args.url, plain(args.header)], [url, { Authorization: `Bearer ${token}` }])
    await s.clock.advance(100)
    assert.equal(s.logins, 1)
  })
}

for (const url of [
  'https://api.example.com.evil.net/', 'https://api.example.com.evil.net/user/home', 'https://api.example.com@evil.example/',
  'https://api.example.com:pw@evil.example/', 'https://api.example.com:444/', 'https://api.example.com0/', 'https://api.example.com%2f@evil.example/',
]) {
  scenario(`rule 8: ${url} begins with baseUrl, and is not home`, async s => {
    const wxp = await s.active()
    await s.outcome(wxp.requestNeedLogin({ url }))
    const { args } = s.phone.calls.filter(call => call.api === 'request').pop()
    assert.deepEqual([args.url, args.header], [url, undefined])
  })
}

for (const url of ['/user/home', 'https://api.example.com/user/home']) {
  scenario(`rule 8: new String(${JSON.stringify(url)}) is not home, and is wx's to judge`, async s => {
    const wxp = await s.active()
    const given = new String(url)
    await s.outcome(wxp.requestNeedLogin({ url: given }))
    const { args } = s.phone.calls.filter(call => call.api === 'request').pop()
    assert.equal(args.url, given)
    assert.equal(args.header, undefined)
    assert.equal(s.logins, 1)
  })
}

scenario('rule 8: allowed origins get the token, for uploads and downloads too', async s => {
  s.homes.push(CDN)
  const wxp = await s.start({ allowedOrigins: [CDN] })
  await s.ok(wxp.requestNeedLogin({ url: `${CDN}/a` }))
  await s.ok(wxp.uploadFileNeedLogin({ url: `${CDN}/b`, filePath: 'http://tmp/a.png', name: 'file' }))
  await s.ok(wxp.downloadFileNeedLogin({ url: `${CDN}/c` }))
  const token = await s.ok(wxp.getToken())
  assert.deepEqual(s.backend.requests.slice(1).map(request => request.bearer), [token, token, token])
  assert.equal(s.logins, 1)
})

for (const [base, url, joined] of [
  ['https://api.example.com', '/user/home', 'https://api.example.com/user/home'],
  ['https://api.example.com/', '/user/home', 'https://api.example.com/user/home'],
  ['https://api.example.com', 'user/home', 'https://api.example.com/user/home'],
  ['https://api.example.com/v1', '/user/home?name=eva', 'https://api.example.com/v1/user/home?name=eva'],
  ['https://api.example.com/v1/', 'user/home', 'https://api.example.com/v1/user/home'],
  ['https://api.example.com', '//evil.example/x', 'https://api.example.com//evil.example/x'],
  ['https://api.example.com', '@evil.example/x', 'https://api.example.com/@evil.example/x'],
  ['https://api.example.com', '.evil.example/x', 'https://api.example.com/.evil.example/x'],
  ['https://api.example.com', ':8443/x', 'https://api.example.com/:8443/x'],
  ['https://api.example.com', '\\evil.example', 'https://api.example.com/\\evil.example'],
]) {
  once(`rule 8: ${JSON.stringify(url)} is joined to ${base} and can't leave it`, async s => {
    s.backend.always('/v1/user/weixin-login', request => s.backend.exchange(request.data.code))
    const wxp = await s.start({ baseUrl: base })
    await s.outcome(wxp.requestNeedLogin({ url }))
    const { args } = s.phone.calls.filter(call => call.api === 'request').pop()
    assert.equal(args.url, joined)
    assert.match(args.header.Authorization, /^Bearer ./)
    assert.equal(s.backend.requests.pop().origin, 'https://api.example.com')
  })
}

once('rule 8: wxp.request joins nothing and adds nothing', async s => {
  const wxp = await s.active()
  await assert.rejects(async () => { throw (await s.outcome(wxp.request({ url: '/user/home' }))).error }, error => /^request:fail invalid url/.test(error.errMsg))
  await s.ok(wxp.request(s.home()))
  assert.equal(s.backend.requests.pop().authorization, undefined)
})

for (const name of ['Authorization', 'authorization', 'AUTHORIZATION']) {
  scenario(`rule 8: the caller's own ${name} is kept, causes no login and is never replayed`, async s => {
    const wxp = await s.start()
    const res = await s.ok(wxp.requestNeedLogin({ ...s.home(), header: { [name]: 'Basic Ym9iOnB3' } }))
    assert.equal(res.statusCode, 401)
    assert.deepEqual(s.backend.requests.map(request => request.authorization), ['Basic Ym9iOnB3'])
    assert.equal(Object.keys(s.phone.calls.filter(call => call.api === 'request')[0].args.header).length, 1)
    assert.equal(s.logins, 0)
  })
}

for (const header of [
  { Authorization: '' }, { authorization: '  ' }, { AUTHORIZATION: undefined }, { Authorization: null },
  { Authorization: 'Bearer undefined' }, { authorization: 'bearer null' }, { Authorization: 'Bearer ' }, { Authorization: 'undefined' },
]) {
  scenario(`rule 8: an own ${JSON.stringify(header)} ${Object.values(header)[0] === undefined ? 'that is undefined ' : ''}counts as absent, and only ours goes`, async s => {
    const wxp = await s.start()
    const before = Object.assign({}, header)
    for (const own of [header, { ...header, 'X-App': '1' }]) {
      assert.equal((await s.ok(wxp.requestNeedLogin({ ...s.home(), header: own }))).statusCode, 200)
      const sent = s.phone.calls.filter(call => call.api === 'request').pop().args.header
      assert.deepEqual(Object.keys(sent).filter(name => name.toLowerCase() === 'authorization'), ['Authorization'])
      assert.match(sent.Authorization, /^Bearer ./)
    }
    assert.deepEqual(header, before)
    assert.equal(s.logins, 1)
  })
}

once('rule 8: headers of the caller go along with ours', async s => {
  const wxp = await s.active()
  await s.ok(wxp.requestNeedLogin({ ...s.home(), header: { 'X-App': '1', 'content-type': 'text/plain' } }))
  const { header } = s.backend.requests.pop()
  assert.deepEqual(Object.keys(header).sort(), ['authorization', 'content-type', 'x-app'])
})

once('rule 8: a 401 of another origin is delivered as it is', async s => {
  const wxp = await s.active()
  s.backend.always('/x', answer(401, 'no'))
  assert.equal((await s.ok(wxp.requestNeedLogin({ url: 'https://other.example.com/x' }))).statusCode, 401)
  assert.equal(s.logins, 1)
})
