// The page stack, the navigation bar above it and the tab bar below.
import { guard } from './emitter.js'
import { createTabs } from './tabs.js'

const STACK_LIMIT = 10
const dark = matchMedia('(prefers-color-scheme: dark)')

/** `create(path, holder)` attaches a page to its holder and returns `{instance, release}`. */
export function createPages({ app, pageConfigs, theme, create }) {
  const stack = []
  // Pages of tabs that were opened: they stay.
  const kept = new Map()
  const body = document.querySelector('.host-pages')
  const bar = document.querySelector('.host-navigation')
  const title = bar.querySelector('.host-title')
  const top = () => stack[stack.length - 1]

  // Values like "@navigationText" stand in theme.json.
  const themed = (value) => (value?.[0] === '@' ? theme[dark.matches ? 'dark' : 'light']?.[value.slice(1)] : value)

  function drawBar() {
    if (!top()) return
    const config = { ...app.window, ...pageConfigs[top().path] }
    title.textContent = top().title ?? config.navigationBarTitleText ?? ''
    bar.style.background = themed(config.navigationBarBackgroundColor) ?? '#000'
    bar.style.color = themed(config.navigationBarTextStyle) === 'black' ? '#000' : '#fff'
    body.style.background = themed(config.backgroundColor) ?? '#fff'
    bar.classList.toggle('host-has-back', stack.length > 1)
    tabs?.show(top().path)
  }
  dark.addEventListener('change', drawBar)
  bar.querySelector('.host-back').addEventListener('click', () => pages.back(1))

  const call = (page, method, ...args) => guard(() => page.instance[method]?.(...args))

  function parse(url) {
    const [rest, query = ''] = url.split('?')
    const target = new URL(rest, `http://package/${top()?.path ?? ''}`).pathname.slice(1)
    if (!(target in pageConfigs)) throw new Error(`page "${target}" is not found`)
    return { path: target, query: Object.fromEntries(new URLSearchParams(query)) }
  }

  function push({ path, query }) {
    const holder = document.createElement('div')
    holder.className = 'host-page'
    holder.dataset.page = path
    body.append(holder)
    const page = { path, holder, ...create(path, holder) }
    Object.assign(page.instance, { route: path, options: query })
    stack.push(page)
    drawBar()
    call(page, 'onLoad', query)
    call(page, 'onShow')
    call(page, 'onReady')
  }

  /** Opens a page, or the tab's page that is there already. */
  function enter(target) {
    const page = kept.get(target.path)
    if (page) {
      stack.push(page)
      page.holder.hidden = false
      drawBar()
      call(page, 'onShow')
      return
    }
    push(target)
    if (tabs?.has(target.path)) kept.set(target.path, top())
  }

  function hide() {
    call(top(), 'onHide')
    top().holder.hidden = true
  }

  function pop() {
    const page = stack.pop()
    kept.delete(page.path)
    call(page, 'onUnload')
    page.release()
    page.holder.remove()
  }

  const pages = {
    open(url) {
      const target = parse(url)
      if (stack.length >= STACK_LIMIT) throw new Error('webview count limit exceed')
      if (top() && tabs?.has(target.path)) throw new Error('can not navigateTo a tabbar page')
      if (top()) hide()
      enter(target)
    },
    replace(url) {
      const target = parse(url)
      if (tabs?.has(target.path)) throw new Error('can not redirectTo a tabbar page')
      pop()
      push(target)
    },
    switchTab(url) {
      const target = parse(url)
      if (!tabs?.has(target.path)) throw new Error('can not switch to no-tabBar page')
      if (top().path === target.path) return
      while (stack.length > 1) pop()
      // A tab that is left stays as it is.
      if (kept.has(top().path)) {
        hide()
        stack.pop()
      } else pop()
      enter(target)
    },
    restart(url) {
      const target = parse(url)
      while (stack.length) pop()
      for (const page of [...kept.values()]) {
        stack.push(page)
        pop()
      }
      enter(target)
    },
    back(delta) {
      if (stack.length < 2) throw new Error('cannot navigate back at first page.')
      for (let left = Math.min(delta, stack.length - 1); left > 0; left -= 1) pop()
      top().holder.hidden = false
      drawBar()
      call(top(), 'onShow')
    },
    setTitle(text) {
      top().title = text
      drawBar()
    },
    setTabText(index, text) {
      if (!tabs) throw new Error('not TabBar page')
      tabs.setText(index, text)
    },
    /** Calls a life cycle method of the page on top. */
    tell: (method) => top() && call(top(), method),
    instances: () => stack.map((page) => page.instance),
  }
  const tabs = createTabs({ config: app.tabBar, themed, open: (path) => pages.switchTab(`/${path}`) })
  return pages
}
