// The page stack and the navigation bar above it.
import { guard } from './emitter.js'

const STACK_LIMIT = 10
const dark = matchMedia('(prefers-color-scheme: dark)')

/** `create(path, holder)` attaches a page to its holder and returns `{instance, release}`. */
export function createPages({ app, pageConfigs, theme, create }) {
  const stack = []
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

  function pop() {
    const page = stack.pop()
    call(page, 'onUnload')
    page.release()
    page.holder.remove()
  }

  const pages = {
    open(url) {
      const target = parse(url)
      if (stack.length >= STACK_LIMIT) throw new Error('webview count limit exceed')
      if (top()) {
        call(top(), 'onHide')
        top().holder.hidden = true
      }
      push(target)
    },
    replace(url) {
      const target = parse(url)
      pop()
      push(target)
    },
    restart(url) {
      const target = parse(url)
      while (stack.length) pop()
      push(target)
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
    /** Calls a life cycle method of the page on top. */
    tell: (method) => top() && call(top(), method),
    instances: () => stack.map((page) => page.instance),
  }
  return pages
}
