// What the mini program keeps on the phone, with secrets masked.

// Long runs without spaces are tokens, keys or ids: their beginning tells them apart.
const masked = (text) => text.replace(/[\w-]{16,}(\.[\w-]+)*/g, (run) => `${run.slice(0, 6)}…(${run.length})`)

/** Lists the storage of `user` in `list`. */
export function showStorage(list, user) {
  const own = Object.keys(localStorage).filter((key) => key.startsWith(`${user}/`)).sort()
  const lines = own.map((key) => `${key.split('/').slice(2).join('/')}: ${masked(JSON.stringify(JSON.parse(localStorage.getItem(key)).data))}`)
  if (list.textContent === lines.join('')) return
  list.replaceChildren(...lines.map((line) => Object.assign(document.createElement('li'), { textContent: line })))
}
