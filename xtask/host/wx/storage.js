// wx storage in the browser's localStorage, apart for each user and mini program.
import { device } from '../phone/device.js'
import { api, Failure } from './result.js'

const KEY_LIMIT = 1024 * 1024
const TOTAL_LIMIT_KB = 10240

export function createStorage(appId) {
  const prefix = `${device.user}/${appId}/`
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))

  function read(key, encrypt = false) {
    const text = localStorage.getItem(prefix + key)
    const entry = text && JSON.parse(text)
    return entry && entry.encrypt === encrypt ? entry : null
  }
  function write(key, data, encrypt = false) {
    const text = JSON.stringify({ encrypt, data })
    if (key.length + text.length > KEY_LIMIT) throw new Failure('setStorage:fail:entry size limit reached')
    localStorage.setItem(prefix + key, text)
  }
  const remove = (key) => localStorage.removeItem(prefix + key)
  const clear = () => keys().forEach(remove)
  function info() {
    const currentSize = keys().reduce((sum, key) => sum + key.length + localStorage.getItem(prefix + key).length, 0)
    return { keys: keys(), currentSize: Math.ceil(currentSize / 1024), limitSize: TOTAL_LIMIT_KB }
  }

  return {
    getStorage: api('getStorage', ({ key, encrypt }) => {
      const entry = read(key, encrypt)
      if (!entry) throw new Failure('getStorage:fail data not found')
      return { data: entry.data }
    }),
    setStorage: api('setStorage', ({ key, data, encrypt }) => write(key, data, encrypt)),
    removeStorage: api('removeStorage', ({ key }) => remove(key)),
    clearStorage: api('clearStorage', clear),
    getStorageInfo: api('getStorageInfo', info),
    // A missing key reads as the empty string.
    getStorageSync: (key) => read(key)?.data ?? '',
    setStorageSync: (key, data) => write(key, data),
    removeStorageSync: remove,
    clearStorageSync: clear,
    getStorageInfoSync: info,
  }
}
