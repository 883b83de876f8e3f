import type { NativeBinding } from './binding.ts'
import { loadBinding } from './binding.ts'
import { NativeUnavailableError } from './errors.ts'

/** The ways to the kernel that a binary can have. */
export type Backend = 'epoll' | 'kqueue' | 'uv' | 'io_uring'

/** Whether the native selector works here; the backends in order of preference, the first being the default. */
export type Support =
  | { readonly supported: true; readonly backends: readonly Backend[] }
  | { readonly supported: false; readonly reason: string }

/**
 * Whether the native selector works here, and if not, why. Never throws.
 *
 * @example
 * const support = isSupported()
 * const selector = support.supported ? new NativeSelector() : new PollSelector()
 */
export function isSupported(): Support {
  const binding = loadBinding()
  return binding instanceof Error
    ? { supported: false, reason: binding.message }
    : { supported: true, backends: binding.backends as readonly Backend[] }
}

/** The addon, or an error that says why it is missing. */
export function requireBinding(): NativeBinding {
  const binding = loadBinding()
  if (!(binding instanceof Error)) return binding
  throw new NativeUnavailableError(
    `the native selector does not work here: ${binding.message}; use @loop/selector-poll or the default selector`,
    { cause: binding.cause ?? binding },
  )
}
