// The built-in <input>, for text and nicknames.

export const INPUT = 'wx-input'

const PASSED_ON = ['placeholder', 'maxlength', 'aria-label', 'disabled']
const HINTS = { send: 'send', search: 'search', next: 'next', go: 'go', done: 'done' }

class WxInput extends HTMLElement {
  static observedAttributes = ['value', 'type', 'confirm-type', ...PASSED_ON]

  #field = document.createElement('input')

  constructor() {
    super()
    const tell = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }))
    const value = () => ({ value: this.#field.value })
    const cursor = () => ({ ...value(), cursor: this.#field.selectionStart })
    for (const [heard, type, detail] of [['input', 'input', cursor], ['focus', 'focus', value], ['blur', 'blur', value]]) {
      this.#field.addEventListener(heard, (event) => {
        // The browser's own event knows no detail.
        event.stopPropagation()
        tell(type, detail())
      })
    }
    this.#field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.isComposing) tell('confirm', value())
    })
  }

  connectedCallback() {
    this.append(this.#field)
  }

  attributeChangedCallback(name, _, value) {
    if (name === 'value') {
      // Set again while one types, it would move the cursor.
      if (this.#field.value !== (value ?? '')) this.#field.value = value ?? ''
    } else if (name === 'type') this.#field.inputMode = value === 'number' ? 'numeric' : 'text'
    else if (name === 'confirm-type') this.#field.enterKeyHint = HINTS[value] ?? 'done'
    else if (value === null) this.#field.removeAttribute(name)
    else this.#field.setAttribute(name, value)
  }
}

customElements.define(INPUT, WxInput)
