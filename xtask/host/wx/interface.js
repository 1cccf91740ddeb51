// Toasts, dialogs and pages.
import { hideToast, showActions, showDialog, showToast } from '../phone/sheets.js'
import { api, Failure } from './result.js'

export function createInterface(pages) {
  // A page opens in a task of its own: its onLoad has no tap state.
  const route = (name, run) => api(name, async (options) => {
    await new Promise((resolve) => setTimeout(resolve))
    try {
      run(options)
    } catch (error) {
      throw new Failure(`${name}:fail ${error.message}`)
    }
  })
  return {
    showToast: api('showToast', showToast),
    hideToast: api('hideToast', hideToast),
    showLoading: api('showLoading', ({ title }) => showToast({ title, icon: 'loading', duration: 0 })),
    hideLoading: api('hideLoading', hideToast),
    showModal: api('showModal', async (options) => {
      const confirm = await showDialog(options)
      return { confirm, cancel: !confirm }
    }),
    showActionSheet: api('showActionSheet', async ({ itemList }) => {
      const tapIndex = await showActions(itemList)
      if (tapIndex < 0) throw new Failure('showActionSheet:fail cancel')
      return { tapIndex }
    }),
    setClipboardData: api('setClipboardData', async ({ data }) => {
      await navigator.clipboard.writeText(data)
      showToast({ title: '内容已复制', icon: 'none' })
    }),
    setNavigationBarTitle: api('setNavigationBarTitle', ({ title }) => pages.setTitle(title)),
    setTabBarItem: api('setTabBarItem', ({ index, text }) => pages.setTabText(index, text)),
    switchTab: route('switchTab', ({ url }) => pages.switchTab(url)),
    navigateTo: route('navigateTo', ({ url }) => pages.open(url)),
    redirectTo: route('redirectTo', ({ url }) => pages.replace(url)),
    reLaunch: route('reLaunch', ({ url }) => pages.restart(url)),
    navigateBack: route('navigateBack', ({ delta = 1 }) => pages.back(delta)),
  }
}
