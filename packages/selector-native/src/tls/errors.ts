import { LoopError } from '@loop/core'

/**
 * A TLS session or its handshake failed, in OpenSSL's words. `code` is the reason as node:tls writes it, for example
 * 'ERR_SSL_WRONG_VERSION_NUMBER'.
 */
export class TlsError extends LoopError {
  static {
    this.prototype.name = 'TlsError'
  }

  constructor(
    message: string,
    readonly code: string,
    /** The part of OpenSSL that says so; absent where verification does. */
    readonly library?: string,
    readonly reason?: string,
  ) {
    super(message)
  }
}

/** The error behind the lines that come with the addon's event: code, library and reason. */
export function sessionError(text: string): TlsError {
  const [number = '', library = '', words = ''] = text.split('\n')
  const reason = words || 'unknown reason'
  return new TlsError(
    `TLS failed: ${reason} (${library} ${number})`,
    `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`,
    library,
    reason,
  )
}

/** What verification may find, by OpenSSL's numbers; the names are those that node:tls uses as codes. */
const FOUND: Readonly<Record<number, string>> = {
  2: 'UNABLE_TO_GET_ISSUER_CERT',
  3: 'UNABLE_TO_GET_CRL',
  4: 'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  5: 'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  6: 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  7: 'CERT_SIGNATURE_FAILURE',
  8: 'CRL_SIGNATURE_FAILURE',
  9: 'CERT_NOT_YET_VALID',
  10: 'CERT_HAS_EXPIRED',
  11: 'CRL_NOT_YET_VALID',
  12: 'CRL_HAS_EXPIRED',
  13: 'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  14: 'ERROR_IN_CERT_NOT_AFTER_FIELD',
  15: 'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  16: 'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  17: 'OUT_OF_MEM',
  18: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  19: 'SELF_SIGNED_CERT_IN_CHAIN',
  20: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  21: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  22: 'CERT_CHAIN_TOO_LONG',
  23: 'CERT_REVOKED',
  24: 'INVALID_CA',
  25: 'PATH_LENGTH_EXCEEDED',
  26: 'INVALID_PURPOSE',
  27: 'CERT_UNTRUSTED',
  28: 'CERT_REJECTED',
  62: 'HOSTNAME_MISMATCH',
}

/** What verification found, with OpenSSL's words for it. */
export function verificationError(found: number, words: string): TlsError {
  return new TlsError(words, FOUND[found] ?? 'UNSPECIFIED')
}
