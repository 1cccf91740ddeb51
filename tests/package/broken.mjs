// Packages with one fault each, over the real one, and the tests that must notice.
// `real` is the package's module.
export const BROKEN = {
  'logs in once per caller': {
    code: `createWxp: o => {
      const wxp = real.createWxp(o), ask = wxp.requestNeedLogin
      return over(wxp, { requestNeedLogin: args => over(ask(args), (o.wx || wx).login({ success() {} })) })
    }`,
    caughtBy: ['login.test.mjs', 'rule 1: a cold burst of five causes one login and five sends'],
  },
  'sends the token to every host': {
    code: `createWxp: o => {
      const own = o.wx || wx, request = own.request
      let seen
      const leaky = args => request(Object.assign({}, args, {
        header: Object.assign({}, args.header, seen && { Authorization: 'Bearer ' + seen }),
        success: res => { seen = ((res.data || {}).data || {}).authorizationToken || seen; args.success(res) },
      }))
      return real.createWxp(Object.assign({}, o, { wx: new Proxy(own, { get: (t, n) => n === 'request' ? leaky : t[n] }) }))
    }`,
    caughtBy: ['bearer.test.mjs', 'rule 8: https://other.example.com/user/home gets no token, and neither waits for nor causes a login'],
  },
  'swallows errors': {
    code: `createWxp: o => {
      const wxp = real.createWxp(o), ask = wxp.requestNeedLogin
      return over(wxp, { requestNeedLogin: args => ask(args).catch(() => {}) })
    }`,
    caughtBy: ['responses.test.mjs', 'rule 11: errno 5 without a telling text is timeout'],
  },
  'writes into the caller\'s args': {
    code: `createWxp: o => {
      const wxp = real.createWxp(o), ask = wxp.requestNeedLogin
      return over(wxp, { requestNeedLogin: args => { args.header = Object.assign({ 'X-Sdk': '1' }, args.header); return ask(args) } })
    }`,
    caughtBy: ['arguments.test.mjs', 'rule 14: args and headers are never changed, and can be sent twice'],
  },
  'asks for the profile a microtask late': {
    code: `createWxp: o => {
      const wxp = real.createWxp(o), ask = wxp.loginWithProfile
      return over(wxp, { loginWithProfile: args => Promise.resolve().then(() => ask(args)) })
    }`,
    caughtBy: ['profile.test.mjs', 'rule 7: getUserProfile is called synchronously, before anything else'],
  },
  'shows the token in an error': {
    code: `createWxp: o => {
      const wxp = real.createWxp(o), ask = wxp.requestNeedLogin
      return over(wxp, { requestNeedLogin: args => ask(args).catch(async e => { e.message += await wxp.getToken(); throw e }) })
    }`,
    caughtBy: ['responses.test.mjs', 'rule 11: errno 600001 without a telling text is network'],
  },
  'never settles once it has a token': {
    code: `createWxp: o => {
      const wxp = real.createWxp(o), ask = wxp.requestNeedLogin
      return over(wxp, { requestNeedLogin: args => wxp.session.status === 'active' ? new Promise(() => {}) : ask(args) })
    }`,
    caughtBy: ['check-session.test.mjs', 'a restart reuses the stored token without a login'],
  },
}

/** The module text of a broken package that lies beside the real one. */
export const broken = code => `
const real = require('./real.js')
const over = (wxp, own) => new Proxy(wxp, { get: (target, name) => own && name in own ? own[name] : typeof target[name] === 'function' && target instanceof Promise ? target[name].bind(target) : target[name] })
Object.assign(exports, real, { ${code} })
`
