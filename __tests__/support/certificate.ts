import { isIP } from 'node:net';
import { generate } from 'selfsigned';

interface CertificateOptions {
  isForServers?: boolean;
  notBeforeDate?: Date;
  /** The name of the authority. Two that are trusted together need different ones. */
  issuer?: string;
}

/**
 * As PEM, a certificate for `host`, a name or an IP address, and its key, from a new authority that no one
 * trusts yet.
 */
export async function createCertificate(
  host: string,
  { isForServers = true, issuer = 'Sandbox authority', ...validity }: CertificateOptions = {},
) {
  const options = { keyType: 'ec', algorithm: 'sha256', ...validity } as const;
  const authority = await generate([{ name: 'commonName', value: issuer }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: host }], {
    ...options,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: [isIP(host) ? { type: 7, ip: host } : { type: 2, value: host }],
      },
      { name: 'extKeyUsage', serverAuth: isForServers, clientAuth: true },
    ],
  });
  return { authority: authority.cert, key: leaf.private, cert: leaf.cert };
}
