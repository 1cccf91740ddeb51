// The search. Pagefind loads, of the pages' own language, what a word needs.
const field = document.querySelector('#search')
const found = document.querySelector('#found')
let pagefind

async function search() {
  pagefind ??= await import(new URL('pagefind/pagefind.js', import.meta.url))
  const text = field.value.trim()
  const answer = await pagefind.debouncedSearch(text, {}, 150)
  // Another word was typed meanwhile.
  if (!answer) return
  const pages = await Promise.all(answer.results.slice(0, 10).map(result => result.data()))
  if (text !== field.value.trim()) return
  found.replaceChildren(...(pages.length ? pages.map(entry) : [field.dataset.none]))
  found.hidden = !text
}

function entry({ url, meta, excerpt }) {
  const link = document.createElement('a')
  link.href = url
  const title = document.createElement('strong')
  title.textContent = meta.title
  const lines = document.createElement('span')
  // Escaped by Pagefind, but for the marks around what was found.
  lines.innerHTML = excerpt
  link.append(title, lines)
  return link
}

field.addEventListener('input', search)
field.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return
  field.value = ''
  found.hidden = true
})
