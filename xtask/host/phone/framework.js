// WeChat's component framework (glass-easel) with the mini program's components,
// pages and templates in it.
import { glassEasel, MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { IMAGE } from './image.js'
import { INPUT } from './input.js'
import { PROGRESS } from './progress.js'
import { tap } from './tap.js'

function dispatch(target, type, detail, options) {
  const event = new glassEasel.Event(type, detail, options)
  glassEasel.Event.dispatchEvent(target, event)
  return event.defaultPrevented() ? glassEasel.EventBubbleStatus.NoDefault : glassEasel.EventBubbleStatus.Normal
}

/** `onOpenType(type)` resolves with the detail of a button's open-type event. */
function createBackend(onOpenType) {
  const backend = new glassEasel.CurrentWindowBackendContext()
  const onEvent = (target, type, detail, options) => {
    if (type !== 'tap') {
      const source = options.originalEvent
      return dispatch(target, type, source instanceof CustomEvent ? source.detail : detail, options)
    }
    const button = options.originalEvent.target.closest('button')
    if (button?.hasAttribute('disabled')) return glassEasel.EventBubbleStatus.Normal
    const status = tap.during(() => dispatch(target, type, detail, options))
    const openType = button?.getAttribute('open-type')
    if (openType) {
      onOpenType(openType).then((result) =>
        dispatch(button.__wxElement, openType.toLowerCase(), result, { bubbles: false, composed: false }))
    }
    return status
  }
  backend.onEvent(onEvent)
  // The framework makes taps of touches and of the mouse; a key's press comes as a click without either.
  document.body.addEventListener('click', (event) => {
    const button = event.detail === 0 && event.target.closest('page button')
    if (button?.__wxElement) onEvent(button.__wxElement, 'tap', { x: 0, y: 0 }, { originalEvent: event, bubbles: true, composed: true, capturePhase: true })
  })
  return backend
}

/**
 * Registers the project's components and pages; `load(path, globals)` runs a module
 * of the code package.
 */
export function createFramework({ components, templates, load, onOpenType }) {
  const env = new MiniProgramEnv()
  const codeSpace = env.createCodeSpace('', true)
  const builtIn = codeSpace.getComponentSpace()
  for (const [tag, element] of [['image', IMAGE], ['input', INPUT], ['progress', PROGRESS]]) builtIn.setGlobalUsingComponent(tag, element)
  for (const [path, config] of Object.entries(components)) {
    codeSpace.addComponentStaticConfig(path, config)
    codeSpace.addCompiledTemplate(path, { groupList: templates, content: templates[path], fallbackListenerOnNativeNode: true })
  }
  const backend = env.associateBackend(createBackend(onOpenType))
  return {
    register() {
      for (const path of Object.keys(components)) codeSpace.componentEnv(path, (globals) => load(`${path}.js`, globals))
    },
    /** Attaches a page to its holder. */
    create(path, holder) {
      const root = backend.createRoot('page', codeSpace, path)
      const place = document.createElement('span')
      holder.append(place)
      root.attach(holder, place)
      return { instance: root.get(), release: () => root.release() }
    },
  }
}
