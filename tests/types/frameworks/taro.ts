// With the types that Taro ships.
import Taro from '@tarojs/taro'
import { createWxp } from 'miniprogram-login'
import type { Equal, Expect } from '../expect.js'

type _ = Expect<Equal<0 extends 1 & typeof Taro ? 'any' : 'typed', 'typed'>>

export const wxp = createWxp({ baseUrl: 'https://api.example.com', login: { url: '/login' }, wx: Taro })
