// What WeChat itself draws over a page: consent sheets, dialogs,
// action sheets and toasts, in WeUI's look.

function element(tag, className, ...children) {
  const node = document.createElement(tag)
  node.className = className
  node.append(...children)
  return node
}

/** Shows `build(close)` over a mask; resolves with what `close` was given. */
function overlay(build) {
  return new Promise((resolve) => {
    const mask = element('div', 'weui-mask')
    const box = element('div', 'host-overlay', mask)
    const close = (value) => {
      box.remove()
      resolve(value)
    }
    box.append(build(close, mask))
    document.body.append(box)
  })
}

function button(className, text, onClick) {
  const node = element('button', className, text)
  node.type = 'button'
  node.addEventListener('click', onClick)
  return node
}

/** WeChat's half-screen consent sheet. Resolves with true when the user allows it. */
export function askConsent({ app, wants, purpose, allow = '允许', deny = '拒绝' }) {
  return overlay((close) =>
    element('div', 'weui-half-screen-dialog host-consent',
      element('div', 'weui-half-screen-dialog__hd', element('div', 'weui-half-screen-dialog__hd__main',
        element('strong', 'weui-half-screen-dialog__title', app))),
      element('div', 'weui-half-screen-dialog__bd',
        element('p', 'host-consent-wants', wants),
        element('p', 'weui-half-screen-dialog__tips', purpose)),
      element('div', 'weui-half-screen-dialog__ft', element('div', 'weui-half-screen-dialog__btn-area',
        button('weui-btn weui-btn_default host-deny', deny, () => close(false)),
        button('weui-btn weui-btn_primary host-allow', allow, () => close(true))))))
}

/** wx.showModal's dialog. Resolves with true for the confirm button. */
export function showDialog({ title = '', content = '', showCancel = true, cancelText = '取消', confirmText = '确定' }) {
  return overlay((close) => {
    const buttons = element('div', 'weui-dialog__ft')
    if (showCancel) buttons.append(button('weui-dialog__btn weui-dialog__btn_default host-deny', cancelText, () => close(false)))
    buttons.append(button('weui-dialog__btn weui-dialog__btn_primary host-allow', confirmText, () => close(true)))
    return element('div', 'weui-dialog',
      element('div', 'weui-dialog__hd', element('strong', 'weui-dialog__title', title)),
      element('div', 'weui-dialog__bd', content), buttons)
  })
}

/** wx.showActionSheet's list. Resolves with the index, or -1 when it was cancelled. */
export function showActions(items) {
  return overlay((close, mask) => {
    mask.addEventListener('click', () => close(-1))
    const cells = items.map((text, index) => button('weui-actionsheet__cell', text, () => close(index)))
    return element('div', 'weui-actionsheet weui-actionsheet_toggle',
      element('div', 'weui-actionsheet__menu', ...cells),
      element('div', 'weui-actionsheet__action', button('weui-actionsheet__cell', '取消', () => close(-1))))
  })
}

const ICONS = { success: 'weui-icon-success-no-circle', error: 'weui-icon-warn', loading: 'weui-primary-loading' }
let toast
let timer

export function hideToast() {
  clearTimeout(timer)
  toast?.remove()
}

export function showToast({ title, icon = 'success', duration = 1500 }) {
  hideToast()
  const text = element('p', 'weui-toast__content', title)
  const box = element('div', icon === 'none' ? 'weui-toast weui-toast_text' : 'weui-toast', text)
  if (icon !== 'none') text.before(element('i', `${ICONS[icon] ?? ICONS.success} weui-icon_toast`))
  toast = element('div', 'weui-toast__wrp host-toast', box)
  document.body.append(toast)
  if (duration) timer = setTimeout(hideToast, duration)
}
