// The simulator's faults as switches.

const down = 'request:fail errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED'

/** What each switch puts into force, by its name in the page. */
const RULES = {
  slow: { path: '/phone/request', kind: 'slow', delayMs: 2000 },
  down: { path: '/phone/request', url: '/user/', kind: 'fail', errMsg: down, errno: 600001 },
  login: { path: '/phone/login', kind: 'fail', errMsg: 'login:fail cgi failed', errno: 108 },
  wechat: { path: '/sns/jscode2session', kind: 'errcode', errcode: -1 },
  code: { path: '/sns/jscode2session', kind: 'errcode', errcode: 40029 },
  refused: { path: '/phone/getUserProfile', kind: 'refused' },
  expired: { path: '/phone/checkSession', kind: 'sessionExpired' },
}

const switches = [...document.querySelectorAll('.faults input')]

function put() {
  const rules = switches.filter((box) => box.checked).map((box) => RULES[box.name])
  return fetch('/faults', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(rules) })
}
switches.forEach((box) => box.addEventListener('change', put))

/** Shows what is in force: the mini program can set faults too. */
export async function showFaults() {
  const rules = await (await fetch('/faults')).json()
  const same = (one, other) => one.times === undefined && ['path', 'url', 'kind', 'errcode'].every((field) => one[field] === other[field])
  switches.forEach((box) => {
    box.checked = rules.some((rule) => same(rule, RULES[box.name]))
  })
}
