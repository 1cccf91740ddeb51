const assert = require('node:assert/strict')
const { test } = require('node:test')
const { createWxp } = require('miniprogram-login')
const { WXWebAssembly, fakeWx, open } = require('./phone')

const baseUrl = 'https://api.example.com'

/** An app whose server knows one token. 一个应用，它的服务器只认一个令牌。 */
function app(home) {
  const seen = []
  const wx = fakeWx(({ url, header }) => {
    const path = url.replace(baseUrl, '')
    seen.push(path)
    if (path === '/user/weixin-login') return { statusCode: 200, data: { code: 200, data: { authorizationToken: 'token' } } }
    return header.Authorization === 'Bearer token' ? home : { statusCode: 401, data: {} }
  })
  return { seen, wxp: createWxp({ baseUrl, login: { url: '/user/weixin-login' }, wx, WXWebAssembly }) }
}

test('the page logs in and shows the name', async () => {
  const { seen, wxp } = app({ statusCode: 200, data: { data: { name: 'eva' } } })
  const page = open('../pages/index/index', { wxp })
  await page.onLoad()
  assert.equal(page.data.text, 'eva')
  assert.deepEqual(seen, ['/user/weixin-login', '/user/home?name=eva'])
  wxp.dispose()
})

test('the page shows what went wrong', async () => {
  const { wxp } = app({ statusCode: 200, data: {} })
  const page = open('../pages/index/index', { wxp })
  wxp.dispose()
  await page.onLoad()
  assert.match(page.data.text, /^disposed/)
})
