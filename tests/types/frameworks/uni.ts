/// <reference types="@dcloudio/types" />
// With the types of uni-app.
import { createWxp } from 'miniprogram-login'
import type { Equal, Expect } from '../expect.js'

type _ = Expect<Equal<0 extends 1 & typeof uni ? 'any' : 'typed', 'typed'>>

export const wxp = createWxp({ baseUrl: 'https://api.example.com', login: { url: '/login' }, wx: uni })
