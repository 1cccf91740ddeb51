// Each row of the Break it page: what is done, and what comes of it on either side.
export const acts = {
  cold: ['No token, three requests at once', 'three answers, no popup, one login', 'three popups, later requests wait for ever'],
  revoked: ['The server revokes the token', 'one login, sent again, 200', '401 for ever: the login is lost'],
  session: ['WeChat\'s session expires, then a restart', 'noticed at the start, logged in again', 'checkSession is not awaited, the session stays dead'],
  slow: ['The server takes over a second', 'error timeout, may be retried', 'error swallowed, the page gets undefined'],
  down: ['The server can\'t be reached', 'error network, may be retried', 'error swallowed, the page gets undefined'],
  wechat: ['WeChat\'s servers are in trouble', 'error exchange_failed, may be retried', 'waits for ever'],
  code: ['WeChat refuses the code', 'a fresh code, 200', 'waits for ever'],
  consent: ['Tap “拒绝” (deny) in the popup', 'error profile_denied, may be tapped again', 'waits for ever'],
  logout: ['Logout during a login', 'ten requests end with logged_out, it stays out', 'logged in again when the login ends'],
  storage: ['What is stored is corrupt', 'counts as no token, one login, 200', 'sends the corrupt token, 401 for ever'],
  trap: ['The WASM traps', 'one internal error, the next request gets 200 without a login', 'no WASM, no such fault'],
}
