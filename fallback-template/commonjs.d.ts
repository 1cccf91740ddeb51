/** The core of miniprogram-login as plain JavaScript: for its option `fallback`. */
declare const fallback: {
  /** Must be that of miniprogram-login. */
  readonly version: string
  instantiate(imports: any): any
  /** Itself, for `import` without `esModuleInterop`. */
  readonly default: typeof fallback
}
export = fallback
