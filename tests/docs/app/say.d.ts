export function say(e: unknown): void
