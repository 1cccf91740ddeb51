// What an engine can't pass, by name and with the reason. Any other difference to Node.js fails the
// run, and so does a test named here that passes.
export const DIFFERENCES = [
  {
    engines: ['V8 8.6'],
    test: 'sandbox: modules that iOS refuses are refused',
    why: 'refuses a second table by itself, in words of its own',
  },
]
