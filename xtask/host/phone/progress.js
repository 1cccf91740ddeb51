// The built-in <progress>.

export const PROGRESS = 'wx-progress'

class WxProgress extends HTMLElement {
  static observedAttributes = ['percent', 'stroke-width', 'activecolor', 'backgroundcolor', 'border-radius', 'show-info']

  #line = document.createElement('i')
  #done = document.createElement('i')
  #info = document.createElement('b')

  connectedCallback() {
    this.setAttribute('role', 'progressbar')
    this.#line.append(this.#done)
    this.append(this.#line, this.#info)
    this.attributeChangedCallback()
  }

  attributeChangedCallback() {
    const percent = Math.min(100, Math.max(0, Number(this.getAttribute('percent')) || 0))
    const radius = `${this.getAttribute('border-radius') ?? 0}px`
    Object.assign(this.#line.style, { height: `${this.getAttribute('stroke-width') ?? 6}px`, borderRadius: radius,
      background: this.getAttribute('backgroundcolor') ?? '#ebebeb' })
    Object.assign(this.#done.style, { width: `${percent}%`, borderRadius: radius, background: this.getAttribute('activecolor') ?? '#09bb07' })
    this.#info.textContent = this.hasAttribute('show-info') ? `${percent}%` : ''
    if (!this.isConnected) return
    this.setAttribute('aria-valuenow', percent)
    this.setAttribute('aria-valuemin', 0)
    this.setAttribute('aria-valuemax', 100)
  }
}

customElements.define(PROGRESS, WxProgress)
