// A mini program as it was built, whatever built it, in the bare sandbox: its app.js and pages, with
// `require` and the life cycle as WeChat has them. Nothing is drawn: what a page shows is its data.
import fs from 'node:fs'
import path from 'node:path'
import { Sandbox } from '../package/sandbox.mjs'

export class MiniProgram extends Sandbox {
  /** @param {string} root the directory with app.json, or of a plugin with plugin.json */
  constructor(phone, root, mode) {
    super(phone, mode)
    this.root = root
    /** The page whose script runs. */
    this.route = null
    const { wx } = phone
    for (const [name, value] of Object.entries(extras(phone))) if (!(name in wx)) wx[name] = value
    Object.assign(this.global, {
      App: app => { this.app = app },
      Page: page => { this.pages.set(this.route, fromPage(page)) },
      Component: component => { this.pages.set(this.route, fromComponent(component)); return this.route },
      Behavior: behavior => behavior,
      getCurrentPages: () => this.stack,
      global: this.global,
    })
    this.pages = new Map()
    this.stack = []
  }

  file(wasmPath) {
    const file = path.join(this.root, wasmPath)
    return fs.existsSync(file) ? file : null
  }

  /** As in WeChat: relative, from the root, or a package of miniprogram_npm, from the nearest on. */
  resolve(request, from) {
    const files = file => [file, file + '.js', path.join(file, 'index.js')]
    const packages = dir => [...files(path.join(dir, 'miniprogram_npm', request)), ...(dir === this.root ? [] : packages(path.dirname(dir)))]
    const dir = path.dirname(from)
    const tried = request.startsWith('/') ? files(path.join(this.root, request)) : [...files(path.join(dir, request)), ...(request.startsWith('.') ? [] : packages(dir))]
    const found = tried.find(file => file.endsWith('.js') && fs.existsSync(file))
    if (!found) throw new Error(`module '${request}' is not defined, require args is '${request}' (from ${path.relative(this.root, from)})`)
    return found
  }

  /** Starts the app, which a plugin and an independent subpackage do without, and opens a page. */
  open(route, { app = true } = {}) {
    if (app) {
      this.load(path.join(this.root, 'app.js'))
      const launch = { path: route, query: {}, scene: 1001 }
      this.run(this.app, 'onLaunch', launch)
      this.run(this.app, 'onShow', launch)
    }
    this.route = route
    this.load(path.join(this.root, route + '.js'))
    const make = this.pages.get(route)
    if (!make) throw new Error(`${route}.js registers no page`)
    const page = make({ route, clock: this.clock })
    this.stack.push(page)
    for (const name of ['onLoad', 'onShow', 'onReady']) this.run(page, name, {})
    return page
  }

  /** What is thrown outside of every promise goes to wx.onError. */
  run(owner, name, argument) {
    try {
      if (owner && owner[name]) owner[name](argument)
    } catch (e) {
      this.thrown.push(e)
    }
  }
}

/** A page's instance, by the definition that Page() got. */
const fromPage = definition => context => Object.assign(instance(context, definition.data), definition, { data: copy(definition.data) })

/** By that of Component(), as uni-app and mpx have it: methods, life cycles, properties. */
const fromComponent = definition => context => {
  const all = [...(definition.behaviors || []), definition]
  const page = instance(context)
  for (const { data, properties, methods } of all) {
    for (const name in properties) page.data[name] = copy(properties[name] && properties[name].value)
    Object.assign(page.data, copy(typeof data === 'function' ? data() : data))
    Object.assign(page, methods)
  }
  for (const life of ['created', 'attached', 'ready']) {
    for (const one of all) {
      const run = one.lifetimes && one.lifetimes[life] || one[life]
      if (run) run.call(page)
    }
  }
  return page
}

const copy = data => data === undefined ? {} : JSON.parse(JSON.stringify(data))

function instance({ route, clock }, data) {
  const page = {
    is: route, route, __route__: route, options: {}, dataset: {}, id: '', data: copy(data), properties: {},
    setData(changes, done) {
      for (const key in changes) put(page.data, key, changes[key])
      if (done) clock.set(() => done.call(page), 1)
    },
    triggerEvent() {},
    selectComponent: () => null,
    selectAllComponents: () => [],
    getPageId: () => 'pageId:1',
    getOpenerEventChannel: () => ({ on() {}, emit() {} }),
    createSelectorQuery: () => ({ in() { return this }, select() { return this }, exec() {} }),
    groupSetData(run) { run() },
    hasBehavior: () => false,
  }
  return page
}

/** `a.b[0].c`, as setData takes it. */
function put(data, key, value) {
  const names = key.split(/[.[\]]/).filter(Boolean)
  const last = names.pop()
  let at = data
  names.forEach((name, i) => {
    if (typeof at[name] !== 'object' || at[name] === null) at[name] = /^\d+$/.test(names[i + 1] || last) ? [] : {}
    at = at[name]
  })
  at[last] = value
}

/** What the frameworks ask of wx at their start. */
const extras = ({ clock }) => ({
  nextTick: run => clock.set(run, 1),
  getWindowInfo: () => ({ pixelRatio: 2, windowWidth: 375, windowHeight: 667, screenWidth: 375, statusBarHeight: 20 }),
  getDeviceInfo: () => ({ platform: 'android', system: 'Android 12', model: 'x' }),
  getAppBaseInfo: () => ({ SDKVersion: '3.17.0', language: 'zh_CN', theme: 'light' }),
  getLaunchOptionsSync: () => ({ path: 'pages/index/index', query: {}, scene: 1001 }),
  getEnterOptionsSync: () => ({ path: 'pages/index/index', query: {}, scene: 1001 }),
  onError() {}, onUnhandledRejection() {}, onPageNotFound() {}, onThemeChange() {}, onWindowResize() {},
})
