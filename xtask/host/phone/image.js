// The built-in <image>. It needs a tag of its own: HTML reads <image> as <img>.
import { addressOf } from './files.js'

export const IMAGE = 'wx-image'

const FIT = { scaleToFill: 'fill', aspectFit: 'contain', aspectFill: 'cover' }

class WxImage extends HTMLElement {
  static observedAttributes = ['src', 'mode', 'alt']

  // No shadow root: WebKit does not apply every rule to an element that has one.
  #picture = new Image()

  constructor() {
    super()
    this.#picture.alt = ''
    this.#picture.addEventListener('load', ({ target }) =>
      this.dispatchEvent(new CustomEvent('load', { detail: { width: target.naturalWidth, height: target.naturalHeight } })))
    this.#picture.addEventListener('error', () =>
      this.dispatchEvent(new CustomEvent('error', { detail: { errMsg: `GET ${this.#picture.src} failed` } })))
  }

  connectedCallback() {
    this.append(this.#picture)
  }

  attributeChangedCallback(name, before, value) {
    // Set again to what it was, it loads nothing.
    if (before === value) return
    if (name === 'alt') this.#picture.alt = value
    else if (name === 'mode') this.#picture.style.objectFit = FIT[value] ?? 'fill'
    else this.#show(value)
  }

  async #show(src) {
    const address = await addressOf(src)
    // Another may have been asked for meanwhile.
    if (this.getAttribute('src') === src) this.#picture.src = address
  }
}

customElements.define(IMAGE, WxImage)
