// miniprogram-login/bundler in the configurations of bundlers.
import taro, { vite, webpack } from 'miniprogram-login/bundler'

export const plugins: { name: string }[] = [vite(), vite({ subpackage: 'sub' })]
export const webpackPlugins: { apply(compiler: unknown): void }[] = [webpack(), webpack({ subpackage: 'sub' })]
taro({}, { subpackage: 'sub' })

// @ts-expect-error: a slip
vite({ subPackage: 'sub' })
// @ts-expect-error: one place
webpack({ subpackage: ['sub'] })
