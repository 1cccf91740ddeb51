// What the mini program may know about its phone, its account and its life.
import { device } from '../phone/device.js'
import { api } from './result.js'

const SDK_VERSION = '3.5.0'
const dark = matchMedia('(prefers-color-scheme: dark)')
const theme = () => (dark.matches ? 'dark' : 'light')

export function createSystem(appId) {
  const launch = { path: '', query: {}, scene: 1001, referrerInfo: {} }
  const getDeviceInfo = () => ({ platform: 'devtools', brand: 'devtools', model: 'browser host', system: 'Browser' })
  const getWindowInfo = () => ({ pixelRatio: devicePixelRatio, screenWidth: innerWidth, screenHeight: innerHeight,
    windowWidth: innerWidth, windowHeight: document.querySelector('.host-pages').clientHeight, statusBarHeight: 44 })
  const getAppBaseInfo = () => ({ SDKVersion: SDK_VERSION, version: '8.0.50', language: device.language, theme: theme(), enableDebug: false,
    host: { env: 'WeChat', appId: '' } })
  const getSystemInfoSync = () => ({ ...getDeviceInfo(), ...getWindowInfo(), ...getAppBaseInfo() })
  const themeListeners = new Map()

  return {
    getDeviceInfo,
    getWindowInfo,
    getAppBaseInfo,
    getSystemInfoSync,
    getSystemInfo: api('getSystemInfo', getSystemInfoSync),
    getAccountInfoSync: () => ({ miniProgram: { appId, envVersion: 'develop', version: '' } }),
    getLaunchOptionsSync: () => launch,
    getEnterOptionsSync: () => launch,
    getNetworkType: api('getNetworkType', () => ({ networkType: device.networkType })),
    onNetworkStatusChange: device.networkChange.on,
    offNetworkStatusChange: device.networkChange.off,
    onAppShow: device.appShow.on,
    offAppShow: device.appShow.off,
    onAppHide: device.appHide.on,
    offAppHide: device.appHide.off,
    onThemeChange(listener) {
      const handler = () => listener({ theme: theme() })
      themeListeners.set(listener, handler)
      dark.addEventListener('change', handler)
    },
    offThemeChange: (listener) => dark.removeEventListener('change', themeListeners.get(listener)),
    nextTick: (run) => setTimeout(run),
    env: { USER_DATA_PATH: 'wxfile://usr' },
  }
}
