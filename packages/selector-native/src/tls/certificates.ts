import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'

/**
 * The peer's certificate as `getPeerCertificate(true)` of node:tls gives it: the issuers among those that the peer sent
 * are linked, one that issued itself to itself.
 */
export function peerCertificate(ders: readonly Buffer[]): PeerCertificate | undefined {
  const certificates = ders.map((der) => new X509Certificate(der))
  const legacy = certificates.map(
    (certificate) => certificate.toLegacyObject() as PeerCertificate & { issuerCertificate?: unknown },
  )
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates.findIndex((other) => certificate.checkIssued(other))
    if (issuer >= 0) legacy[index]!.issuerCertificate = legacy[issuer]
  }
  return legacy[0]
}
