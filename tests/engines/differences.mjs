// What an engine, or the fallback, can't pass, by name and with the reason. Any other difference to
// Node.js fails the run, and so does a test named here that passes.
export const DIFFERENCES = [
  {
    on: ['V8 8.6', 'wasmi, the MVP alone'],
    why: 'refuses a second table by itself, in words of its own',
    tests: ['sandbox: modules that iOS refuses are refused'],
  },
  {
    on: ['V8 without a JIT', 'QuickJS'],
    why: 'has no WebAssembly, for the sandbox to refuse a module or to make one of it',
    tests: ['sandbox: modules that iOS refuses are refused', 'options wx, WXWebAssembly and wasmPath replace the globals and the path'],
  },
  {
    on: ['fallback'],
    why: 'there is no WXWebAssembly to be asked, to refuse, or to be late',
    tests: [
      'rule 17: loads through WXWebAssembly.instantiate with a path in the code package, once',
      'rule 17: a missing .wasm.br rejects ready and every waiting call with the path that was tried',
      'rule 17: an absent WXWebAssembly rejects ready and every waiting call with the path that was tried',
      'rule 17: a module that is refused twice rejects ready and every waiting call with the path that was tried',
      'rule 17: no answer within loadTimeout rejects ready and every waiting call with the path that was tried',
      'rule 17: an instantiate that throws rejects ready and every waiting call with the path that was tried',
      'rule 17: a wasmPath that nobody can load is told from a module that is refused',
      'rule 17: neither a path nor what is said of it is quoted at length',
      'rule 17: a module refused now and then on iOS is asked for twice',
      'rule 17: an instance that dies before a core is made in it is asked for once more',
      'rule 17: a module that comes after loadTimeout is not used',
      'rule 18: a failed load is retried by the next call',
      'rule 7: a consent for a WASM that never loads rejects',
      'rule 17: the fallback is not needed where the module loads',
      'rule 17: the fallback is not needed where the module is refused once',
      'rule 17: with a fallbackAfter of 1000 the fallback takes over after 1000 ms',
      'rule 17: with a loadTimeout of 2000 the fallback takes over after 2000 ms',
      'rule 17: with a fallbackAfter of 5000 the fallback takes over after 5000 ms',
      'rule 17: a module that answers when the fallback has taken over is dropped',
      'rule 17: once it has taken over, the fallback stays for this launch, after a trap too',
      'rule 17: a wxp without the fallback shares an instance that runs, and starts none',
    ],
  },
  {
    on: ['fallback'],
    why: 'its memory is an ArrayBuffer of the engine, which the test can\'t limit',
    tests: ['rule 17: growth of memory refused is wasm_unavailable at the start, and internal later'],
  },
]
