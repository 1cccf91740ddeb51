// One line of the timeline.

function element(tag, className, text) {
  const node = document.createElement(tag)
  node.className = className
  node.textContent = text
  return node
}

/** Who spoke to whom, and about what. */
function meaning(call) {
  if (call.side === 'wechat') return { kind: 'wechat-server', what: call.path }
  if (call.path !== '/phone/request') return { kind: 'wechat-api', what: `wx.${call.path.replace('/phone/', '')}` }
  const url = new URL(call.url, location.origin)
  return { kind: 'backend', what: `${call.method ?? ''} ${url.pathname}${decodeURIComponent(url.search)}`.trim() }
}

function hue(text) {
  let sum = 0
  for (const char of text) sum = (sum * 31 + char.charCodeAt(0)) % 360
  return sum
}

/** `before` is the call in the line above, to show how much later this one came. */
export function row(call, before) {
  const { kind, what } = meaning(call)
  const line = element('li', kind, '')
  const later = before ? `+${call.at - before.at} ms` : new Date(call.at).toLocaleTimeString('zh-CN', { hour12: false })
  line.append(element('time', '', later), element('span', 'what', what))
  if (call.bearer) {
    const chip = element('span', 'bearer', `Bearer ${call.bearer}`)
    chip.style.setProperty('--hue', hue(call.bearer))
    line.append(chip)
  }
  const failed = /:fail/.test(call.errMsg ?? '')
  const bad = failed || call.status >= 400 || call.errcode
  // A failed wx call has no status, and wx.login and its like never have one.
  const said = failed || kind === 'wechat-api' ? call.errMsg : [call.status, call.errcode || ''].join(' ')
  const answer = element('span', bad ? 'answer bad' : 'answer', call.status ? said : '…')
  answer.title = said ?? ''
  line.append(answer)
  return line
}
