/** Copies the module of miniprogram-login to where the mini program loads it from. For Taro. */
declare function taro(ctx: any, options?: taro.Options): void

declare namespace taro {
  export interface Options {
    /** Root of the subpackage that the module belongs in, as in app.json; default: the main package. */
    subpackage?: string
  }

  /** The same for Vite (uni-app) and Rollup. */
  export function vite(options?: Options): { name: string }

  /** The same for webpack 5 (mpx). */
  export function webpack(options?: Options): { apply(compiler: any): void }

  export { taro as default }
}

export = taro
