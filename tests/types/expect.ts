/** Fails to compile unless `T` is `true`. */
export type Expect<T extends true> = T

/** `true` if both are the same type; `any` equals only itself. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
