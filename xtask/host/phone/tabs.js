// The tab bar of app.json.

/** `open(path)` goes to a tab's page. Returns null without a tab bar. */
export function createTabs({ config, themed, open }) {
  if (!config) return null
  const bar = document.querySelector('.host-tabs')
  const buttons = config.list.map(({ pagePath, text }) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = `host-tab host-tab-${pagePath.split('/').pop()}`
    button.textContent = text
    button.addEventListener('click', () => open(pagePath))
    bar.append(button)
    return button
  })
  let current = ''

  return {
    has: (path) => config.list.some(({ pagePath }) => pagePath === path),
    setText: (index, text) => {
      buttons[index].textContent = text
    },
    /** Shows the bar for a tab's page, and hides it for any other. */
    show(path = current) {
      current = path
      bar.hidden = !this.has(path)
      bar.style.background = themed(config.backgroundColor)
      bar.dataset.border = themed(config.borderStyle) ?? 'black'
      config.list.forEach(({ pagePath }, index) => {
        const selected = pagePath === path
        buttons[index].style.color = themed(selected ? config.selectedColor : config.color)
        if (selected) buttons[index].setAttribute('aria-current', 'page')
        else buttons[index].removeAttribute('aria-current')
      })
    },
  }
}
