// 演示 WASM 崩溃：arm() 之后，下一次进入 WASM 的调用会抛出错误，就像 Rust 里发生了 panic。
let armed = false

export function arm() {
  armed = true
}

function guarded(run) {
  return function () {
    if (armed) {
      armed = false
      throw new Error('unreachable (made by the demo)')
    }
    return run.apply(undefined, arguments)
  }
}

export const trappable = {
  instantiate(path, imports) {
    return WXWebAssembly.instantiate(path, imports).then((result) => {
      const real = (result.instance || result).exports
      const exports = {}
      Object.keys(real).forEach((name) => {
        exports[name] = typeof real[name] === 'function' ? guarded(real[name]) : real[name]
      })
      return { instance: { exports } }
    })
  },
}
