// What a module of the mini program sees. Everything else that a browser has is hidden: as function
// parameters that get no argument, the way WeChat DevTools wraps modules.
export const PROVIDED = ['require', 'module', 'exports', 'App', 'Page', 'Component', 'Behavior', 'getApp', 'getCurrentPages',
  'wx', 'WXWebAssembly', 'Promise']

export const HIDDEN = ['window', 'document', 'navigator', 'location', 'self', 'frames', 'parent', 'top', 'localStorage', 'sessionStorage',
  'indexedDB', 'caches', 'history', 'XMLHttpRequest', 'fetch', 'WebSocket', 'EventSource', 'Worker', 'WebAssembly', 'TextEncoder',
  'TextDecoder', 'URL', 'URLSearchParams', 'crypto', 'performance', 'Blob', 'File', 'FileReader', 'FormData', 'Headers', 'Request',
  'Response', 'AbortController', 'AbortSignal', 'ReadableStream', 'MessageChannel', 'BroadcastChannel', 'postMessage', 'queueMicrotask',
  'structuredClone', 'reportError', 'requestAnimationFrame', 'Event', 'EventTarget', 'CustomEvent', 'FinalizationRegistry', 'WeakRef',
  'BigInt', 'atob', 'btoa', 'process', 'Buffer', 'globalThis', 'importScripts', 'alert', 'confirm', 'prompt']
