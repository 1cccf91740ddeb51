// The phone's frame, its controls, and the timeline of what the mini program caused.
import '@fontsource-variable/noto-sans-sc'
import './shell.css'
import { showFaults } from './faults.js'
import { row } from './row.js'
import { showStorage } from './storage.js'

const USERS = ['demo', 'eva', 'andying']
const POLL = 500
const SHOWN = 300

const find = (selector) => document.querySelector(selector)
const frame = find('.screen')
const users = find('.user')
const timeline = find('.timeline')

const query = new URLSearchParams(location.search)
const asked = query.get('user') ?? USERS[0]
for (const name of ['language', 'promises']) if (query.has(name)) find(`.${name}`).value = query.get(name)
users.replaceChildren(...[...new Set([asked, ...USERS])].map((user) => new Option(user, user)))

function restart() {
  frame.src = `phone.html?${new URLSearchParams({ user: users.value, language: find('.language').value, promises: find('.promises').value })}`
  find('.online').checked = true
  find('.foreground').checked = true
}

function erase() {
  Object.keys(localStorage).filter((key) => key.startsWith(`${users.value}/`)).forEach((key) => localStorage.removeItem(key))
  restart()
}

const tell = (state) => frame.contentWindow.postMessage(state, location.origin)

users.addEventListener('change', restart)
find('.language').addEventListener('change', restart)
find('.promises').addEventListener('change', restart)
find('.restart').addEventListener('click', restart)
find('.erase').addEventListener('click', erase)
find('.empty').addEventListener('click', () => fetch('/log', { method: 'DELETE' }))
find('.online').addEventListener('change', (event) => tell({ online: event.target.checked }))
find('.foreground').addEventListener('change', (event) => tell({ foreground: event.target.checked }))

let drawn = ''
function draw(text) {
  if (text === drawn) return
  drawn = text
  // Setting a fault is nothing that happens on a phone.
  const calls = JSON.parse(text).filter((call) => !call.url?.endsWith('/faults'))
  const follow = timeline.scrollTop + timeline.clientHeight >= timeline.scrollHeight - 8
  timeline.replaceChildren(...calls.map((call, index) => row(call, calls[index - 1])).slice(-SHOWN))
  if (follow) timeline.scrollTop = timeline.scrollHeight
}

async function watch() {
  try {
    draw(await (await fetch('/log')).text())
    await showFaults()
    showStorage(find('.storage'), users.value)
    timeline.classList.remove('stopped')
  } catch {
    // The simulator was stopped; the timeline goes on when it is back.
    timeline.classList.add('stopped')
  }
  setTimeout(watch, POLL)
}

restart()
watch()
