// The state of the phone that the controls beside it can change.
import { createEmitter } from './emitter.js'

const query = new URLSearchParams(location.search)

export const device = {
  /** The WeChat user who holds the phone. */
  user: query.get('user') || 'demo',
  /** The phone's language, as WeChat names it. */
  language: query.get('language') || 'zh_CN',
  /** `macrotask`: a task for every hop of a promise, as on iOS 15 and older. */
  promises: query.get('promises') || 'native',
  online: true,
  foreground: true,
  networkChange: createEmitter(),
  appShow: createEmitter(),
  appHide: createEmitter(),

  get networkType() {
    return this.online ? 'wifi' : 'none'
  },

  setOnline(online) {
    if (this.online === online) return
    this.online = online
    this.networkChange.emit({ isConnected: online, networkType: this.networkType })
  },

  setForeground(foreground) {
    if (this.foreground === foreground) return
    this.foreground = foreground
    if (foreground) this.appShow.emit({ path: '', query: {}, scene: 1001 })
    else this.appHide.emit({})
  },
}
