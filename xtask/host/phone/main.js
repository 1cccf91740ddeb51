// Starts a mini program, as miniprogram-ci compiled it, in this page.
import '@fontsource-variable/noto-sans-sc'
import 'weui/dist/style/weui.css'
import './phone.css'
import './elements.css'
import { createAccount } from '../wx/account.js'
import { createAvatar } from '../wx/avatar.js'
import { createInterface } from '../wx/interface.js'
import { request } from '../wx/request.js'
import { createStorage } from '../wx/storage.js'
import { createSystem } from '../wx/system.js'
import { uploadFile } from '../wx/upload.js'
import { watchRoles } from './accessible.js'
import { device } from './device.js'
import { createEmitter, guard } from './emitter.js'
import { createFramework } from './framework.js'
import { define, load } from './loader.js'
import { createPages } from './pages.js'

// WXWebAssembly: only a path in the code package, as on a phone.
const WXWebAssembly = {
  async instantiate(path, imports) {
    if (typeof path !== 'string') throw new TypeError('WXWebAssembly.instantiate: path must be a string in the code package')
    if (!/\.wasm(\.br)?$/.test(path)) throw new Error(`WXWebAssembly.instantiate: ${path} is neither .wasm nor .wasm.br`)
    const file = await fetch(`code/${path.replace(/^\//, '')}`)
    if (!file.ok) throw new Error(`WXWebAssembly.instantiate: no file ${path} in the code package`)
    return WebAssembly.instantiate(await file.arrayBuffer(), imports)
  },
}

/** `project` and `templates` are what site.mjs wrote. */
function start({ project, templates }) {
  const { app, appId, components, theme } = project
  const name = app.window?.navigationBarTitleText ?? ''
  const account = createAccount(name)
  const chooseAvatar = createAvatar()
  let instance

  const scope = {
    WXWebAssembly,
    Promise: device.promises === 'macrotask' ? window.macrotaskPromise : Promise,
    App(options) {
      instance = { ...options }
      guard(() => instance.onLaunch?.(scope.wx.getLaunchOptionsSync()))
      guard(() => instance.onShow?.(scope.wx.getEnterOptionsSync()))
    },
    getApp: () => instance,
    getCurrentPages: () => pages.instances(),
  }
  const framework = createFramework({
    components,
    templates,
    load: (path, globals) => load(path, { ...scope, ...globals }),
    onOpenType: (type) => {
      if (type === 'getPhoneNumber') return account.getPhoneNumber()
      if (type === 'chooseAvatar') return chooseAvatar()
      throw new Error(`open-type="${type}" is not among those of this host`)
    },
  })
  const pageConfigs = Object.fromEntries(app.pages.map((path) => [path, components[path]]))
  const pages = createPages({ app, pageConfigs, theme, create: framework.create })

  const errors = createEmitter()
  addEventListener('error', (event) => errors.emit(String(event.error?.stack ?? event.message)))
  const rejections = createEmitter()
  addEventListener('unhandledrejection', ({ reason, promise }) => rejections.emit({ reason, promise }))

  const { getPhoneNumber, ...login } = account
  scope.wx = {
    ...login,
    ...createStorage(appId),
    ...createSystem(appId),
    ...createInterface(pages),
    request,
    uploadFile,
    onError: errors.on,
    offError: errors.off,
    onUnhandledRejection: rejections.on,
    offUnhandledRejection: rejections.off,
  }
  device.appShow.on((options) => {
    guard(() => instance.onShow?.(options))
    pages.tell('onShow')
  })
  device.appHide.on(() => {
    pages.tell('onHide')
    guard(() => instance.onHide?.())
  })

  watchRoles(document.querySelector('.host-pages'))
  load('app.js', scope)
  framework.register()
  pages.open(`/${app.entryPagePath ?? app.pages[0]}`)
}

window.miniprogram = { define, start: (parts) => addEventListener('DOMContentLoaded', () => start(parts)) }

// The controls beside the phone.
addEventListener('message', ({ data, origin }) => {
  if (origin !== location.origin) return
  if ('online' in data) device.setOnline(data.online)
  if ('foreground' in data) device.setForeground(data.foreground)
})
