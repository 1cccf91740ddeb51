// The built-in <image>. It needs a tag of its own: HTML reads <image> as <img>.

export const IMAGE = 'wx-image'

const FIT = { scaleToFill: 'fill', aspectFit: 'contain', aspectFill: 'cover' }

class WxImage extends HTMLElement {
  static observedAttributes = ['src', 'mode']

  #picture = new Image()

  constructor() {
    super()
    this.#picture.style.cssText = 'display: block; width: 100%; height: 100%'
    this.attachShadow({ mode: 'open' }).append(this.#picture)
    this.#picture.addEventListener('load', ({ target }) =>
      this.dispatchEvent(new CustomEvent('load', { detail: { width: target.naturalWidth, height: target.naturalHeight } })))
    this.#picture.addEventListener('error', () =>
      this.dispatchEvent(new CustomEvent('error', { detail: { errMsg: `GET ${this.#picture.src} failed` } })))
  }

  attributeChangedCallback(name, _, value) {
    if (name === 'src') this.#picture.src = value
    else this.#picture.style.objectFit = FIT[value] ?? 'fill'
  }
}

customElements.define(IMAGE, WxImage)
