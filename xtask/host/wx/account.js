// Login, session, profile and phone number.
import { askConsent } from '../phone/sheets.js'
import { tap } from '../phone/tap.js'
import { api, Failure } from './result.js'
import { askWechat } from './simulator.js'

export function createAccount(app) {
  const getPhoneNumber = async () => {
    const consent = await askConsent({ app, wants: '申请获取你的手机号', purpose: '手机号由微信用户绑定，仅用于本次登录' })
    return askWechat('getPhoneNumber', { consent })
  }
  return {
    login: api('login', async ({ timeout }) => {
      const signal = timeout > 0 ? AbortSignal.timeout(timeout) : undefined
      try {
        return await askWechat('login', {}, { signal })
      } catch (error) {
        if (signal?.aborted) throw new Failure('login:fail timeout', 5)
        throw error
      }
    }),

    checkSession: api('checkSession', () => askWechat('checkSession')),

    getUserProfile: api('getUserProfile', ({ desc, lang = 'en' }) => {
      if (!tap.held) throw new Failure('getUserProfile:fail can only be invoked by user TAP gesture.')
      return askConsent({ app, wants: '申请获取你的昵称、头像', purpose: desc ?? '' })
        .then((consent) => askWechat('getUserProfile', { desc, lang, consent }))
    }),

    /** What `<button open-type="getPhoneNumber">` does; resolves with the detail of its event. */
    getPhoneNumber: () => getPhoneNumber().catch((error) => {
      if (error instanceof Failure) return error.result
      throw error
    }),
  }
}
