// Rule 10: the dates in a JWT, read by the package without atob and Buffer, with Node.js's own
// readers as the judge.
import assert from 'node:assert/strict'
import { answer } from './backend.mjs'
import { once } from './scenario.mjs'

const LOGIN = '/user/weixin-login'

/** The life that `exp` and `iat` tell, ms; null if they tell none. */
function judged(token) {
  const parts = token.split('.')
  let claims
  try {
    if (parts.length === 3 && /^[\w-]*$/.test(parts[1])) claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString('latin1'))
  } catch {}
  // What no date can be counts as none.
  const [exp, iat] = ['exp', 'iat'].map(name => typeof claims?.[name] === 'number' && Math.abs(claims[name]) < 1e15 ? Math.trunc(claims[name]) : NaN)
  return exp > iat ? (exp - iat) * 1000 : null
}

const encoded = text => Buffer.from(text).toString('base64url')
const jwt = payload => `e30.${encoded(payload)}.c2ln`

/** Texts of every length modulo 3, with what JSON and UTF-8 may hold around the dates. */
function* tokens() {
  const around = ['', '"a":1,', '"exp":7,', '"名":"値😀",', '"x":{"exp":1,"iat":9},', '"s":"\\"exp\\":1",', '"b":[{"iat":1}],', ' \n', '"ÿ¿?>":"~~~",']
  for (const before of around) {
    for (const pad of ['', ' ', '  ']) {
      yield jwt(`{${before}"iat":1700000000,"exp":1700000600${pad}}`)
      yield jwt(`{${before}"exp":1700000600.75,${pad}"iat":1700000000.25}`)
      yield jwt(`{${before}"exp":17000006e2,"iat":1700000000${pad}}`)
    }
  }
  for (const claims of ['null', '7', '"text"', '[]', '{}', '{"exp":1}', '{"iat":1}', '{"exp":null,"iat":1}', '{"exp":true,"iat":0}', '{"exp":[9],"iat":1}', '{"exp":{},"iat":1}', '{"exp":1,"iat":2}', '{"exp":-1,"iat":-9}', '{"exp":1e300,"iat":1}', '{"exp":5,"iat":-1e300}', '{"exp":9,"iat":1', 'exp']) yield jwt(claims)
  const good = '{"iat":1,"exp":601,"x":"??>>~~"}'
  yield `a.${encoded(good)}`
  yield `a.${encoded(good)}.b.c`
  yield encoded(good)
  yield `a.${Buffer.from(good).toString('base64')}=.b`
  yield `a.${encoded(good)}~.b`
  // The same bytes in the alphabet that JWTs do not use.
  yield `a.${Buffer.from(good + ' ').toString('base64')}.b`
  yield `a.${encoded(good)}==.b`
  yield 'a..b'
  yield 'opaque'
}

once('rule 10: the dates of a JWT are what any reader reads, and of anything else there are none', async s => {
  const wxp = await s.start()
  let known = 0
  for (const token of tokens()) {
    s.backend.always(LOGIN, answer(200, { code: 0, data: { authorizationToken: token } }, { Date: 'nobody knows' }))
    wxp.logout()
    const before = s.clock.now()
    const { error } = await s.outcome(wxp.ensureLogin())
    assert.equal(error, undefined, token)
    const { expiresAt } = wxp.session
    const life = judged(token)
    if (life === null) assert.equal(expiresAt, null, token)
    else assert.ok(Math.abs(expiresAt - before - life) < 2_000, `${token}: ${expiresAt - before}, not ${life}`)
    known += life !== null
  }
  assert.ok(known > 80, `${known} lives were told`)
})
