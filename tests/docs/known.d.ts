// What a block of the documents may use without saying where it is from.
import type { Wxp, createWxp as create } from 'miniprogram-login'

/** wx's own type of an answer's data is a union, of which JavaScript can read nothing. */
interface Request {
  request(option: WechatMiniprogram.RequestOption<any>): Promise<WechatMiniprogram.RequestSuccessCallbackResult<any>>
}

declare global {
  const wxp: Request & Wxp
  const createWxp: typeof create
  function sign(text: string): string
  /** That of DevTools' TypeScript template, in `typings/`. */
  interface IAppOption { wxp: Wxp }
}
