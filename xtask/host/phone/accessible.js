// WeChat's names for what assistive technology is told: `aria-role` is HTML's role.
const adopt = (node) => {
  const role = node.getAttribute?.('aria-role')
  if (role === null || role === undefined) return
  node.removeAttribute('aria-role')
  node.setAttribute('role', role)
  // A region that scrolls must be reachable by keys.
  if (node.localName === 'scroll-view') node.tabIndex = 0
}

export function watchRoles(root) {
  const observer = new MutationObserver((changes) => changes.forEach(({ target, addedNodes }) => {
    adopt(target)
    for (const node of addedNodes) {
      adopt(node)
      node.querySelectorAll?.('[aria-role]').forEach(adopt)
    }
  }))
  observer.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-role'] })
}
